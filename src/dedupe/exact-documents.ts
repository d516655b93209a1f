/**
 * `dedupeExact`: keeps the first of equal documents, by a 128-bit hash of what the user says makes them equal.
 *
 * Cost: hashing, and one look-up a document. Turned down: comparing the texts themselves, for which they would have to be kept;
 * 64-bit hashes, with which 10^9 documents have a chance of 2.7 % to lose one by accident (128 bits: 1.5e-21).
 */
import { type Doc, knownOptions, optionType, type Stage, wordOption } from "../core/index.ts";
import { DocumentKey, type HashName } from "./document-key.ts";
import { UNICODE_VERSION } from "./fold.ts";
import { type KeyReader, keepFirst } from "./keep-first.ts";
import { Normaliser } from "./normalise.ts";

/** Options of {@link dedupeExact}. */
export interface DedupeExactOptions<T = Doc> {
  /**
   * What has to be equal. "text" (default): every character. "normalised": the words after folding, as `dedupe` compares them (case, accents
   * and spacing do not count; punctuation only in documents of fewer than five words). A function: what it returns; documents for which that is
   * undefined are passed on uncompared.
   */
  readonly by?: "text" | "normalised" | ((doc: T) => string | undefined);
  /** Default "xxh3-128". */
  readonly hash?: HashName;
}

const NAME = "dedupeExact";
/** Shorter documents are compared with their punctuation: "C++" is not "C#". */
const SHORT_WORDS = 5;

/**
 * Drops every document that equals one kept before; the others pass unchanged and in order. Reason: "exact-duplicate", with
 * `{ of, origin }` of the kept document in runs that keep exclusions.
 *
 * Memory: 20 to 25 bytes a kept document (40 to 47 for a moment when the table grows), plus its name where exclusions are kept (about 40 bytes and its
 * id); a checkpoint holds 16 bytes a kept document. Over many workers: 16 bytes a document travel, one bit comes back. Throws `TypeError` for
 * wrong options; what `by` throws is the document's error.
 */
export function dedupeExact<T extends Doc>(options: DedupeExactOptions<T> = {}): Stage<T, T> {
  knownOptions(NAME, options, ["by", "hash"]);
  const { by = "text" } = options;
  if (typeof by !== "function" && by !== "text" && by !== "normalised") {
    throw optionType(NAME, "by", '"text", "normalised" or a function', by);
  }
  const hash = wordOption(NAME, "hash", options.hash ?? "xxh3-128", ["xxh3-128", "sha256"]);
  return keepFirst<T, T>({
    name: NAME,
    // A function is part of the configuration by its name only; the Unicode version decides what folds.
    config: { by, hash, ...(by === "normalised" ? { unicode: UNICODE_VERSION } : {}) },
    words: 4,
    limit: 1,
    filterBytes: 0,
    whole: true,
    reader: () => documentReader(hash, contentOf(by)),
  });
}

/** Reads whole documents; `content` says what of them is compared, or undefined. */
export function documentReader<T extends Doc>(
  hash: HashName,
  content: (doc: T) => string | Uint8Array | undefined,
  reason = "exact-duplicate",
): KeyReader<T, T> {
  const key = new DocumentKey(hash);
  return {
    keys: key.words,
    read: (doc) => {
      const data = content(doc);
      if (data === undefined) return 0;
      key.read(data);
      return 1;
    },
    finish: (doc, repeated, count, context, of) => {
      if (count === 0) context.count("without a key");
      if (count === 0 || repeated[0] === 0) return doc;
      context.drop(doc, reason, of);
      return undefined;
    },
  };
}

function contentOf<T extends Doc>(
  by: "text" | "normalised" | ((doc: T) => string | undefined),
): (doc: T) => string | Uint8Array | undefined {
  if (by === "text") return (doc) => doc.text;
  if (by === "normalised") {
    const normaliser = new Normaliser();
    return (doc) => {
      normaliser.read(doc.text);
      if (normaliser.words < SHORT_WORDS) normaliser.read(doc.text, "keep");
      return normaliser.bytes;
    };
  }
  return (doc) => {
    const value: unknown = by(doc);
    if (value !== undefined && typeof value !== "string")
      throw optionType(NAME, "by", "a function that returns a string or undefined", value);
    return value;
  };
}
