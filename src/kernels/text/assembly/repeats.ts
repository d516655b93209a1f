// Repeated letters: the other measure takes n-grams for equal when their letters are, without spaces (`12 3` repeats `1 23`), so it works on
// the letters of all words in a row. Two equal n-grams begin with the same 12 letters, unless they have fewer, and so do longer ones that
// begin at the same words. So a word is struck out where neither its next 12 letters occur twice (by a hash; what shares one by chance
// stays in) nor its n-gram is shorter than that; then the same with 4 letters for each word of the size. The few that stay are looked up and
// compared.
import { bitsFor, count, hashUnits, hashVector, K1, letters, offsets, points, tables } from "./grams";
import { ensure } from "./layout";
import { sameUnits } from "./lines";

/** Letters that candidates are told by: at first, then for each word of the n-gram, and at most. */
const FIRST_PREFIX: u32 = 12;
const LETTERS_A_WORD: u32 = 4;
const LONGEST_PREFIX: u32 = 64;

/** Words at which something that may be repeated begins, in order; u32 each. Beside them, where the hash of each was counted. */
let candidates: usize = 0;
let hashes: usize = 0;

@inline
function offsetAt(i: u32): u32 {
  return load<u32>(offsets + 4 * <usize>i);
}

@inline
function candidateAt(c: u32): u32 {
  return load<u32>(candidates + 4 * <usize>c);
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
  hashes = candidates + 4 * <usize>count;
  ensure(hashes + 4 * <usize>count);
  let known = FIRST_PREFIX,
    left = keepFirst(count - shortest + 1, shortest);
  for (let k: u32 = 0; k < sizeCount && left > 1; k++, results += 4) {
    const n = load<u32>(sizes + 4 * <usize>k),
      prefix = min<u32>(LETTERS_A_WORD * n, LONGEST_PREFIX);
    if (prefix > known && k % 3 == 0) {
      left = keepRepeated(left, n, prefix);
      known = prefix;
    }
    if (left > 1) store<u32>(results, walk(n, left));
  }
}

/** Code points in repeated n-grams among the candidates. */
function walk(n: u32, left: u32): u32 {
  const bits = bitsFor(2 * left),
    mask = (<u32>1 << bits) - 1,
    shift = 64 - <u64>bits,
    slots = (hashes + 4 * <usize>count + 15) & ~15;
  ensure(slots + (<usize>8 << bits));
  memory.fill(slots, 0, <usize>8 << bits);
  let resume: u32 = 0,
    repeated: u32 = 0;
  for (let c: u32 = 0; c < left; c++) {
    const i = candidateAt(c);
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
  return repeated;
}

/**
 * Takes for candidates the first `places` words at which the next 12 letters, or an n-gram of fewer, may be repeated; returns their number.
 */
function keepFirst(places: u32, n: u32): u32 {
  const bits = bitsFor(16 * places),
    shift = 64 - <u64>bits,
    seen = (hashes + 4 * <usize>count + 15) & ~15;
  ensure(seen + (<usize>1 << bits));
  memory.fill(seen, 0, <usize>1 << bits);
  const from = letters,
    before = offsets,
    hashed = hashes;
  for (let i: usize = 0; i < <usize>places; i++) {
    const at = from + (<usize>load<u32>(before + 4 * i) << 1),
      place = <u32>(((hashVector(v128.load(at)) ^ load<u64>(at, 16)) * K1) >> shift),
      times = <u32>load<u8>(seen + place);
    store<u32>(hashed + 4 * i, place);
    store<u8>(seen + place, <u8>(times + 1 - (times >> 1))); // 2 at most
  }
  let kept = candidates;
  for (let i: usize = 0; i < <usize>places; i++) {
    const short = u32(load<u32>(before + 4 * (i + n)) - load<u32>(before + 4 * i) < FIRST_PREFIX),
      repeated = <u32>load<u8>(seen + <usize>load<u32>(hashed + 4 * i)) >> 1;
    store<u32>(kept, <u32>i);
    kept += <usize>(repeated | short) << 2;
  }
  return <u32>((kept - candidates) >> 2);
}

/** Strikes out the candidates at which the next `units` letters, and an n-gram of fewer, occur once; returns the number of the others. */
function keepRepeated(left: u32, n: u32, units: u32): u32 {
  const bits = bitsFor(16 * left),
    shift = 64 - <u64>bits,
    seen = (hashes + 4 * <usize>count + 15) & ~15;
  ensure(seen + (<usize>1 << bits));
  memory.fill(seen, 0, <usize>1 << bits);
  for (let c: u32 = 0; c < left; c++) {
    const place = <u32>(hashUnits(letters + (<usize>offsetAt(candidateAt(c)) << 1), <usize>units << 1) >> shift),
      times = <u32>load<u8>(seen + place);
    store<u32>(hashes + 4 * <usize>c, place);
    store<u8>(seen + place, <u8>(times + 1 - (times >> 1)));
  }
  let kept = candidates;
  for (let c: u32 = 0; c < left; c++) {
    const i = candidateAt(c),
      short = u32(offsetAt(min<u32>(i + n, count)) - offsetAt(i) < units),
      repeated = <u32>load<u8>(seen + <usize>load<u32>(hashes + 4 * <usize>c)) >> 1;
    store<u32>(kept, i);
    kept += <usize>(repeated | short) << 2;
  }
  return <u32>((kept - candidates) >> 2);
}
