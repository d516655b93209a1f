// What the patterns have in common: runs of letters, numbers, symbols and white space, sixteen bytes at a time where text is ASCII.
// Every text is followed by zero bytes, which are in none of these runs, so that loads and ASCII loops need no look at the end.
import { asciiClass, classAt, isLetter, isSymbol, NONE, NUMBER, SPACE } from "./classes";

export const LF: u32 = 0x0a, CR: u32 = 0x0d, BLANK: u32 = 0x20, APOSTROPHE: u32 = 0x27, SLASH: u32 = 0x2f;

/** A bit for each of 16 bytes that is `first` or one of the 25 letters behind it. */
@inline
function inAlphabet(bytes: v128, first: i8): u32 {
  return <u32>i8x16.bitmask(i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(first)), i8x16.splat(26)));
}

/** How many of the bytes from `bit` on are set, at most 16 in all. */
@inline
function runLength(mask: u32): u32 {
  return ctz<u32>(~mask | 0x10000);
}

/** ASCII letters at `p`, 0 to 16. Setting bit 5 makes capitals small, and no other byte a letter. */
@inline
export function asciiLetters(p: usize): u32 {
  return runLength(inAlphabet(v128.or(v128.load(p), i8x16.splat(0x20)), 0x61));
}

/** ASCII small letters at `p`, 0 to 16. */
@inline
export function asciiLower(p: usize): u32 {
  return runLength(inAlphabet(v128.load(p), 0x61));
}

/** ASCII capitals and then small letters at `p`, 0 to 16. */
@inline
export function asciiCapitalized(p: usize): u32 {
  const bytes = v128.load(p), upper = runLength(inAlphabet(bytes, 0x41));
  return upper + runLength(inAlphabet(bytes, 0x61) >> upper);
}

@inline
function blanks(p: usize): u32 {
  return runLength(<u32>i8x16.bitmask(i8x16.eq(v128.load(p), i8x16.splat(0x20))));
}

/** `\p{L}*` from `p`. */
export function letterRunEnd(p: usize, end: usize): usize {
  let q = p;
  while (q < end) {
    const byte: u32 = load<u8>(q);
    if (byte < 0x80) {
      const count = asciiLetters(q);
      q += count;
      if (count == 16 || (count > 0 && load<u8>(q) >= 0x80)) continue;
      return q;
    }
    // U+5000 to U+8FFF: all of it is Han (finishClasses checks).
    if (byte >= 0xe5 && byte <= 0xe8) {
      q += 3;
      continue;
    }
    const c = classAt(q);
    if (!isLetter(c & 0xff)) return q;
    q += c >> 8;
  }
  return q;
}

/** `\p{N}{0,limit}` from `p`. */
@inline
export function numberRunEnd(p: usize, end: usize, limit: u32): usize {
  let q = p;
  for (let count: u32 = 0; count < limit && q < end; count++) {
    const c = classAt(q);
    if ((c & 0xff) != NUMBER) break;
    q += c >> 8;
  }
  return q;
}

/** `[^\s\p{L}\p{N}]*` from `p`, then line breaks and slashes if asked for. */
@inline
export function symbolRunEnd(p: usize, end: usize, lineBreaks: bool, slashes: bool): usize {
  let q = p;
  while (q < end) {
    const c = classAt(q);
    if (!isSymbol(c & 0xff)) break;
    q += c >> 8;
  }
  if (lineBreaks) {
    while (q < end) {
      const byte: u32 = load<u8>(q);
      if (byte != LF && byte != CR && !(slashes && byte == SLASH)) break;
      q++;
    }
  }
  return q;
}

/** `\s*[\r\n]+|\s+(?!\S)|\s+` at white space, or without the first alternative. */
export function spaceRunEnd(p: usize, end: usize, lineBreaks: bool): usize {
  let q = p, last = p, afterBreak: usize = 0;
  while (q < end) {
    const byte: u32 = load<u8>(q);
    if (byte == BLANK) {
      q += blanks(q);
      last = q - 1;
      continue;
    }
    const c = classAt(q);
    if ((c & 0xff) != SPACE) break;
    last = q;
    q += c >> 8;
    if (byte == LF || byte == CR) afterBreak = q;
  }
  if (lineBreaks && afterBreak) return afterBreak;
  // The run leaves its last character to what follows, unless it is alone or nothing follows.
  return q >= end || last == p ? q : last;
}

/** The length of `'s|'t|'re|'ve|'m|'ll|'d` at `p`, or 0. */
export function contraction(p: usize, end: usize, ignoreCase: bool): u32 {
  if (p + 1 >= end || load<u8>(p) != APOSTROPHE) return 0;
  const fold: u32 = ignoreCase ? 0x20 : 0, second: u32 = load<u8>(p, 1), third: u32 = load<u8>(p, 2);
  if (second >= 0x80) return ignoreCase && p + 2 < end && second == 0xc5 && third == 0xbf ? 3 : 0; // U+017F folds to s
  const a = second | fold;
  if (a == 0x73 || a == 0x74 || a == 0x6d || a == 0x64) return 2;
  if (p + 2 >= end || third >= 0x80) return 0;
  const b = third | fold;
  return (a == 0x72 && b == 0x65) || (a == 0x76 && b == 0x65) || (a == 0x6c && b == 0x6c) ? 3 : 0;
}

/**
 * The common pieces that are neither words nor numbers, where this character and what decides about it are ASCII: symbols (perhaps
 * behind a blank) and white space. 0 when the general path must look.
 */
@inline
export function asciiSymbols(p: usize, end: usize, byte: u32, kind: u32, lineBreaks: bool, slashes: bool): usize {
  let q = p + 1;
  if (q >= end) return end;
  const next = asciiClass(load<u8>(q));
  if (next == NONE || isLetter(next) || kind == NUMBER || isLetter(kind)) return 0;
  if (kind != SPACE || (byte == BLANK && isSymbol(next))) {
    while (q < end && isSymbol(asciiClass(load<u8>(q)))) q++;
    if (q < end && load<u8>(q) >= 0x80) return 0;
    return lineBreaks ? symbolRunEnd(q, end, true, slashes) : q;
  }
  return spaceRunEnd(p, end, lineBreaks);
}
