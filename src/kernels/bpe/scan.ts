import type { BpePattern } from "./patterns.ts";
import { CharClass, classOf } from "./unicode.ts";

/**
 * Cuts UTF-8 text into pieces, pattern by pattern, the slow and readable way: one character at a time, no tables but the Unicode
 * classes. It is what the WebAssembly scanners are compared with. A regular expression of JavaScript cannot do it: its `\s` and
 * its Unicode version differ from the reference's.
 *
 * All patterns share the shape "first alternative that matches", so each scanner is a cascade of the alternatives in the order in
 * which they stand in `patternSources`. Linear: no character is looked at more often than a small constant, except that a run of
 * white space or of o200k's capital letters may be walked once more to find its end.
 */
export type Scanner = (text: Uint8Array, start: number, end: number) => number;

const newline = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
const apostrophe = 0x27;
const slash = 0x2f;

/** The scanner of a pattern: from the start of a piece to its end. `end` is the end of the text, and `start < end`. */
export function scannerOf(pattern: BpePattern): Scanner {
  if (pattern === "r50k") return scanR50k;
  if (pattern === "o200k") return scanO200k;
  const digits = pattern === "qwen2" ? 1 : 3;
  return (text, start, end) => scanCl100k(text, start, end, digits);
}

function widthAt(text: Uint8Array, at: number): number {
  const byte = text[at] ?? 0;
  return byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

/** The class of the character at `at`; -1 at the end of the text, which is in no class. */
function classAt(text: Uint8Array, at: number, end: number): number {
  if (at >= end) return -1;
  const byte = text[at] ?? 0;
  if (byte < 0x80) return classOf(byte);
  const tail = (index: number): number => (text[at + index] ?? 0) & 0x3f;
  if (byte < 0xe0) return classOf(((byte & 0x1f) << 6) | tail(1));
  if (byte < 0xf0) return classOf(((byte & 0x0f) << 12) | (tail(1) << 6) | tail(2));
  return classOf(((byte & 0x07) << 18) | (tail(1) << 12) | (tail(2) << 6) | tail(3));
}

const isLetter = (kind: number): boolean => kind === CharClass.upper || kind === CharClass.lower || kind === CharClass.caseless;
/** `[^\s\p{L}\p{N}]`: marks belong to it. */
const isSymbol = (kind: number): boolean => kind === CharClass.other || kind === CharClass.mark;
const isNumber = (kind: number): boolean => kind === CharClass.number;
const isSpace = (kind: number): boolean => kind === CharClass.space;
const isNewline = (byte: number | undefined): boolean => byte === newline || byte === carriageReturn;

/** The end of the longest run of at most `limit` characters that pass a test. */
function runOf(
  test: (kind: number) => boolean,
  text: Uint8Array,
  start: number,
  end: number,
  limit: number = Number.POSITIVE_INFINITY,
): number {
  let at = start;
  for (let count = 0; count < limit && test(classAt(text, at, end)); count++) at += widthAt(text, at);
  return at;
}

/** `'s|'t|'re|'ve|'m|'ll|'d` at an apostrophe: its length, or 0. */
function contraction(text: Uint8Array, at: number, end: number, ignoreCase: boolean): number {
  if (text[at] !== apostrophe) return 0;
  // U+017F, the long s, is the one character outside ASCII that folds to a letter of a contraction.
  if (ignoreCase && at + 2 < end && text[at + 1] === 0xc5 && text[at + 2] === 0xbf) return 3;
  const letter = (index: number): string => {
    const byte = at + index < end ? (text[at + index] ?? 0) : 0;
    const character = byte < 0x80 ? String.fromCharCode(byte) : "";
    return ignoreCase ? character.toLowerCase() : character;
  };
  const first = letter(1);
  if (first !== "" && "stmd".includes(first)) return 2;
  return ["re", "ve", "ll"].includes(first + letter(2)) ? 3 : 0;
}

/** `\s+(?!\S)|\s+`: a run of white space leaves its last character to what follows it, unless it is alone. */
function spaces(text: Uint8Array, start: number, end: number): number {
  let last = start;
  let at = start;
  while (isSpace(classAt(text, at, end))) {
    last = at;
    at += widthAt(text, at);
  }
  return at === end || last === start ? at : last;
}

/** `\s*[\r\n]+|\s+(?!\S)|\s+`: a run that has line breaks ends after the last of them. */
function spacesAndNewlines(text: Uint8Array, start: number, end: number): number {
  let afterNewline = 0;
  for (let at = start; isSpace(classAt(text, at, end)); at += widthAt(text, at)) if (isNewline(text[at])) afterNewline = at + 1;
  return afterNewline > 0 ? afterNewline : spaces(text, start, end);
}

/** ` ?[^\s\p{L}\p{N}]+` and a tail of bytes: the end, or 0 when there is no symbol. */
function symbols(text: Uint8Array, start: number, end: number, tail: (byte: number | undefined) => boolean): number {
  const first = text[start] === space ? start + 1 : start;
  let at = runOf(isSymbol, text, first, end);
  if (at === first) return 0;
  while (at < end && tail(text[at])) at++;
  return at;
}

function scanR50k(text: Uint8Array, start: number, end: number): number {
  const suffix = contraction(text, start, end, false);
  if (suffix > 0) return start + suffix;
  const first = text[start] === space ? start + 1 : start;
  for (const test of [isLetter, isNumber, isSymbol]) {
    const at = runOf(test, text, first, end);
    if (at > first) return at;
  }
  return spaces(text, start, end);
}

function scanCl100k(text: Uint8Array, start: number, end: number, digits: number): number {
  const suffix = contraction(text, start, end, true);
  if (suffix > 0) return start + suffix;
  const kind = classAt(text, start, end);
  const word = isLetter(kind) || isNumber(kind) || isNewline(text[start]) ? start : start + widthAt(text, start);
  const wordEnd = runOf(isLetter, text, word, end);
  if (wordEnd > word) return wordEnd;
  if (isNumber(kind)) return runOf(isNumber, text, start, end, digits);
  return symbols(text, start, end, isNewline) || spacesAndNewlines(text, start, end);
}

function scanO200k(text: Uint8Array, start: number, end: number): number {
  const kind = classAt(text, start, end);
  const hasPrefix = !isLetter(kind) && !isNumber(kind) && !isNewline(text[start]);
  const word = hasPrefix ? start + widthAt(text, start) : start;
  // The order of the regular expression: lower-case word after a prefix, without one, then upper-case word, the same way. A mark
  // is both a prefix and a letter of a word, so only there do the two starts differ.
  const starts = hasPrefix && kind === CharClass.mark ? [word, start] : [word];
  for (const wordOf of [lowerWord, upperWord]) {
    for (const from of starts) {
      const at = wordOf(text, from, end);
      if (at > from) return at + contraction(text, at, end, true);
    }
  }
  if (isNumber(kind)) return runOf(isNumber, text, start, end, 3);
  return symbols(text, start, end, (byte) => isNewline(byte) || byte === slash) || spacesAndNewlines(text, start, end);
}

const isCaseless = (kind: number): boolean => kind === CharClass.caseless || kind === CharClass.mark;
const isUpperPart = (kind: number): boolean => kind === CharClass.upper || isCaseless(kind);
const isLowerPart = (kind: number): boolean => kind === CharClass.lower || isCaseless(kind);

/**
 * `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+`: the greedy first part takes every caseless character, and gives
 * back as little as it can: nothing before a lower-case letter, else everything after the last caseless character.
 */
function lowerWord(text: Uint8Array, start: number, end: number): number {
  let afterCaseless = start;
  let at = start;
  for (let kind = classAt(text, at, end); isUpperPart(kind); kind = classAt(text, at, end)) {
    at += widthAt(text, at);
    if (kind !== CharClass.upper) afterCaseless = at;
  }
  const lowerEnd = runOf(isLowerPart, text, at, end);
  return lowerEnd > at ? lowerEnd : afterCaseless;
}

/** The same with `+` and `*` exchanged; asked only where there is no lower-case word, so no lower-case letter can follow. */
function upperWord(text: Uint8Array, start: number, end: number): number {
  return runOf(isUpperPart, text, start, end);
}
