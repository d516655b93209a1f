/**
 * The order in which documents are decided when not the first but the longest or best of a group stays: by priority, the
 * higher the earlier, and by number where it is equal. The fingerprints are put into that order on disk once, and everything
 * else goes on as if it were the order of the corpus. Memory: 28 bytes a document while they are sorted, 8 afterwards.
 */
import { join } from "node:path";
import { type Fingerprints, PipelineError } from "../../core/index.ts";
import { KEY_BYTES } from "../exact.ts";
import { type Batch, type BatchSource, chunksOf, emptyBatch } from "./batches.ts";
import { BlockFile } from "./block-file.ts";
import { type FingerprintHeader, KIND } from "./format.ts";

const LARGEST_BLOCK = 64 * 1024;
const KEY_WORDS = KEY_BYTES / 4;

export interface RankedSource extends BatchSource {
  /** The number in the corpus of the document of each rank. */
  readonly order: Uint32Array;
  close(): void;
}

/** Bytes for each document, at the worst moment. */
export const RANK_BYTES = 28;
/** A budget below this is taken for this: so small a one is a test's. */
const LEAST_BUDGET = 1_000_000;

/** The documents in the order of their priority. Throws a `PipelineError` when there are too many for the memory. */
export async function byPriority(
  splits: readonly Fingerprints[],
  header: FingerprintHeader,
  options: {
    /** So many of the splits, the first ones, are indexes, whose documents come first. */
    readonly indexes: number;
    readonly width: number;
    readonly capacity: number;
    readonly memoryBytes: number;
    readonly directory: string;
    readonly signal: AbortSignal;
  },
): Promise<RankedSource> {
  const { indexes, width, capacity, memoryBytes, directory, signal } = options;
  const { order, counts } = await ranking(splits, header, indexes, memoryBytes, signal);
  const ranks = new Uint32Array(order.length);
  for (let rank = 0; rank < order.length; rank++) ranks[order[rank] as number] = rank;

  const stride = 2 + KEY_WORDS + Math.ceil(width / 4);
  const chunks = Math.max(1, Math.ceil(order.length / capacity));
  const block = Math.min(LARGEST_BLOCK, Math.max(stride * 4, Math.floor(memoryBytes / 6 / chunks)));
  const file = new BlockFile(join(directory, "ranked"), chunks, block);
  let document = 0;
  for await (const { parser } of chunksOf(splits, header, signal)) {
    for (; parser.next(); document++) {
      const rank = ranks[document] as number;
      const at = file.reserve(Math.floor(rank / capacity), stride);
      file.words[at] = rank;
      file.words[at + 1] = parser.kind;
      if (parser.kind === KIND.failed) continue;
      file.bytes.set(parser.bytes.subarray(parser.keyAt, parser.keyAt + KEY_BYTES), (at + 2) * 4);
      if (parser.kind !== KIND.signed || width === 0) continue;
      file.bytes.set(parser.bytes.subarray(parser.signatureAt, parser.signatureAt + width), (at + 2 + KEY_WORDS) * 4);
    }
  }

  async function* batches(): AsyncGenerator<Batch, void> {
    const batch = emptyBatch(capacity, width);
    for (let chunk = 0; chunk * capacity < order.length; chunk++) {
      batch.first = chunk * capacity;
      batch.count = Math.min(capacity, order.length - batch.first);
      for (const words of file.blocks(chunk)) place(words, stride, batch, width);
      yield batch;
    }
  }
  return { capacity, counts, batches, order, close: () => file.close() };
}

function place(words: Uint32Array, stride: number, batch: Batch, width: number): void {
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  for (let at = 0; at < words.length; at += stride) {
    const i = (words[at] as number) - batch.first;
    batch.kinds[i] = words[at + 1] as number;
    const key = (at + 2) * 4;
    batch.keys.set(bytes.subarray(key, key + KEY_BYTES), i * KEY_BYTES);
    if (width > 0) batch.signatures.set(bytes.subarray(key + KEY_BYTES, key + KEY_BYTES + width), i * width);
  }
}

async function ranking(
  splits: readonly Fingerprints[],
  header: FingerprintHeader,
  indexes: number,
  memoryBytes: number,
  signal: AbortSignal,
): Promise<{ readonly order: Uint32Array; readonly counts: readonly number[] }> {
  let priorities = new Float64Array(1024);
  const counts = splits.map(() => 0);
  let count = 0;
  for await (const { parser, split } of chunksOf(splits, header, signal)) {
    while (parser.next()) {
      if (count === priorities.length) {
        checkMemory(count * RANK_BYTES, memoryBytes, "an order by priority");
        const grown = new Float64Array(count * 2);
        grown.set(priorities);
        priorities = grown;
      }
      priorities[count++] = parser.kind === KIND.failed ? Number.NEGATIVE_INFINITY : parser.priority;
    }
    counts[split] = parser.count;
  }
  checkMemory(count * RANK_BYTES, memoryBytes, "an order by priority");
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  order.subarray(documentsIn(counts, indexes)).sort((a, b) => {
    const [x, y] = [priorities[a] as number, priorities[b] as number];
    return x === y ? a - b : x < y ? 1 : -1;
  });
  return { order, counts };
}

/** Documents of the first splits, so many of them. */
export function documentsIn(counts: readonly number[], splits: number): number {
  return counts.slice(0, splits).reduce((sum, count) => sum + count, 0);
}

/** What no file can replace: numbers for each document, of which the budget must hold at least those. */
export function checkMemory(needed: number, memoryBytes: number, what: string): void {
  if (needed <= Math.max(memoryBytes, LEAST_BUDGET)) return;
  const message = `${what} needs ${needed} bytes of memory, and ${memoryBytes} are allowed; allow more, or keep the first of each group with match: "verified"`;
  throw new PipelineError({ kind: "too-long", message });
}
