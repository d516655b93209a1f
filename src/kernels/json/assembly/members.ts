// The members of the object that a line holds. Text and id become strings; the other members are put together as an object of their own, which
// JSON.parse will judge and read, so that here only the end of each value has to be found. That is safe: an end found by quotes and by
// counting brackets, whichever they are, is the end of the value wherever there is a valid value, and elsewhere what is put together is
// not valid either. Where the keys are known from the line before, the values become strings too, or JSON of their own.
//
// Refused, which means left to JSON.parse: what is not valid, a key with an escape (it may be any name), a second text or id, and a text that
// is missing or no string. Every search stops at the line feed that is written behind the line.
import { ID_NAME, KEY_BYTES, KEY_LENGTHS, KEY_ROOM, KEYS, members, RESULT, strings, TEXT_NAME, VALUES } from "./layout";
import { decode, units, utf8Length, width } from "./strings";

const QUOTE: u32 = 0x22,
  FEED: u32 = 0x0a,
  COMMA: u32 = 0x2c,
  COLON: u32 = 0x3a,
  BACKSLASH: u32 = 0x5c,
  OPEN: u32 = 0x7b,
  CLOSE: u32 = 0x7d;

/** Answers: the line is refused, it was read, or its members have other keys than expected. */
const REFUSED: i32 = 0,
  READ: i32 = 1,
  OTHER_KEYS: i32 = 2;

/** Kinds of values; between these are strings, whose kind is the bytes of a unit. */
const NONE: u32 = 0,
  JSON: u32 = 3;
/** Bytes of a value: kind, address, length. */
const VALUE: usize = 12;

let textName: u32 = 0;
let idName: u32 = 0;
let keyCount: u32 = 0;

export function setNames(text: u32, id: u32): void {
  textName = text;
  idName = id;
  keyCount = 0;
}

export function setKeys(count: u32): bool {
  keyCount = 0;
  if (count > KEYS) return false;
  let bytes: u64 = 0;
  for (let i: u32 = 0; i < count; i++) bytes += load<u32>(KEY_LENGTHS + 4 * i);
  if (bytes > KEY_ROOM) return false;
  keyCount = count;
  return true;
}

@inline
function byteAt(at: usize): u32 {
  return <u32>load<u8>(at);
}

/** The first byte at or behind `at` that is no white space, which in a line is space, tab and carriage return. */
@inline
function skipSpace(at: usize): usize {
  let byte = byteAt(at);
  while (byte == 0x20 || byte == 0x09 || byte == 0x0d) byte = byteAt(++at);
  return at;
}

@inline
function equal(a: usize, b: usize, length: u32): bool {
  for (let i: u32 = 0; i < length; i++) if (load<u8>(a + i) != load<u8>(b + i)) return false;
  return true;
}

/** The quote that ends the string whose content begins at `at`; 0 at a control character, and at an escape unless those are allowed. */
@inline
function closingQuote(at: usize, escapes: bool): usize {
  const quote = i8x16.splat(<i8>QUOTE),
    backslash = i8x16.splat(<i8>BACKSLASH),
    space = i8x16.splat(0x20);
  for (;;) {
    const bytes = v128.load(at);
    const found = i8x16.bitmask(v128.or(v128.or(i8x16.eq(bytes, quote), i8x16.eq(bytes, backslash)), i8x16.lt_u(bytes, space)));
    if (!found) {
      at += 16;
      continue;
    }
    at += ctz(found);
    const byte = byteAt(at);
    if (byte == QUOTE) return at;
    if (byte != BACKSLASH || !escapes || byteAt(at + 1) < 0x20) return 0;
    at += 2;
  }
  return 0;
}

/** Where the object or array at `at` ends; 0 when the line ends before. */
function bracketsEnd(at: usize): usize {
  const quote = i8x16.splat(<i8>QUOTE),
    feed = i8x16.splat(<i8>FEED),
    open = i8x16.splat(<i8>OPEN),
    close = i8x16.splat(<i8>CLOSE),
    bit = i8x16.splat(0x20);
  let depth = 0;
  for (;;) {
    const bytes = v128.load(at),
      curly = v128.or(bytes, bit);
    const brackets = v128.or(i8x16.eq(curly, open), i8x16.eq(curly, close));
    const found = i8x16.bitmask(v128.or(brackets, v128.or(i8x16.eq(bytes, quote), i8x16.eq(bytes, feed))));
    if (!found) {
      at += 16;
      continue;
    }
    at += ctz(found);
    const byte = byteAt(at++);
    if (byte == QUOTE) {
      at = closingQuote(at, true);
      if (!at) return 0;
      at++;
    } else if (byte == FEED) return 0;
    else if ((byte | 0x20) == OPEN) depth++;
    else if (--depth == 0) return at;
  }
  return 0;
}

/** Where the value at `at` ends, 0 when the line ends before. Of anything but a string, object or array: where it must have ended. */
function valueEnd(at: usize): usize {
  let byte = byteAt(at);
  if (byte == QUOTE) {
    const end = closingQuote(at + 1, true);
    return end ? end + 1 : 0;
  }
  if ((byte | 0x20) == OPEN) return bracketsEnd(at);
  while (byte > 0x20 && byte != COMMA && byte != CLOSE) byte = byteAt(++at);
  return at;
}

/** The bytes of [at, end) that are not ASCII, as something that is not 0, from the copy made at `to`, which may go 15 bytes further. */
@inline
function copy(to: usize, at: usize, end: usize): i32 {
  let high = 0;
  for (; at + 16 <= end; at += 16, to += 16) {
    const bytes = v128.load(at);
    v128.store(to, bytes);
    high |= i8x16.bitmask(bytes);
  }
  const bytes = v128.load(at);
  v128.store(to, bytes);
  return high | (i8x16.bitmask(bytes) & ((1 << i32(end - at)) - 1));
}

/** Where the next string of the line goes. */
let string: usize = 0;

/** Reads the value at `at` to a string or as JSON, and leaves what it is at `to`. Returns where it ends, 0 when it does not or is no string. */
@inline
function takeValue(at: usize, end: usize, to: usize): usize {
  if (byteAt(at) == QUOTE) {
    at = decode(at + 1, end, string);
    store<u32>(to, width);
    store<usize>(to, string, 4);
    store<u32>(to, units, 8);
    string = (string + units * width + 15) & ~15;
    return at;
  }
  const stop = valueEnd(at);
  store<u32>(to, JSON);
  store<usize>(to, at, 4);
  store<usize>(to, stop - at, 8);
  return stop;
}

/** Reads the line [at, end) and leaves the results. */
export function takeMembers(at: usize, end: usize, byKeys: bool): i32 {
  store<u8>(end, <u8>FEED);
  at = skipSpace(at);
  if (byteAt(at) != OPEN) return REFUSED;
  at = skipSpace(at + 1);
  let member = members,
    high = 0,
    hasText = false,
    hasId = false,
    count: u32 = 0,
    expected = KEY_BYTES;
  string = strings;
  store<u32>(RESULT, NONE, 16);
  for (;;) {
    if (byteAt(at) != QUOTE) return REFUSED;
    const key = at;
    at = closingQuote(at + 1, false);
    if (!at) return REFUSED;
    const length = <u32>(at - key) - 1;
    at = skipSpace(at + 1);
    if (byteAt(at) != COLON) return REFUSED;
    at = skipSpace(at + 1);
    if (length == textName && equal(key + 1, TEXT_NAME, length)) {
      if (hasText || byteAt(at) != QUOTE) return REFUSED;
      hasText = true;
      at = takeValue(at, end, RESULT);
      store<u32>(RESULT, utf8Length, 12);
    } else if (idName && length == idName && equal(key + 1, ID_NAME, length)) {
      if (hasId) return REFUSED;
      hasId = true;
      at = takeValue(at, end, RESULT + 16);
    } else if (byKeys) {
      if (count == keyCount || length != load<u32>(KEY_LENGTHS + 4 * count) || !equal(key + 1, expected, length)) return OTHER_KEYS;
      at = takeValue(at, end, VALUES + VALUE * count);
      expected += length;
      count++;
    } else {
      at = valueEnd(at);
      if (!at) return REFUSED;
      store<u8>(member++, <u8>COMMA);
      high |= copy(member, key, at);
      member += at - key;
    }
    if (!at) return REFUSED;
    at = skipSpace(at);
    const byte = byteAt(at);
    if (byte == CLOSE) break;
    if (byte != COMMA) return REFUSED;
    at = skipSpace(at + 1);
  }
  if (!hasText || skipSpace(at + 1) != end) return REFUSED;
  if (byKeys) return count == keyCount ? READ : OTHER_KEYS;
  if (member != members) {
    store<u8>(members, <u8>OPEN);
    store<u8>(member++, <u8>CLOSE);
  }
  store<usize>(RESULT, members, 28);
  store<usize>(RESULT, member - members, 32);
  store<u32>(RESULT, u32(high == 0), 36);
  return READ;
}
