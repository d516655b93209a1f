/**
 * Where spaCy's English rules cut a chunk of text that holds no white space: prefixes, suffixes, infixes, and what is left
 * whole because it is an address. Its four regular expressions are written out here as scans over UTF-16 units with the
 * tables of unicode.ts, because they decide millions of times a second: each function does what `search` or `finditer` of the
 * expression in the comment does, and nothing more. The address test is linear in the chunk, where the original expression
 * backtracks.
 */
import { BEHIND_NUMERAL } from "./english-data.ts";
import { UnitSet } from "./exceptions.ts";
import {
  BEFORE_DOT,
  classOf,
  DIGIT,
  INFIX,
  LETTER,
  LOWER,
  NUMERAL,
  PREFIX,
  QUOTE,
  SUFFIX,
  SURROGATE,
  UNIT_CLASS,
  UPPER,
  WORD_CHARACTER,
} from "./unicode.ts";

const DOT = 0x2e;
const DOLLAR = 0x24;
const PLUS = 0x2b;
const APOSTROPHE = 0x27;
const RIGHT_QUOTE = 0x2019;
const ELLIPSIS = 0x2026;
const DEGREE = 0xb0;
const HYPHEN = 0x2d;
const EN_DASH = 0x2013;
const EM_DASH = 0x2014;
const TILDE = 0x7e;
const AT = 0x40;
const COLON = 0x3a;
const SLASH = 0x2f;

const TAILS = new UnitSet(BEHIND_NUMERAL.split(" "));
const LONGEST_TAIL: number = Math.max(...BEHIND_NUMERAL.split(" ").map((tail) => tail.length));

/** The bits of the character at `at`, reading a surrogate pair as one. */
function bitsAt(units: Uint16Array, at: number, end: number): number {
  const unit = units[at] as number;
  const bits = UNIT_CLASS[unit] as number;
  if ((bits & SURROGATE) === 0) return bits;
  return isPair(units, at, end) ? classOf(pairAt(units, at)) : bits;
}

/** The bits of the character that ends before `at`. */
function bitsBefore(units: Uint16Array, start: number, at: number): number {
  if (at <= start) return 0;
  const bits = UNIT_CLASS[units[at - 1] as number] as number;
  if ((bits & SURROGATE) === 0) return bits;
  return at - 2 >= start && isPair(units, at - 2, at) ? classOf(pairAt(units, at - 2)) : bits;
}

function isPair(units: Uint16Array, at: number, end: number): boolean {
  return at + 1 < end && ((units[at] as number) & 0xfc00) === 0xd800 && ((units[at + 1] as number) & 0xfc00) === 0xdc00;
}

function pairAt(units: Uint16Array, at: number): number {
  return (((units[at] as number) - 0xd800) << 10) + ((units[at + 1] as number) - 0xdc00) + 0x10000;
}

/** Units of the character at `at`. */
function widthAt(units: Uint16Array, at: number, end: number): number {
  return isPair(units, at, end) ? 2 : 1;
}

/** Dots from `at` on. */
function dotsAt(units: Uint16Array, at: number, end: number): number {
  let last = at;
  while (last < end && units[last] === DOT) last++;
  return last - at;
}

/** Length of `US$`, `C$` or `A$` if it begins at `at`, else 0. */
function dollarsAt(units: Uint16Array, at: number, end: number): number {
  const first = units[at];
  if ((first === 0x43 || first === 0x41) && at + 1 < end && units[at + 1] === DOLLAR) return 2;
  return first === 0x55 && at + 2 < end && units[at + 1] === 0x53 && units[at + 2] === DOLLAR ? 3 : 0;
}

/** Units of the prefix to cut from `units[start, end)`, or 0: one punctuation mark, `..+`, `+` before no digit, `US$`. */
export function prefixLength(units: Uint16Array, start: number, end: number): number {
  if (start >= end) return 0;
  const first = units[start] as number;
  if ((bitsAt(units, start, end) & PREFIX) !== 0) return widthAt(units, start, end);
  if (first === DOT) {
    const dots = dotsAt(units, start, end);
    return dots > 1 ? dots : 0;
  }
  if (first === PLUS) return start + 1 < end && ((UNIT_CLASS[units[start + 1] as number] as number) & NUMERAL) !== 0 ? 0 : 1;
  return dollarsAt(units, start, end);
}

/** Units of the suffix to cut from `units[start, end)`, or 0. Of several the longest, which begins leftmost. */
export function suffixLength(units: Uint16Array, start: number, end: number): number {
  if (start >= end) return 0;
  const last = units[end - 1] as number;
  if (last === DOT) return dotSuffix(units, start, end);
  const bits = bitsBefore(units, start, end);
  if (last === ELLIPSIS && end - 2 >= start && units[end - 2] === ELLIPSIS) return 2;
  if ((last === 0x73 || last === 0x53) && end - 2 >= start) {
    const before = units[end - 2];
    if (before === APOSTROPHE || before === RIGHT_QUOTE) return 2;
  }
  const cut = tailLength(units, start, end);
  if (cut > 0) return cut;
  if ((bits & SUFFIX) === 0) return 0;
  return (UNIT_CLASS[last] as number) & SURROGATE ? 2 : 1;
}

/** `\.\.+`, or one dot behind `[0-9a-z%²\-+...]`, behind two capitals or behind `°C`. */
function dotSuffix(units: Uint16Array, start: number, end: number): number {
  let first = end;
  while (first > start && units[first - 1] === DOT) first--;
  if (end - first > 1) return end - first;
  const before = bitsBefore(units, start, end - 1);
  if ((before & BEFORE_DOT) !== 0) return 1;
  if (end - 3 >= start && units[end - 3] === DEGREE && "FfCcKk".includes(String.fromCharCode(units[end - 2] as number))) return 1;
  if ((before & UPPER) === 0) return 0;
  const width = end - 3 >= start && isPair(units, end - 3, end - 1) ? 2 : 1;
  return (bitsBefore(units, start, end - 1 - width) & UPPER) !== 0 ? 1 : 0;
}

/** What is cut only behind 0-9 (`+`, a currency, a unit of measure). None holds a numeral, so it must begin behind the last one. */
function tailLength(units: Uint16Array, start: number, end: number): number {
  let first = end;
  while (((UNIT_CLASS[units[first - 1] as number] as number) & NUMERAL) === 0) {
    first--;
    if (first <= start || end - first > LONGEST_TAIL) return 0;
  }
  return TAILS.find(units, first, end) >= 0 ? end - first : 0;
}

/**
 * Units of the infix at `at` in `units[start, end)`, or 0: dots and symbols anywhere, `+ - * ^` in arithmetic, a dot between a
 * small letter and a capital, commas, hyphens and `: < > = /` between letters.
 */
export function infixLength(units: Uint16Array, start: number, at: number, end: number): number {
  const unit = units[at] as number;
  const bits = bitsAt(units, at, end);
  if ((bits & INFIX) !== 0) return widthAt(units, at, end);
  switch (unit) {
    case DOT: {
      const dots = dotsAt(units, at, end);
      if (dots > 1) return dots;
      const between = (bitsBefore(units, start, at) & (LOWER | QUOTE)) !== 0 && (nextBits(units, at + 1, end) & (UPPER | QUOTE)) !== 0;
      return between ? 1 : 0;
    }
    case PLUS:
    case 0x2a: // *
    case 0x5e: // ^
      return betweenNumerals(units, start, at, end) ? 1 : 0;
    case 0x2c: // ,
      return (bitsBefore(units, start, at) & LETTER) !== 0 && (nextBits(units, at + 1, end) & LETTER) !== 0 ? 1 : 0;
    case HYPHEN:
      if (betweenNumerals(units, start, at, end)) return 1;
      return hyphens(units, start, at, end, 3);
    case EM_DASH:
      return hyphens(units, start, at, end, 2);
    case EN_DASH:
    case TILDE:
      return hyphens(units, start, at, end, 1);
    case COLON:
    case 0x3c: // <
    case 0x3d: // =
    case 0x3e: // >
    case SLASH:
      return (bitsBefore(units, start, at) & (LETTER | NUMERAL)) !== 0 && (nextBits(units, at + 1, end) & LETTER) !== 0 ? 1 : 0;
    default:
      return 0;
  }
}

function nextBits(units: Uint16Array, at: number, end: number): number {
  return at < end ? bitsAt(units, at, end) : 0;
}

/** `(?<=[0-9])[+\-*^](?=[0-9-])` */
function betweenNumerals(units: Uint16Array, start: number, at: number, end: number): boolean {
  if ((bitsBefore(units, start, at) & NUMERAL) === 0 || at + 1 >= end) return false;
  return units[at + 1] === HYPHEN || ((UNIT_CLASS[units[at + 1] as number] as number) & NUMERAL) !== 0;
}

/** One to `most` equal dashes between a letter or digit and a letter. */
function hyphens(units: Uint16Array, start: number, at: number, end: number, most: number): number {
  if ((bitsBefore(units, start, at) & (LETTER | NUMERAL)) === 0) return 0;
  const unit = units[at];
  for (let length = 1; length <= most && at + length <= end && units[at + length - 1] === unit; length++) {
    if ((nextBits(units, at + length, end) & LETTER) !== 0) return length;
  }
  return 0;
}

/**
 * Whether the whole chunk is an address: `scheme://` and `user@` are optional, then an IPv4 number or a domain, a port, a
 * path. The host begins at the start, behind the scheme or behind any `@`, and nothing in it can hold an `@`, so every chance
 * is tried in one pass.
 */
export function isAddress(units: Uint16Array, start: number, end: number): boolean {
  if (hostFits(units, start, end)) return true;
  let scheme = start;
  while (scheme < end && isSchemeUnit(units, scheme, end)) scheme += widthAt(units, scheme, end);
  const long = scheme - start >= 2 && !(scheme - start === 2 && isPair(units, start, end));
  if (long && units[scheme] === COLON && units[scheme + 1] === SLASH && units[scheme + 2] === SLASH && scheme + 3 < end) {
    if (hostFits(units, scheme + 3, end)) return true;
  }
  for (let at = start + 1; at < end - 1; at++) if (units[at] === AT && hostFits(units, at + 1, end)) return true;
  return false;
}

/** `[\w+\-.]` */
function isSchemeUnit(units: Uint16Array, at: number, end: number): boolean {
  const unit = units[at] as number;
  return unit === PLUS || unit === HYPHEN || unit === DOT || (bitsAt(units, at, end) & WORD_CHARACTER) !== 0;
}

/** `[A-Za-z0-9\u00a1-\uffff]`; supplementary characters are outside. */
function isLabelUnit(unit: number): boolean {
  if (unit < 0x80) return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a) || (unit >= 0x30 && unit <= 0x39);
  return unit >= 0xa1;
}

/** Whether host, port and path fill `units[at, end)`. */
function hostFits(units: Uint16Array, at: number, end: number): boolean {
  let label = at;
  let i = at;
  let labels = 0;
  let fine = true;
  for (; i < end; i++) {
    const unit = units[i] as number;
    if (unit === DOT) {
      fine &&= isLabel(units, label, i);
      labels++;
      label = i + 1;
    } else if (!isLabelUnit(unit) && unit !== HYPHEN && unit !== 0x5f) break;
  }
  if (!tailFits(units, i, end)) return false;
  if (fine && labels > 0 && isTopLevel(units, label, i)) return true;
  return labels === 3 && isPublicIp(units, at, i);
}

/** 1 to 64 units that neither begin nor end with `-` or `_`. */
function isLabel(units: Uint16Array, from: number, to: number): boolean {
  if (to <= from || to - from > 64) return false;
  for (let i = from; i < to; i++) if (((units[i] as number) & 0xf800) === 0xd800) return false;
  return isLabelUnit(units[from] as number) && isLabelUnit(units[to - 1] as number);
}

/** 2 to 63 small letters. */
function isTopLevel(units: Uint16Array, from: number, to: number): boolean {
  let letters = 0;
  for (let i = from; i < to; i += widthAt(units, i, to)) {
    if ((bitsAt(units, i, to) & LOWER) === 0) return false;
    letters++;
  }
  return letters >= 2 && letters <= 63;
}

const OCTETS = /^(?:[1-9]\d?|1\d\d|2[01]\d|22[0-3])(?:\.(?:1?\d{1,2}|2[0-4]\d|25[0-5])){2}(?:\.(?:[1-9]\d?|1\d\d|2[0-4]\d|25[0-4]))$/;
const PRIVATE = /^(?:(?:10|127)(?:\.\d{1,3}){3}|(?:169\.254|192\.168)(?:\.\d{1,3}){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2})/;

/** spaCy's `\d` takes digits of every script here; that no address uses them is one of the listed differences. */
function isPublicIp(units: Uint16Array, from: number, to: number): boolean {
  if (to - from > 15) return false;
  const host = String.fromCharCode(...units.subarray(from, to));
  return OCTETS.test(host) && !PRIVATE.test(host);
}

/** `(?::\d{2,5})?(?:[/?#]\S*)?$` */
function tailFits(units: Uint16Array, at: number, end: number): boolean {
  let i = at;
  if (units[i] === COLON && i < end) {
    let digits = 0;
    for (i++; i < end && (bitsAt(units, i, end) & DIGIT) !== 0; i += widthAt(units, i, end)) digits++;
    if (digits < 2 || digits > 5) return false;
  }
  if (i >= end) return true;
  const unit = units[i];
  return unit === SLASH || unit === 0x3f || unit === 0x23;
}
