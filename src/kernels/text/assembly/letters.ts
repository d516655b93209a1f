// The letters of all words in a row, and sums of characters by word: what the counts of n-grams begin with.
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
/** By word, u32 each, in front of which a vector may be read: a hash of how it looks, by which it has its bucket. */
export let looks: usize = 0;
/** By bucket of words, u32 each: their characters, each word with a space, all over the text. */
export let buckets: usize = 0;
let bucketShift: u32 = 0;
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

/** Writes the letters in a row, and adds up the characters of the words that share a bucket. */
export function copyLetters(): void {
  count = <u32>((wordsEnd - words) / WORD);
  const n = <usize>count,
    bits = min<u32>(bitsFor(count), BUCKET_BITS),
    shift = 32 - bits;
  letters = behindWords();
  offsets = (letters + (textEnd - text) + 64 + 15) & ~15;
  points = pairs ? offsets + 4 * (n + 1) : offsets;
  looks = ((points + 4 * (n + 1) + 15) & ~15) + 16;
  buckets = (looks + 4 * n + 31) & ~15;
  behindLetters = buckets + (<usize>4 << bits);
  ensure(behindLetters);
  memory.fill(buckets, 0, behindLetters - buckets);
  bucketShift = shift;
  const before = offsets,
    hashes = looks,
    sums = buckets,
    from = letters;
  let out = from;
  for (let i: usize = 0, w = words; i < n; i++, w += WORD) {
    const start = load<usize>(w),
      bytes = load<usize>(w, 4) - start,
      hash = hashLook(start, bytes),
      sum = sums + (<usize>(hash >> shift) << 2);
    store<u32>(before + 4 * i, <u32>((out - from) >> 1));
    store<u32>(hashes + 4 * i, hash);
    store<u32>(sum, load<u32>(sum) + <u32>(bytes >> 1) + 1);
    v128.store(out, v128.load(start));
    v128.store(out, v128.load(start, 16), 16);
    if (bytes > 32) for (let k: usize = 32; k < bytes; k += 16) v128.store(out + k, v128.load(start + k));
    out += bytes;
  }
  store<u32>(before + 4 * n, <u32>((out - from) >> 1));
  if (pairs) countPoints();
}

/** Of four units and the length: different words that share those only raise what is a bound. */
@inline
function hashLook(start: usize, bytes: usize): u32 {
  return <u32>(((load<u64>(start) << <u64>(64 - 8 * min<usize>(bytes, 8))) * K1 + <u64>bytes * K2) >> 32);
}

/**
 * Adds to the sums what a bound needs of words that come again soon (see tops.ts): three times the characters of each that follows itself,
 * and once those of each that comes again two or three words later.
 */
export function addSoon(): void {
  const end = looks + 4 * <usize>count;
  v128.store(looks - 16, i32x4.splat(0));
  v128.store(end, i32x4.splat(0));
  for (let at = looks; at < end; at += 16) {
    const own = v128.load(at),
      next = i32x4.eq(own, v128.load(at - 4)),
      later = v128.or(i32x4.eq(own, v128.load(at - 8)), i32x4.eq(own, v128.load(at - 12)));
    if (!v128.any_true(v128.or(next, later))) continue;
    let nexts = <u32>i32x4.bitmask(next),
      soon = nexts | <u32>i32x4.bitmask(later);
    for (; soon; soon &= soon - 1) {
      const lane = ctz(soon),
        word = at + (<usize>lane << 2),
        before = offsets + (word - looks),
        sum = buckets + (<usize>(load<u32>(word) >> bucketShift) << 2);
      if (word >= end) break;
      const characters = load<u32>(before, 4) - load<u32>(before) + 1;
      store<u32>(sum, load<u32>(sum) + characters * ((nexts >> lane) & 1 ? 3 : 1));
    }
  }
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
