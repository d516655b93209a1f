/**
 * The text as it should be before anybody judges or stores it: well-formed, composed, without control characters, with one kind
 * of line break. Each step first looks whether there is anything to do, so clean text is only scanned and comes back as the same
 * string. In the stage the kernel does that look, and white space at line ends, the usual fault, is cut where it says.
 *
 * Order: lone surrogates, line endings, control characters, NFC, spaces, blank lines, ends. Control characters go before NFC,
 * since one may keep a letter from its accent. The result is a fixed point: normalising it again changes nothing.
 *
 * Turned down: NFKC (it rewrites mathematics and full-width forms), repairing mis-decoded text (guesswork; a stage of its own),
 * removing zero-width characters (Persian and emoji need them).
 */
import { knownOptions, numberOption, wordOption } from "../core/index.ts";
import {
  CONTROL as CONTROL_SEEN,
  LONE_SURROGATE,
  OTHER_BREAK,
  SPACE_AT_ENDS,
  type TextKernel,
  TRAILING_SPACE,
  UNSETTLED,
} from "../kernels/text/index.ts";
import { CONTROL, isSpace, LINE_BREAK, SPACE, SURROGATE, stripEnd, UNIT_CLASS } from "./unicode.ts";

/** How text is normalised before the rules see it. */
export interface NormaliseOptions {
  /** Canonical composition (NFC), or leave the characters as they are. Default "NFC". */
  readonly unicode?: "NFC" | "keep";
  /**
   * Removes U+0000-001F and U+007F-009F except tab and line breaks, and U+FEFF, the byte order mark. Default "remove".
   */
  readonly controls?: "remove" | "keep";
  /**
   * Turns `\r\n`, `\r`, U+000B, U+000C, U+001C-001E, U+0085, U+2028 and U+2029 into `\n`: what Python's `splitlines` takes for a
   * line break. Default "lf".
   */
  readonly lineEndings?: "lf" | "keep";
  /** White space at the end of lines. Default "remove". */
  readonly trailingSpaces?: "remove" | "keep";
  /** "collapse" turns each run of white space inside a line into one space, indentation too. Default "keep". */
  readonly spaces?: "keep" | "collapse";
  /** Longest run of blank lines that stays, or null for any. Default 1. */
  readonly blankLines?: number | null;
  /** Blank lines at the start and white space at the end of the text. Default "trim". */
  readonly ends?: "trim" | "keep";
}

/** Every option with its default. */
export type Normalisation = Required<NormaliseOptions>;

const LONE = /\p{Surrogate}/gu;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const BREAKS = /\r\n?|[\v\f\u001c-\u001e\u0085\u2028\u2029]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\0-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufeff]/g;
// Python's white space without its line breaks (JavaScript's `\s` has U+FEFF beside it).
const BLANK = "[\\t \\u001f\\u00a0\\u1680\\u2000-\\u200a\\u202f\\u205f\\u3000]";
const RUN = new RegExp(`${BLANK}+`, "g");

/** @internal Checks the options of `normalise`. */
export function normalisation(options: NormaliseOptions, stage: string): Normalisation {
  const defaults: Normalisation = {
    unicode: "NFC",
    controls: "remove",
    lineEndings: "lf",
    trailingSpaces: "remove",
    spaces: "keep",
    blankLines: 1,
    ends: "trim",
  };
  knownOptions(stage, options, Object.keys(defaults));
  const all = { ...defaults, ...options };
  wordOption(stage, "normalise.unicode", all.unicode, ["NFC", "keep"]);
  wordOption(stage, "normalise.controls", all.controls, ["remove", "keep"]);
  wordOption(stage, "normalise.lineEndings", all.lineEndings, ["lf", "keep"]);
  wordOption(stage, "normalise.trailingSpaces", all.trailingSpaces, ["remove", "keep"]);
  wordOption(stage, "normalise.spaces", all.spaces, ["keep", "collapse"]);
  wordOption(stage, "normalise.ends", all.ends, ["trim", "keep"]);
  if (all.blankLines !== null) numberOption(stage, "normalise.blankLines", all.blankLines, { min: 0, integer: true });
  return all;
}

/** Whether the unit is white space that breaks no line. */
function isBlankUnit(unit: number): boolean {
  return ((UNIT_CLASS[unit] as number) & (SPACE | LINE_BREAK)) === SPACE;
}

/** Cut by hand: the regular expression for it is quadratic in a long run of spaces. */
function withoutTrailing(line: string): string {
  let end = line.length;
  while (end > 0 && isBlankUnit(line.charCodeAt(end - 1))) end--;
  return end === line.length ? line : line.slice(0, end);
}

/** Removes white space at line ends and blank lines beyond `most` in a row. A line of white space is a blank one. */
function tidyLines(text: string, trailing: boolean, most: number | null): string {
  let blanks = 0;
  const kept: string[] = [];
  for (const line of text.split("\n")) {
    const bare = withoutTrailing(line);
    blanks = bare === "" ? blanks + 1 : 0;
    if (most === null || blanks <= most) kept.push(trailing ? bare : line);
  }
  return kept.join("\n");
}

/** Removes blank lines at the start, whose last is followed by the indentation that stays, and white space at the end. */
function trimEnds(text: string): string {
  let start = 0;
  for (let i = 0; i < text.length && isSpace(text.charCodeAt(i)); i++) {
    if (((UNIT_CLASS[text.charCodeAt(i)] as number) & LINE_BREAK) !== 0) start = i + 1;
  }
  return stripEnd(start === 0 ? text : text.slice(start));
}

interface Survey {
  /** The bits of all units but `\n`. */
  readonly bits: number;
  /** False when every unit is below U+0300: such text is its own NFC, since none of them combines. */
  readonly composable: boolean;
  /** White space before a line break or at the end. */
  readonly trailing: boolean;
  /** More than `most` blank lines in a row. */
  readonly excess: boolean;
}

const BEYOND_ASCII = /[^\n -~]/;

/** What there may be to do, in one pass. It may say too much, never too little. */
function survey(text: string, most: number | null): Survey {
  // Printable ASCII is the usual case, and a few searches of the runtime are three times as fast as a loop of ours.
  if (!BEYOND_ASCII.test(text)) {
    const excess = most !== null && (text.includes("\n".repeat(most + 2)) || text.startsWith("\n".repeat(most + 1)));
    return { bits: 0, composable: false, trailing: text.includes(" \n") || text.endsWith(" "), excess };
  }
  const table = UNIT_CLASS;
  let bits = 0;
  let high = 0;
  let trailing = false;
  let run = 1; // the start of the text is like a line break
  let longest = 0;
  let previous = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 0x0a) {
      trailing ||= isBlankUnit(previous);
      run++;
      if (run > longest) longest = run;
    } else {
      run = 0;
      bits |= table[unit] as number;
      high |= unit;
    }
    previous = unit;
  }
  return { bits, composable: high >= 0x300, trailing: trailing || isBlankUnit(previous), excess: most !== null && longest > most + 1 };
}

/** What the kernel has to say: the normal form of a text that is normal or untidy at most; undefined for others. */
function tidied(text: string, how: Normalisation, kernel: TextKernel): string | undefined {
  if (!kernel.load(text) || how.spaces === "collapse") return undefined;
  const { flags, longestRun } = kernel;
  if ((flags & (LONE_SURROGATE | OTHER_BREAK | CONTROL_SEEN | UNSETTLED)) !== 0) return undefined;
  const excess = how.blankLines !== null && longestRun > how.blankLines + 1;
  if (!excess && (flags & (TRAILING_SPACE | SPACE_AT_ENDS)) === 0) return text;
  return how.trailingSpaces === "remove" && how.ends === "trim" ? kernel.tidy(text, how.blankLines ?? Number.POSITIVE_INFINITY) : undefined;
}

/** @internal {@link normalise} with checked options. The kernel, where there is one, sees at a look that little or nothing is to be done. */
export function normaliseWith(text: string, how: Normalisation, kernel?: TextKernel): string {
  const easy = kernel && tidied(text, how, kernel);
  if (easy !== undefined) return easy;
  const found = survey(text, how.blankLines);
  let out = (found.bits & SURROGATE) === 0 ? text : wellFormed(text);
  const edited = (found.bits & (LINE_BREAK | CONTROL)) !== 0;
  if (how.lineEndings === "lf" && edited) out = out.replace(BREAKS, "\n");
  if (how.controls === "remove" && edited) out = out.replace(CONTROLS, "");
  if (how.unicode === "NFC" && found.composable) out = out.normalize("NFC");
  if (how.spaces === "collapse") out = out.replace(RUN, " ");
  // Removing a control character can bring a space to the end of its line, and a line ending can join two runs of blank lines.
  const untidy = edited || found.trailing || found.excess;
  if (untidy && (how.trailingSpaces === "remove" || how.blankLines !== null)) {
    out = tidyLines(out, how.trailingSpaces === "remove", how.blankLines);
  }
  return how.ends === "trim" ? trimEnds(out) : out;
}

/** The text with every lone surrogate turned into U+FFFD, as an encoder to UTF-8 would do it. */
export function wellFormed(text: string): string {
  return text.replace(LONE, "\ufffd");
}

/**
 * Normalises one text: well-formed Unicode always, then the steps of the options. Idempotent. Time is linear in the text. Throws
 * a TypeError or RangeError for a mistaken option.
 */
export function normalise(text: string, options: NormaliseOptions = {}): string {
  return normaliseWith(text, normalisation(options, "normalise"));
}
