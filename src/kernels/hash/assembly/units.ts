// Cuts a text into lines or paragraphs and hashes each, in one pass: while a unit is hashed its bytes are still in the cache.
//
// White space here is that of ASCII. A line is what stands between two line feeds and holds anything but white space. A paragraph is a
// run of such lines: only a line of nothing but white space, or the end of the text, ends it. What is hashed is the unit without the
// white space at both its ends, or its normal form: letters A to Z in lower case, runs of white space as one space, runs of digits as
// one 0, as asked.
import { xxh3Of64 } from "./xxh3";

/** What may be ignored in a comparison, as bits. */
const IGNORE_CASE: u32 = 1,
  IGNORE_SPACE: u32 = 2,
  IGNORE_DIGITS: u32 = 4;

/** Bytes of one record: start and end in the string, key low, key high, and whether the unit is long enough to count, u32 each. */
const RECORD: usize = 20;

/** Space, tab, vertical tab, form feed, carriage return. */
@inline
function isBlank(byte: u32): bool {
  return byte == 0x20 || byte == 0x09 || (byte >= 0x0b && byte <= 0x0d);
}

@inline
function isSpace(byte: u32): bool {
  return byte == 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

/** The next line feed in [at, end), or end. Reads up to 15 bytes behind the end, which the window has. */
@inline
function lineEnd(at: usize, end: usize): usize {
  const feed = i8x16.splat(0x0a);
  for (let p = at; p < end; p += 16) {
    const found = i8x16.bitmask(i8x16.eq(v128.load(p), feed));
    if (found) {
      const hit = p + ctz(found);
      return hit < end ? hit : end;
    }
  }
  return end;
}

/**
 * UTF-16 units in [at, end), which begins and ends with whole characters: one for every byte that begins a character, and one more for
 * those of four bytes. May read up to 15 bytes behind the end.
 */
@inline
function unitsIn(at: usize, end: usize): u32 {
  const lastContinuation = i8x16.splat(-65),
    four = i8x16.splat(<i8>0xf0);
  let sum: u32 = 0;
  for (let p = at; p < end; p += 16) {
    const bytes = v128.load(p),
      inside: i32 = end - p < 16 ? (1 << i32(end - p)) - 1 : 0xffff;
    sum += popcnt(i8x16.bitmask(i8x16.gt_s(bytes, lastContinuation)) & inside);
    sum += popcnt(i8x16.bitmask(i8x16.ge_u(bytes, four)) & inside);
  }
  return sum;
}

/** True when [at, end) holds at least `minimum` characters; continuation bytes of UTF-8 do not count. */
function isLong(at: usize, end: usize, minimum: u32): bool {
  const bytes = <u32>(end - at);
  if (bytes < minimum) return false;
  if (<u64>minimum * 4 <= bytes) return true;
  let characters: u32 = 0;
  for (let p = at; p < end; p++) characters += u32((load<u8>(p) & 0xc0) != 0x80);
  return characters >= minimum;
}

/** Writes the normal form of [at, end) at `to` and returns its length; it is never longer. */
function normalise(at: usize, end: usize, to: usize, ignore: u32): u32 {
  const foldCase = (ignore & IGNORE_CASE) != 0,
    foldSpace = (ignore & IGNORE_SPACE) != 0,
    foldDigits = (ignore & IGNORE_DIGITS) != 0;
  let out = to,
    last: u32 = 0;
  for (let p = at; p < end; p++) {
    let byte = <u32>load<u8>(p);
    if (foldCase && byte - 0x41 < 26) byte |= 0x20;
    else if (foldSpace && isSpace(byte)) {
      if (last == 0x20) continue;
      byte = 0x20;
    } else if (foldDigits && byte - 0x30 < 10) {
      if (last == 0x30) continue;
      byte = 0x30;
    }
    store<u8>(out++, <u8>byte);
    last = byte;
  }
  return <u32>(out - to);
}

/** Where the last call of findUnits stopped: the end of the text, or the start of a line when the room was full. */
export let stopped: usize = 0;
/** How many UTF-16 units of the text stand before that. */
export let stoppedUnits: u32 = 0;

/**
 * Finds and hashes the units of [at, end), at most `room` of them, and writes their records. `before` UTF-16 units stand before `at`; in
 * a text that is all `ascii` they need no counting. `scratch` has room for the text. Returns how many units there are.
 */
export function findUnits(
  at: usize,
  end: usize,
  before: u32,
  ascii: bool,
  scratch: usize,
  records: usize,
  room: u32,
  paragraphs: bool,
  ignore: u32,
  minimum: u32,
): u32 {
  let count: u32 = 0,
    line = at,
    place = before,
    counted = at;
  while (line < end && count < room) {
    let first = line;
    while (first < end && isBlank(load<u8>(first))) first++;
    if (first == end) break;
    if (load<u8>(first) == 0x0a) {
      line = first + 1;
      continue;
    }
    // A unit begins. It ends with this line, or with the last line before a blank one.
    const start = line;
    let stop = lineEnd(first, end);
    if (paragraphs) {
      for (;;) {
        let next = stop + 1;
        while (next < end && isBlank(load<u8>(next))) next++;
        if (next >= end || load<u8>(next) == 0x0a) break;
        stop = lineEnd(next, end);
      }
    }
    let last = stop;
    while (isSpace(load<u8>(last - 1))) last--;
    const long = isLong(first, last, minimum);
    let key: u64 = 0;
    if (long) {
      if (ignore) key = xxh3Of64(scratch, normalise(first, last, scratch, ignore));
      else key = xxh3Of64(first, <u32>(last - first));
    }
    const record = records + <usize>count * RECORD;
    place += ascii ? <u32>(start - counted) : unitsIn(counted, start);
    store<u32>(record, place);
    place += ascii ? <u32>(stop - start) : unitsIn(start, stop);
    store<u32>(record, place, 4);
    counted = stop;
    store<u64>(record, key, 8);
    store<u32>(record, u32(long), 16);
    count++;
    line = stop + 1;
  }
  stopped = count == room && line < end ? line : end;
  // The line feed behind the last unit.
  stoppedUnits = place + 1;
  return count;
}
