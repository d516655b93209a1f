// JSON strings to what JavaScript makes strings of: bytes of Latin-1 while all units fit, else UTF-16. The line is valid UTF-8 (the host has
// seen to that); if it were not, the strings would be nonsense, but nothing outside the areas would be read or written: every step takes at least
// a byte and writes at most two bytes for it, and a character that reaches beyond the line ends the search.

/** Of the string decoded last: its units, bytes for each of them, and its bytes in UTF-8 (three for half of a surrogate pair). */
export let units: u32 = 0;
export let width: u32 = 0;
export let utf8Length: u32 = 0;

const QUOTE: u32 = 0x22,
  BACKSLASH: u32 = 0x5c,
  LETTER_U: u32 = 0x75;

/** A bit for each byte that is not to be taken as it stands: quotes, backslashes, control characters, and (negative) all outside of ASCII. */
@inline
function special(bytes: v128): i32 {
  const marks = v128.or(i8x16.eq(bytes, i8x16.splat(<i8>QUOTE)), i8x16.eq(bytes, i8x16.splat(<i8>BACKSLASH)));
  return i8x16.bitmask(v128.or(marks, i8x16.lt_s(bytes, i8x16.splat(0x20))));
}

@inline
function byteAt(at: usize): u32 {
  return <u32>load<u8>(at);
}

@inline
function hexDigit(byte: u32): i32 {
  const digit = byte - 0x30,
    letter = (byte | 0x20) - 0x61;
  return digit < 10 ? <i32>digit : letter < 6 ? <i32>letter + 10 : -1;
}

/** The unit of the four hexadecimal digits at `at`; negative when they are none. */
function hexUnit(at: usize): i32 {
  const a = hexDigit(byteAt(at)),
    b = hexDigit(byteAt(at + 1)),
    c = hexDigit(byteAt(at + 2)),
    d = hexDigit(byteAt(at + 3));
  return (a | b | c | d) < 0 ? -1 : (a << 12) | (b << 8) | (c << 4) | d;
}

/** What a backslash before this letter stands for; negative: nothing. */
@inline
function escaped(letter: u32): i32 {
  switch (letter) {
    case 0x22: case 0x2f: case 0x5c: return <i32>letter;
    case 0x62: return 0x08;
    case 0x66: return 0x0c;
    case 0x6e: return 0x0a;
    case 0x72: return 0x0d;
    case 0x74: return 0x09;
    default: return -1;
  }
}

/** Of the escape read last: its bytes. */
let escapeBytes: u32 = 0;

/** The unit of the escape at `at`, where a backslash stands; negative when it is none. */
@inline
function escapeAt(at: usize): i32 {
  const letter = byteAt(at + 1),
    unit = escaped(letter);
  escapeBytes = 2;
  if (unit >= 0 || letter != LETTER_U) return unit;
  escapeBytes = 6;
  return hexUnit(at + 2);
}

/**
 * Decodes the string whose content begins at `at`, in a line that ends at `end`, to `to`, and returns the place behind its closing quote; 0 when
 * it is not valid.
 */
export function decode(at: usize, end: usize, to: usize): usize {
  const start = at;
  let out = to,
    // Bytes by which the string's UTF-8 is shorter than what stands in the line.
    saved: u32 = 0;
  for (;;) {
    const bytes = v128.load(at);
    v128.store(out, bytes);
    const found = special(bytes);
    if (!found) {
      at += 16;
      out += 16;
      continue;
    }
    const plain = ctz(found);
    at += plain;
    out += plain;
    const byte = byteAt(at);
    if (byte == BACKSLASH) {
      const unit = escapeAt(at);
      if (unit < 0) return 0;
      if (unit > 0xff) break;
      at += escapeBytes;
      saved += escapeBytes - (unit < 0x80 ? 1 : 2);
      store<u8>(out++, <u8>unit);
    } else if (byte == QUOTE) {
      units = <u32>(out - to);
      width = 1;
      utf8Length = <u32>(at - start) - saved;
      return at + 1;
    } else {
      if (byte < 0x20) return 0;
      if (byte > 0xc3) break;
      store<u8>(out++, <u8>((byte << 6) | (byteAt(at + 1) & 0x3f)));
      at += 2;
      if (at > end) return 0;
    }
  }
  return decodeWide(at, end, to, <u32>(out - to), start, saved);
}

/** Makes the `count` bytes at `to` units of 16 bits in the same place: the last ones first. */
function widen(to: usize, count: u32): void {
  for (let i = (count + 15) & ~15; i; ) {
    i -= 16;
    const bytes = v128.load(to + i);
    v128.store(to + 2 * i, i16x8.extend_low_i8x16_u(bytes));
    v128.store(to + 2 * i, i16x8.extend_high_i8x16_u(bytes), 16);
  }
}

/** Goes on from `at`, behind the first `count` units, with a character that Latin-1 does not have. */
function decodeWide(at: usize, end: usize, to: usize, count: u32, start: usize, saved: u32): usize {
  widen(to, count);
  let out = to + 2 * count,
    // Where the unit behind an escaped first half of a pair stands: two such escapes are one character.
    half: usize = 0;
  for (;;) {
    const bytes = v128.load(at);
    v128.store(out, i16x8.extend_low_i8x16_u(bytes));
    v128.store(out, i16x8.extend_high_i8x16_u(bytes), 16);
    const found = special(bytes);
    if (!found) {
      at += 16;
      out += 32;
      continue;
    }
    const plain = ctz(found);
    at += plain;
    out += 2 * plain;
    let byte = byteAt(at);
    if (byte >= 0x80) {
      do {
        if (byte < 0xe0) {
          store<u16>(out, <u16>(((byte & 0x1f) << 6) | (byteAt(at + 1) & 0x3f)));
          at += 2;
          out += 2;
        } else if (byte < 0xf0) {
          store<u16>(out, <u16>((byte << 12) | ((byteAt(at + 1) & 0x3f) << 6) | (byteAt(at + 2) & 0x3f)));
          at += 3;
          out += 2;
        } else {
          const point = ((byte & 7) << 18) | ((byteAt(at + 1) & 0x3f) << 12) | ((byteAt(at + 2) & 0x3f) << 6) | (byteAt(at + 3) & 0x3f);
          store<u16>(out, <u16>(0xd7c0 + (point >> 10)));
          store<u16>(out, <u16>(0xdc00 | (point & 0x3ff)), 2);
          at += 4;
          out += 4;
        }
        if (at > end) return 0;
        byte = byteAt(at);
      } while (byte >= 0x80);
    } else if (byte == BACKSLASH) {
      const unit = escapeAt(at);
      if (unit < 0) return 0;
      at += escapeBytes;
      // A pair has 4 bytes for its 12; the first half has taken 3 of them.
      if ((unit & 0xfc00) == 0xdc00 && half == out) saved += 5;
      else saved += escapeBytes - (unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3);
      half = (unit & 0xfc00) == 0xd800 ? out + 2 : 0;
      store<u16>(out, <u16>unit);
      out += 2;
    } else if (byte == QUOTE) {
      units = <u32>((out - to) >> 1);
      width = 2;
      utf8Length = <u32>(at - start) - saved;
      return at + 1;
    } else return 0;
  }
  return 0;
}
