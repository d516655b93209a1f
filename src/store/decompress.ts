/**
 * The decompressed bytes of an entry, from any offset.
 *
 * Decompressors lose the output of the very call in which they meet corrupt data, up to a whole output buffer: a small file
 * with one stray byte behind it would yield nothing. So on corruption the entry is decompressed again with smaller pieces at
 * the place that failed, down to single bytes: everything before the bad byte comes out. A corrupt file, and only it, costs
 * three decompressions instead of one.
 *
 * Cost: an offset in a compressed entry is reached by decompressing up to it. Turned down: an index of restart points for
 * gzip (32 KiB of window for each), which plain shards of moderate size make needless.
 */
import { PipelineError } from "../core/index.ts";
import { type Compression, detectCompression, HEAD_BYTES } from "./compression.ts";
import { GzipDecoder } from "./gzip.ts";
import type { Entry, Store, StreamOptions } from "./store.ts";
import { ZstdDecoder } from "./zstd.ts";

/** One decompression. Pieces may be cut anywhere. */
export interface Decoder {
  /** Takes all of the piece and yields what it expands to; an output is valid until the next is asked for. */
  decode(piece: Buffer): AsyncIterable<Buffer>;
  /** Throws a `PipelineError` of kind "truncated" unless the input ended where it may end. */
  finish(): Promise<void>;
  close(): void;
}

/** Compressed bytes given to a decoder at once; the smaller ones close in on damage. */
const PIECE_BYTES: readonly [number, ...number[]] = [64 * 1024, 512, 1];

/**
 * The bytes of an entry, decompressed when its first bytes say so, from offset `start` of the decompressed stream. All
 * members of a gzip file and all frames of a zstd file are read. Memory: two reads of the store, one piece and one output
 * of the decoder, and its window (32 KiB for gzip, what the frame asks for up to 128 MiB for zstd). Throws what the store
 * throws, and "truncated" or "corrupt", after everything that came before the damage.
 */
export async function* readEntry(store: Store, entry: Entry, options: StreamOptions = {}): AsyncGenerator<Buffer, void> {
  const { start = 0, ...rest } = options;
  const input = store.stream(entry, rest)[Symbol.asyncIterator]();
  try {
    const first = await firstBytes(input);
    const compression = detectCompression(entry.name, first.subarray(0, HEAD_BYTES));
    if (compression !== "none") {
      const again = (): AsyncIterable<Buffer> => store.stream(entry, rest);
      yield* dropFirst(decompress(compression, rejoin(first, input), again), start);
    } else if (start === 0) {
      yield* rejoin(first, input);
    } else {
      yield* store.stream(entry, options);
    }
  } finally {
    await input.return?.();
  }
}

/** The first chunk, with more behind it where a store hands out very small ones; empty for an empty entry. */
async function firstBytes(input: AsyncIterator<Buffer>): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < HEAD_BYTES) {
    if (head.length > 0) head = Buffer.from(head); // the next pull ends the life of this chunk
    const next = await input.next();
    if (next.done === true) break;
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
  }
  return head;
}

async function* rejoin(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer, void> {
  if (first.length > 0) yield first;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

/** Decompresses `input`; on corruption again from `again`, for the reason given at the head of this file. */
async function* decompress(
  compression: Exclude<Compression, "none">,
  input: AsyncIterable<Buffer>,
  again: () => AsyncIterable<Buffer>,
): AsyncGenerator<Buffer, void> {
  let careful = Number.POSITIVE_INFINITY;
  let made = 0;
  for (const pieceBytes of PIECE_BYTES) {
    const progress = { taken: 0, made: 0 };
    const source = pieceBytes === PIECE_BYTES[0] ? input : again();
    try {
      yield* dropFirst(decodeAll(await createDecoder(compression), source, progress, careful, pieceBytes), made);
      return;
    } catch (error) {
      if (!(error instanceof PipelineError) || error.kind !== "corrupt") throw error;
      if (pieceBytes === 1) throw withPlace(error, progress.taken);
      careful = progress.taken;
      made = Math.max(made, progress.made);
    }
  }
}

async function createDecoder(compression: Exclude<Compression, "none">): Promise<Decoder> {
  return compression === "gzip" ? new GzipDecoder() : ZstdDecoder.create();
}

/** Decodes in large pieces up to position `careful` and in pieces of `pieceBytes` behind it. Counts what went in and what came out. */
async function* decodeAll(
  decoder: Decoder,
  input: AsyncIterable<Buffer>,
  progress: { taken: number; made: number },
  careful: number,
  pieceBytes: number,
): AsyncGenerator<Buffer, void> {
  try {
    for await (const chunk of input) {
      for (let at = 0; at < chunk.length; ) {
        const size = progress.taken < careful ? Math.min(PIECE_BYTES[0], careful - progress.taken) : pieceBytes;
        const piece = chunk.subarray(at, at + size);
        for await (const output of decoder.decode(piece)) {
          progress.made += output.length;
          yield output;
        }
        at += piece.length;
        progress.taken += piece.length;
      }
    }
    await decoder.finish();
  } finally {
    decoder.close();
  }
}

function withPlace(error: PipelineError, position: number): PipelineError {
  return new PipelineError({ ...error.facts, message: `${error.message}, at byte ${position} of the compressed file` });
}

/** The stream without its first `count` bytes; shorter than that, it is not the stream the offset was taken from. */
async function* dropFirst(input: AsyncIterable<Buffer>, count: number): AsyncGenerator<Buffer, void> {
  let left = count;
  for await (const chunk of input) {
    if (left >= chunk.length) left -= chunk.length;
    else {
      yield left === 0 ? chunk : chunk.subarray(left);
      left = 0;
    }
  }
  if (left > 0)
    throw new PipelineError({ kind: "changed", message: `the data is ${left} bytes shorter than the offset ${count} to read from` });
}
