// What Python, spaCy and datatrove think of a character, as bits: the numbers are those of src/clean/unicode.ts, where the tables come from.
import { ASTRAL, ASTRAL_ROOM, CLASSES } from "./layout";

export const SPACE: u32 = 1 << 0;
export const LINE_BREAK: u32 = 1 << 1;
export const ALPHABETIC: u32 = 1 << 2;
export const WORD_CHARACTER: u32 = 1 << 3;
export const DIGIT: u32 = 1 << 4;
export const PUNCTUATION: u32 = 1 << 5;
export const SYMBOL: u32 = 1 << 6;
export const TERMINAL: u32 = 1 << 7;
export const SENTENCE_END: u32 = 1 << 8;
export const PREFIX: u32 = 1 << 9;
export const SUFFIX: u32 = 1 << 10;
export const INFIX: u32 = 1 << 11;
export const QUOTE: u32 = 1 << 12;
export const LETTER: u32 = 1 << 13;
export const LOWER: u32 = 1 << 14;
export const UPPER: u32 = 1 << 15;
export const BEFORE_DOT: u32 = 1 << 16;
export const SURROGATE: u32 = 1 << 17;
export const NUMERAL: u32 = 1 << 18;
export const CUTTING: u32 = 1 << 19;
export const ORDINARY: u32 = 1 << 20;
export const CONTROL: u32 = 1 << 21;
export const NO_SYMBOL: u32 = 1 << 22;
export const UNSETTLED: u32 = 1 << 23;

let astralCount: u32 = 0;

export function setAstralCount(count: u32): bool {
  if (count > ASTRAL_ROOM) return false;
  astralCount = count;
  return true;
}

@inline
export function unitAt(at: usize): u32 {
  return <u32>load<u16>(at);
}

@inline
export function classOfUnit(unit: u32): u32 {
  return load<u32>(CLASSES + (<usize>unit << 2));
}

/** The class of the unit at `at`, which may be half of a pair. */
@inline
export function unitClass(at: usize): u32 {
  return classOfUnit(unitAt(at));
}

/** The bits of a code point. */
export function classOf(point: u32): u32 {
  if (point < 0x10000) return classOfUnit(point);
  let low: u32 = 0,
    high = astralCount;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load<u32>(ASTRAL + (<usize>middle << 2)) <= point) low = middle + 1;
    else high = middle;
  }
  const bits = low == 0 ? 0 : load<u32>(ASTRAL + 4 * <usize>ASTRAL_ROOM + (<usize>(low - 1) << 2));
  return bits & SYMBOL ? bits : bits | NO_SYMBOL;
}

/** Whether a surrogate pair begins at `at` and ends by `end`. */
@inline
export function isPair(at: usize, end: usize): bool {
  return at + 2 < end && (unitAt(at) & 0xfc00) == 0xd800 && (unitAt(at + 2) & 0xfc00) == 0xdc00;
}

@inline
export function pairAt(at: usize): u32 {
  return ((unitAt(at) - 0xd800) << 10) + (unitAt(at + 2) - 0xdc00) + 0x10000;
}

/** Bytes of the character at `at`. */
@inline
export function widthAt(at: usize, end: usize): usize {
  return isPair(at, end) ? 4 : 2;
}

/** The bits of the character at `at`, reading a surrogate pair as one. */
@inline
export function bitsAt(at: usize, end: usize): u32 {
  const bits = unitClass(at);
  return bits & SURROGATE && isPair(at, end) ? classOf(pairAt(at)) : bits;
}

/** The bits of the character at `at`, or none behind the end. */
@inline
export function nextBits(at: usize, end: usize): u32 {
  return at < end ? bitsAt(at, end) : 0;
}

/** The bits of the character that ends before `at`. */
@inline
export function bitsBefore(start: usize, at: usize): u32 {
  if (at <= start) return 0;
  const bits = unitClass(at - 2);
  if (!(bits & SURROGATE)) return bits;
  return at - 4 >= start && isPair(at - 4, at) ? classOf(pairAt(at - 4)) : bits;
}

@inline
export function isSpaceAt(at: usize): bool {
  return (unitClass(at) & SPACE) != 0;
}

/** Surrogate pairs in [at, end): what the code points are fewer than the units. */
export function pairsIn(at: usize, end: usize): u32 {
  let pairs: u32 = 0;
  for (let p = at + 2; p < end; p += 2) {
    if ((unitAt(p) & 0xfc00) == 0xdc00 && (unitAt(p - 2) & 0xfc00) == 0xd800) pairs++;
  }
  return pairs;
}
