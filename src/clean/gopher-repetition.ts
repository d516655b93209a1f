/**
 * The repetition rule of Gopher (Rae et al. 2021, arXiv 2112.11446, table A1) with the decisions of datatrove 0.10.0's
 * `GopherRepetitionFilter`. Duplicates are all copies after the first; every share of characters is of the whole text in code
 * points, white space included. A top n-gram counts even if it occurs once, so a text of three words may well fail.
 *
 * Cost: the dearest of the rules, in the kernel as in the plain code beside it, which takes one table probe for each word and each n-gram
 * size, nine sizes by default.
 *
 * Differences from datatrove: the empty text passes (there it divides by zero), and 0 is a limit (there it switches a paragraph
 * or line rule off; here null does).
 */
import { knownOptions, numberOption, optionType } from "../core/index.ts";
import type { TextKernel } from "../kernels/text/index.ts";
import { countCopies } from "./duplicates.ts";
import { type Limit, limitOption, Page, type Rule, type Verdict } from "./rule.ts";
import { strip } from "./unicode.ts";

/** Thresholds of the Gopher repetition rule; null switches one off. */
export interface GopherRepetitionOptions {
  /** Largest share of paragraphs that are copies. Default 0.3. */
  readonly maxDuplicateParagraphs?: Limit;
  /** Largest share of characters in them. Default 0.2. */
  readonly maxDuplicateParagraphChars?: Limit;
  /** Largest share of lines that are copies. Default 0.3. */
  readonly maxDuplicateLines?: Limit;
  /** Largest share of characters in them. Default 0.2. */
  readonly maxDuplicateLineChars?: Limit;
  /** For each n: the largest share of characters in the most frequent n-gram. Default `{ 2: 0.2, 3: 0.18, 4: 0.16 }`. */
  readonly maxTopNgramChars?: Readonly<Record<number, number>> | null;
  /** For each n: the largest share of characters in repeated n-grams. Default `{ 5: 0.15, 6: 0.14, ... 10: 0.1 }`. */
  readonly maxDuplicateNgramChars?: Readonly<Record<number, number>> | null;
}

/** What the Gopher repetition rule measures: shares of the text. */
export interface GopherRepetitionValues {
  readonly duplicateParagraphs: number;
  readonly duplicateParagraphChars: number;
  readonly duplicateLines: number;
  readonly duplicateLineChars: number;
  /** By n; a share can exceed 1, since n-grams overlap. No entry where the text has fewer than n words. */
  readonly topNgramChars: Readonly<Record<number, number>>;
  readonly duplicateNgramChars: Readonly<Record<number, number>>;
}

const NAME = "gopher-repetition";

type Resolved = Required<GopherRepetitionOptions>;

function resolve(options: GopherRepetitionOptions): Resolved {
  const defaults: Resolved = {
    maxDuplicateParagraphs: 0.3,
    maxDuplicateParagraphChars: 0.2,
    maxDuplicateLines: 0.3,
    maxDuplicateLineChars: 0.2,
    maxTopNgramChars: { 2: 0.2, 3: 0.18, 4: 0.16 },
    maxDuplicateNgramChars: { 5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.1 },
  };
  knownOptions(NAME, options, Object.keys(defaults));
  const all = { ...defaults, ...options };
  for (const name of ["maxDuplicateParagraphs", "maxDuplicateParagraphChars", "maxDuplicateLines", "maxDuplicateLineChars"] as const) {
    limitOption(NAME, name, all[name], "share");
  }
  for (const name of ["maxTopNgramChars", "maxDuplicateNgramChars"] as const) checkSizes(name, all[name]);
  return all;
}

/** Sizes from 1 to 100 words, each with a limit. */
function checkSizes(option: string, limits: unknown): void {
  if (limits === null) return;
  if (typeof limits !== "object" || Array.isArray(limits)) throw optionType(NAME, option, "an object of limits by n, or null", limits);
  for (const [n, limit] of Object.entries(limits as Record<string, unknown>)) {
    numberOption(NAME, `a size in ${option}`, Number(n), { min: 1, max: 100, integer: true });
    // The top n-gram overlaps itself, so that share may exceed 1.
    numberOption(NAME, `${option}[${n}]`, limit, option === "maxTopNgramChars" ? { min: 0 } : { min: 0, max: 1 });
  }
}

/** The n of both kinds, ascending, which is the order in which they are checked. */
interface Sizes {
  readonly tops: readonly number[];
  readonly repeats: readonly number[];
  /** The limits of both, and room for what they are in characters of a text. */
  readonly shares: readonly number[];
  readonly limits: Float64Array;
}

function sizesOf(limits: Readonly<Record<number, number>> | null): number[] {
  return Object.keys(limits ?? {})
    .map(Number)
    .sort((a, b) => a - b);
}

/** Pieces of the text between runs of at least one, or at least two, line breaks. */
function cutAtBreaks(text: string, breaks: 1 | 2): string[] {
  // Where no two breaks meet, there is one paragraph, and no run to look for.
  if (!text.includes("\n\n")) return breaks === 1 ? text.split("\n") : [text];
  return text.split(breaks === 1 ? /\n+/ : /\n{2,}/);
}

/** Code points of the words before each word, so that the letters of any run of words are one subtraction. */
function letterOffsets({ words }: Page): Int32Array {
  const offsets = new Int32Array(words.count + 1);
  for (let i = 0; i < words.count; i++) {
    const start = words.starts[i] as number;
    const end = words.ends[i] as number;
    let points = end - start;
    for (let at = start + 1; at < end; at++) {
      if (((words.units[at] as number) & 0xfc00) === 0xdc00 && ((words.units[at - 1] as number) & 0xfc00) === 0xd800) points--;
    }
    offsets[i + 1] = (offsets[i] as number) + points;
  }
  return offsets;
}

/** What is measured of a text; by size where there are sizes, in their order. Every share of the empty text is 0. */
interface Measured {
  readonly duplicateParagraphs: number;
  readonly duplicateParagraphChars: number;
  readonly duplicateLines: number;
  readonly duplicateLineChars: number;
  /** NaN where the text has fewer words. */
  readonly tops: readonly number[];
  readonly repeats: readonly number[];
}

function measure(page: Page, sizes: Sizes): Measured {
  const { kernel } = page;
  return kernel === undefined ? measurePlainly(page, sizes) : measureByKernel(page, kernel, sizes);
}

/** A limit as the kernel takes it, in characters; one less, so that no rounding matters. */
function inCharacters(share: number, length: number): number {
  return Math.max(0, Math.min(Math.floor(share * length) - 1, 0xffff_ffff));
}

function measureByKernel(page: Page, kernel: TextKernel, sizes: Sizes): Measured {
  const { text, length } = page;
  const { shares, limits, repeats: repeatSizes } = sizes;
  if (page.brief) for (let i = 0; i < limits.length; i++) limits[i] = inCharacters(shares[i] as number, length);
  const found = kernel.repetition(text, sizes.tops, repeatSizes, page.brief ? limits : undefined);
  const whole = Math.max(length, 1); // of the empty text nothing is a copy
  const tops: number[] = [];
  const repeats: number[] = [];
  let at = 6;
  for (const n of sizes.tops) {
    const letters = found[at++] as number;
    const count = found[at++] as number;
    tops.push(count === 0 ? Number.NaN : ((letters + n - 1) * count) / whole); // joined by spaces
  }
  for (let i = 0; i < repeatSizes.length; i++) repeats.push((found[at++] as number) / whole);
  return {
    duplicateParagraphs: (found[1] as number) / (found[0] as number),
    duplicateParagraphChars: (found[2] as number) / whole,
    duplicateLines: (found[4] as number) / (found[3] as number),
    duplicateLineChars: (found[5] as number) / whole,
    tops,
    repeats,
  };
}

function measurePlainly(page: Page, { tops, repeats }: Sizes): Measured {
  const { text, length } = page;
  const share = (chars: number): number => (length === 0 ? 0 : chars / length);
  const paragraphs = cutAtBreaks(strip(text), 2);
  const paragraphCopies = countCopies(paragraphs);
  const lines = cutAtBreaks(text, 1);
  const lineCopies = countCopies(lines);
  const ngrams = page.ngrams.read(page.words);
  // Without surrogate pairs a unit is a code point, and the counter has the units at hand.
  const offsets = length === text.length ? ngrams.offsets : letterOffsets(page);
  const found = tops.map(() => Number.NaN);
  for (const { n, first, count } of ngrams.top(tops)) {
    const letters = (offsets[first + n] as number) - (offsets[first] as number);
    found[tops.indexOf(n)] = share((letters + n - 1) * count); // joined by spaces
  }
  const repeated = repeats.map(() => 0);
  ngrams.duplicates(repeats, (n, from, to) => {
    const i = repeats.indexOf(n);
    repeated[i] = (repeated[i] as number) + (offsets[to] as number) - (offsets[from] as number);
  });
  return {
    duplicateParagraphs: paragraphCopies.count / paragraphs.length,
    duplicateParagraphChars: share(paragraphCopies.chars),
    duplicateLines: lineCopies.count / lines.length,
    duplicateLineChars: share(lineCopies.chars),
    tops: found,
    repeats: repeated.map(share),
  };
}

function valuesOf(measured: Measured, { tops, repeats }: Sizes): GopherRepetitionValues {
  return {
    duplicateParagraphs: measured.duplicateParagraphs,
    duplicateParagraphChars: measured.duplicateParagraphChars,
    duplicateLines: measured.duplicateLines,
    duplicateLineChars: measured.duplicateLineChars,
    topNgramChars: bySize(tops, measured.tops),
    duplicateNgramChars: bySize(repeats, measured.repeats),
  };
}

function bySize(sizes: readonly number[], shares: readonly number[]): Record<number, number> {
  const found: Record<number, number> = {};
  for (let i = 0; i < sizes.length; i++) {
    const share = shares[i] as number;
    if (!Number.isNaN(share)) found[sizes[i] as number] = share;
  }
  return found;
}

function judge(limits: Resolved, { tops, repeats, shares }: Sizes, values: Measured): string | undefined {
  const above = (value: number, limit: Limit): boolean => limit !== null && value > limit;
  if (above(values.duplicateParagraphs, limits.maxDuplicateParagraphs)) return "dup_para_frac";
  if (above(values.duplicateParagraphChars, limits.maxDuplicateParagraphChars)) return "dup_para_char_frac";
  if (above(values.duplicateLines, limits.maxDuplicateLines)) return "dup_line_frac";
  if (above(values.duplicateLineChars, limits.maxDuplicateLineChars)) return "dup_line_char_frac";
  const top = tops.findIndex((_, i) => (values.tops[i] as number) > (shares[i] as number));
  if (top >= 0) return `top_${tops[top]}_gram`;
  const repeat = repeats.findIndex((_, i) => (values.repeats[i] as number) > (shares[tops.length + i] as number));
  if (repeat >= 0) return `duplicated_${repeats[repeat]}_n_grams`;
  return undefined;
}

/** Where only the decision is wanted, nobody asks for values. */
const UNMEASURED: GopherRepetitionValues = {
  duplicateParagraphs: Number.NaN,
  duplicateParagraphChars: Number.NaN,
  duplicateLines: Number.NaN,
  duplicateLineChars: Number.NaN,
  topNgramChars: {},
  duplicateNgramChars: {},
};

/** @internal The rule for the stage. */
export function gopherRepetitionRule(options: GopherRepetitionOptions = {}): Rule<GopherRepetitionValues> {
  const config = resolve(options);
  const { maxTopNgramChars: topLimits, maxDuplicateNgramChars: repeatLimits } = config;
  const tops = sizesOf(topLimits);
  const repeats = sizesOf(repeatLimits);
  const shares = [...tops.map((n) => topLimits?.[n] ?? 0), ...repeats.map((n) => repeatLimits?.[n] ?? 0)];
  const sizes: Sizes = { tops, repeats, shares, limits: new Float64Array(shares.length) };
  return {
    name: NAME,
    config,
    judge(page) {
      const measured = measure(page, sizes);
      return { reason: judge(config, sizes, measured), values: page.brief ? UNMEASURED : valuesOf(measured, sizes) };
    },
  };
}

/**
 * Judges one text by the Gopher repetition rule, with datatrove's decisions and words for the reason. Throws a TypeError or
 * RangeError for a mistaken option. Time: linear in the text for each n-gram size; memory: about 90 bytes a word. Source: Rae et
 * al. 2021, arXiv 2112.11446.
 */
export function gopherRepetition(text: string, options: GopherRepetitionOptions = {}): Verdict<GopherRepetitionValues> {
  return gopherRepetitionRule(options).judge(new Page(text));
}
