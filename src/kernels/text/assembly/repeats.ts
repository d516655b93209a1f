// Repeated letters: the other measure takes n-grams for equal when their letters are, without spaces (`12 3` repeats `1 23`), so it works on
// the letters of all words in a row. Of the words at which a repeated n-gram may begin (candidates.ts) those are struck out whose next
// letters, 4 for each word of the size, occur once. The few that stay are looked up and compared.
import { addEarlier, behindCandidates, candidateAt, candidates, earlierThan, findLater, PREFIX, prefixHashAt } from "./candidates";
import { ensure } from "./layout";
import { bitsFor, count, hashUnits, letters, offsets, points } from "./letters";
import { sameUnits } from "./lines";
import { LIMIT_SLACK } from "./tops";

/** Letters that candidates are told by later: for each word of the n-gram, and at most. */
const LETTERS_A_WORD: u32 = 4;
const LONGEST_PREFIX: u32 = 64;
/** Earlier words that `repeatsAreBelow` may look at, for each candidate. */
const LOOKS: u32 = 8;

@inline
function offsetAt(i: u32): u32 {
  return load<u32>(offsets + 4 * <usize>i);
}

/**
 * For each of `sizes` (ascending, u32 each): code points in n-grams whose letters were seen before, to `results`, u32 each. Walking from the
 * left: behind a repeated n-gram the walk goes on after its last word, else after its first. `limits`, where it is not 0, has the characters
 * that each size may have: those that are plainly not above theirs are zeros then, and those behind one that plainly is.
 */
export function findRepeats(sizes: usize, sizeCount: u32, limits: usize, results: usize): void {
  memory.fill(results, 0, 4 * <usize>sizeCount);
  const shortest = sizeCount ? load<u32>(sizes) : 0;
  if (!sizeCount || count < shortest) return;
  const places = count - shortest + 1,
    later = findLater(places, shortest);
  if (!later || (limits && repeatsAreBelow(sizes, sizeCount, limits, later, results))) {
    memory.fill(results, 0, 4 * <usize>sizeCount);
    return;
  }
  let known = PREFIX,
    left = addEarlier(later, places);
  for (let k: u32 = 0, plain = false; k < sizeCount; k++, results += 4) {
    const n = load<u32>(sizes + 4 * <usize>k),
      prefix = min<u32>(LETTERS_A_WORD * n, LONGEST_PREFIX),
      limit = limits ? load<u32>(limits + 4 * <usize>k) : 0;
    if (left < 2 || plain || (limits && load<u32>(results) <= limit)) {
      store<u32>(results, 0);
      continue;
    }
    if (prefix > known && (k % 3 == 0 || known == PREFIX)) {
      left = keepRepeated(left, n, prefix);
      known = prefix;
    }
    const repeated = left > 1 ? walk(n, left) : 0;
    store<u32>(results, repeated);
    plain = limits && <u64>repeated > <u64>limit + LIMIT_SLACK;
  }
}

/**
 * Whether it is plain that the repeated n-grams of no size have more characters than its limit. To `results`, for each size at least as many
 * units as `findRepeats` finds: of each candidate the longest run of letters is sought that stands at an earlier word too. No n-gram of more
 * letters can be repeated there, and of those that may be all the letters are counted. One of fewer letters than candidates are told by is
 * always counted, and all are where there is no end of earlier words.
 */
function repeatsAreBelow(sizes: usize, sizeCount: u32, limits: usize, later: u32, results: usize): bool {
  const shortest = load<u32>(sizes),
    longest = load<u32>(sizes + 4 * <usize>(sizeCount - 1)),
    ends = behindCandidates; // by size the end of the words counted, u32 each
  let looks = LOOKS * later;
  ensure(ends + 4 * <usize>sizeCount);
  memory.fill(ends, 0, 4 * <usize>sizeCount);
  for (let c: u32 = 0; c < later; c++) {
    const i = candidateAt(c),
      hash = prefixHashAt(i),
      from = offsetAt(i),
      most = offsetAt(min<u32>(i + longest, count)) - from,
      fewest = max<u32>(offsetAt(i + shortest) - from, PREFIX),
      last = <usize>(fewest - 8) << 1,
      at = letters + (<usize>from << 1);
    let match = PREFIX - 1;
    for (let known = earlierThan(i); known && match < most; known = earlierThan(known - 1)) {
      if (!looks) {
        match = most;
        break;
      }
      looks--;
      const j = known - 1,
        other = letters + (<usize>offsetAt(j) << 1);
      if (prefixHashAt(j) != hash || v128.any_true(v128.xor(v128.load(at + last), v128.load(other + last)))) continue;
      match = max<u32>(match, commonUnits(at, other, most));
    }
    for (let k: usize = 0; k < <usize>sizeCount; k++) {
      const n = load<u32>(sizes + 4 * k);
      if (i + n > count || offsetAt(i + n) - from > match) break;
      const start = max<u32>(i, load<u32>(ends + 4 * k));
      store<u32>(results + 4 * k, load<u32>(results + 4 * k) + offsetAt(i + n) - offsetAt(start));
      store<u32>(ends + 4 * k, i + n);
    }
  }
  for (let k: usize = 0; k < <usize>sizeCount; k++) if (load<u32>(results + 4 * k) > load<u32>(limits + 4 * k)) return false;
  return true;
}

/** How many units are the same at two places, up to `most`. */
function commonUnits(a: usize, b: usize, most: u32): u32 {
  for (let units: u32 = 0; units < most; units += 8, a += 16, b += 16) {
    const other = i16x8.bitmask(i16x8.ne(v128.load(a), v128.load(b)));
    if (other) return min<u32>(units + ctz(other), most);
  }
  return most;
}

/** Code points in repeated n-grams among the candidates. */
function walk(n: u32, left: u32): u32 {
  const bits = bitsFor(2 * left),
    mask = (<u32>1 << bits) - 1,
    shift = 64 - <u64>bits,
    slots = behindCandidates;
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

/** Strikes out the candidates at which the next `units` letters, and an n-gram of fewer, occur once; returns the number of the others. */
function keepRepeated(left: u32, n: u32, units: u32): u32 {
  const bits = bitsFor(16 * left),
    shift = 64 - <u64>bits,
    hashes = behindCandidates,
    seen = (hashes + 4 * <usize>left + 15) & ~15;
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
