// Where spaCy's English rules cut a chunk of text that holds no white space: src/clean/affixes.ts once more, on linear memory. Places are
// addresses and lengths are in bytes, two a unit.
import {
  BEFORE_DOT, bitsAt, bitsBefore, INFIX, isPair, LETTER, LOWER, nextBits, NUMERAL, PREFIX, QUOTE, SUFFIX, SURROGATE, unitAt, unitClass, UPPER,
  widthAt,
} from "./classes";
import { find, longestOf, TAILS } from "./sets";

export const DOT: u32 = 0x2e;
const DOLLAR: u32 = 0x24;
export const PLUS: u32 = 0x2b;
const APOSTROPHE: u32 = 0x27;
const RIGHT_QUOTE: u32 = 0x2019;
const ELLIPSIS: u32 = 0x2026;
const DEGREE: u32 = 0xb0;
export const HYPHEN: u32 = 0x2d;
const EN_DASH: u32 = 0x2013;
const EM_DASH: u32 = 0x2014;
const TILDE: u32 = 0x7e;
export const COLON: u32 = 0x3a;
export const SLASH: u32 = 0x2f;

/** Bytes of the dots from `at` on. */
function dotsAt(at: usize, end: usize): usize {
  let last = at;
  while (last < end && unitAt(last) == DOT) last += 2;
  return last - at;
}

/** Length of `US$`, `C$` or `A$` if it begins at `at`, else 0. */
function dollarsAt(at: usize, end: usize): usize {
  const first = unitAt(at);
  if ((first == 0x43 || first == 0x41) && at + 2 < end && unitAt(at + 2) == DOLLAR) return 4;
  return first == 0x55 && at + 4 < end && unitAt(at + 2) == 0x53 && unitAt(at + 4) == DOLLAR ? 6 : 0;
}

/** Length of the prefix to cut from [start, end), or 0: one punctuation mark, `..+`, `+` before no digit, `US$`. */
export function prefixLength(start: usize, end: usize): usize {
  if (start >= end) return 0;
  const first = unitAt(start);
  if (bitsAt(start, end) & PREFIX) return widthAt(start, end);
  if (first == DOT) {
    const dots = dotsAt(start, end);
    return dots > 2 ? dots : 0;
  }
  if (first == PLUS) return start + 2 < end && unitClass(start + 2) & NUMERAL ? 0 : 2;
  return dollarsAt(start, end);
}

/** Length of the suffix to cut from [start, end), or 0. Of several the longest, which begins leftmost. `numerals`: whether it may hold any. */
export function suffixLength(start: usize, end: usize, numerals: bool): usize {
  if (start >= end) return 0;
  const last = unitAt(end - 2);
  if (last == DOT) return dotSuffix(start, end);
  const two = end - start >= 4;
  if (two && last == ELLIPSIS && unitAt(end - 4) == ELLIPSIS) return 4;
  if (two && (last == 0x73 || last == 0x53)) {
    const before = unitAt(end - 4);
    if (before == APOSTROPHE || before == RIGHT_QUOTE) return 4;
  }
  const cut = numerals ? tailLength(start, end) : 0;
  if (cut) return cut;
  if (!(bitsBefore(start, end) & SUFFIX)) return 0;
  return unitClass(end - 2) & SURROGATE ? 4 : 2;
}

/** `\.\.+`, or one dot behind `[0-9a-z%²\-+...]`, behind two capitals or behind `°C`. */
function dotSuffix(start: usize, end: usize): usize {
  let first = end;
  while (first > start && unitAt(first - 2) == DOT) first -= 2;
  if (end - first > 2) return end - first;
  const before = bitsBefore(start, end - 2);
  if (before & BEFORE_DOT) return 2;
  if (end - start >= 6 && unitAt(end - 6) == DEGREE) {
    const scale = unitAt(end - 4) | 0x20;
    if (scale == 0x66 || scale == 0x63 || scale == 0x6b) return 2;
  }
  if (!(before & UPPER)) return 0;
  const width: usize = end - start >= 6 && isPair(end - 6, end - 2) ? 4 : 2;
  return bitsBefore(start, end - 2 - width) & UPPER ? 2 : 0;
}

/** What is cut only behind 0-9 (`+`, a currency, a unit of measure). None holds a numeral, so it must begin behind the last one. */
function tailLength(start: usize, end: usize): usize {
  const longest = longestOf(TAILS) << 1;
  let first = end;
  while (!(unitClass(first - 2) & NUMERAL)) {
    first -= 2;
    if (first <= start || end - first > longest) return 0;
  }
  return find(TAILS, first, end) ? end - first : 0;
}

/**
 * Length of the infix at `at` in [start, end), or 0: dots and symbols anywhere, `+ - * ^` in arithmetic, a dot between a small letter and
 * a capital, commas, hyphens and `: < > = /` between letters.
 */
export function infixLength(start: usize, at: usize, end: usize): usize {
  const unit = unitAt(at);
  if (bitsAt(at, end) & INFIX) return widthAt(at, end);
  switch (unit) {
    case DOT: {
      const dots = dotsAt(at, end);
      if (dots > 2) return dots;
      return bitsBefore(start, at) & (LOWER | QUOTE) && nextBits(at + 2, end) & (UPPER | QUOTE) ? 2 : 0;
    }
    case PLUS:
    case 0x2a: // *
    case 0x5e: // ^
      return betweenNumerals(start, at, end) ? 2 : 0;
    case 0x2c: // ,
      return bitsBefore(start, at) & LETTER && nextBits(at + 2, end) & LETTER ? 2 : 0;
    case HYPHEN:
      return betweenNumerals(start, at, end) ? 2 : hyphens(start, at, end, 3);
    case EM_DASH:
      return hyphens(start, at, end, 2);
    case EN_DASH:
    case TILDE:
      return hyphens(start, at, end, 1);
    case COLON:
    case 0x3c: // <
    case 0x3d: // =
    case 0x3e: // >
    case SLASH:
      return bitsBefore(start, at) & (LETTER | NUMERAL) && nextBits(at + 2, end) & LETTER ? 2 : 0;
    default:
      return 0;
  }
}

/** `(?<=[0-9])[+\-*^](?=[0-9-])` */
function betweenNumerals(start: usize, at: usize, end: usize): bool {
  if (!(bitsBefore(start, at) & NUMERAL) || at + 2 >= end) return false;
  return unitAt(at + 2) == HYPHEN || (unitClass(at + 2) & NUMERAL) != 0;
}

/** One to `most` equal dashes between a letter or digit and a letter. */
function hyphens(start: usize, at: usize, end: usize, most: usize): usize {
  if (!(bitsBefore(start, at) & (LETTER | NUMERAL))) return 0;
  const unit = unitAt(at);
  let next = at;
  for (let length: usize = 1; length <= most && next + 2 <= end && unitAt(next) == unit; length++) {
    next += 2;
    if (nextBits(next, end) & LETTER) return next - at;
  }
  return 0;
}
