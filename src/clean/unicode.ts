/**
 * What Python, spaCy and datatrove think of a code point, as bits in one table, and the few string operations of Python whose
 * JavaScript namesakes differ: `\s` and `trim` know U+FEFF but not U+001C-001F and U+0085, and there is no `splitlines`.
 *
 * The tables are pinned (Unicode 14.0, see unicode-data.ts), so a decision does not change with the Node version. Every
 * UTF-16 unit has its 32 bits in a table of 256 KB, of which plain English touches the first kilobyte; a supplementary
 * character is looked up by binary search. Turned down: regular expressions with `\p{...}`, which follow the engine's tables
 * and cost a call for each character.
 */
import { SETS } from "./unicode-data.ts";

export const SPACE: number = 1 << 0;
export const LINE_BREAK: number = 1 << 1;
export const ALPHABETIC: number = 1 << 2;
export const WORD_CHARACTER: number = 1 << 3;
export const DIGIT: number = 1 << 4;
export const PUNCTUATION: number = 1 << 5;
export const SYMBOL: number = 1 << 6;
export const TERMINAL: number = 1 << 7;
export const SENTENCE_END: number = 1 << 8;
export const PREFIX: number = 1 << 9;
export const SUFFIX: number = 1 << 10;
export const INFIX: number = 1 << 11;
export const QUOTE: number = 1 << 12;
export const LETTER: number = 1 << 13;
export const LOWER: number = 1 << 14;
export const UPPER: number = 1 << 15;
export const BEFORE_DOT: number = 1 << 16;
/** Half of a surrogate pair. */
export const SURROGATE: number = 1 << 17;
/** 0-9. */
export const NUMERAL: number = 1 << 18;
/** May begin or end a cut of spaCy's English rules, alone or with its neighbours. */
export const CUTTING: number = 1 << 19;
/** What is not in `SYMBOL`, so that the bits of a word's characters taken together tell whether it is made of symbols alone. */
export const NO_SYMBOL: number = 1 << 22;
/** C0, DEL and C1 controls except tab and what breaks lines, and U+FEFF, the byte order mark. */
export const CONTROL: number = 1 << 21;
/** Neither numeral nor cutting: a word made of these alone is never cut, save by an exception. */
export const ORDINARY: number = 1 << 20;
/** NFC may change it or what stands before it. Never set below U+0300, where nothing combines. */
export const UNSETTLED: number = 1 << 23;

const BITS = {
  space: SPACE,
  lineBreak: LINE_BREAK,
  alphabetic: ALPHABETIC,
  wordCharacter: WORD_CHARACTER,
  digit: DIGIT,
  punctuation: PUNCTUATION,
  symbol: SYMBOL,
  terminal: TERMINAL,
  sentenceEnd: SENTENCE_END,
  prefix: PREFIX,
  suffix: SUFFIX,
  infix: INFIX,
  quote: QUOTE,
  letter: LETTER,
  lower: LOWER,
  upper: UPPER,
  unsettled: UNSETTLED,
  beforeDot: BEFORE_DOT,
} as const satisfies Record<keyof typeof SETS, number>;

/** The bits of every UTF-16 unit. A hot loop reads it through a local constant, which is twice as fast as the import itself. */
export const UNIT_CLASS: Int32Array = new Int32Array(0x10000);

/** Supplementary characters: `ASTRAL_BITS[i]` holds from `ASTRAL_STARTS[i]` up to the next start. */
export const ASTRAL_STARTS: number[] = [];
export const ASTRAL_BITS: number[] = [];

function build(): void {
  const changes = new Map<number, number>();
  for (const name of Object.keys(BITS) as (keyof typeof BITS)[]) {
    const bit = BITS[name];
    for (const range of SETS[name].trim().split(/\s+/)) {
      const [first = 0, last = first] = range.split("-").map((hex) => Number.parseInt(hex, 16));
      for (let point = first; point <= last && point < 0x10000; point++) UNIT_CLASS[point] = (UNIT_CLASS[point] as number) | bit;
      if (last < 0x10000) continue;
      // A bit is switched on at the start of its range and off behind it: addition is enough, since ranges do not overlap.
      const from = Math.max(first, 0x10000);
      changes.set(from, (changes.get(from) ?? 0) + bit);
      changes.set(last + 1, (changes.get(last + 1) ?? 0) - bit);
    }
  }
  let bits = 0;
  for (const [start, change] of [...changes].sort(([a], [b]) => a - b)) {
    bits += change;
    ASTRAL_STARTS.push(start);
    ASTRAL_BITS.push(bits);
  }
  const cutting = new Set([..."+-*^.,–—~:<>=/"].map((char) => char.charCodeAt(0)));
  for (let unit = 0; unit < 0x10000; unit++) {
    const known = UNIT_CLASS[unit] as number;
    const surrogate = unit >= 0xd800 && unit < 0xe000;
    if (unit >= 0x30 && unit <= 0x39) UNIT_CLASS[unit] = known | NUMERAL;
    else if (surrogate) UNIT_CLASS[unit] = SURROGATE | CUTTING;
    else if (cutting.has(unit) || (known & (PREFIX | SUFFIX | INFIX | QUOTE)) !== 0) UNIT_CLASS[unit] = known | CUTTING;
    else if ((known & SPACE) === 0) UNIT_CLASS[unit] = known | ORDINARY;
    if ((known & SYMBOL) === 0 && !surrogate) UNIT_CLASS[unit] = (UNIT_CLASS[unit] as number) | NO_SYMBOL;
    const control = (unit < 0x20 && unit !== 0x09) || (unit >= 0x7f && unit < 0xa0) || unit === 0xfeff;
    if (control && (known & LINE_BREAK) === 0) UNIT_CLASS[unit] = (UNIT_CLASS[unit] as number) | CONTROL;
  }
}
build();

/** The bits of a code point. Of a supplementary one, only those that the tables have, and `NO_SYMBOL`. */
export function classOf(point: number): number {
  if (point < 0x10000) return UNIT_CLASS[point] as number;
  let low = 0;
  let high = ASTRAL_STARTS.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ASTRAL_STARTS[middle] as number) <= point) low = middle + 1;
    else high = middle;
  }
  const bits = low === 0 ? 0 : (ASTRAL_BITS[low - 1] as number);
  return (bits & SYMBOL) === 0 ? bits | NO_SYMBOL : bits;
}

/** The bits of the character that begins at `at`; half of a pair stands for itself. */
export function classAt(text: string, at: number): number {
  return classOf(text.codePointAt(at) ?? 0);
}

/** The bits of the last character. */
export function lastClass(text: string): number {
  const last = text.charCodeAt(text.length - 1);
  const pair = last >= 0xdc00 && last < 0xe000 && text.length > 1 ? (text.codePointAt(text.length - 2) as number) : 0;
  return classOf(pair > 0xffff ? pair : last);
}

const PAIRED = /[\udc00-\udfff]/;

/** Python's `len`: code points. A lone surrogate counts as one. */
export function codePoints(text: string): number {
  if (!PAIRED.test(text)) return text.length; // one look suffices for the runtime's one-byte strings
  let count = text.length;
  for (let i = 1; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0xdc00 || unit > 0xdfff) continue;
    const before = text.charCodeAt(i - 1);
    if (before >= 0xd800 && before < 0xdc00) count--;
  }
  return count;
}

/** Whether the unit is white space for Python. No supplementary character is. */
export function isSpace(unit: number): boolean {
  return ((UNIT_CLASS[unit] as number) & SPACE) !== 0;
}

/** Whether the text is white space alone. */
export function isBlank(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (!isSpace(text.charCodeAt(i))) return false;
  return true;
}

/** Python's `lstrip`. */
export function stripStart(text: string): string {
  let start = 0;
  while (start < text.length && isSpace(text.charCodeAt(start))) start++;
  return start === 0 ? text : text.slice(start);
}

/** Python's `rstrip`. */
export function stripEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text.charCodeAt(end - 1))) end--;
  return end === text.length ? text : text.slice(0, end);
}

/** Python's `strip`. */
export function strip(text: string): string {
  return stripStart(stripEnd(text));
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the line breaks of Python
const OTHER_BREAKS = /[\v\f\r\u001c-\u001e\u0085\u2028\u2029]/;

/** Python's `splitlines`: eleven separators, `\r\n` as one, no empty line behind the last separator. */
export function splitLines(text: string): string[] {
  const lines = OTHER_BREAKS.test(text) ? splitAtAny(text) : text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function splitAtAny(text: string): string[] {
  const lines: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (((UNIT_CLASS[unit] as number) & LINE_BREAK) === 0) continue;
    lines.push(text.slice(start, i));
    if (unit === 0x0d && text.charCodeAt(i + 1) === 0x0a) i++;
    start = i + 1;
  }
  lines.push(text.slice(start));
  return lines;
}
