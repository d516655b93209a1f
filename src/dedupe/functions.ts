/**
 * The pieces of the method as plain functions of a text, for looking into a decision, for tests and for other pipelines.
 * They share one document's scratch memory; for many documents use the stage, or `Normaliser` and `Sketcher`.
 */
import { knownOptions, numberOption, wordOption } from "../core/index.ts";
import { exactKey, KEY_BYTES } from "./exact.ts";
import { Normaliser, type Punctuation } from "./normalise.ts";
import { ReferenceNormaliser } from "./normalise-reference.ts";
import { LARGEST_NGRAM, SKETCH_OPTIONS, type SketchOptions, sketchParameters } from "./parameters.ts";
import { ShingleHasher } from "./shingle.ts";
import { Sketcher } from "./sketch.ts";

/**
 * The words of a text, folded, with one space between them: what two documents must share to be exact duplicates. With
 * "keep" punctuation marks and symbols are words too, as for documents shorter than a shingle. Bytes are UTF-8.
 */
export function normaliseForDedupe(text: string | Uint8Array, punctuation: Punctuation = "drop"): string {
  wordOption("normaliseForDedupe", "punctuation", punctuation, ["drop", "keep"]);
  return normalised(text, punctuation).text();
}

/**
 * The 128-bit key by which `dedupe` finds exact duplicates, as 32 hexadecimal digits: the first half of SHA-256 of the
 * normal form, with punctuation where the text has fewer than `ngram` (1 to 32, default 5) words.
 */
export function exactKeyOf(text: string | Uint8Array, ngram = 5): string {
  numberOption("exactKeyOf", "ngram", ngram, { min: 1, max: LARGEST_NGRAM, integer: true });
  const document = normalised(text, "drop");
  if (document.words < ngram) document.read(text, "keep");
  const key = new Uint8Array(KEY_BYTES);
  exactKey(document, key);
  return Buffer.from(key).toString("hex");
}

/**
 * The hashes of a text's shingles in order, repeated ones included: `Uint32Array` of two numbers a shingle, its value and
 * its place. Empty when the text has fewer than `ngram` words (or characters, where they are the unit).
 */
export function shingles(text: string | Uint8Array, options: Pick<SketchOptions, "ngram" | "unit" | "seed"> = {}): Uint32Array {
  knownOptions("shingles", options, ["ngram", "unit", "seed"]);
  const parameters = sketchParameters("shingles", options);
  const document = new ReferenceNormaliser();
  document.read(text);
  const hasher = new ShingleHasher(parameters);
  const units = parameters.unit === "words" ? document.words : document.characters;
  const count = Math.max(0, units - parameters.ngram + 1);
  const values = new Int32Array(count);
  const places = new Int32Array(count);
  hasher.begin();
  hasher.read(document, values, places, 0);
  const pairs = new Uint32Array(2 * count);
  for (let i = 0; i < count; i++) {
    pairs[2 * i] = values[i] as number;
    pairs[2 * i + 1] = places[i] as number;
  }
  return pairs;
}

/**
 * The signature of a text, `bands * rows` values of 8 bits (default 112), or undefined when it has fewer than `ngram`
 * words, or characters. Signatures made with equal options compare with `estimateJaccard`. Throws `TypeError` or `RangeError` for wrong
 * options.
 */
export function sketch(text: string | Uint8Array, options: SketchOptions = {}): Uint8Array | undefined {
  knownOptions("sketch", options, SKETCH_OPTIONS);
  const parameters = sketchParameters("sketch", options);
  const signature = new Uint8Array(parameters.bands * parameters.rows);
  return new Sketcher(parameters).sketch(normalised(text, "drop"), signature) ? signature : undefined;
}

let shared: Normaliser | undefined;

/** Valid until the next call, and no function here uses two. */
function normalised(text: string | Uint8Array, punctuation: Punctuation): Normaliser {
  shared ??= new Normaliser();
  shared.read(text, punctuation);
  return shared;
}
