/**
 * Cuts the stream into padded batches, in order: a batch takes records as long as it keeps its limits, and is as wide as its
 * longest row. The token budget counts padding, because padding is what fills memory: `rows x width <= maxTokens` (budgets
 * that count tokens only have run users out of memory, meta-pytorch/data#788).
 *
 * Cost: one copy of the ids per array. Memory: the records of one batch, at most `rows` or, with a budget, `maxTokens` of
 * them (rows of one token); plus the record that did not fit.
 *
 * Turned down: choosing rows for a batch out of order. That is `bucketByLength`, one stage before.
 */
import {
  type Batch,
  knownOptions,
  numberOption,
  optionType,
  PipelineError,
  type Row,
  type Stage,
  type StageContext,
  type Tokenized,
  type Traced,
  wordOption,
} from "../core/index.ts";

/** Options of {@link padBatch}: `rows`, `maxTokens`, or both, in which case both hold. */
export type PadOptions = PadLimits & (Required<Pick<PadLimits, "rows">> | Required<Pick<PadLimits, "maxTokens">>);

/** All options, before the rule that one limit at least must be given. */
export interface PadLimits {
  /** The most rows in a batch, at least 1. Default: as many as the budget allows. */
  readonly rows?: number;
  /** The most columns in a batch over all rows, padding included: rows x width. At least 1. Default: no budget. */
  readonly maxTokens?: number;
  /** The width is rounded up to a multiple of this, 1 to 65,536 (8 or 64 suits tensor cores). Default 1: the longest row. */
  readonly padTo?: number;
  /** The id in padded columns, 0 to 2^31 - 1. Default 0, a row that every embedding has; mask and labels say that it is padding. */
  readonly padId?: number;
  /** The side that is padded. Default "right"; generation from a batch of prompts needs "left". */
  readonly side?: "right" | "left";
  /** Drop the last batch when the input ends before it is full. Its records are counted with the reason "last-batch". Default false. */
  readonly dropLast?: boolean;
}

/** The label of padded columns and of tokens that are not trained: the index that losses ignore. */
const IGNORED = -100;

/**
 * Makes `Batch`es of records: `input_ids` int32, `attention_mask` uint8 and `labels` int32, all `[rows, width]` and row-major,
 * in the order of the input. At least one of `rows` and `maxTokens` must be given; both hold when both are.
 *
 * Labels are -100 on padding and where a record's `lossMask` is 0. Counters: "tokens", "padding" (columns that are not tokens),
 * "batches", and where there are masks "tokens trained". Records without tokens are dropped ("no-tokens").
 * A row that alone exceeds `maxTokens` is an error of kind "too-long", an id beyond int32 one of kind "bad-token", a mask that does not fit
 * its tokens one of kind "bad-mask"; with `onError: "skip"` such a record is counted and left out. While the consumer works it holds one record with a budget, else none.
 */
export function padBatch<T extends Tokenized & Traced & { readonly id: string }>(options: PadOptions): Stage<T, Batch> {
  const name = "padBatch";
  knownOptions(name, options, ["rows", "maxTokens", "padTo", "padId", "side", "dropLast"]);
  if (options.rows === undefined && options.maxTokens === undefined) {
    throw new TypeError(`${name}: expected \`rows\` or \`maxTokens\` (or both) to be given`);
  }
  const rows = numberOption(name, "rows", options.rows ?? Number.POSITIVE_INFINITY, { min: 1, integer: true });
  const maxTokens = numberOption(name, "maxTokens", options.maxTokens ?? Number.POSITIVE_INFINITY, { min: 1, integer: true });
  const padTo = numberOption(name, "padTo", options.padTo ?? 1, { min: 1, max: 65_536, integer: true });
  const padId = numberOption(name, "padId", options.padId ?? 0, { min: 0, max: 0x7fff_ffff, integer: true });
  const side = wordOption(name, "side", options.side ?? "right", ["right", "left"]);
  const { dropLast = false } = options;
  if (typeof dropLast !== "boolean") throw optionType(name, "dropLast", "a boolean", dropLast);
  if (padTo > maxTokens) throw new RangeError(`${name}: expected \`padTo\` to be at most \`maxTokens\` (${maxTokens}), got ${padTo}`);
  const widthOf = (length: number): number => Math.ceil(length / padTo) * padTo;
  return {
    name,
    config: { rows: options.rows ?? null, maxTokens: options.maxTokens ?? null, padTo, padId, side, dropLast },
    lookAhead: options.maxTokens === undefined ? 0 : 1,
    splittable: !dropLast, // or the last batch of every split would be dropped
    async *run(input, context) {
      let pending: T[] = context.restored<T[]>() ?? [];
      context.checkpoint(() => [...pending]);
      const widest = (): number => pending.reduce((most, { tokens }) => Math.max(most, widthOf(tokens.length)), 0);
      let width = widest();
      const batch = (next: T[]): Batch => {
        const done = pad(pending, width, padId, side, context);
        pending = next;
        width = widest();
        return done;
      };
      // Full as soon as not even the shortest record would fit: nothing is gained by waiting for one.
      const full = (): boolean => pending.length >= rows || (pending.length > 0 && (pending.length + 1) * width > maxTokens);
      if (full()) yield batch([]); // what a restored run held may be a whole batch
      for await (const record of input) {
        if (!usable(record, widthOf(record.tokens.length), maxTokens, context)) continue;
        const wider = Math.max(width, widthOf(record.tokens.length));
        if (pending.length > 0 && (pending.length + 1) * wider > maxTokens) yield batch([record]);
        else {
          pending.push(record);
          width = wider;
        }
        if (full()) yield batch([]);
      }
      if (pending.length === 0) return;
      if (!dropLast) yield batch([]);
      else for (const record of pending.splice(0)) context.drop(record, "last-batch");
    },
  };
}

/** False for a record that cannot be a row; it has been counted then. */
function usable(record: Tokenized & Traced & { readonly id: string }, width: number, maxTokens: number, context: StageContext): boolean {
  const { tokens, lossMask, origin } = record;
  const refuse = (kind: string, message: string): false => {
    context.fail(new PipelineError({ kind, stage: context.stage, message, origin }), { record });
    return false;
  };
  const id = JSON.stringify(record.id);
  if (!(tokens instanceof Uint32Array)) return refuse("bad-token", `the record ${id} has \`tokens\` that are no Uint32Array`);
  if (tokens.length === 0) {
    context.drop(record, "no-tokens");
    return false;
  }
  if (lossMask !== undefined && !(lossMask instanceof Uint8Array && lossMask.length === tokens.length)) {
    return refuse("bad-mask", `the record ${id} has a \`lossMask\` that is no Uint8Array of ${tokens.length}, one for each token`);
  }
  if (width > maxTokens) {
    const advice = "tokenize({ maxTokens }) splits such documents";
    return refuse(
      "too-long",
      `the record ${id} has ${tokens.length} tokens, a row of ${width}, more than maxTokens ${maxTokens}; ${advice}`,
    );
  }
  let bits = 0;
  for (let i = 0; i < tokens.length; i++) bits |= tokens[i] as number;
  if (bits < 0) return refuse("bad-token", `the record ${id} has a token id of 2^31 or more, which int32 cannot hold`);
  return true;
}

function pad<T extends Tokenized & Traced & { readonly id: string }>(
  records: readonly T[],
  width: number,
  padId: number,
  side: "right" | "left",
  context: StageContext,
): Batch {
  const size = records.length * width;
  const input_ids = new Int32Array(size);
  const attention_mask = new Uint8Array(size);
  const labels = new Int32Array(size);
  const rows: Row[] = [];
  let columns = 0;
  let trained: number | undefined;
  for (const [i, { id, origin, part, tokens, lossMask }] of records.entries()) {
    const { length } = tokens;
    const row = i * width;
    const at = side === "left" ? row + width - length : row;
    const [gap, gapEnd] = side === "left" ? [row, at] : [row + length, row + width];
    // The same bits seen as int32 (no id has the sign bit): a copy of memory instead of a conversion of each id.
    const signed = new Int32Array(tokens.buffer, tokens.byteOffset, length);
    input_ids.set(signed, at);
    labels.set(signed, at);
    attention_mask.fill(1, at, at + length);
    labels.fill(IGNORED, gap, gapEnd);
    if (lossMask !== undefined) trained = (trained ?? 0) + ignoreUntrained(labels, at, lossMask);
    if (padId !== 0) input_ids.fill(padId, gap, gapEnd);
    rows.push(part === undefined ? { id, origin, length } : { id, origin, part, length });
    columns += length;
  }
  context.count("batches");
  context.count("tokens", columns);
  context.count("padding", size - columns);
  if (trained !== undefined) context.count("tokens trained", trained);
  return { width, input_ids, attention_mask, labels, rows };
}

/** Takes the labels of a row that begins at `at` out where its mask is 0. Returns how many are left. */
function ignoreUntrained(labels: Int32Array, at: number, lossMask: Uint8Array): number {
  let trained = 0;
  for (let i = 0; i < lossMask.length; i++) {
    if (lossMask[i] === 0) labels[at + i] = IGNORED;
    else trained++;
  }
  return trained;
}
