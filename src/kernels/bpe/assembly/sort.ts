// The tokens in the order of their bytes. A radix sort by the first eight bytes, as a number that compares as they do, puts nearly
// all of them in place; the few that agree in all eight are merge-sorted by the rest. (A merge sort of everything took three times
// as long: half of its comparisons are guessed wrong.)
import { allocate } from "./arena";
import { bytesOf, lengthOf, tokenCount } from "./vocabulary";

/** {first eight bytes, token}, 8 + 4 bytes and 4 unused. */
const ENTRY: u32 = 16;
/** Values of a digit of two bytes. */
const DIGITS: u32 = 65536;

/** Allocates and returns the sorted tokens (u32 each), in scratch memory; 0 without memory. */
export function sortTokens(): usize {
  const entries = allocate(<u64>ENTRY * tokenCount), spare = allocate(<u64>ENTRY * tokenCount);
  const sorted = allocate(4 * <u64>tokenCount), places = allocate(4 * DIGITS);
  if (!entries || !spare || !sorted || !places) return 0;
  for (let token: u32 = 0; token < tokenCount; token++) {
    const entry = entries + <usize>token * ENTRY, length = lengthOf(token), bytes = bswap<u64>(load<u64>(bytesOf(token)));
    store<u64>(entry, length < 8 ? bytes & ~(<u64>-1 >> (length * 8)) : bytes);
    store<u32>(entry, token, 8);
  }
  for (let shift: u64 = 0; shift < 64; shift += 32) {
    byDigit(entries, spare, places, shift);
    byDigit(spare, entries, places, shift + 16);
  }
  for (let low: u32 = 0, high: u32 = 0; low < tokenCount; low = high) {
    const key = load<u64>(entries + <usize>low * ENTRY);
    do high++;
    while (high < tokenCount && load<u64>(entries + <usize>high * ENTRY) == key);
    if (high - low > 1) sortEquals(entries, spare, low, high);
  }
  for (let i: u32 = 0; i < tokenCount; i++) store<u32>(sorted + (<usize>i << 2), load<u32>(entries + <usize>i * ENTRY, 8));
  return sorted;
}

/** One pass of the radix sort: a stable order by 16 bits of the key. */
function byDigit(from: usize, to: usize, places: usize, shift: u64): void {
  memory.fill(places, 0, 4 * DIGITS);
  for (let i: u32 = 0; i < tokenCount; i++) {
    const count = places + ((<usize>(load<u64>(from + <usize>i * ENTRY) >> shift) & 0xffff) << 2);
    store<u32>(count, load<u32>(count) + 1);
  }
  let place: u32 = 0;
  for (let digit: u32 = 0; digit < DIGITS; digit++) {
    const count = load<u32>(places + (<usize>digit << 2));
    store<u32>(places + (<usize>digit << 2), place);
    place += count;
  }
  for (let i: u32 = 0; i < tokenCount; i++) {
    const entry = from + <usize>i * ENTRY, next = places + ((<usize>(load<u64>(entry) >> shift) & 0xffff) << 2);
    v128.store(to + <usize>load<u32>(next) * ENTRY, v128.load(entry));
    store<u32>(next, load<u32>(next) + 1);
  }
}

/** Sorts entries of equal keys by their whole bytes: a merge sort from the bottom up, between the two arrays. */
function sortEquals(entries: usize, spare: usize, start: u32, end: u32): void {
  let from = entries, to = spare;
  for (let width: u32 = 1; width < end - start; width *= 2) {
    for (let low = start; low < end; low += 2 * width) merge(from, to, low, min(low + width, end), min(low + 2 * width, end));
    const swap = from;
    from = to;
    to = swap;
  }
  const at = <usize>start * ENTRY;
  if (from != entries) memory.copy(entries + at, from + at, <usize>(end - start) * ENTRY);
}

/** Merges the sorted runs [low, middle) and [middle, high) of `from` into `to`. */
function merge(from: usize, to: usize, low: u32, middle: u32, high: u32): void {
  let left = from + <usize>low * ENTRY, right = from + <usize>middle * ENTRY, out = to + <usize>low * ENTRY;
  const leftEnd = right, rightEnd = from + <usize>high * ENTRY;
  for (; left < leftEnd && right < rightEnd; out += ENTRY) {
    if (comesBefore(load<u32>(right, 8), load<u32>(left, 8))) {
      v128.store(out, v128.load(right));
      right += ENTRY;
    } else {
      v128.store(out, v128.load(left));
      left += ENTRY;
    }
  }
  for (; left < leftEnd; left += ENTRY, out += ENTRY) v128.store(out, v128.load(left));
  for (; right < rightEnd; right += ENTRY, out += ENTRY) v128.store(out, v128.load(right));
}

function comesBefore(a: u32, b: u32): bool {
  const lengthA = lengthOf(a), lengthB = lengthOf(b);
  const order = memory.compare(bytesOf(a), bytesOf(b), min(lengthA, lengthB));
  return order ? order < 0 : lengthA < lengthB;
}
