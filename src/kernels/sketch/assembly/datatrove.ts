// The profile of datatrove: simplified text, English words, hashes of shingles, and the least value of each of up to 512 permutations
//
//   v = ((hash * a + b) mod 2^64) mod (2^61 - 1)
//
// Of a document's many values only the least of each permutation is wanted, so a value that cannot be it need not be reduced. With
// w = hash * a + b, w mod (2^61 - 1) is (w & (2^61 - 1)) + (w >> 61), less 2^61 - 1 where it is not below that. It is less than m only
// if w & (2^61 - 1) is, or if that is one of the last eight numbers. Both are one comparison of (w << 3) + 64, wrapped around, with
// (m << 3) + 64; and the shift is part of the constants. So a value costs a multiplication, an addition and a comparison.
import { allocate, INPUT, LARGEST_SIGNATURE, NORMAL_BYTES } from "./layout";
import { sha1 } from "./sha1";
import { noteSpaces } from "./units";
import { xxh32, xxh64 } from "./xxhash";

const M61: u64 = (1 << 61) - 1;
/** Hashes that go through the permutations in one go. */
const PIECE: u32 = 1024;
/** Slots of the table of words with a cut of their own, 24 bytes each; a power of two. */
const SPECIALS: u32 = 1024;
const LONGEST_SPECIAL: usize = 16;

/** The words joined by spaces: the simplified text, or a copy with more cuts. */
let words: usize = 0;
let wordsEnd: usize = 0;
/** Where each word ends. */
let ends: usize = 0;
let count: u32 = 0;
let hashes: usize = 0;
/** Of each permutation: a, b, both as they are used by the filter, its limit, the least value. */
let permutations: usize = 0;
let results: usize = 0;
let specials: usize = 0;
let units: usize = 0;
let unitCount: u32 = 0;
/** Up to where the simplified text has been copied. */
let copied: usize = 0;

let ngram: u32 = 5;
let size: u32 = 112;
let hashFunction: u32 = 0;
let shingles: u64 = 0;

export function createDatatrove(): bool {
  words = allocate(2 * NORMAL_BYTES + 64);
  ends = allocate(4 * NORMAL_BYTES + 64);
  hashes = allocate(8 * PIECE + 64);
  permutations = allocate(48 * LARGEST_SIGNATURE);
  results = allocate(8 * LARGEST_SIGNATURE);
  specials = allocate(24 * SPECIALS);
  units = allocate(4 * LARGEST_SIGNATURE);
  if (!words || !ends || !hashes || !permutations || !results || !specials || !units) return false;
  memory.fill(specials, 0, 24 * SPECIALS);
  return true;
}

export function wordsAddress(): usize { return words; }
export function endsAddress(): usize { return ends; }
export function hashesAddress(): usize { return hashes; }
export function permutationsAddress(): usize { return permutations; }
export function resultsAddress(): usize { return results; }
export function wordsLength(): u32 { return <u32>(wordsEnd - words); }

/** `hash`: 0 for XXH64, 1 for XXH32, 2 for SHA-1 cut to 64 bits, 3 for SHA-1 cut to 32. The permutations follow, a and b of each. */
export function configureDatatrove(n: u32, permutationCount: u32, hash: u32): bool {
  if (n < 1 || permutationCount < 1 || permutationCount > LARGEST_SIGNATURE || hash > 3) return false;
  ngram = n;
  size = permutationCount;
  hashFunction = hash;
  for (let j: u32 = 0; j < size; j++) {
    const at = permutations + <usize>j * 48;
    store<u64>(at, load<u64>(at) << 3, 16);
    store<u64>(at, (load<u64>(at, 8) << 3) + 64, 24);
  }
  return true;
}

// ---- English words ---------------------------------------------------------------------------------------------------------

@inline
function masked(at: usize, length: usize): u64 {
  return length >= 8 ? load<u64>(at) : load<u64>(at) & ((<u64>1 << <u64>(length << 3)) - 1);
}

@inline
function slotOf(low: u64, high: u64, length: usize): usize {
  return specials + <usize>(((low + high * 0x9e3779b97f4a7c15 + <u64>length) * 0xc2b2ae3d27d4eb4f) >> 54) * 24;
}

/** Adds the word of `length` bytes in the input, cut before each byte whose bit is set; false where there is no room. */
export function addSpecial(length: u32, cuts: u32): bool {
  if (!specials || !length || <usize>length > LONGEST_SPECIAL || !cuts) return false;
  const low = masked(INPUT, length), high = length > 8 ? masked(INPUT + 8, length - 8) : 0;
  let slot = slotOf(low, high, length);
  for (let tries: u32 = 0; tries < SPECIALS; tries++) {
    if (!load<u32>(slot, 20)) {
      store<u64>(slot, low);
      store<u64>(slot, high, 8);
      store<u32>(slot, length, 16);
      store<u32>(slot, cuts, 20);
      return true;
    }
    slot += 24;
    if (slot == specials + 24 * SPECIALS) slot = specials;
  }
  return false;
}

@inline
function cutsOf(at: usize, length: usize): u32 {
  const low = masked(at, length), high = length > 8 ? masked(at + 8, length - 8) : 0;
  let slot = slotOf(low, high, length);
  while (load<u32>(slot, 20)) {
    if (load<u64>(slot) == low && load<u64>(slot, 8) == high && load<u32>(slot, 16) == <u32>length) return load<u32>(slot, 20);
    slot += 24;
    if (slot == specials + 24 * SPECIALS) slot = specials;
  }
  return 0;
}

/** Adds a unit of up to four bytes, as a little-endian number. */
export function addUnit(unit: u32): bool {
  if (!specials || unitCount == LARGEST_SIGNATURE) return false;
  store<u32>(units + ((<usize>unitCount) << 2), unit);
  unitCount++;
  return true;
}

/** The length of a unit at the end of a piece, directly behind a 0; or 0. */
function unitLength(from: usize, to: usize): usize {
  for (let length: usize = 1; length <= 4 && from + length < to; length++) {
    if (load<u8>(to - length - 1) != 0x30) continue;
    const unit = <u32>masked(to - length, length);
    for (let i: u32 = 0; i < unitCount; i++) if (load<u32>(units + (<usize>i << 2)) == unit) return length;
    return 0;
  }
  return 0;
}

/** Copies what has not been copied of the simplified text, up to a cut. */
@inline
function copyTo(at: usize): void {
  const length = at - copied;
  memory.copy(wordsEnd, copied, length);
  wordsEnd += length;
  copied = at;
}

/** Whether the bytes between two places hold a 0, and whether one that is not ASCII. */
function holdsBoth(from: usize, to: usize): bool {
  let zero: u32 = 0, beyond: u32 = 0;
  for (let p = from; p < to; p += 16) {
    const bytes = v128.load(p), mask = to - p < 16 ? ((<u32>1 << <u32>(to - p)) - 1) : 0xffff;
    zero |= i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(0x30))) & mask;
    beyond |= i8x16.bitmask(bytes) & mask;
  }
  return zero != 0 && beyond != 0;
}

/** Whether one of the four bytes before the last is a 0, of whatever piece; that of shorter pieces is looked at again. */
@inline
function zeroNearEnd(to: usize): bool {
  const x = load<u32>(to - 5) ^ 0x30303030;
  return ((x - 0x01010101) & ~x & 0x80808080) != 0;
}

/**
 * Cuts the simplified text, `to - from` bytes of it, into English words. False when a piece has both a 0 and a character that is not
 * ASCII, which only the host can cut.
 */
export function cutEnglish(from: usize, to: usize): bool {
  wordsEnd = words;
  copied = from;
  const pieces = noteSpaces(from, to, ends), mixed = holdsBoth(from, to);
  let start = from;
  for (let i: u32 = 0; i <= pieces; i++) {
    const end: usize = i < pieces ? <usize>load<u32>(ends + (<usize>i << 2)) : to, length = end - start;
    if (length <= LONGEST_SPECIAL && length > 1) {
      let cuts = cutsOf(start, length);
      for (; cuts; cuts &= cuts - 1) {
        copyTo(start + <usize>ctz(cuts));
        store<u8>(wordsEnd++, 0x20);
      }
    }
    if (mixed && holdsBoth(start, end)) return false;
    if (zeroNearEnd(end)) {
      const unit = unitLength(start, end);
      if (unit) {
        copyTo(end - unit);
        store<u8>(wordsEnd++, 0x20);
      }
    }
    start = end + 1;
  }
  copyTo(to);
  count = 0;
  if (wordsEnd > words) {
    count = noteSpaces(words, wordsEnd, ends) + 1;
    store<u32>(ends + ((<usize>count - 1) << 2), <u32>wordsEnd);
    for (let i: u32 = 0; i < count; i++) store<u32>(ends + (<usize>i << 2), load<u32>(ends + (<usize>i << 2)) - <u32>words);
  }
  return true;
}

// ---- signatures ------------------------------------------------------------------------------------------------------------

/** Begins the signature of a document. */
export function beginSignature(): void {
  shingles = 0;
  for (let j: u32 = 0; j < size; j++) {
    store<u64>(permutations + <usize>j * 48, ~0, 32);
    store<u64>(permutations + <usize>j * 48, ~0, 40);
  }
}

/** Takes the words that `cutEnglish` has left. */
export function takeWords(): void {
  hashShingles();
}

/**
 * Takes `wordCount` words that the host has written: `bytes` bytes, the words joined by spaces, and where each ends. Of a document in
 * parts, each part begins with the last `ngram - 1` words of the one before. False for ends that do not ascend, or are too large.
 */
export function takeGivenWords(bytes: u32, wordCount: u32): bool {
  if (!words || bytes > 2 * NORMAL_BYTES || wordCount > NORMAL_BYTES) return false;
  let before: u32 = 0;
  for (let i: u32 = 0; i < wordCount; i++) {
    const end = load<u32>(ends + (<usize>i << 2));
    if (end < before || end > bytes) return false;
    before = end;
  }
  count = wordCount;
  hashShingles();
  return true;
}

/** Takes hashes that the host has written. */
export function takeHashes(n: u32): bool {
  if (n > PIECE) return false;
  shingles += n;
  permute(n);
  return true;
}

function hashShingles(): void {
  if (count < ngram) return;
  let start: usize = 0, filled: u32 = 0;
  for (let i: u32 = ngram - 1; i < count; i++) {
    const from = words + start, length = <usize>load<u32>(ends + (<usize>i << 2)) - start;
    store<u64>(hashes + (<usize>filled << 3), hashOf(from, length));
    start = <usize>load<u32>(ends + ((<usize>i - (<usize>ngram - 1)) << 2)) + 1;
    if (++filled == PIECE) {
      permute(PIECE);
      filled = 0;
    }
  }
  permute(filled);
  shingles += count - ngram + 1;
}

@inline
function hashOf(from: usize, length: usize): u64 {
  if (hashFunction == 0) return xxh64(from, length);
  if (hashFunction == 1) return xxh32(from, length);
  const digest = sha1(from, length);
  return hashFunction == 2 ? digest : digest & 0xffffffff;
}

/** Brings the least values up to date with `n` hashes. */
function permute(n: u32): void {
  if (!n) return;
  if (hashFunction & 1) permute32(n);
  else permute64(n);
}

@inline
function reduced(w: u64): u64 {
  const folded = (w & M61) + (w >> 61);
  return folded >= M61 ? folded - M61 : folded;
}

/** So many hashes are reduced all; the least of them lets nearly all others pass the filter. */
const FIRST: usize = 16 * 8;

function permute64(n: u32): void {
  // Padded with a hash that is there, since the loop below looks at four and goes on behind any one of them.
  const end = hashes + (<usize>n << 3), first = load<u64>(hashes);
  for (let i: usize = 0; i < 56; i += 8) store<u64>(end + i, first);
  for (let at = permutations, last = permutations + <usize>size * 48; at < last; at += 48) {
    let least = load<u64>(at, 40), limit = load<u64>(at, 32), p = hashes;
    if (limit == ~0) {
      const a = load<u64>(at), b = load<u64>(at, 8);
      for (const some = min(end, p + FIRST); p < some; p += 8) least = min(least, reduced(load<u64>(p) * a + b));
      limit = limitOf(least);
    }
    const a = load<u64>(at, 16), b = load<u64>(at, 24);
    for (;;) {
      // No call in here, so everything stays in registers.
      while (p < end) {
        if (load<u64>(p) * a + b < limit) break;
        if (load<u64>(p, 8) * a + b < limit) { p += 8; break; }
        if (load<u64>(p, 16) * a + b < limit) { p += 16; break; }
        if (load<u64>(p, 24) * a + b < limit) { p += 24; break; }
        p += 32;
      }
      if (p >= end) break;
      least = min(least, reduced(load<u64>(p) * load<u64>(at) + load<u64>(at, 8)));
      limit = limitOf(least);
      p += 8;
    }
    store<u64>(at, limit, 32);
    store<u64>(at, least, 40);
  }
}

/** Below this, a shifted value may be the least. Close to the largest number the limit would wrap around: then all may. */
@inline
function limitOf(least: u64): u64 {
  return least >= M61 - 8 ? ~0 : (least << 3) + 64;
}

/** With 32 bits the lower half of the reduced value counts, so every value has to be reduced. */
function permute32(n: u32): void {
  const end = hashes + (<usize>n << 3);
  for (let at = permutations, last = permutations + <usize>size * 48; at < last; at += 48) {
    const a = load<u64>(at), b = load<u64>(at, 8);
    let least = load<u64>(at, 40);
    for (let p = hashes; p < end; p += 8) least = min(least, reduced(load<u64>(p) * a + b) & 0xffffffff);
    store<u64>(at, least, 40);
  }
}

/** Writes the least values, 64 bits each; false when the document has no shingle. */
export function finishSignature(): bool {
  if (!shingles) return false;
  for (let j: u32 = 0; j < size; j++) store<u64>(results + (<usize>j << 3), load<u64>(permutations + <usize>j * 48, 40));
  return true;
}
