// Normal form to hashes of units: words, or characters. Borders are found 64 bytes at a time as bits; the first blocks of four units are
// hashed at once, and what a word has beyond eight bytes follows one by one.
import { blockA, blockA4, blockB, blockB4, START_A, START_B } from "./hash";
import { BORDERS, HASH_A, HASH_B, LARGEST_NGRAM, LONG, NORMAL } from "./layout";

/** Where the hashes of the chunk begin; those of the units before it stand in front. */
export const UNITS_A: usize = HASH_A + 4 * LARGEST_NGRAM;
export const UNITS_B: usize = HASH_B + 4 * LARGEST_NGRAM;

/** Which bits of a block's eight bytes count, by the number of bytes left (8 stands for more). */
const BYTES = memory.data<u64>([
  0, 0xff, 0xffff, 0xffffff, 0xffffffff, 0xffffffffff, 0xffffffffffff, 0xffffffffffffff, 0xffffffffffffffff,
]);
/** Which bits of four bytes belong to the first character, by its first four bits. */
const CHARACTER = memory.data<u32>([
  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xffff, 0xffff, 0xffffff, 0xffffffff,
]);

/** Where the word that is not finished begins, and what its bytes before that made of the two lanes. */
let wordStart: usize = NORMAL;
let carried: bool = false;
let carriedA: u32 = 0;
let carriedB: u32 = 0;

export function beginUnits(): void {
  wordStart = NORMAL;
  carried = false;
}

@inline
function bitsOf(p: usize, wanted: v128): u64 {
  return <u64>(<u32>i8x16.bitmask(i8x16.eq(v128.load(p), wanted)));
}

@inline
function spaces(p: usize): u64 {
  const space = i8x16.splat(0x20);
  return bitsOf(p, space) | (bitsOf(p + 16, space) << 16) | (bitsOf(p + 32, space) << 32) | (bitsOf(p + 48, space) << 48);
}

@inline
function startsOf16(p: usize): u64 {
  // Continuation bytes are those below -64 as signed numbers.
  const bytes = v128.load(p), starts = i8x16.ge_s(bytes, i8x16.splat(-64));
  return <u64>(<u32>i8x16.bitmask(v128.andnot(starts, i8x16.eq(bytes, i8x16.splat(0x20)))));
}

@inline
function characterStarts(p: usize): u64 {
  return startsOf16(p) | (startsOf16(p + 16) << 16) | (startsOf16(p + 32) << 32) | (startsOf16(p + 48) << 48);
}

/** The bits of the bytes before `to`. */
@inline
function before(bits: u64, p: usize, to: usize): u64 {
  return to - p < 64 ? bits & ((<u64>1 << <u64>(to - p)) - 1) : bits;
}

/** Words that end (spaces) and characters that begin between two places: the first in the low half. */
export function countUnits(from: usize, to: usize): u64 {
  let words: u64 = 0, characters: u64 = 0;
  for (let p = from; p < to; p += 64) {
    words += popcnt(before(spaces(p), p, to));
    characters += popcnt(before(characterStarts(p), p, to));
  }
  return words | (characters << 32);
}

@inline
function note8(bits: u64, p: usize, out: usize): u64 {
  let m = bits;
  store<u32>(out, <u32>p + <u32>ctz(m)); m &= m - 1;
  store<u32>(out, <u32>p + <u32>ctz(m), 4); m &= m - 1;
  store<u32>(out, <u32>p + <u32>ctz(m), 8); m &= m - 1;
  store<u32>(out, <u32>p + <u32>ctz(m), 12); m &= m - 1;
  store<u32>(out, <u32>p + <u32>ctz(m), 16); m &= m - 1;
  store<u32>(out, <u32>p + <u32>ctz(m), 20); m &= m - 1;
  store<u32>(out, <u32>p + <u32>ctz(m), 24); m &= m - 1;
  store<u32>(out, <u32>p + <u32>ctz(m), 28);
  return m & (m - 1);
}

/** Writes the addresses of the bits; returns where the next ones go. Eight are written at a time, needed or not: no branch for each. */
@inline
function note(bits: u64, p: usize, out: usize): usize {
  const end = out + (<usize>popcnt(bits) << 2);
  let m = bits;
  for (let q = out; ; q += 32) {
    m = note8(m, p, q);
    if (q + 32 >= end) break;
  }
  return end;
}

/** Writes the addresses of the spaces between two places; returns their number. */
export function noteSpaces(from: usize, to: usize, at: usize): u32 {
  let out = at;
  for (let p = from; p < to; p += 64) out = note(before(spaces(p), p, to), p, out);
  return <u32>((out - at) >> 2);
}

/** Hashes the words that end between two places, the first of which is where the last call ended; returns their number. */
export function hashWords(from: usize, to: usize): u32 {
  let out = BORDERS;
  for (let p = from; p < to; p += 64) out = note(before(spaces(p), p, to), p, out);
  const count = <u32>((out - BORDERS) >> 2);
  if (!count) return 0;
  const end = BORDERS + (<usize>count << 2), last = load<u32>(end - 4);
  // Lanes beyond the last word read from behind it and are ignored.
  v128.store(end, i32x4.splat(last));
  let long = LONG, start0 = wordStart;
  for (let at = BORDERS, hash: usize = 0; at < end; at += 16, hash += 16) {
    const end0: usize = load<u32>(at), end1: usize = load<u32>(at, 4), end2: usize = load<u32>(at, 8), end3: usize = load<u32>(at, 12);
    const start1 = end0 + 1, start2 = end1 + 1, start3 = end2 + 1;
    // `min` of unsigned numbers: a lane to be ignored has a length of -1, and takes the last mask.
    const length0 = min(end0 - start0, 8), length1 = min(end1 - start1, 8), length2 = min(end2 - start2, 8), length3 = min(end3 - start3, 8);
    const first = v128.load64_lane(start1, v128.load64_zero(start0), 1), second = v128.load64_lane(start3, v128.load64_zero(start2), 1);
    const these = v128.and(first, v128.load64_lane(BYTES + (length1 << 3), v128.load64_zero(BYTES + (length0 << 3)), 1));
    const those = v128.and(second, v128.load64_lane(BYTES + (length3 << 3), v128.load64_zero(BYTES + (length2 << 3)), 1));
    const low = i8x16.shuffle(these, those, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
    const high = i8x16.shuffle(these, those, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
    v128.store(UNITS_A + hash, blockA4(low, high));
    v128.store(UNITS_B + hash, blockB4(low, high));
    const index = <u32>((at - BORDERS) >> 2);
    store<u32>(long, index); long += <usize>(end0 - start0 > 8) << 2;
    store<u32>(long, index + 1); long += <usize>(end1 - start1 > 8) << 2;
    store<u32>(long, index + 2); long += <usize>(end2 - start2 > 8) << 2;
    store<u32>(long, index + 3); long += <usize>(end3 - start3 > 8) << 2;
    start0 = end3 + 1;
  }
  for (let at = LONG; at < long; at += 4) {
    const index = load<u32>(at);
    if (index < count) finishWord(index, index ? <usize>load<u32>(BORDERS + ((<usize>index - 1) << 2)) + 1 : wordStart);
  }
  if (carried) resumeWord(load<u32>(BORDERS));
  wordStart = <usize>last + 1;
  return count;
}

/** The blocks of a word behind its first. */
function finishWord(index: u32, start: usize): void {
  const unit = <usize>index << 2;
  hashOn(index, start + 8, load<u32>(BORDERS + unit), load<u32>(UNITS_A + unit), load<u32>(UNITS_B + unit));
}

/** The first word of the chunk began in the window before. */
function resumeWord(end: usize): void {
  hashOn(0, wordStart, end, carriedA, carriedB);
  carried = false;
}

function hashOn(index: u32, start: usize, end: usize, stateA: u32, stateB: u32): void {
  let a = stateA, b = stateB, at = start;
  for (; end - at > 8; at += 8) {
    const low = load<u32>(at), high = load<u32>(at, 4);
    a = blockA(a, low, high);
    b = blockB(b, low, high);
  }
  const block = load<u64>(at) & load<u64>(BYTES + ((end - at) << 3));
  store<u32>(UNITS_A + (<usize>index << 2), blockA(a, <u32>block, <u32>(block >> 32)));
  store<u32>(UNITS_B + (<usize>index << 2), blockB(b, <u32>block, <u32>(block >> 32)));
}

/**
 * Takes what has been read of the word that the end of a window, at `to`, interrupts, but for its last 1 to 8 bytes, which may be the
 * last of the word. Returns where these begin. They must stand at `NORMAL` when the next window begins.
 */
export function interruptWord(to: usize): usize {
  let a = carried ? carriedA : START_A, b = carried ? carriedB : START_B, at = wordStart;
  for (; at + 8 < to; at += 8) {
    const low = load<u32>(at), high = load<u32>(at, 4);
    a = blockA(a, low, high);
    b = blockB(b, low, high);
  }
  if (at != wordStart) carried = true;
  carriedA = a;
  carriedB = b;
  wordStart = NORMAL;
  return at;
}

/** Hashes the characters that begin between two places, which are borders of characters; returns their number. */
export function hashCharacters(from: usize, to: usize): u32 {
  let out = BORDERS;
  for (let p = from; p < to; p += 64) out = note(before(characterStarts(p), p, to), p, out);
  const count = <u32>((out - BORDERS) >> 2);
  if (!count) return 0;
  const end = BORDERS + (<usize>count << 2);
  v128.store(end, i32x4.splat(load<u32>(end - 4)));
  for (let at = BORDERS, hash: usize = 0; at < end; at += 16, hash += 16) {
    const p0: usize = load<u32>(at), p1: usize = load<u32>(at, 4), p2: usize = load<u32>(at, 8), p3: usize = load<u32>(at, 12);
    const bytes = v128.load32_lane(p3, v128.load32_lane(p2, v128.load32_lane(p1, v128.load32_zero(p0), 1), 2), 3);
    const masks = v128.load32_lane(maskOf(p3), v128.load32_lane(maskOf(p2), v128.load32_lane(maskOf(p1), v128.load32_zero(maskOf(p0)), 1), 2), 3);
    const low = v128.and(bytes, masks), high = i32x4.splat(0);
    v128.store(UNITS_A + hash, blockA4(low, high));
    v128.store(UNITS_B + hash, blockB4(low, high));
  }
  return count;
}

@inline
function maskOf(p: usize): usize {
  return CHARACTER + ((<usize>load<u8>(p) >> 4) << 2);
}
