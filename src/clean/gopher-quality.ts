/**
 * The quality rule of Gopher (Rae et al. 2021, arXiv 2112.11446, table A1) with the decisions of datatrove 0.10.0's
 * `GopherQualityFilter`: words are spaCy tokens of the raw text, lengths are code points, lines are Python's `splitlines`.
 * One pass over the words, one over the lines.
 *
 * Differences from datatrove: a text without any word is `gopher_empty` (there it divides by zero when `min_doc_words` is off),
 * and 0 is a limit (there it switches the rule off; here null does).
 */
import { knownOptions, optionType } from "../core/index.ts";
import type { TextKernel } from "../kernels/text/index.ts";
import { UnitSet } from "./exceptions.ts";
import { checkRange, type Limit, limitOption, Page, type Rule, type Verdict } from "./rule.ts";
import { ALPHABETIC, classOf, NO_SYMBOL, SURROGATE, splitLines, stripEnd, stripStart } from "./unicode.ts";

/** Thresholds of the Gopher quality rule; null switches one off. */
export interface GopherQualityOptions {
  /** Fewest words that are not made of symbols alone. Default 50. */
  readonly minWords?: Limit;
  /** Most of them. Default 100000. */
  readonly maxWords?: Limit;
  /** Least mean length of those words, in code points. Default 3. */
  readonly minMeanWordLength?: Limit;
  /** Greatest mean length. Default 10. */
  readonly maxMeanWordLength?: Limit;
  /** Most `#` for each word of any kind. Default 0.1. */
  readonly maxHashRatio?: Limit;
  /** Most ellipses (`...` or U+2026) for each word of any kind. Default 0.1. */
  readonly maxEllipsisRatio?: Limit;
  /** Largest share of lines that begin with `-` or U+2022. Default 0.9. */
  readonly maxBulletLines?: Limit;
  /** Largest share of lines that end in an ellipsis. Default 0.3. */
  readonly maxEllipsisLines?: Limit;
  /** Least share of words that hold a letter. Default 0.8. */
  readonly minAlphabeticWords?: Limit;
  /** Fewest distinct stop words, case-sensitive. Default 2. */
  readonly minStopWords?: Limit;
  /** Default the, be, to, of, and, that, have, with. */
  readonly stopWords?: readonly string[];
}

/** What the Gopher quality rule measures. */
export interface GopherQualityValues {
  /** Words of any kind. */
  readonly words: number;
  /** Words that are not made of symbols alone. */
  readonly properWords: number;
  /** Their mean length in code points; 0 when there are none. */
  readonly meanWordLength: number;
  readonly hashRatio: number;
  readonly ellipsisRatio: number;
  readonly bulletLines: number;
  readonly ellipsisLines: number;
  readonly alphabeticWords: number;
  readonly stopWords: number;
}

const NAME = "gopher-quality";

type Resolved = Required<GopherQualityOptions>;

function resolve(options: GopherQualityOptions): Resolved {
  const defaults: Resolved = {
    minWords: 50,
    maxWords: 100_000,
    minMeanWordLength: 3,
    maxMeanWordLength: 10,
    maxHashRatio: 0.1,
    maxEllipsisRatio: 0.1,
    maxBulletLines: 0.9,
    maxEllipsisLines: 0.3,
    minAlphabeticWords: 0.8,
    minStopWords: 2,
    stopWords: ["the", "be", "to", "of", "and", "that", "have", "with"],
  };
  knownOptions(NAME, options, Object.keys(defaults));
  const all = { ...defaults, ...options };
  for (const name of ["minWords", "maxWords", "minStopWords"] as const) limitOption(NAME, name, all[name], "count");
  for (const name of ["minMeanWordLength", "maxMeanWordLength", "maxHashRatio", "maxEllipsisRatio"] as const) {
    limitOption(NAME, name, all[name], "ratio");
  }
  for (const name of ["maxBulletLines", "maxEllipsisLines", "minAlphabeticWords"] as const) limitOption(NAME, name, all[name], "share");
  if (!Array.isArray(all.stopWords) || !all.stopWords.every((word) => typeof word === "string" && word !== "")) {
    throw optionType(NAME, "stopWords", "an array of words", all.stopWords);
  }
  checkRange(NAME, "minWords", all.minWords, "maxWords", all.maxWords);
  checkRange(NAME, "minMeanWordLength", all.minMeanWordLength, "maxMeanWordLength", all.maxMeanWordLength);
  const distinct = new Set(all.stopWords).size;
  if (all.minStopWords !== null && all.minStopWords > distinct) {
    throw new RangeError(
      `${NAME}: expected \`minStopWords\` to be at most the number of stop words, got ${all.minStopWords} of ${distinct}`,
    );
  }
  return { ...all, stopWords: [...all.stopWords] };
}

/** Stop words, without those that are there twice. */
interface StopWords {
  readonly list: readonly string[];
  readonly set: UnitSet;
}

/** Measures a text. Every ratio of a text without words, or without lines, is 0. */
function measure(page: Page, stopWords: StopWords, { minStopWords }: Resolved): GopherQualityValues {
  const enough = page.brief ? (minStopWords ?? 0) : Number.POSITIVE_INFINITY;
  const { kernel } = page;
  if (kernel?.quality(page.text, stopWords.list, enough) === true) return readKernel(kernel);
  return measurePlainly(page, stopWords.set, enough);
}

function readKernel({ results }: TextKernel): GopherQualityValues {
  const number = (i: number): number => results[i] as number;
  const words = number(0);
  const lines = number(7);
  return {
    words,
    properWords: number(1),
    meanWordLength: share(number(2), number(1)),
    hashRatio: share(number(5), words),
    ellipsisRatio: share(number(6), words),
    bulletLines: share(number(8), lines),
    ellipsisLines: share(number(9), lines),
    alphabeticWords: share(number(3), words),
    stopWords: number(4),
  };
}

function measurePlainly(page: Page, stopWords: UnitSet, enough: number): GopherQualityValues {
  const { words, text } = page;
  const { units, starts, ends, count } = words;
  const seen = new Set<number>();
  let proper = 0;
  let length = 0;
  let alphabetic = 0;
  for (let i = 0; i < count; i++) {
    const start = starts[i] as number;
    const end = ends[i] as number;
    let bits = words.bits[i] as number;
    let points = end - start;
    if ((bits & SURROGATE) !== 0) ({ bits, points } = readPairs(text, start, end));
    if ((bits & ALPHABETIC) !== 0) alphabetic++;
    if ((bits & NO_SYMBOL) !== 0) {
      proper++;
      length += points;
    }
    if (seen.size >= enough) continue;
    const stopWord = stopWords.find(units, start, end);
    if (stopWord >= 0) seen.add(stopWord);
  }
  return {
    words: count,
    properWords: proper,
    meanWordLength: share(length, proper),
    hashRatio: share(occurrences(text, "#"), count),
    ellipsisRatio: share(occurrences(text, "...") + occurrences(text, "…"), count),
    ...measureLines(text),
    alphabeticWords: share(alphabetic, count),
    stopWords: seen.size,
  };
}

/** The classes of the characters of `text[start, end)` taken together, and their number, surrogate pairs read as one. */
function readPairs(text: string, start: number, end: number): { bits: number; points: number } {
  let bits = 0;
  let points = 0;
  for (const char of text.slice(start, end)) {
    bits |= classOf(char.codePointAt(0) as number);
    points++;
  }
  return { bits, points };
}

function measureLines(text: string): { readonly bulletLines: number; readonly ellipsisLines: number } {
  const lines = splitLines(text);
  let bullets = 0;
  let ellipses = 0;
  for (const line of lines) {
    const first = stripStart(line);
    if (first.startsWith("-") || first.startsWith("•")) bullets++;
    const last = stripEnd(line);
    if (last.endsWith("...") || last.endsWith("…")) ellipses++;
  }
  return { bulletLines: share(bullets, lines.length), ellipsisLines: share(ellipses, lines.length) };
}

/** Python's `str.count`: occurrences that do not overlap. */
function occurrences(text: string, part: string): number {
  let count = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) count++;
  return count;
}

function share(count: number, of: number): number {
  return of === 0 ? 0 : count / of;
}

function judge(limits: Resolved, values: GopherQualityValues): string | undefined {
  const below = (value: number, limit: Limit): boolean => limit !== null && value < limit;
  const above = (value: number, limit: Limit): boolean => limit !== null && value > limit;
  if (below(values.properWords, limits.minWords)) return "gopher_short_doc";
  if (values.words === 0) return "gopher_empty";
  if (above(values.properWords, limits.maxWords)) return "gopher_long_doc";
  // Of symbols alone there is no mean word length, so no limit on it can fail (in Python it is NaN).
  if (values.properWords > 0 && below(values.meanWordLength, limits.minMeanWordLength)) return "gopher_below_avg_threshold";
  if (above(values.meanWordLength, limits.maxMeanWordLength)) return "gopher_above_avg_threshold";
  if (above(values.hashRatio, limits.maxHashRatio)) return "gopher_too_many_hashes";
  if (above(values.ellipsisRatio, limits.maxEllipsisRatio)) return "gopher_too_many_ellipsis";
  if (above(values.bulletLines, limits.maxBulletLines)) return "gopher_too_many_bullets";
  if (above(values.ellipsisLines, limits.maxEllipsisLines)) return "gopher_too_many_end_ellipsis";
  if (below(values.alphabeticWords, limits.minAlphabeticWords)) return "gopher_below_alpha_threshold";
  if (below(values.stopWords, limits.minStopWords)) return "gopher_enough_stop_words";
  return undefined;
}

/** @internal The rule for the stage. */
export function gopherQualityRule(options: GopherQualityOptions = {}): Rule<GopherQualityValues> {
  const config = resolve(options);
  const list = [...new Set(config.stopWords)];
  const stopWords: StopWords = { list, set: new UnitSet(list) };
  return {
    name: NAME,
    config,
    judge(page) {
      const values = measure(page, stopWords, config);
      return { reason: judge(config, values), values };
    },
  };
}

/**
 * Judges one text by the Gopher quality rule, with datatrove's decisions and words for the reason. Throws a TypeError or
 * RangeError for a mistaken option. Time is linear in the text. Source: Rae et al. 2021, arXiv 2112.11446.
 */
export function gopherQuality(text: string, options: GopherQualityOptions = {}): Verdict<GopherQualityValues> {
  return gopherQualityRule(options).judge(new Page(text));
}
