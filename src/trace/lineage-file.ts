/** A lineage file for reading: its index is in memory (about 60 bytes for 4,096 rows), its blocks are read when they are wanted. */
import { type FileHandle, open } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { messageOf, PipelineError } from "../core/index.ts";
import { corrupt } from "./bytes.ts";
import { compareKeys, type DeliveredRow, type LineageRow, type RecordKey } from "./lineage.ts";
import { decodeBlock } from "./lineage-block.ts";
import { type Block, comparePlaces, decodeIndex, HEAD, type SamplePlace, TAIL_BYTES, TAIL_MARK } from "./lineage-index.ts";

/**
 * An open lineage file. Iterating it yields all rows in order, by source and record; `of` and `at` look one document or one
 * sample up. Memory: the index and one block of 4,096 rows.
 */
export class LineageFile implements AsyncIterable<LineageRow>, AsyncDisposable {
  readonly path: string;
  /** Size of the file in bytes. */
  readonly bytes: number;
  /** @internal */
  readonly blocks: readonly Block[];
  readonly #handle: FileHandle;

  private constructor(path: string, bytes: number, blocks: readonly Block[], handle: FileHandle) {
    this.path = path;
    this.bytes = bytes;
    this.blocks = blocks;
    this.#handle = handle;
  }

  /**
   * Opens the file and reads its index. Throws a `PipelineError` that names the file: "vanished", "unreadable", "truncated"
   * (it has no end, as a writer leaves it that was killed), "corrupt", or "changed" for another version of the format.
   */
  static async open(path: string): Promise<LineageFile> {
    let handle: FileHandle;
    try {
      handle = await open(path, "r");
    } catch (error) {
      const kind = (error as NodeJS.ErrnoException).code === "ENOENT" ? "vanished" : "unreadable";
      throw new PipelineError({ kind, message: `cannot read ${path}: ${messageOf(error)}`, cause: error });
    }
    try {
      const { size } = await handle.stat();
      return new LineageFile(path, size, await naming(path, () => readIndex(handle, size)), handle);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Number of rows. */
  get rows(): number {
    return this.blocks.reduce((sum, block) => sum + block.rows, 0);
  }

  /** All rows, in order. Throws "truncated" or "corrupt". */
  async *[Symbol.asyncIterator](): AsyncGenerator<LineageRow, void> {
    // Not `yield*`, which in an async generator wraps every row in promises of its own.
    for (const block of this.blocks) for (const row of await this.load(block)) yield row;
  }

  /** The rows of one record: one, or one a part; none when the run did not read that record. */
  async of({ source, record }: RecordKey): Promise<LineageRow[]> {
    const key = { source, record };
    const found: LineageRow[] = [];
    for (const block of this.blocks) {
      if (compareKeys(block.last, key) < 0) continue;
      if (compareKeys(block.first, key) > 0) break;
      for (const row of await this.load(block)) if (compareKeys(row, key) === 0) found.push(row);
    }
    return found;
  }

  /** The rows of one sample: one, or one for each row of a batch, in the order of its rows. */
  async at({ shard, sample }: SamplePlace): Promise<DeliveredRow[]> {
    const place = { shard, sample };
    const found: DeliveredRow[] = [];
    for (const block of this.blocks) {
      const { places } = block;
      if (places === undefined || comparePlaces(places.least, place) > 0 || comparePlaces(places.greatest, place) < 0) continue;
      for (const row of await this.load(block)) if (row.outcome === "delivered" && comparePlaces(row, place) === 0) found.push(row);
    }
    return found.sort((a, b) => (a.row ?? 0) - (b.row ?? 0));
  }

  /** @internal The rows of one block. */
  load(block: Block): Promise<LineageRow[]> {
    return naming(this.path, () => readBlock(this.#handle, block));
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Reads, checks and decodes one block of an open file. */
export async function readBlock(handle: FileHandle, block: Block): Promise<LineageRow[]> {
  const bytes = await readExactly(handle, block.position, block.bytes);
  if (crc32(bytes) !== block.crc) throw corrupt(`the checksum of the block at byte ${block.position} does not match`);
  const rows = decodeBlock(bytes);
  if (rows.length !== block.rows)
    throw corrupt(`the block at byte ${block.position} has ${rows.length} rows, the index says ${block.rows}`);
  return rows;
}

async function readIndex(handle: FileHandle, size: number): Promise<readonly Block[]> {
  const head = await readExactly(handle, 0, Math.min(size, HEAD.length));
  const name = HEAD.subarray(0, -2); // without the version
  if (size < HEAD.length && HEAD.subarray(0, size).equals(head)) throw truncated();
  if (!head.subarray(0, name.length).equals(name)) throw corrupt("this is not a lineage file");
  if (!head.equals(HEAD)) {
    throw new PipelineError({ kind: "changed", message: "the file has another version of the format than this library reads" });
  }
  if (size < HEAD.length + TAIL_BYTES) throw truncated();
  const tail = await readExactly(handle, size - TAIL_BYTES, TAIL_BYTES);
  if (!tail.subarray(8).equals(TAIL_MARK)) throw truncated();
  const length = tail.readUInt32LE(4);
  const start = size - TAIL_BYTES - length;
  if (start < HEAD.length) throw corrupt("the length of the index is not possible");
  const index = await readExactly(handle, start, length);
  if (crc32(index) !== tail.readUInt32LE(0)) throw corrupt("the checksum of the index does not match");
  return decodeIndex(index, start);
}

async function readExactly(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) throw truncated();
    done += bytesRead;
  }
  return bytes;
}

function truncated(): PipelineError {
  return new PipelineError({ kind: "truncated", message: "the file has no end: it was cut, or its writer did not finish" });
}

/** Puts the file's name before the message of an error that does not know it. */
async function naming<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PipelineError) throw new PipelineError({ ...error.facts, message: `${path}: ${error.message}` });
    throw new PipelineError({ kind: "unreadable", message: `cannot read ${path}: ${messageOf(error)}`, cause: error });
  }
}
