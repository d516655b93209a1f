/**
 * Why one document was removed for another: how similar the sketch took them to be, how similar they are, which passages they
 * share and what each has alone.
 */
import { knownOptions, numberOption } from "../core/index.ts";
import { type CommonRun, commonRuns } from "./common-runs.ts";
import { estimateJaccard } from "./estimate.ts";
import { exactKeyOf, shingles, sketch } from "./functions.ts";
import { SKETCH_OPTIONS, type SketchOptions, sketchParameters } from "./parameters.ts";
import { type WordSpans, wordSpans } from "./word-spans.ts";

export interface ExplainOptions extends SketchOptions {
  /** Fewest words of a shared passage. Default `ngram`: shorter ones have no shingle in common. 1 to 1000. */
  readonly leastWords?: number;
  /** Most passages in each list. Default 5; 0 to 10,000. */
  readonly passages?: number;
  /** Words of each text that are looked at for passages, from its begin; 1 to 1,000,000. Default 200,000. */
  readonly mostWords?: number;
}

/** A piece of one text: `text.slice(start, end)`. */
export interface Passage {
  readonly words: number;
  /** In UTF-16 units. */
  readonly start: number;
  readonly end: number;
}

/** The same words in both texts; case, accents, punctuation and spacing may differ. */
export interface SharedPassage {
  readonly words: number;
  readonly removed: Passage;
  readonly kept: Passage;
}

export interface RemovalExplanation {
  /** Equal after normalisation: an exact duplicate. */
  readonly exact: boolean;
  /** From the signatures; undefined when one of the texts is shorter than a shingle. */
  readonly estimated: number | undefined;
  /** Of the two sets of shingles; undefined when both are empty. */
  readonly jaccard: number | undefined;
  /** Different shingles of each text, and how many they share. */
  readonly shingles: { readonly removed: number; readonly kept: number; readonly common: number };
  readonly words: { readonly removed: number; readonly kept: number };
  /** The longest passages the texts have in common, the longest first; no word of the removed text is in two. */
  readonly shared: readonly SharedPassage[];
  /** Words of each text in any shared passage, listed or not. */
  readonly covered: { readonly removed: number; readonly kept: number };
  /** What stands in no shared passage, the longest first. */
  readonly onlyInRemoved: readonly Passage[];
  readonly onlyInKept: readonly Passage[];
  /** False when a text has more than `mostWords` words, so that passages behind them were not looked at. */
  readonly complete: boolean;
}

const NAME = "explainRemoval";

/**
 * Explains a removal. Give it the texts as the stage saw them; texts from before cleaning explain nearly as well, with other
 * numbers. Sketch options should be those of the run. Throws `TypeError` or `RangeError` for wrong options.
 *
 * Memory: about 300 bytes a word up to `mostWords`, and 24 bytes a shingle.
 */
export function explainRemoval(removed: string, kept: string, options: ExplainOptions = {}): RemovalExplanation {
  knownOptions(NAME, options, [...SKETCH_OPTIONS, "leastWords", "passages", "mostWords"]);
  const { leastWords, passages = 5, mostWords = 200_000, ...sketchOptions } = options;
  const parameters = sketchParameters(NAME, sketchOptions);
  const least = numberOption(NAME, "leastWords", leastWords ?? parameters.ngram, { min: 1, max: 1000, integer: true });
  numberOption(NAME, "passages", passages, { min: 0, max: 10_000, integer: true });
  numberOption(NAME, "mostWords", mostWords, { min: 1, max: 1e6, integer: true });

  const [signatureOfRemoved, signatureOfKept] = [sketch(removed, parameters), sketch(kept, parameters)];
  const counts = commonShingles(removed, kept, parameters);
  const all = counts.removed + counts.kept - counts.common;
  // One word more than is looked at tells that there are more.
  const [a, b] = [wordSpans(removed, mostWords + 1), wordSpans(kept, mostWords + 1)];
  const complete = a.words.length <= mostWords && b.words.length <= mostWords;
  const [wordsA, wordsB] = [a.words.slice(0, mostWords), b.words.slice(0, mostWords)];
  const runs = commonRuns(wordsA, wordsB, least);
  const [coveredA, coveredB] = [cover(wordsA.length, runs, "a"), cover(wordsB.length, runs, "b")];
  return {
    exact: exactKeyOf(removed, parameters.ngram) === exactKeyOf(kept, parameters.ngram),
    estimated: signatureOfRemoved && signatureOfKept && estimateJaccard(signatureOfRemoved, signatureOfKept),
    jaccard: all === 0 ? undefined : counts.common / all,
    shingles: counts,
    words: { removed: wordsA.length, kept: wordsB.length },
    shared: runs.slice(0, passages).map((run) => ({
      words: run.length,
      removed: passage(a, run.a, run.length),
      kept: passage(b, run.b, run.length),
    })),
    covered: { removed: sum(coveredA), kept: sum(coveredB) },
    onlyInRemoved: gaps(a, coveredA, passages),
    onlyInKept: gaps(b, coveredB, passages),
    complete,
  };
}

/**
 * The true Jaccard similarity of two texts: of their sets of shingles. Undefined when both are shorter than a shingle. Shingles
 * are told apart by 53 bits of hash, which takes two different ones for one with 1e-16.
 */
export function trueJaccard(a: string, b: string, options: Pick<SketchOptions, "ngram" | "unit"> = {}): number | undefined {
  knownOptions("trueJaccard", options, ["ngram", "unit"]);
  const { removed, kept, common } = commonShingles(a, b, sketchParameters("trueJaccard", options));
  return removed + kept === 0 ? undefined : common / (removed + kept - common);
}

function commonShingles(removed: string, kept: string, options: SketchOptions): RemovalExplanation["shingles"] {
  const [a, b] = [shingleSet(removed, options), shingleSet(kept, options)];
  let common = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [x, y] = [a[i] as number, b[j] as number];
    if (x === y) common++;
    if (x <= y) i++;
    if (y <= x) j++;
  }
  return { removed: a.length, kept: b.length, common };
}

/** The different shingles of a text in ascending order, each as a whole number below 2^53. */
function shingleSet(text: string, { ngram, unit, seed }: SketchOptions): Float64Array {
  const options = {
    ...(ngram === undefined ? {} : { ngram }),
    ...(unit === undefined ? {} : { unit }),
    ...(seed === undefined ? {} : { seed }),
  };
  const pairs = shingles(text, options);
  const set = new Float64Array(pairs.length / 2);
  for (let i = 0; i < set.length; i++) set[i] = (pairs[2 * i] as number) * 2 ** 21 + ((pairs[2 * i + 1] as number) >>> 11);
  set.sort();
  let size = 0;
  for (const [i, item] of set.entries()) if (i === 0 || item !== set[i - 1]) set[size++] = item;
  return set.subarray(0, size);
}

function cover(length: number, runs: readonly CommonRun[], side: "a" | "b"): Uint8Array {
  const covered = new Uint8Array(length);
  for (const run of runs) covered.fill(1, run[side], run[side] + run.length);
  return covered;
}

function sum(covered: Uint8Array): number {
  return covered.reduce((n, one) => n + one, 0);
}

function passage({ starts, ends }: WordSpans, from: number, words: number): Passage {
  return { words, start: starts[from] as number, end: ends[from + words - 1] as number };
}

/** The longest stretches that nothing covers. */
function gaps(spans: WordSpans, covered: Uint8Array, most: number): Passage[] {
  const found: Passage[] = [];
  for (let i = 0; i < covered.length; ) {
    if (covered[i] === 1) {
      i++;
      continue;
    }
    let end = i;
    while (end < covered.length && covered[end] === 0) end++;
    found.push(passage(spans, i, end - i));
    i = end;
  }
  return found.sort((x, y) => y.words - x.words || x.start - y.start).slice(0, most);
}
