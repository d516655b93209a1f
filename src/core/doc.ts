/**
 * The record that flows through a pipeline, and the two things it carries out of sight: its UTF-8 bytes, made once,
 * and the text it had when it was read, kept only when a run asks for exclusions.
 */

/**
 * Where a record came from. It names the place in an error, it is the lineage of every sample, and it is the resume
 * cursor of a source. Stages pass it on unchanged.
 */
export interface Origin {
  /** Path or URL of the input, as the reader names it; inside an archive `path#member`. */
  readonly source: string;
  /** Number of the record in its source, from 0. */
  readonly record: number;
  /** Byte offset of the record in its source, after decompression. */
  readonly offset: number;
}

/** Which piece of a document a record is, once a stage has cut the document; absent on a whole document. */
export interface Part {
  /** From 0. */
  readonly index: number;
  /** Number of pieces of the document. */
  readonly count: number;
}

/** One document. Records are immutable: a stage that changes one yields a copy (`{ ...doc, text }`). */
export interface Doc {
  /** Unique in the corpus; taken from the input or derived from the origin. */
  readonly id: string;
  readonly text: string;
  /** Every other field of the input record. */
  readonly meta: Readonly<Record<string, unknown>>;
  readonly origin: Origin;
  readonly part?: Part;
}

/** Anything that knows where it came from: a document, or one row of a batch. */
export interface Traced {
  readonly origin: Origin;
  readonly part?: Part;
}

interface CachedBytes {
  readonly text: string;
  readonly bytes: Uint8Array;
}

const BYTES: unique symbol = Symbol("millrace.bytes");
/** @internal Also what a checkpoint must carry. */
export const ORIGINAL: unique symbol = Symbol("millrace.original");

const encoder = new TextEncoder();

/**
 * UTF-8 bytes of the document's text; lone surrogates become U+FFFD. Made on first use and cached on the record: kernels
 * read bytes while users read strings. The cache remembers which text it belongs to, because a spread copy takes it along.
 * The caller must not write into the array.
 */
export function textBytes(doc: { readonly text: string }): Uint8Array {
  const cached = (doc as { [BYTES]?: CachedBytes })[BYTES];
  if (cached !== undefined && cached.text === doc.text) return cached.bytes;
  const bytes = encoder.encode(doc.text);
  (doc as { [BYTES]?: CachedBytes })[BYTES] = { text: doc.text, bytes };
  return bytes;
}

/** Remembers the text as it was read. It hangs on the origin, the one object that every later copy of the record shares. */
export function keepOriginal(origin: Origin, text: string): void {
  const slot = origin as { [ORIGINAL]?: string };
  slot[ORIGINAL] ??= text;
}

/** The text as it was read, or undefined when the run does not keep it. */
export function originalText(origin: Origin): string | undefined {
  return (origin as { [ORIGINAL]?: string })[ORIGINAL];
}

/** The origin of any record, or of the first row of a batch; undefined for records that carry none. */
export function originOf(record: unknown): Origin | undefined {
  return tracedRows(record)[0]?.origin;
}

const NO_ROWS: readonly Traced[] = [];

/** The traced rows a record stands for: itself, or the rows of a batch. */
export function tracedRows(record: unknown): readonly Traced[] {
  if (typeof record !== "object" || record === null) return NO_ROWS;
  const candidate = record as { origin?: Origin; rows?: readonly Traced[] };
  if (candidate.origin !== undefined) return [candidate as Traced];
  if (Array.isArray(candidate.rows)) return candidate.rows;
  return NO_ROWS;
}
