// Repeated word n-grams, exactly. Words are numbered by their text; an n-gram is told by the two (n-1)-grams in it, and where one of those
// occurs once, so does the n-gram, so beyond pairs of words there is little left to look at.
import { ensure, firstUnits, WORD, words } from "./layout";
import { behindLetters, bitsFor, count, hashUnits, hashVector, K1, points } from "./letters";
import { sameUnits } from "./lines";

const TAG: u32 = 0xffc00000;

/** By number of a gram: where it is first seen (word), how often; u32 each. Of the grams and of their parts. */
let grams: usize = 0;
let parts: usize = 0;
/** Words at which a gram begins that may occur twice, and its number; u32 each, in order. */
let places: usize = 0;
let placeCount: u32 = 0;
/** Of two parts that follow each other, the number of the second; u32 each. */
let seconds: usize = 0;
/** Where tables begin. */
let tables: usize = 0;
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

/** Numbers the words, equal ones equally. */
function numberWords(): void {
  const n = <usize>count,
    bits = bitsFor(2 * count),
    mask = (<u32>1 << bits) - 1,
    shift = 64 - <u64>bits;
  grams = behindLetters;
  parts = grams + 8 * (n + 1);
  places = parts + 8 * (n + 1);
  seconds = places + 8 * (n + 1);
  tables = (seconds + 4 * (n + 1) + 15) & ~15;
  // A slot: the number plus one in the lower 22 bits, ten bits of the hash above; 0 where it is free.
  const slots = tables;
  ensure(slots + (<usize>4 << bits));
  memory.fill(slots, 0, <usize>4 << bits);
  const list = grams,
    firstWord = words,
    hashes = parts; // which stand nowhere yet
  let numbers: u32 = 0,
    best: u32 = 0;
  // First the hashes of all words, for which nothing is waited, then the table.
  for (let i: usize = 0, w = firstWord; i < n; i++, w += WORD) {
    const start = load<usize>(w),
      bytes = load<usize>(w, 4) - start,
      hash = bytes > 16 ? hashUnits(start, bytes) : hashVector(firstUnits(start, bytes >> 1));
    store<u64>(hashes + 8 * i, hash + (<u64>bytes << 50));
  }
  for (let i: u32 = 0, w = firstWord, all = count; i < all; i++, w += WORD) {
    const hash = load<u64>(hashes + 8 * <usize>i),
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
  top = best;
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

/**
 * The most frequent n-gram for each of `sizes` (ascending, u32 each), as code points of its letters and how often it occurs, u32 each, to
 * `results`; zeros for a size beyond the text.
 */
export function findTops(sizes: usize, sizeCount: u32, results: usize): void {
  if (!sizeCount) return;
  let n: u32 = 1;
  numberWords();
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
