/** Fingerprints of many splits as columns: batches of a fixed number of documents, numbered through. */
import { type Fingerprints, PipelineError } from "../../core/index.ts";
import { KEY_BYTES } from "../exact.ts";
import { type FingerprintHeader, FingerprintParser, incomparable, KIND } from "./format.ts";

/** The documents `first` to `first + count - 1`, in columns. The arrays are used again for the next batch. */
export interface Batch {
  first: number;
  count: number;
  readonly kinds: Uint8Array;
  /** 16 bytes a document. */
  readonly keys: Uint8Array;
  /** `width` bytes a document; what lies there for a document without a signature means nothing. */
  readonly signatures: Uint8Array;
}

/** Something that can be gone through in batches of `capacity` documents any number of times, always in the same order. */
export interface BatchSource {
  readonly capacity: number;
  /** Documents of each split, once the source was gone through. */
  readonly counts: readonly number[];
  batches(): AsyncIterable<Batch>;
}

export function emptyBatch(capacity: number, width: number): Batch {
  const kinds = new Uint8Array(capacity);
  return { first: 0, count: 0, kinds, keys: new Uint8Array(capacity * KEY_BYTES), signatures: new Uint8Array(capacity * width) };
}

/**
 * Goes through the fingerprints of the splits chunk by chunk: whoever gets a parser calls its `next` until it returns false,
 * then asks for the next chunk. Throws a `PipelineError` for fingerprints that are cut off, damaged or made otherwise.
 */
export async function* chunksOf(
  splits: readonly Fingerprints[],
  wanted: FingerprintHeader,
  signal: AbortSignal,
): AsyncGenerator<{ readonly parser: FingerprintParser; readonly split: number }, void> {
  for (const [split, fingerprints] of splits.entries()) {
    const parser = new FingerprintParser(`the fingerprints of split ${split}`);
    for await (const chunk of fingerprints.read()) {
      signal.throwIfAborted();
      const known = parser.header !== undefined;
      parser.feed(chunk);
      if (!known && parser.readHeader() !== undefined) checkComparable(parser.header as FingerprintHeader, wanted, split);
      yield { parser, split };
      parser.retain();
    }
    parser.end();
  }
}

function checkComparable(header: FingerprintHeader, wanted: FingerprintHeader, split: number): void {
  const difference = incomparable(header, wanted);
  // A saved index has no priorities: its documents come first without one.
  if (difference === undefined && (header.priority || !wanted.priority || header.index === true)) return;
  const message = `the fingerprints of split ${split} were made otherwise: ${difference ?? "they have no priority"}`;
  throw new PipelineError({ kind: "changed", message });
}

/** The splits in their own order. */
export function inOrder(
  splits: readonly Fingerprints[],
  header: FingerprintHeader,
  width: number,
  capacity: number,
  signal: AbortSignal,
): BatchSource {
  const counts = splits.map(() => 0);
  async function* batches(): AsyncGenerator<Batch, void> {
    const batch = emptyBatch(capacity, width);
    for await (const { parser, split } of chunksOf(splits, header, signal)) {
      while (parser.next()) {
        copyInto(batch, batch.count++, parser, width);
        if (batch.count < capacity) continue;
        yield batch;
        batch.first += capacity;
        batch.count = 0;
      }
      counts[split] = parser.count;
    }
    if (batch.count > 0) yield batch;
  }
  return { capacity, counts, batches };
}

/** Copies the record the parser stands at into the columns. */
export function copyInto(batch: Batch, at: number, record: FingerprintParser, width: number): void {
  batch.kinds[at] = record.kind;
  if (record.kind === KIND.failed) return;
  batch.keys.set(record.bytes.subarray(record.keyAt, record.keyAt + KEY_BYTES), at * KEY_BYTES);
  if (record.kind === KIND.signed && width > 0) {
    batch.signatures.set(record.bytes.subarray(record.signatureAt, record.signatureAt + width), at * width);
  }
}
