/**
 * The end of a lineage file: where each block lies, what it spans, and how many rows the file has. A look-up reads the index
 * and then only the blocks that can hold the answer.
 */
import { crc32 } from "node:zlib";
import { ByteReader, ByteWriter, corrupt } from "./bytes.ts";
import type { LineageRow, RecordKey } from "./lineage.ts";

/** First bytes of the file: what it is, for a person who looks into it, and the version. */
export const HEAD: Buffer = Buffer.from("millrace lineage 1\n");
/** Last bytes of the file. Before them stand the index, its CRC-32 and its length, 4 bytes each, low byte first. */
export const TAIL_MARK: Buffer = Buffer.from("end\n");
export const TAIL_BYTES: number = 8 + TAIL_MARK.length;

/** A shard and a sample in it. */
export interface SamplePlace {
  readonly shard: number;
  readonly sample: number;
}

/** One block: where it lies, and what it spans. */
export interface Block {
  readonly position: number;
  readonly bytes: number;
  readonly crc: number;
  readonly rows: number;
  readonly first: RecordKey;
  readonly last: RecordKey;
  /** Least and greatest place of its delivered rows; undefined when it has none. */
  readonly places: { readonly least: SamplePlace; readonly greatest: SamplePlace } | undefined;
}

/** What the index says of a block at `position`. The rows must be in order, at least one of them. */
export function describeBlock(position: number, bytes: Buffer, rows: readonly LineageRow[]): Block {
  const [first, last] = [rows[0], rows.at(-1)] as [LineageRow, LineageRow];
  let least: SamplePlace | undefined;
  let greatest: SamplePlace | undefined;
  for (const row of rows) {
    if (row.outcome !== "delivered") continue;
    if (least === undefined || comparePlaces(row, least) < 0) least = row;
    if (greatest === undefined || comparePlaces(row, greatest) > 0) greatest = row;
  }
  // Copies, so that the index keeps no rows alive.
  const places = least && greatest && { least: placeOf(least), greatest: placeOf(greatest) };
  return { position, bytes: bytes.length, crc: crc32(bytes), rows: rows.length, first: keyOf(first), last: keyOf(last), places };
}

export function comparePlaces(a: SamplePlace, b: SamplePlace): number {
  return a.shard - b.shard || a.sample - b.sample;
}

/** Index and tail, as they follow the last block. */
export function encodeIndex(blocks: readonly Block[]): Buffer {
  const out = new ByteWriter();
  out.varint(blocks.length);
  for (const { bytes, crc, rows, first, last, places } of blocks) {
    for (const value of [bytes, crc, rows]) out.varint(value);
    for (const { source, record } of [first, last]) {
      out.text(source);
      out.varint(record);
    }
    out.varint(places === undefined ? 0 : 1);
    if (places === undefined) continue;
    for (const { shard, sample } of [places.least, places.greatest]) {
      out.varint(shard);
      out.varint(sample);
    }
  }
  const index = out.bytes();
  const tail = Buffer.alloc(TAIL_BYTES);
  tail.writeUInt32LE(crc32(index), 0);
  tail.writeUInt32LE(index.length, 4);
  tail.set(TAIL_MARK, 8);
  return Buffer.concat([index, tail]);
}

/** The blocks of an index whose file has `end` bytes before it. Throws a `PipelineError` of kind "corrupt". */
export function decodeIndex(index: Buffer, end: number): Block[] {
  const input = new ByteReader(index);
  const count = input.varintUpTo(index.length, "the number of blocks");
  const blocks: Block[] = [];
  let position = HEAD.length;
  while (blocks.length < count) {
    const [bytes, crc, rows] = [input.varintUpTo(end - position, "the size of a block"), input.varint(), input.varint()];
    const key = (): RecordKey => ({ source: input.text(), record: input.varint() });
    const [first, last] = [key(), key()];
    const place = (): SamplePlace => ({ shard: input.varint(), sample: input.varint() });
    const places = input.varintUpTo(1, "a flag") === 1 ? { least: place(), greatest: place() } : undefined;
    blocks.push({ position, bytes, crc, rows, first, last, places });
    position += bytes;
  }
  if (input.left > 0 || position !== end) throw corrupt("the index does not fit the blocks before it");
  return blocks;
}

function keyOf({ source, record }: RecordKey): RecordKey {
  return { source, record };
}

function placeOf({ shard, sample }: SamplePlace): SamplePlace {
  return { shard, sample };
}
