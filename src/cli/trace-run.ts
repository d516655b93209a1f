/** What `millrace trace` does once its arguments are read. */
import { basename } from "node:path";
import { readSamples } from "../read/index.ts";
import {
  type DeliveredRow,
  findRun,
  type LineageRow,
  locate,
  type RecordKey,
  type Run,
  type Whereabouts,
  whereIs,
} from "../trace/index.ts";
import { type Terminal, UsageError } from "./command.ts";
import { guarded } from "./guarded.ts";
import { shardKind } from "./sample-view.ts";
import type { TraceSettings, TypedSample } from "./trace.ts";
import { recordAt, type TracedRecord } from "./trace-record.ts";
import { rowLines, sampleLines, sourceLines, wayOf } from "./trace-view.ts";

/** Prints the record that a sample was made of; of a whole batch, the origins of its rows. Returns the exit code. */
export function traceSample(typed: TypedSample, settings: TraceSettings, terminal: Terminal): Promise<number> {
  return guarded(terminal, async (signal) => {
    const run = await findRun(typed.shard);
    const shard = basename(typed.shard);
    const sample = await sampleNumber(typed, signal);
    const rows = await locate(run, { shard, sample, row: typed.row });
    const [first, ...more] = rows as [DeliveredRow, ...DeliveredRow[]];
    const name = `${shard}#${sample}`;
    if (more.length > 0) {
      if (settings.json) print(terminal, { run: run.path, sample: name, rows });
      else terminal.out(`${rowLines(name, rows, widthOf(terminal)).join("\n")}\n`);
      return 0;
    }
    const record = await recordAt(first, run.manifest, settings, signal);
    // The other parts of a document belong to its story.
    const parts = first.part === undefined ? [] : (await whereIs(run, first)).filter((row) => !isSame(row, first));
    if (settings.json) print(terminal, { run: run.path, sample: name, ...story(run, [first], record), otherParts: parts });
    else terminal.out(`${sampleLines(name, run.manifest, first, record, parts, widthOf(terminal)).join("\n")}\n`);
    return ending(record, terminal);
  });
}

/** Prints where a record went. Returns the exit code. */
export function traceSource(path: string, key: RecordKey, settings: TraceSettings, terminal: Terminal): Promise<number> {
  return guarded(terminal, async (signal) => {
    const run = await findRun(path);
    const rows = await whereIs(run, key);
    const record = await recordAt(rows[0] as Whereabouts, run.manifest, settings, signal);
    if (settings.json) print(terminal, { run: run.path, ...story(run, rows, record) });
    else terminal.out(`${sourceLines(run.manifest, rows, record, widthOf(terminal)).join("\n")}\n`);
    return ending(record, terminal);
  });
}

function story(run: Run, rows: readonly LineageRow[], { doc, input, problem }: TracedRecord): object {
  const ways = rows.map((row) => ({ ...row, way: wayOf(run.manifest, row) }));
  return { rows: ways, input, record: doc, ...(problem === undefined ? {} : { problem }) };
}

function ending({ lost, input, problem }: TracedRecord, terminal: Terminal): number {
  if (!lost) return 0;
  terminal.stderr.write(
    `millrace: the source record cannot be relied on: ${input.state === "changed" ? `the source has ${input.message}` : problem}\n`,
  );
  return 1;
}

function isSame(row: LineageRow, other: DeliveredRow): boolean {
  return row.outcome === "delivered" && row.shard === other.shard && row.sample === other.sample && row.row === other.row;
}

/** The number of a sample that was named by number or, in a tar, by key. */
async function sampleNumber({ shard, sample }: TypedSample, signal: AbortSignal): Promise<number> {
  if (/^\d{1,15}$/.test(sample)) return Number(sample);
  if (shardKind(shard) !== "tar")
    throw new UsageError(`the samples of ${shard} are lines: name one by its number, from 0, not ${JSON.stringify(sample)}`);
  let number = 0;
  for await (const { key } of readSamples(shard).run({ signal })) {
    if (key === sample) return number;
    number++;
  }
  throw new UsageError(`${shard} has ${number} samples, none of them with the key ${JSON.stringify(sample)}`);
}

function print(terminal: Terminal, value: object): void {
  terminal.out(`${JSON.stringify(value, null, 2)}\n`);
}

function widthOf({ stdout }: Terminal): number {
  return stdout.isTTY ? stdout.columns || 80 : 120;
}
