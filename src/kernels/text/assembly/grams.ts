// Repeated word n-grams, exactly. Words are numbered by their text; an n-gram is told by the two (n-1)-grams in it, and where one of those
// occurs once, so does the n-gram, so beyond pairs of words there is little left to look at.
import { pairsIn, SURROGATE } from "./classes";
import { behindWords, ensure, firstUnits, text, textEnd, WORD, words, wordsEnd } from "./layout";
import { sameUnits } from "./lines";
import { pairs } from "./survey";

export const K1: u64 = 0x9e3779b97f4a7c15;
const K2: u64 = 0xc2b2ae3d27d4eb4f;
const TAG: u32 = 0xffc00000;

export let count: u32 = 0;
/** The letters of all words, one after the other. */
export let letters: usize = 0;
/** Before each word and behind the last, u32 each: units of the words before; their code points (the same where there are no pairs). */
export let offsets: usize = 0;
export let points: usize = 0;
/** By number of a gram: where it is first seen (word), how often; u32 each. Of the grams and of their parts. */
let grams: usize = 0;
let parts: usize = 0;
/** Words at which a gram begins that may occur twice, and its number; u32 each, in order. */
let places: usize = 0;
let placeCount: u32 = 0;
/** Of two parts that follow each other, the number of the second; u32 each. */
let seconds: usize = 0;
/** Where tables begin. */
export let tables: usize = 0;
/** How many different words there are. */
let distinct: u32 = 0;
/** The most frequent gram of the last size: its number (that of the first where nothing repeats). */
let top: u32 = 0;

@inline
function countOf(list: usize, gram: u32): u32 {
  return load<u32>(list + 8 * <usize>gram, 4);
}

@inline
function firstOf(list: usize, gram: u32): u32 {
  return load<u32>(list + 8 * <usize>gram);
}

/** Counts one more of a gram that was seen before; the most frequent one is `best`, and of equally frequent ones the first. */
@inline
function countMore(list: usize, gram: u32, best: u32): u32 {
  const times = countOf(list, gram) + 1,
    lead = countOf(list, best);
  store<u32>(list + 8 * <usize>gram, times, 4);
  return times > lead || (times == lead && gram < best) ? gram : best;
}

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
  return mix(hash, firstUnits(at, bytes >> 1)) * K1;
}

/** Numbers the words, equal ones equally, and writes their letters in a row. */
export function readWords(): void {
  count = <u32>((wordsEnd - words) / WORD);
  const n = <usize>count,
    bits = bitsFor(2 * count),
    mask = (<u32>1 << bits) - 1,
    shift = 64 - <u64>bits;
  letters = behindWords();
  offsets = (letters + (textEnd - text) + 64 + 15) & ~15;
  points = pairs ? offsets + 4 * (n + 1) : offsets;
  grams = (points + 4 * (n + 1) + 15) & ~15;
  parts = grams + 8 * (n + 1);
  places = parts + 8 * (n + 1);
  seconds = places + 8 * (n + 1);
  tables = (seconds + 4 * (n + 1) + 15) & ~15;
  // A slot: the number plus one in the lower 22 bits, ten bits of the hash above; 0 where it is free.
  const slots = tables;
  ensure(slots + (<usize>4 << bits));
  memory.fill(slots, 0, <usize>4 << bits);
  let out = letters,
    numbers: u32 = 0,
    best: u32 = 0;
  // First the hashes of all words, for which nothing is waited, then the table. They stand where the parts of n-grams will.
  const wordHashes = parts,
    from = letters,
    places = offsets;
  for (let i: usize = 0, w = words; i < n; i++, w += WORD) {
    const start = load<usize>(w),
      bytes = load<usize>(w, 4) - start;
    store<u32>(places + 4 * i, <u32>((out - from) >> 1));
    v128.store(out, v128.load(start));
    let hash = hashVector(firstUnits(start, min<usize>(bytes >> 1, 8)));
    if (bytes > 16) {
      for (let i: usize = 16; i < bytes; i += 16) v128.store(out + i, v128.load(start + i));
      hash = hashUnits(start, bytes);
    }
    store<u64>(wordHashes + 8 * i, hash + (<u64>bytes << 50));
    out += bytes;
  }
  const list = grams,
    firstWord = words;
  for (let i: u32 = 0, w = firstWord, all = count; i < all; i++, w += WORD) {
    const hash = load<u64>(wordHashes + 8 * <usize>i),
      tag = <u32>(hash >> 10) & TAG;
    for (let slot = <u32>(hash >> shift); ; slot = (slot + 1) & mask) {
      const at = slots + (<usize>slot << 2),
        known = load<u32>(at);
      if (!known) {
        store<u64>(list + 8 * <usize>numbers, (<u64>1 << 32) | <u64>i);
        store<u32>(w, numbers++, 12);
        store<u32>(at, tag | numbers);
        break;
      }
      if ((known & TAG) != tag) continue;
      const gram = (known & ~TAG) - 1,
        start = load<usize>(w),
        bytes = load<usize>(w, 4) - start,
        first = firstWord + <usize>firstOf(list, gram) * WORD,
        other = load<usize>(first);
      if (load<usize>(first, 4) - other != bytes) continue;
      if (bytes <= 16) {
        if (v128.any_true(v128.xor(firstUnits(start, bytes >> 1), firstUnits(other, bytes >> 1)))) continue;
      } else if (!sameUnits(other, start, bytes)) continue;
      best = countMore(list, gram, best);
      store<u32>(w, gram, 12);
      break;
    }
  }
  store<u32>(offsets + 4 * n, <u32>((out - letters) >> 1));
  top = best;
  distinct = numbers;
  if (pairs) countPoints();
}

/** Finds the places of the words that occur twice. */
function findPlaces(): void {
  let place = places;
  for (let i: u32 = 0, w = words; i < count; i++, w += WORD) {
    const gram = load<u32>(w, 12);
    store<u64>(place, (<u64>gram << 32) | <u64>i);
    place += countOf(grams, gram) > 1 ? 8 : 0;
  }
  placeCount = <u32>((place - places) >> 3);
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

/** Turns the (n-1)-grams into n-grams: two that follow each other, and occur twice each, may be one that does. */
function extend(): void {
  const swap = parts;
  parts = grams;
  grams = swap;
  const stop = places + 8 * <usize>placeCount;
  let kept = places;
  for (let place = places; place + 8 < stop; place += 8) {
    const left = load<u64>(place),
      right = load<u64>(place, 8);
    // The word, and the numbers of both parts behind each other.
    store<u64>(kept, left);
    store<u32>(seconds + ((kept - places) >> 1), <u32>(right >> 32));
    kept += <u32>left + 1 == <u32>right ? 8 : 0;
  }
  const pairCount = <u32>((kept - places) >> 3),
    bits = bitsFor(2 * pairCount),
    mask = (<u32>1 << bits) - 1,
    shift = 64 - <u64>bits,
    slots = tables;
  ensure(slots + (<usize>16 << bits));
  memory.fill(slots, 0, <usize>16 << bits);
  const list = grams;
  let numbers: u32 = 0,
    best: u32 = 0;
  store<u64>(list, <u64>1 << 32);
  for (let place = places; place < kept; place += 8) {
    const left = load<u64>(place),
      i = <u32>left,
      key = (left & 0xffffffff00000000) | <u64>load<u32>(seconds + ((place - places) >> 1)),
      hash = (key ^ (key >> 29)) * K1;
    // A slot: the numbers of both parts, u32 each, the number of the gram plus one.
    for (let slot = <u32>(hash >> shift); ; slot = (slot + 1) & mask) {
      const at = slots + (<usize>slot << 4),
        known = load<u32>(at, 8);
      if (!known) {
        store<u64>(list + 8 * <usize>numbers, (<u64>1 << 32) | <u64>i);
        store<u32>(place, numbers++, 4);
        store<u64>(at, key);
        store<u32>(at, numbers, 8);
        break;
      }
      if (load<u64>(at) != key) continue;
      best = countMore(list, known - 1, best);
      store<u32>(place, known - 1, 4);
      break;
    }
  }
  top = best;
  let repeated = places;
  for (let place = places; place < kept; place += 8) {
    const found = load<u64>(place);
    store<u64>(repeated, found);
    repeated += countOf(grams, <u32>(found >> 32)) > 1 ? 8 : 0;
  }
  placeCount = <u32>((repeated - places) >> 3);
}

/** Words of the largest n-gram that `topsAreBelow` can tell of. */
const BOUNDED: u32 = 4;

/**
 * Whether it is plain that no n-gram, however often it occurs, has more characters than the limit of its size, so that none need be counted.
 *
 * An n-gram occurs at most as often as the rarest of its words, so its characters are at most those of its words, each with a space, all
 * over the text: the n greatest such sums are a bound. A word that stands twice in an n-gram can do so at most as often as it comes again
 * within the n - 1 words behind it, and is counted for n times that where this is more.
 */
export function topsAreBelow(sizes: usize, sizeCount: u32, limits: usize): bool {
  if (sizeCount && load<u32>(sizes + 4 * <usize>(sizeCount - 1)) > BOUNDED) return false;
  // By number of a word: how often it comes again within three words.
  const again = tables;
  ensure(again + 4 * <usize>distinct);
  memory.fill(again, 0, 4 * <usize>distinct);
  for (let w = words; w < wordsEnd; w += WORD) {
    const number = load<u32>(w, 12);
    // Behind the last word the list holds whatever it does, which may only count a word too many.
    if (number == load<u32>(w, 28) || number == load<u32>(w, 44) || number == load<u32>(w, 60)) {
      const at = again + 4 * <usize>number;
      store<u32>(at, load<u32>(at) + 1);
    }
  }
  let first: u64 = 0,
    second: u64 = 0,
    third: u64 = 0,
    fourth: u64 = 0;
  for (let number: u32 = 0; number < distinct; number++) {
    const w = words + <usize>firstOf(grams, number) * WORD,
      characters = <u64>((load<usize>(w, 4) - load<usize>(w)) >> 1) + 1,
      sum = characters * <u64>max<u32>(countOf(grams, number), BOUNDED * load<u32>(again + 4 * <usize>number));
    if (sum <= fourth) continue;
    fourth = min<u64>(sum, third);
    if (sum > third) third = min<u64>(sum, second);
    if (sum > second) second = min<u64>(sum, first);
    if (sum > first) first = sum;
  }
  for (let k: u32 = 0; k < sizeCount; k++) {
    const n = load<u32>(sizes + 4 * <usize>k);
    let bound = first;
    if (n > 1) bound += second;
    if (n > 2) bound += third;
    if (n > 3) bound += fourth;
    if (bound > <u64>load<u32>(limits + 4 * <usize>k)) return false;
  }
  return true;
}

/**
 * The most frequent n-gram for each of `sizes` (ascending, u32 each), as code points of its letters and how often it occurs, u32 each, to
 * `results`; zeros for a size beyond the text.
 */
export function findTops(sizes: usize, sizeCount: u32, results: usize): void {
  let n: u32 = 1;
  findPlaces();
  for (let k: u32 = 0; k < sizeCount; k++, results += 8) {
    const size = load<u32>(sizes + 4 * <usize>k);
    if (size > count) {
      store<u64>(results, 0);
      continue;
    }
    // What never occurs twice cannot when it is longer.
    for (; n < size && countOf(grams, top) > 1; n++) extend();
    const times = countOf(grams, top),
      first = times > 1 ? firstOf(grams, top) : 0;
    store<u32>(results, load<u32>(points + 4 * <usize>(first + size)) - load<u32>(points + 4 * <usize>first));
    store<u32>(results, times, 4);
  }
}
