// Lines, and copies among lines or paragraphs.
import { isSpaceAt, LINE_BREAK, pairsIn, unitAt, unitClass } from "./classes";
import { ensure, firstUnits } from "./layout";
import { plainBreaks } from "./survey";

export const FEED: u32 = 0x0a;

/** The next `\n` in [at, end), or end. */
export function nextFeed(at: usize, end: usize): usize {
  const feed = i16x8.splat(0x0a);
  for (; at < end; at += 32) {
    const found = i8x16.bitmask(i8x16.narrow_i16x8_s(i16x8.eq(v128.load(at), feed), i16x8.eq(v128.load(at, 16), feed)));
    if (found) {
      const hit = at + (<usize>ctz(found) << 1);
      return hit < end ? hit : end;
    }
  }
  return end;
}

/** The next of the line breaks that Python's `splitlines` knows, or end. */
@inline
export function nextBreak(at: usize, end: usize): usize {
  if (plainBreaks) return nextFeed(at, end);
  while (at < end && !(unitClass(at) & LINE_BREAK)) at += 2;
  return at;
}

/** Behind the line break at `at`: `\r\n` is one. */
@inline
export function behindBreak(at: usize, end: usize): usize {
  return unitAt(at) == 0x0d && at + 2 < end && unitAt(at + 2) == FEED ? at + 4 : at + 2;
}

/** Python's `lstrip` and `rstrip`. */
@inline
export function stripStart(at: usize, end: usize): usize {
  while (at < end && isSpaceAt(at)) at += 2;
  return at;
}

@inline
export function stripEnd(at: usize, end: usize): usize {
  while (end > at && isSpaceAt(end - 2)) end -= 2;
  return end;
}

// ---- copies --------------------------------------------------------------------------------------------------------------------
// Most lines of a text are like no other one already in length, beginning and end, so only those that are not are hashed as a whole
// and compared.

/** Parts that equal an earlier one, and their code points. */
export let copies: u32 = 0;
export let copiedPoints: u32 = 0;

/** A part: its start and end, and a hash; u32 each. */
const PART: usize = 12;

let parts: usize = 0;
let partsEnd: usize = 0;

/** Begins a list of parts at `at`, where memory is free. */
export function beginParts(at: usize): void {
  parts = partsEnd = at;
}

export function partCount(): u32 {
  return <u32>((partsEnd - parts) / PART);
}

export function addPart(start: usize, end: usize): void {
  ensure(partsEnd + PART);
  store<usize>(partsEnd, start);
  store<usize>(partsEnd, end, 4);
  partsEnd += PART;
}

@inline
function mix(hash: u64, vector: v128): u64 {
  const x = (hash ^ i64x2.extract_lane(vector, 0)) * 0x9e3779b97f4a7c15 + i64x2.extract_lane(vector, 1) * 0xc2b2ae3d27d4eb4f;
  return x ^ (x >> 29);
}

/** Of length, beginning and end. */
function hashLook(start: usize, end: usize): u32 {
  const units = (end - start) >> 1;
  let hash = mix(<u64>units, firstUnits(start, min<usize>(units, 8)));
  if (units > 8) hash = mix(hash, v128.load(end - 16));
  return <u32>((hash * 0x9e3779b97f4a7c15) >> 32);
}

/** Of all units. */
function hashWhole(start: usize, end: usize): u32 {
  let hash: u64 = <u64>(end - start);
  for (; end - start > 16; start += 16) hash = mix(hash, v128.load(start));
  hash = mix(hash, firstUnits(start, (end - start) >> 1));
  return <u32>((hash * 0x9e3779b97f4a7c15) >> 32);
}

/** Whether two runs of `bytes` are the same. */
export function sameUnits(a: usize, b: usize, bytes: usize): bool {
  for (; bytes > 16; bytes -= 16, a += 16, b += 16) {
    if (v128.any_true(v128.xor(v128.load(a), v128.load(b)))) return false;
  }
  return !v128.any_true(v128.xor(firstUnits(a, bytes >> 1), firstUnits(b, bytes >> 1)));
}

/** Finds the copies among the parts; `paired` says that the text holds surrogate pairs. */
export function countCopies(paired: bool): void {
  copies = copiedPoints = 0;
  const count = partCount();
  if (count < 2) return;
  let bits: u32 = 4;
  while (<u32>1 << bits < 4 * count) bits++;
  const slots = (partsEnd + 15) & ~15,
    shift = 32 - bits,
    mask = (<u32>1 << bits) - 1,
    bytes = <usize>1 << bits;
  ensure(slots + 4 * bytes);
  memory.fill(slots, 0, bytes);
  let repeated: u32 = 0;
  for (let p = parts; p < partsEnd; p += PART) {
    const hash = hashLook(load<usize>(p), load<usize>(p, 4)),
      slot = slots + <usize>(hash >> shift),
      seen = load<u8>(slot);
    store<u32>(p, hash, 8);
    store<u8>(slot, seen ? 2 : 1);
    repeated |= seen;
  }
  if (!repeated) return;
  let kept = parts;
  for (let p = parts; p < partsEnd; p += PART) {
    if (load<u8>(slots + <usize>(load<u32>(p, 8) >> shift)) < 2) continue;
    const start = load<usize>(p),
      end = load<usize>(p, 4);
    store<usize>(kept, start);
    store<usize>(kept, end, 4);
    store<u32>(kept, hashWhole(start, end), 8);
    kept += PART;
  }
  // Slots of the table: the address of a part, or 0.
  memory.fill(slots, 0, 4 * bytes);
  for (let p = parts; p < kept; p += PART) {
    const start = load<usize>(p),
      length = load<usize>(p, 4) - start,
      hash = load<u32>(p, 8);
    for (let slot = hash >> shift; ; slot = (slot + 1) & mask) {
      const known = load<usize>(slots + 4 * <usize>slot);
      if (!known) {
        store<usize>(slots + 4 * <usize>slot, p);
        break;
      }
      const first = load<usize>(known);
      if (load<u32>(known, 8) != hash || load<usize>(known, 4) - first != length || !sameUnits(first, start, length)) continue;
      copies++;
      copiedPoints += <u32>(length >> 1) - (paired ? pairsIn(start, start + length) : 0);
      break;
    }
  }
}
