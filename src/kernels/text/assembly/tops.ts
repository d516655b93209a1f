// Bounds for the most frequent n-grams, where only the decision is wanted: nearly every text stays so far below the limits that no n-gram need
// be counted exactly.
import { ensure } from "./layout";
import { addSoon, behindLetters, bitsFor, buckets, count, looks, offsets } from "./letters";

/** Words of the largest n-gram that there is a bound for: the sums of letters.ts are made for it. */
const BOUNDED: u32 = 4;
/** Fewer words are not worth the first bound, which they seldom meet. */
const FEW_WORDS: u32 = 100;
const K1: u32 = 0x9e3779b1;
/** Bits of the number of buckets of n-grams, at most. */
const GRAM_BITS: u32 = 12;

/**
 * A limit is given as its characters rounded down, less one, so that no rounding matters: what is not above it is not above the limit, and
 * what is above it by more than this is.
 */
export const LIMIT_SLACK: u64 = 2;

/** Whether it is plain that no n-gram, however often it occurs, has more characters than the limit of its size. */
export function topsAreBelow(sizes: usize, sizeCount: u32, limits: usize): bool {
  if (!sizeCount) return true;
  if (load<u32>(sizes + 4 * <usize>(sizeCount - 1)) > BOUNDED) return false;
  return (count >= FEW_WORDS && wordsAreBelow(sizes, sizeCount, limits)) || gramsAreBelow(sizes, sizeCount, limits);
}

/**
 * By words. An n-gram that occurs t times has t times the characters of its words, each with a space. Of a word that stands in it once those
 * are at most the word's characters all over the text. Each further time that it stands there, d words behind the time before, adds t times
 * its characters, and t is at most as often as the word comes again after just d words: so each such place counts once more for every gap of
 * d that four words have room for, three of 1, one of 2 or of 3. The n greatest sums are a bound. Words that share a bucket only raise it.
 */
function wordsAreBelow(sizes: usize, sizeCount: u32, limits: usize): bool {
  addSoon();
  let first: u32 = 0,
    second: u32 = 0,
    third: u32 = 0,
    fourth: u32 = 0;
  for (let bucket = buckets; bucket < behindLetters; bucket += 16) {
    if (!v128.any_true(i32x4.gt_u(v128.load(bucket), i32x4.splat(fourth)))) continue;
    for (let k: usize = 0; k < 16; k += 4) {
      const sum = load<u32>(bucket + k);
      if (sum <= fourth) continue;
      fourth = min<u32>(sum, third);
      if (sum > third) third = min<u32>(sum, second);
      if (sum > second) second = min<u32>(sum, first);
      if (sum > first) first = sum;
    }
  }
  for (let k: u32 = 0; k < sizeCount; k++) {
    const n = load<u32>(sizes + 4 * <usize>k);
    let bound = first;
    if (n > 1) bound += second;
    if (n > 2) bound += third;
    if (n > 3) bound += fourth;
    if (bound > load<u32>(limits + 4 * <usize>k)) return false;
  }
  return true;
}

/** By n-grams: the characters of those that share a bucket are a bound for each. */
function gramsAreBelow(sizes: usize, sizeCount: u32, limits: usize): bool {
  for (let k: u32 = 0; k < sizeCount; k++) {
    const size = load<u32>(sizes + 4 * <usize>k),
      limit = load<u32>(limits + 4 * <usize>k);
    if (size > count) break;
    if (size == 1) {
      if (!sizeIsBelow(1, limit)) return false;
    } else if (size == 2) {
      if (!sizeIsBelow(2, limit)) return false;
    } else if (size == 3) {
      if (!sizeIsBelow(3, limit)) return false;
    } else if (!sizeIsBelow(BOUNDED, limit)) return false;
  }
  return true;
}

/** The same for one size, which is a constant where this is called. */
@inline
function sizeIsBelow(size: u32, limit: u32): bool {
  const bits = min<u32>(bitsFor(count) + 1, GRAM_BITS),
    shift = 32 - bits,
    sums = behindLetters,
    end = sums + (<usize>4 << bits),
    before = offsets,
    stop = looks + 4 * <usize>(count - size);
  ensure(end);
  memory.fill(sums, 0, end - sums);
  for (let word = looks, at = before; word <= stop; word += 4, at += 4) {
    let gram = load<u32>(word);
    if (size > 1) gram = (gram ^ (gram >> 15)) * K1 + load<u32>(word, 4);
    if (size > 2) gram = (gram ^ (gram >> 15)) * K1 + load<u32>(word, 8);
    if (size > 3) gram = (gram ^ (gram >> 15)) * K1 + load<u32>(word, 12);
    const sum = sums + (<usize>(gram >> shift) << 2);
    store<u32>(sum, load<u32>(sum) + load<u32>(at + 4 * size) - load<u32>(at) + size - 1);
  }
  let most = i32x4.splat(0);
  for (let sum = sums; sum < end; sum += 16) most = i32x4.max_u(most, v128.load(sum));
  return !v128.any_true(i32x4.gt_u(most, i32x4.splat(limit)));
}

/** Whether it is plain that one of the n-grams found (see `findTops`) has more characters than the limit of its size. */
export function topIsAbove(sizes: usize, sizeCount: u32, limits: usize, tops: usize): bool {
  for (let k: usize = 0; k < <usize>sizeCount; k++) {
    const times = <u64>load<u32>(tops + 8 * k, 4),
      characters = <u64>load<u32>(tops + 8 * k) + <u64>load<u32>(sizes + 4 * k) - 1;
    if (times && characters * times > <u64>load<u32>(limits + 4 * k) + LIMIT_SLACK) return true;
  }
  return false;
}
