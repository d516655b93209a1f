/**
 * Stages that keep the first of equal pieces: documents, paragraphs, lines, spans of sentences. A record is reduced to keys, a gate
 * says of each key whether it was there before, and the record is passed on, shortened or dropped accordingly. Written once, here, with
 * both ways to run it: one pass over a stream, or observe, decide and apply over a corpus that is spread over workers.
 */
import { type CorpusWide, type ExclusionDetail, PipelineError, type Stage, type StageContext, type Traced } from "../core/index.ts";
import { decideFirst } from "./decide-first.ts";
import { KeptNames, type SavedNames } from "./kept-names.ts";
import { KeyFilter } from "./key-filter.ts";
import { type Gate, SeenKeys } from "./seen-keys.ts";

/** Reads one record at a time; made anew for each run, and never shared. */
export interface KeyReader<In, Out> {
  /** Keys of the record read last, `words` 32-bit words each, lowest first. */
  readonly keys: Int32Array;
  /** Reduces a record to keys and returns how many. What it throws is reported as the record's error. */
  read(record: In): number;
  /**
   * What the record read last becomes when the pieces marked 1 in `repeated` go; undefined after it was dropped through the context.
   * `of` names the kept document whose key the record's only key is, when the run remembers names.
   */
  finish(record: In, repeated: Uint8Array, count: number, context: StageContext, of?: ExclusionDetail): Out | undefined;
}

/** What a stage of this kind is made of. */
export interface KeepFirst<In, Out> {
  readonly name: string;
  readonly config: unknown;
  /** 32-bit words in a key. */
  readonly words: 2 | 4;
  /** Copies of a piece that stay. */
  readonly limit: number;
  /** Bytes of a filter instead of a table of all keys; 0 for the table. */
  readonly filterBytes: number;
  /** True where a record has one key at most and is dropped for it: a run that keeps exclusions then says for which other one. */
  readonly whole: boolean;
  reader(): KeyReader<In, Out>;
}

interface SavedRun {
  readonly gate: unknown;
  readonly names?: SavedNames | undefined;
}

function gateOf(plan: KeepFirst<unknown, unknown>, numbered: boolean): Gate {
  return plan.filterBytes > 0 ? new KeyFilter(plan.filterBytes) : new SeenKeys(plan.words, plan.limit, numbered);
}

export function keepFirst<In extends Traced & { readonly id: string }, Out>(plan: KeepFirst<In, Out>): Stage<In, Out> {
  return {
    name: plan.name,
    config: plan.config,
    lookAhead: 0,
    corpusWide: corpusWide(plan),
    async *run(input, context) {
      const names = plan.whole && context.keepsExclusions ? new KeptNames() : undefined;
      const gate = gateOf(plan, names !== undefined);
      const saved = context.restored<SavedRun>();
      if (saved !== undefined) {
        gate.load(saved.gate);
        names?.load(saved.names, 0, 0);
      }
      context.checkpoint((): SavedRun => ({ gate: gate.save(), names: names?.save() }));
      const reader = plan.reader();
      let repeated = new Uint8Array(64);
      for await (const record of input) {
        const count = tryRead(reader, record, context);
        if (count === undefined) continue;
        if (count > repeated.length) repeated = new Uint8Array(2 * count);
        const { keys } = reader;
        gate.admitAll(keys, count, repeated, names?.count);
        let of: ExclusionDetail | undefined;
        if (names !== undefined && count > 0) {
          const number = gate.valueOf(keys, 0);
          if (repeated[0] === 0) names.add(record, false);
          else if (number !== undefined) of = names.of(number);
        }
        const out = reader.finish(record, repeated, count, context, of);
        if (out !== undefined) yield out;
      }
    },
  };
}

/** Keys gathered before they are handed on. */
const OBSERVED_BYTES = 1 << 16;

function corpusWide<In, Out>(plan: KeepFirst<In, Out>): CorpusWide<In, Out> {
  return {
    // The fingerprints of a split are the keys of its records, one after the other.
    async *observe(input, context) {
      const reader = plan.reader();
      let pending: Uint8Array[] = [];
      let size = 0;
      for await (const record of input) {
        // An error that is skipped is counted when the record is applied, so here it only leaves no keys.
        const count = context.onError === "throw" ? tryRead(reader, record, context) : quietly(() => reader.read(record));
        if (count === undefined || count === 0) continue;
        const bytes = new Uint8Array(reader.keys.buffer, reader.keys.byteOffset, 4 * plan.words * count).slice();
        pending.push(bytes);
        size += bytes.length;
        if (size < OBSERVED_BYTES) continue;
        yield Buffer.concat(pending);
        [pending, size] = [[], 0];
      }
      if (size > 0) yield Buffer.concat(pending);
    },
    decide: (splits, context) => decideFirst(splits, { ...plan, gate: () => gateOf(plan, false) }, context),
    async *apply(input, verdicts, context) {
      const reader = plan.reader();
      let repeated = new Uint8Array(64);
      let at = 0;
      for await (const record of input) {
        const count = tryRead(reader, record, context);
        if (count === undefined) continue;
        if (count > repeated.length) repeated = new Uint8Array(2 * count);
        if (at + count > 8 * verdicts.length) throw foreign(context);
        for (let i = 0; i < count; i++, at++) repeated[i] = ((verdicts[at >>> 3] as number) >>> (at & 7)) & 1;
        const out = reader.finish(record, repeated, count, context);
        if (out !== undefined) yield out;
      }
      if (Math.ceil(at / 8) !== verdicts.length) throw foreign(context);
    },
  };
}

function tryRead<In>(reader: KeyReader<In, unknown>, record: In, context: StageContext): number | undefined {
  try {
    return reader.read(record);
  } catch (error) {
    context.fail(error, { record });
    return undefined;
  }
}

function quietly(read: () => number): number | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function foreign(context: StageContext): PipelineError {
  const message = "the verdicts were made for other records than those they are applied to; observe and decide again";
  return new PipelineError({ kind: "changed", stage: context.stage, message });
}
