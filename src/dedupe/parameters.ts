/** What a sketch depends on beside the version of the algorithm. Two signatures compare only if all of it is equal. */
import { numberOption, wordOption } from "../core/index.ts";

/** Name and version of normaliser, hashes and sketch. Any change that changes one signature changes the version. */
export const ALGORITHM = "minhash@millrace/1";

/** Longest shingle in words. A power of two, since the hashes of that many words are kept in a ring. */
export const LARGEST_NGRAM = 32;
/** Most values in a signature. */
export const LARGEST_SIGNATURE = 512;

export interface SketchOptions {
  /** Words, or characters, in a shingle: 1 to 32. Default 5. For characters, 13 to 25 tell documents apart as five words do. */
  readonly ngram?: number;
  /**
   * What a shingle is made of: "words" (default), or "characters" (code points of the folded words; spaces do not count), for text
   * whose words are broken or run together.
   */
  readonly unit?: "words" | "characters";
  /** Bands of the signature, 1 to 128. Default 14. More bands find less similar documents (looser). */
  readonly bands?: number;
  /**
   * Values in a band, 4 to 64. Default 8. More rows ask for more similar documents (stricter). A band's key is its rows of
   * 8 bits, so fewer than 4 would make documents share keys by chance. `bands * rows` is at most 512.
   */
  readonly rows?: number;
  /** Seed of the hash functions, an unsigned 32-bit integer. Default 1. It is not the seed of the run. */
  readonly seed?: number;
}

export type SketchParameters = Required<SketchOptions>;

/** The options a caller may name, for `knownOptions`. */
export const SKETCH_OPTIONS: readonly string[] = ["ngram", "unit", "bands", "rows", "seed"];

/**
 * Shapes that others use, for `dedupe({ ...SKETCH_PRESETS["text-dedup"] })`. Only the parameters are theirs; words and hashes are those of
 * this library. "datatrove" and "text-dedup" (24 bands of 10 rows of its 240 values, for a threshold of 0.7) are their documented
 * settings, "recall" finds more at lower similarities: half of the pairs at 0.51.
 */
export const SKETCH_PRESETS: Readonly<Record<"datatrove" | "text-dedup" | "recall", SketchOptions>> = {
  datatrove: { ngram: 5, bands: 14, rows: 8 },
  "text-dedup": { ngram: 5, bands: 24, rows: 10 },
  recall: { ngram: 5, bands: 20, rows: 5 },
};

/** Checks the options and fills in the defaults; `owner` names the function in errors. */
export function sketchParameters(owner: string, options: SketchOptions = {}): SketchParameters {
  const { ngram = 5, unit = "words", bands = 14, rows = 8, seed = 1 } = options;
  numberOption(owner, "ngram", ngram, { min: 1, max: LARGEST_NGRAM, integer: true });
  wordOption(owner, "unit", unit, ["words", "characters"]);
  numberOption(owner, "bands", bands, { min: 1, max: 128, integer: true });
  numberOption(owner, "rows", rows, { min: 4, max: 64, integer: true });
  numberOption(owner, "seed", seed, { min: 0, max: 0xffff_ffff, integer: true });
  if (bands * rows > LARGEST_SIGNATURE) {
    throw new RangeError(
      `${owner}: expected \`bands\` * \`rows\` to be at most ${LARGEST_SIGNATURE}, got ${bands} * ${rows} = ${bands * rows}`,
    );
  }
  return { ngram, unit, bands, rows, seed };
}
