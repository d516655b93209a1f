/**
 * The FineWeb rule (Penedo et al. 2024, arXiv 2406.17557, section 3.6) with the decisions of datatrove 0.10.0's
 * `FineWebQualityFilter`: too few lines that end in a terminal mark, too many short lines, too many characters in repeated
 * lines, too many line breaks for the words. Lines are cut at `\n`, blank ones do not count, and a line is looked at as it is:
 * a space or `\r` at its end hides the mark before it.
 *
 * Differences from datatrove: null switches a limit off, and 0 is a limit.
 */
import { knownOptions, numberOption, optionType } from "../core/index.ts";
import type { TextKernel } from "../kernels/text/index.ts";
import { countCopies } from "./duplicates.ts";
import { type Limit, limitOption, Page, type Rule, type Verdict } from "./rule.ts";
import { codePoints, isBlank, lastClass, SPACE, TERMINAL, UNIT_CLASS } from "./unicode.ts";

/** Thresholds of the FineWeb rule; null switches one off. */
export interface FinewebOptions {
  /** Least share of lines that end in a terminal mark (159 code points of all scripts). Default 0.12. */
  readonly minTerminalLines?: Limit;
  /** Lets pass a text of which no line ends in one. Default false. */
  readonly allowNoTerminal?: boolean;
  /** Largest share of short lines. Default 0.67. */
  readonly maxShortLines?: Limit;
  /** A line of at most so many code points is short. Default 30. */
  readonly shortLineLength?: number;
  /** Largest share of characters in lines that are copies of an earlier one. Default 0.01. */
  readonly maxDuplicateLineChars?: Limit;
  /** Most line breaks for each word. Default 0.3. */
  readonly maxNewlinesPerWord?: Limit;
}

/** What the FineWeb rule measures. */
export interface FinewebValues {
  /** Lines that are not blank. */
  readonly lines: number;
  readonly terminalLines: number;
  readonly shortLines: number;
  readonly duplicateLineChars: number;
  readonly newlinesPerWord: number;
}

const NAME = "fineweb";

type Resolved = Required<FinewebOptions>;

function resolve(options: FinewebOptions): Resolved {
  const defaults: Resolved = {
    minTerminalLines: 0.12,
    allowNoTerminal: false,
    maxShortLines: 0.67,
    shortLineLength: 30,
    maxDuplicateLineChars: 0.01,
    maxNewlinesPerWord: 0.3,
  };
  knownOptions(NAME, options, Object.keys(defaults));
  const all = { ...defaults, ...options };
  for (const name of ["minTerminalLines", "maxShortLines", "maxDuplicateLineChars"] as const) limitOption(NAME, name, all[name], "share");
  limitOption(NAME, "maxNewlinesPerWord", all.maxNewlinesPerWord, "ratio");
  numberOption(NAME, "shortLineLength", all.shortLineLength, { min: 0, integer: true });
  if (typeof all.allowNoTerminal !== "boolean") throw optionType(NAME, "allowNoTerminal", "a boolean", all.allowNoTerminal);
  return all;
}

/**
 * Whether the text plainly has `fewest` words: every run of characters between white space holds at least one. It spares
 * cutting the text into words when nearly every document passes by far.
 */
function hasWords(text: string, fewest: number): boolean {
  const table = UNIT_CLASS;
  let runs = 0;
  let inside = false;
  for (let i = 0; i < text.length && runs < fewest; i++) {
    const space = ((table[text.charCodeAt(i)] as number) & SPACE) !== 0;
    if (!space && !inside) runs++;
    inside = !space;
  }
  return runs >= fewest;
}

/** Measures a text; one without lines gives zeros. */
function measure(page: Page, limits: Resolved): FinewebValues {
  const { kernel } = page;
  return kernel === undefined ? measurePlainly(page, limits) : measureByKernel(page, kernel, limits);
}

function measureByKernel(page: Page, kernel: TextKernel, { shortLineLength, maxNewlinesPerWord: most }: Resolved): FinewebValues {
  const { text } = page;
  const found = kernel.fineweb(text, shortLineLength);
  const number = (i: number): number => found[i] as number;
  const breaks = number(0);
  const lines = number(1);
  const copied = number(4);
  if (lines === 0) return NO_LINES;
  const obvious = page.brief && isObvious(breaks, most, (fewest) => kernel.plainlyHasWords(text, fewest));
  return {
    lines,
    terminalLines: number(2) / lines,
    shortLines: number(3) / lines,
    duplicateLineChars: copied / (page.length - breaks),
    newlinesPerWord: obvious ? Number.NaN : breaks / kernel.countWords(text),
  };
}

const NO_LINES: FinewebValues = { lines: 0, terminalLines: 0, shortLines: 0, duplicateLineChars: 0, newlinesPerWord: 0 };

/** Whether `breaks / words` is at most `most` without counting all words. */
function isObvious(breaks: number, most: Limit, has: (fewest: number) => boolean): boolean {
  if (most === null) return true;
  // breaks / words <= most follows from breaks / fewest <= most, since words >= fewest and division is monotonous.
  const fewest = Math.ceil(breaks / most);
  return breaks / fewest <= most && has(fewest);
}

function measurePlainly(page: Page, { shortLineLength: shortLength, maxNewlinesPerWord: most }: Resolved): FinewebValues {
  const { text } = page;
  const all = text.split("\n");
  const breaks = all.length - 1;
  const lines = all.filter((line) => !isBlank(line));
  if (lines.length === 0) return NO_LINES;
  let terminal = 0;
  let short = 0;
  for (const line of lines) {
    if ((lastClass(line) & TERMINAL) !== 0) terminal++;
    // Units are never fewer than code points, so a line of few units needs no count.
    if (line.length <= shortLength || (line.length <= 2 * shortLength && codePoints(line) <= shortLength)) short++;
  }
  const obvious = page.brief && isObvious(breaks, most, (fewest) => hasWords(text, fewest));
  return {
    lines: lines.length,
    terminalLines: terminal / lines.length,
    shortLines: short / lines.length,
    duplicateLineChars: countCopies(lines).chars / (page.length - breaks),
    newlinesPerWord: obvious ? Number.NaN : breaks / page.words.count,
  };
}

function judge(limits: Resolved, values: FinewebValues): string | undefined {
  const above = (value: number, limit: Limit): boolean => limit !== null && value > limit;
  if (values.lines === 0) return "empty";
  const { terminalLines } = values;
  if (limits.minTerminalLines !== null && terminalLines < limits.minTerminalLines && !(terminalLines === 0 && limits.allowNoTerminal)) {
    return "line_punct_ratio";
  }
  if (above(values.shortLines, limits.maxShortLines)) return "short_line_ratio";
  if (above(values.duplicateLineChars, limits.maxDuplicateLineChars)) return "char_dup_ratio";
  if (above(values.newlinesPerWord, limits.maxNewlinesPerWord)) return "list_ratio";
  return undefined;
}

/** @internal The rule for the stage. */
export function finewebRule(options: FinewebOptions = {}): Rule<FinewebValues> {
  const config = resolve(options);
  return {
    name: NAME,
    config,
    judge(page) {
      const values = measure(page, config);
      return { reason: judge(config, values), values };
    },
  };
}

/**
 * Judges one text by the FineWeb rule, with datatrove's decisions and words for the reason. Throws a TypeError or RangeError for
 * a mistaken option. Time is linear in the text. Source: Penedo et al. 2024, arXiv 2406.17557.
 */
export function fineweb(text: string, options: FinewebOptions = {}): Verdict<FinewebValues> {
  return finewebRule(options).judge(new Page(text));
}
