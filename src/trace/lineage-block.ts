/**
 * A block of lineage: some thousand rows in order, as columns. A row by itself would take about 100 bytes; its neighbours say
 * nearly all of it. Records, samples and parts mostly grow by one, so runs of equal differences shrink them to nothing; what
 * remains is the difference of two byte offsets (2 or 3 bytes) and, where documents were dropped, which rule it was.
 *
 * A block knows its own names (sources, stages, reasons), so it can be read alone, and files can be cut and joined between
 * blocks. Turned down: gzip over the columns, which saves a third more (docs/trace.md) but makes the bytes depend on the
 * version of the compressor.
 */
import { ByteReader, ByteWriter, corrupt, putColumn, takeColumn, unzigzag, zigzag } from "./bytes.ts";
import type { LineageRow } from "./lineage.ts";

/** Rows of a block. More of them would save little, and a look-up reads a whole block. */
export const BLOCK_ROWS = 4096;

/** A block that claims more is damage. */
const MOST_ROWS = 1 << 20;

const OUTCOMES = ["dropped", "error"] as const;

/** How a document ended that was not delivered. */
interface Ending {
  readonly outcome: (typeof OUTCOMES)[number];
  readonly stage: string;
  readonly reason: string;
}

/** Rows, which must be in order, as bytes. */
export function encodeBlock(rows: readonly LineageRow[]): Buffer {
  const out = new ByteWriter();
  out.varint(rows.length);
  const sources = new Numbering<string>();
  const endings = new Numbering<Ending>();
  const columns = Array.from({ length: 9 }, () => new Float64Array(rows.length));
  const [sourceOf, records, offsets, partIndexes, partCounts, endingOf, shards, samples, batchRows] = columns as Columns;
  // No destructuring and no spreading in the loops over rows, here and below: each took a microsecond a row.
  const before = { source: -1, record: 0, offset: 0, shard: 0, sample: 0, batchRow: 0 };
  let delivered = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as LineageRow;
    const source = sources.of(row.source, row.source);
    if (source !== before.source) {
      before.source = source;
      before.record = 0;
      before.offset = 0;
    }
    sourceOf[i] = source;
    records[i] = row.record - before.record;
    offsets[i] = zigzag(row.offset - before.offset);
    before.record = row.record;
    before.offset = row.offset;
    if (row.part !== undefined) {
      partIndexes[i] = row.part.index + 1;
      partCounts[i] = row.part.count;
    }
    if (row.outcome === "delivered") {
      const batchRow = row.row === undefined ? 0 : row.row + 1;
      shards[delivered] = zigzag(row.shard - before.shard);
      samples[delivered] = zigzag(row.sample - before.sample);
      batchRows[delivered] = zigzag(batchRow - before.batchRow);
      before.shard = row.shard;
      before.sample = row.sample;
      before.batchRow = batchRow;
      delivered++;
    } else {
      endingOf[i] = 1 + endings.of(`${row.outcome}\0${row.stage}\0${row.reason}`, row);
    }
  }
  out.varint(sources.all.length);
  let last = "";
  for (const name of sources.all) {
    // Files of one folder share the beginning of their names.
    const shared = sharedLength(last, name);
    out.varint(shared);
    out.text(name.slice(shared));
    last = name;
  }
  out.varint(endings.all.length);
  for (const ending of endings.all) {
    out.varint(OUTCOMES.indexOf(ending.outcome));
    out.text(ending.stage);
    out.text(ending.reason);
  }
  for (const [i, column] of columns.entries()) putColumn(out, column, i < PLACES ? rows.length : delivered);
  return out.bytes();
}

type Columns = [
  sourceOf: Float64Array,
  records: Float64Array,
  offsets: Float64Array,
  partIndexes: Float64Array,
  partCounts: Float64Array,
  endingOf: Float64Array,
  shards: Float64Array,
  samples: Float64Array,
  batchRows: Float64Array,
];

/** The columns from this one on hold delivered rows only. */
const PLACES = 6;

/** The rows of a block. Throws a `PipelineError` of kind "corrupt" for bytes that `encodeBlock` cannot have made. */
export function decodeBlock(bytes: Buffer): LineageRow[] {
  const input = new ByteReader(bytes);
  const count = input.varintUpTo(MOST_ROWS, "the number of rows");
  const sources: string[] = [];
  const names = input.varintUpTo(count, "the number of sources");
  while (sources.length < names) {
    const before = sources.at(-1) ?? "";
    const shared = input.varintUpTo(before.length, "the shared length of two names");
    sources.push(before.slice(0, shared) + input.text());
  }
  const endings: Ending[] = [];
  const kinds = input.varintUpTo(count, "the number of endings");
  while (endings.length < kinds) {
    const outcome = OUTCOMES[input.varintUpTo(OUTCOMES.length - 1, "an outcome")] as Ending["outcome"];
    endings.push({ outcome, stage: input.text(), reason: input.text() });
  }
  const all = (): Float64Array => takeColumn(input, count);
  const [sourceOf, records, offsets, partIndexes, partCounts, endingOf] = [all(), all(), all(), all(), all(), all()];
  const delivered = endingOf.reduce((sum, ending) => (ending === 0 ? sum + 1 : sum), 0);
  const some = (): Float64Array => takeColumn(input, delivered);
  const [shards, samples, batchRows] = [some(), some(), some()];
  if (input.left > 0) throw corrupt(`${input.left} bytes follow the last column`);

  const rows: LineageRow[] = [];
  let number = -1;
  let source = "";
  let record = 0;
  let offset = 0;
  let shard = 0;
  let sample = 0;
  let batchRow = 0;
  let place = 0;
  for (let i = 0; i < count; i++) {
    if (sourceOf[i] !== number) {
      number = sourceOf[i] as number;
      source = entryOf(sources, number, "source");
      record = 0;
      offset = 0;
    }
    record += records[i] as number;
    offset = notNegative(offset + unzigzag(offsets[i] as number));
    const part = partIndexes[i] === 0 ? undefined : { index: (partIndexes[i] as number) - 1, count: partCounts[i] as number };
    const ending = endingOf[i] as number;
    if (ending > 0) {
      const { outcome, stage, reason } = entryOf(endings, ending - 1, "ending");
      rows.push({ source, record, offset, part, outcome, stage, reason });
      continue;
    }
    shard = notNegative(shard + unzigzag(shards[place] as number));
    sample = notNegative(sample + unzigzag(samples[place] as number));
    batchRow = notNegative(batchRow + unzigzag(batchRows[place] as number));
    place++;
    const row = batchRow === 0 ? undefined : batchRow - 1;
    rows.push({ source, record, offset, part, outcome: "delivered", shard, sample, row });
  }
  return rows;
}

function entryOf<T>(entries: readonly T[], index: number, what: string): T {
  const entry = entries[index];
  if (entry === undefined) throw corrupt(`there is no ${what} ${index}`);
  return entry;
}

function notNegative(value: number): number {
  if (value < 0) throw corrupt("a number is below zero");
  return value;
}

/** Gives equal things one number, in the order they appear. */
class Numbering<T> {
  readonly all: T[] = [];
  readonly #numbers = new Map<string, number>();
  #last: { readonly key: string; readonly number: number } | undefined;

  of(key: string, thing: T): number {
    if (this.#last?.key === key) return this.#last.number;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.all.push(thing) - 1;
      this.#numbers.set(key, number);
    }
    this.#last = { key, number };
    return number;
  }
}

/** UTF-16 units two names begin with in common; never in the middle of a surrogate pair, which UTF-8 could not hold. */
function sharedLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  const last = a.charCodeAt(length - 1);
  return length > 0 && last >= 0xd800 && last < 0xdc00 ? length - 1 : length;
}
