/** Fingerprints of many splits as columns: batches of a fixed number of documents, numbered through. */
import { type Fingerprints, PipelineError } from "../../core/index.ts";
import { ColumnKernel } from "../../kernels/cluster/index.ts";
import { KEY_BYTES } from "../exact.ts";
import { type FingerprintHeader, FingerprintParser, incomparable, KIND } from "./format.ts";

/** Bytes of records that the kernel unpacks at once: they stay in the cache, and hold any record. */
const WINDOW = 1 << 18;

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

/** The splits in their own order, with the kernel where it runs. */
export function inOrder(
  splits: readonly Fingerprints[],
  header: FingerprintHeader,
  width: number,
  capacity: number,
  signal: AbortSignal,
  backend: "auto" | "js" = "auto",
): BatchSource {
  const counts = splits.map(() => 0);
  const batches = (): AsyncIterable<Batch> => {
    const columns = backend === "js" ? undefined : ColumnKernel.create(WINDOW, capacity, width);
    if (columns === undefined) return oneByOne(splits, header, emptyBatch(capacity, width), width, counts, signal);
    return unpacked(splits, header, columns, capacity, counts, signal);
  };
  return { capacity, counts, batches };
}

async function* oneByOne(
  splits: readonly Fingerprints[],
  header: FingerprintHeader,
  batch: Batch,
  width: number,
  counts: number[],
  signal: AbortSignal,
): AsyncGenerator<Batch, void> {
  const capacity = batch.kinds.length;
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

/** The columns of the kernel as batches. */
async function* unpacked(
  splits: readonly Fingerprints[],
  wanted: FingerprintHeader,
  columns: ColumnKernel,
  capacity: number,
  counts: number[],
  signal: AbortSignal,
): AsyncGenerator<Batch, void> {
  const batch: Batch = { first: 0, count: 0, kinds: columns.kinds, keys: columns.keys, signatures: columns.signatures };
  for (const [split, fingerprints] of splits.entries()) {
    const parser = new FingerprintParser(`the fingerprints of split ${split}`);
    let count = 0;
    for await (const chunk of fingerprints.read()) {
      signal.throwIfAborted();
      const known = parser.header !== undefined;
      if (!known) parser.feed(chunk);
      const header = parser.header ?? parser.readHeader();
      if (header === undefined) {
        parser.retain();
        continue;
      }
      if (!known) checkComparable(header, wanted, split);
      const bytes = known ? chunk : parser.rest;
      for (let at = 0; at < bytes.length; ) {
        const fed = columns.feed(bytes, at);
        at += fed;
        for (let full = true; full; ) {
          const found = columns.unpack(batch.count, header.priority, header.names);
          if (found === 0 && fed === 0) endOf(parser, columns, count);
          count += found;
          batch.count += found;
          full = batch.count === capacity;
          if (!full) break;
          yield batch;
          batch.first += capacity;
          batch.count = 0;
        }
      }
    }
    endOf(parser, columns, count);
    counts[split] = count;
  }
  if (batch.count > 0) yield batch;
}

/** Throws when something is left that is no record. */
function endOf(parser: FingerprintParser, columns: ColumnKernel, count: number): void {
  if (parser.header !== undefined) parser.resume(columns.rest, count);
  parser.next();
  parser.end();
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
