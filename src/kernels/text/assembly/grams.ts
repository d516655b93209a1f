// Repeated word n-grams, exactly. Words are numbered by their text; an n-gram is told by the two (n-1)-grams in it, and where one of those
// occurs once, so does the n-gram, so beyond pairs of words there is little left to look at.
//
// The other measure takes n-grams for equal when their letters are, without spaces (`12 3` repeats `1 23`), so it works on the letters of
// all words in a row. Two equal n-grams begin with the same letters, at least as many as the shortest n-gram of all has: words are kept by
// a hash of so many letters, 8 at first, then 16 and 32 with what is left, and only the few that stay are looked up.
import { pairsIn, SURROGATE } from "./classes";
import { behindWords, ensure, firstUnits, text, textEnd, WORD, words, wordsEnd } from "./layout";
import { sameUnits } from "./lines";
import { pairs } from "./survey";

const K1: u64 = 0x9e3779b97f4a7c15;
const K2: u64 = 0xc2b2ae3d27d4eb4f;

let count: u32 = 0;
/** The letters of all words, one after the other. */
let letters: usize = 0;
/** Before each word and behind the last, u32 each: units of the words before; their code points (the same where there are no pairs). */
let offsets: usize = 0;
let points: usize = 0;
/** By number of a gram: where it is first seen (word), how often; u32 each. Of the grams and of their parts. */
let grams: usize = 0;
let parts: usize = 0;
let gramCount: u32 = 0;
/** Where tables begin. */
let tables: usize = 0;

/** The most frequent gram of the last size: its number (the first of the text where nothing repeats). */
let top: u32 = 0;

@inline
function numberAt(i: u32): usize {
  return words + <usize>i * WORD + 12;
}

@inline
function countOf(list: usize, gram: u32): u32 {
  return load<u32>(list + 8 * <usize>gram, 4);
}

@inline
function firstOf(list: usize, gram: u32): u32 {
  return load<u32>(list + 8 * <usize>gram);
}

@inline
function bitsFor(entries: u32): u32 {
  return entries < 16 ? 4 : 32 - clz(entries - 1);
}

@inline
function hashUnits(at: usize, bytes: usize): u64 {
  let hash: u64 = <u64>bytes * K2;
  for (; bytes > 16; bytes -= 16, at += 16) hash = mix(hash, v128.load(at));
  return mix(hash, firstUnits(at, bytes >> 1)) * K1;
}

@inline
function mix(hash: u64, vector: v128): u64 {
  const x = (hash ^ i64x2.extract_lane(vector, 0)) * K1 + (i64x2.extract_lane(vector, 1) ^ 0x5bd1e995) * K2;
  return x ^ (x >> 31);
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
  tables = (parts + 8 * (n + 1) + 15) & ~15;
  const slots = tables;
  ensure(slots + (<usize>16 << bits));
  memory.fill(slots, 0, <usize>16 << bits);
  let out = letters,
    numbers: u32 = 0,
    best: u32 = 0;
  for (let i: u32 = 0, w = words; i < count; i++, w += WORD) {
    const start = load<usize>(w),
      bytes = load<usize>(w, 4) - start;
    store<u32>(offsets + 4 * <usize>i, <u32>((out - letters) >> 1));
    let vector = v128.load(start),
      hash: u64;
    v128.store(out, vector);
    if (bytes <= 16) {
      vector = firstUnits(start, bytes >> 1);
      hash = mix(<u64>bytes * K2, vector) * K1;
    } else {
      memory.copy(out, start, bytes);
      hash = hashUnits(start, bytes);
    }
    out += bytes;
    // A slot: a part of the hash, the number plus one, start and length of the word; u32 each.
    const tag = <u32>hash;
    for (let slot = <u32>(hash >> shift); ; slot = (slot + 1) & mask) {
      const at = slots + (<usize>slot << 4),
        number = load<u32>(at, 4);
      if (!number) {
        store<u32>(at, tag);
        store<u32>(at, numbers + 1, 4);
        store<usize>(at, start, 8);
        store<usize>(at, bytes, 12);
        store<u64>(grams + 8 * <usize>numbers, (<u64>1 << 32) | <u64>i);
        store<u32>(w, numbers++, 12);
        break;
      }
      if (load<u32>(at) != tag || load<usize>(at, 12) != bytes) continue;
      const known = load<usize>(at, 8);
      if (bytes <= 16) {
        if (v128.any_true(v128.xor(vector, firstUnits(known, bytes >> 1)))) continue;
      } else if (!sameUnits(known, start, bytes)) continue;
      const gram = number - 1,
        times = countOf(grams, gram) + 1,
        lead = countOf(grams, best);
      store<u32>(grams + 8 * <usize>gram, times, 4);
      if (times > lead || (times == lead && gram < best)) best = gram;
      store<u32>(w, gram, 12);
      break;
    }
  }
  store<u32>(offsets + 4 * n, <u32>((out - letters) >> 1));
  gramCount = numbers;
  top = best;
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

/** Turns the (n-1)-grams into n-grams. */
function extend(n: u32): void {
  const swap = parts;
  parts = grams;
  grams = swap;
  let repeated: u32 = 0;
  for (let i: u32 = 0; i + n <= count; i++) repeated += u32(countOf(parts, load<u32>(numberAt(i))) > 1);
  const bits = bitsFor(2 * repeated),
    mask = (<u32>1 << bits) - 1,
    shift = 64 - <u64>bits,
    slots = tables;
  ensure(slots + (<usize>16 << bits));
  memory.fill(slots, 0, <usize>16 << bits);
  // What occurs once has the number 0, and a count of 1.
  store<u64>(grams, <u64>1 << 32);
  let numbers: u32 = 1,
    best: u32 = 0;
  for (let i: u32 = 0; i + n <= count; i++) {
    const left = load<u32>(numberAt(i)),
      right = load<u32>(numberAt(i + 1));
    store<u32>(numberAt(i), 0);
    if (countOf(parts, left) == 1 || countOf(parts, right) == 1) continue;
    // A slot: the numbers of both parts, u32 each, the number of the gram, which is never 0.
    const key = (<u64>left << 32) | <u64>right,
      hash = (key ^ (key >> 29)) * K1;
    for (let slot = <u32>(hash >> shift); ; slot = (slot + 1) & mask) {
      const at = slots + (<usize>slot << 4),
        gram = load<u32>(at, 8);
      if (!gram) {
        store<u64>(at, key);
        store<u32>(at, numbers, 8);
        store<u64>(grams + 8 * <usize>numbers, (<u64>1 << 32) | <u64>i);
        store<u32>(numberAt(i), numbers++);
        break;
      }
      if (load<u64>(at) != key) continue;
      const times = countOf(grams, gram) + 1,
        lead = countOf(grams, best);
      store<u32>(grams + 8 * <usize>gram, times, 4);
      if (times > lead || (times == lead && gram < best)) best = gram;
      store<u32>(numberAt(i), gram);
      break;
    }
  }
  store<u32>(numberAt(count - n + 1), 0);
  gramCount = numbers;
  top = best;
}

/**
 * The most frequent n-gram for each of `sizes` (ascending, u32 each), as code points of its letters and how often it occurs, u32 each, to
 * `results`; zeros for a size beyond the text.
 */
export function findTops(sizes: usize, sizeCount: u32, results: usize): void {
  let n: u32 = 1;
  for (let k: u32 = 0; k < sizeCount; k++, results += 8) {
    const size = load<u32>(sizes + 4 * <usize>k);
    if (size > count) {
      store<u64>(results, 0);
      continue;
    }
    // What never occurs twice cannot when it is longer.
    while (n < size && countOf(grams, top) > 1) extend(++n);
    const times = countOf(grams, top),
      first = times > 1 ? firstOf(grams, top) : 0;
    store<u32>(results, load<u32>(points + 4 * <usize>(first + size)) - load<u32>(points + 4 * <usize>first));
    store<u32>(results, times, 4);
  }
}

// ---- repeated letters ---------------------------------------------------------------------------------------------------------------

/** Words at which something that may be repeated begins, in order, and a hash of each; u32 each. */
let candidates: usize = 0;

@inline
function offsetAt(i: u32): u32 {
  return load<u32>(offsets + 4 * <usize>i);
}

/**
 * For each of `sizes` (ascending, u32 each): code points in n-grams whose letters were seen before, to `results`, u32 each. Walking from the
 * left: behind a repeated n-gram the walk goes on after its last word, else after its first.
 */
export function findRepeats(sizes: usize, sizeCount: u32, results: usize): void {
  memory.fill(results, 0, 4 * <usize>sizeCount);
  const shortest = sizeCount ? load<u32>(sizes) : 0;
  if (!sizeCount || count < shortest) return;
  candidates = tables;
  const left = keepCandidates(shortest);
  if (left < 2) return;
  const bits = bitsFor(2 * left),
    mask = (<u32>1 << bits) - 1,
    shift = 64 - <u64>bits,
    slots = (candidates + 8 * <usize>left + 15) & ~15;
  ensure(slots + (<usize>8 << bits));
  for (let k: u32 = 0; k < sizeCount; k++, results += 4) {
    const n = load<u32>(sizes + 4 * <usize>k);
    let resume: u32 = 0,
      repeated: u32 = 0;
    memory.fill(slots, 0, <usize>8 << bits);
    for (let c: u32 = 0; c < left; c++) {
      const i = load<u32>(candidates + 8 * <usize>c);
      if (i < resume) continue;
      if (i + n > count) break;
      const from = offsetAt(i),
        bytes = <usize>(offsetAt(i + n) - from) << 1,
        at = letters + (<usize>from << 1),
        hash = hashUnits(at, bytes),
        tag = <u32>hash;
      // A slot: a part of the hash, the word plus one.
      for (let slot = <u32>(hash >> shift); ; slot = (slot + 1) & mask) {
        const place = slots + (<usize>slot << 3),
          known = load<u32>(place, 4);
        if (!known) {
          store<u32>(place, tag);
          store<u32>(place, i + 1, 4);
          break;
        }
        if (load<u32>(place) != tag) continue;
        const other = offsetAt(known - 1);
        if (<usize>(offsetAt(known - 1 + n) - other) << 1 != bytes || !sameUnits(letters + (<usize>other << 1), at, bytes)) continue;
        repeated += load<u32>(points + 4 * <usize>(i + n)) - load<u32>(points + 4 * <usize>i);
        resume = i + n;
        break;
      }
    }
    store<u32>(results, repeated);
  }
}

/** Finds the candidates for n-grams of at least `shortest` words and returns their number. */
function keepCandidates(shortest: u32): u32 {
  let left = count - shortest + 1,
    before: u32 = 0;
  ensure(candidates + 8 * <usize>left + 8);
  for (let i: u32 = 0; i < left; i++) store<u32>(candidates + 8 * <usize>i, i);
  for (let most: u32 = 8; most <= 32 && left > 1; most <<= 1) {
    let least = most;
    for (let c: u32 = 0; c < left; c++) {
      const i = load<u32>(candidates + 8 * <usize>c);
      least = min(least, offsetAt(i + shortest) - offsetAt(i));
    }
    if (least <= before) break;
    before = least;
    left = keepRepeated(left, <usize>least);
  }
  return left;
}

/**
 * Strikes out the candidates whose first `units` letters occur once, and returns the number of the others. A few may stay whose hash shares
 * its place with another one; that costs them a look-up and changes no count.
 */
function keepRepeated(left: u32, units: usize): u32 {
  const bits = bitsFor(8 * left),
    shift = 64 - <u64>bits,
    seen = (candidates + 8 * <usize>left + 15) & ~15,
    bytes = units << 1;
  ensure(seen + (<usize>1 << bits));
  memory.fill(seen, 0, <usize>1 << bits);
  for (let c: u32 = 0; c < left; c++) {
    const candidate = candidates + 8 * <usize>c,
      place = <u32>(hashUnits(letters + (<usize>offsetAt(load<u32>(candidate)) << 1), bytes) >> shift),
      times = load<u8>(seen + place);
    store<u32>(candidate, place, 4);
    store<u8>(seen + place, times ? 2 : 1);
  }
  let kept = candidates;
  for (let c: u32 = 0; c < left; c++) {
    const candidate = load<u64>(candidates + 8 * <usize>c);
    if (load<u8>(seen + <usize>(candidate >> 32)) == 1) continue;
    store<u64>(kept, candidate);
    kept += 8;
  }
  return <u32>((kept - candidates) >> 3);
}
