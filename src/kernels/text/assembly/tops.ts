// Bounds for the most frequent n-grams, where only the decision is wanted: nearly every text stays so far below the limits that no n-gram need
// be counted exactly.
import { ensure } from "./layout";
import { behindLetters, bitsFor, buckets, count, looks, offsets } from "./letters";

/** Words of the largest n-gram that there is a bound for: the sums of letters.ts are made for it. */
const BOUNDED: u32 = 4;
/** Fewer words are not worth the first bound, which they seldom meet. */
const FEW_WORDS: u32 = 100;
const K1: u32 = 0x9e3779b1;
/** Bits of the number of buckets of n-grams, at most. */
const BUCKET_BITS: u32 = 12;

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
  const bits = min<u32>(bitsFor(count) + 2, BUCKET_BITS),
    shift = 32 - bits,
    words = looks,
    before = offsets,
    grams = behindLetters, // a hash by word, u32 each
    sums = (grams + 4 * <usize>count + 15) & ~15,
    end = sums + (<usize>4 << bits);
  ensure(end);
  memory.copy(grams, words, 4 * <usize>count);
  for (let k: u32 = 0, n: u32 = 1; k < sizeCount; k++) {
    const size = load<u32>(sizes + 4 * <usize>k);
    if (size > count) break;
    for (; n < size; n++) {
      for (let i: usize = 0, stop = <usize>(count - n); i < stop; i++) {
        const gram = load<u32>(grams + 4 * i);
        store<u32>(grams + 4 * i, (gram ^ (gram >> 15)) * K1 + load<u32>(words + 4 * (i + <usize>n)));
      }
    }
    memory.fill(sums, 0, end - sums);
    for (let i: usize = 0, stop = <usize>(count - size); i <= stop; i++) {
      const sum = sums + (<usize>(load<u32>(grams + 4 * i) >> shift) << 2),
        characters = load<u32>(before + 4 * (i + <usize>size)) - load<u32>(before + 4 * i) + size - 1;
      store<u32>(sum, load<u32>(sum) + characters);
    }
    let most = i32x4.splat(0);
    for (let sum = sums; sum < end; sum += 16) most = i32x4.max_u(most, v128.load(sum));
    if (v128.any_true(i32x4.gt_u(most, i32x4.splat(load<u32>(limits + 4 * <usize>k))))) return false;
  }
  return true;
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
