// The letters of all words in a row, with a hash of each word: what the counts of n-grams begin with.
import { pairsIn, SURROGATE } from "./classes";
import { behindWords, ensure, unitMask, text, textEnd, WORD, words, wordsEnd } from "./layout";
import { pairs } from "./survey";

export const K1: u64 = 0x9e3779b97f4a7c15;
const K2: u64 = 0xc2b2ae3d27d4eb4f;

/** Bits of the number of buckets, at most: 4 KB, and a thousandth of a text to each by chance. */
const BUCKET_BITS: u32 = 10;

export let count: u32 = 0;
/** The letters of all words, one after the other. */
export let letters: usize = 0;
/** Before each word and behind the last, u32 each: units of the words before; their code points (the same where there are no pairs). */
export let offsets: usize = 0;
export let points: usize = 0;
/** By word, u64 each; there is room for one more. */
export let wordHashes: usize = 0;
/** By bucket of words, u32 each: their characters, each word with a space, all over the text. */
export let buckets: usize = 0;
/** Where tables begin. */
export let behindLetters: usize = 0;

@inline
export function bitsFor(entries: u32): u32 {
  return entries < 16 ? 4 : 32 - clz(entries - 1);
}

@inline
export function hashVector(vector: v128): u64 {
  return (i64x2.extract_lane(vector, 0) * K1 + i64x2.extract_lane(vector, 1)) * K2;
}

@inline
function mix(hash: u64, vector: v128): u64 {
  const x = (hash ^ i64x2.extract_lane(vector, 0)) * K1 + (i64x2.extract_lane(vector, 1) ^ 0x5bd1e995) * K2;
  return x ^ (x >> 31);
}

/** A hash whose upper bits are good. */
export function hashUnits(at: usize, bytes: usize): u64 {
  let hash: u64 = <u64>bytes * K2;
  for (; bytes > 16; bytes -= 16, at += 16) hash = mix(hash, v128.load(at));
  return mix(hash, v128.and(v128.load(at), unitMask(bytes >> 1))) * K1;
}

/**
 * Writes the letters in a row, hashes the words, and adds up the characters of those that share a bucket.
 *
 * The sums are for a bound (see tops.ts) and hold more where a word comes again soon: four times its characters where it follows itself, and
 * twice those where it comes again two or three words later.
 */
export function copyLetters(): void {
  count = <u32>((wordsEnd - words) / WORD);
  const n = <usize>count,
    bits = min<u32>(bitsFor(count), BUCKET_BITS),
    shift = 64 - <u64>bits;
  letters = behindWords();
  offsets = (letters + (textEnd - text) + 64 + 15) & ~15;
  points = pairs ? offsets + 4 * (n + 1) : offsets;
  wordHashes = (points + 4 * (n + 1) + 15) & ~15;
  buckets = (wordHashes + 8 * (n + 1) + 15) & ~15;
  behindLetters = buckets + (<usize>4 << bits);
  ensure(behindLetters);
  memory.fill(buckets, 0, behindLetters - buckets);
  const before = offsets,
    hashes = wordHashes,
    sums = buckets,
    from = letters;
  let out = from,
    back1: u64 = 0,
    back2: u64 = 0,
    back3: u64 = 0;
  for (let i: usize = 0, w = words; i < n; i++, w += WORD) {
    const start = load<usize>(w),
      bytes = load<usize>(w, 4) - start,
      units = bytes >> 1,
      one = v128.load(start),
      two = v128.load(start, 16);
    store<u32>(before + 4 * i, <u32>((out - from) >> 1));
    v128.store(out, one);
    v128.store(out, two, 16);
    // Units of ASCII leave their upper halves to the second vector.
    const all = v128.xor(
      v128.and(one, unitMask(min<usize>(units, 8))),
      i16x8.shl(v128.and(two, unitMask(max<usize>(min<usize>(units, 16), 8) - 8)), 8),
    );
    let hash = hashVector(all) + (<u64>bytes << 50);
    if (bytes > 32) {
      for (let k: usize = 32; k < bytes; k += 16) v128.store(out + k, v128.load(start + k));
      hash = hashUnits(start, bytes);
    }
    store<u64>(hashes + 8 * i, hash);
    const sum = sums + (<usize>(hash >> shift) << 2),
      times = 1 + (u32(hash == back1) << 1) + u32(u32(hash == back1) | u32(hash == back2) | u32(hash == back3));
    store<u32>(sum, load<u32>(sum) + (<u32>units + 1) * times);
    back3 = back2;
    back2 = back1;
    back1 = hash;
    out += bytes;
  }
  store<u32>(before + 4 * n, <u32>((out - from) >> 1));
  if (pairs) countPoints();
}

function countPoints(): void {
  let before: u32 = 0;
  for (let i: u32 = 0, w = words; i < count; i++, w += WORD) {
    const start = load<usize>(w),
      end = load<usize>(w, 4);
    store<u32>(points + 4 * <usize>i, before);
    before += <u32>((end - start) >> 1) - (load<u32>(w, 8) & SURROGATE ? pairsIn(start, end) : 0);
  }
  store<u32>(points + 4 * <usize>count, before);
}
