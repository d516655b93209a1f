// [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?
// |[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?
// |\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
import { allocate } from "./arena";
import { asciiClass, CASELESS, classAt, isLetter, isSymbol, LOWER, MARK, NONE, NUMBER, SPACE, UPPER } from "./classes";
import { enqueue, flush, QUEUE } from "./queue";
import {
  APOSTROPHE,
  asciiCapitalized,
  asciiLower,
  asciiSymbols,
  BLANK,
  CR,
  contraction,
  LF,
  numberRunEnd,
  spaceRunEnd,
  symbolRunEnd,
} from "./scan";

/** By the first byte of a piece: 0 a letter, 1 what may stand before a word, 2 what the general path must look at. */
let starts: usize = 0;

export function createO200k(): bool {
  starts = allocate(256);
  if (!starts) return false;
  for (let byte: u32 = 0; byte < 256; byte++) {
    const kind = asciiClass(byte);
    let start: u8 = 1;
    if (isLetter(kind)) start = 0;
    else if (kind == NUMBER || kind == NONE || byte == CR || byte == LF) start = 2;
    store<u8>(starts + byte, start);
  }
  return true;
}

/** Encodes a text; returns the end of the ids, 0 on failure. */
export function encodeO200k(text: usize, end: usize, start: usize): usize {
  let p = text,
    out = start,
    queued: u32 = 0;
  while (p < end) {
    const prefix: u32 = load<u8>(starts + load<u8>(p));
    let length: u32 = 0;
    if (prefix < 2) {
      const letters = asciiCapitalized(p + prefix);
      if (letters - 1 < 15) {
        const after: u32 = load<u8>(p + prefix + letters);
        if (after < 0x80) {
          length = prefix + letters;
          if (after == APOSTROPHE) length += contraction(p + length, end, true);
        }
      }
    }
    if (!length) length = <u32>(pieceEnd(p, end) - p);
    enqueue(p, length, queued);
    p += length;
    if (++queued == QUEUE) {
      out = flush(QUEUE, out);
      if (!out) return 0;
      queued = 0;
    }
  }
  return flush(queued, out);
}

/** The alternatives of the pattern in their order, for any text. */
function pieceEnd(p: usize, end: usize): usize {
  const byte: u32 = load<u8>(p);
  if (byte < 0x80) {
    const e = asciiSymbols(p, end, byte, asciiClass(byte), true, true);
    if (e) return e;
  }
  const c = classAt(p),
    kind = c & 0xff,
    q = p + (c >> 8);
  if (kind == NUMBER) return numberRunEnd(q, end, 2);
  let word: usize = 0;
  if (isLetter(kind)) word = wordEnd(p, end, false);
  else if (byte != CR && byte != LF) word = wordEnd(q, end, kind == MARK);
  if (word) return word + contraction(word, end, true);
  if (kind == SPACE && !(byte == BLANK && q < end && isSymbol(classAt(q) & 0xff))) return spaceRunEnd(p, end, true);
  return symbolRunEnd(q, end, true, true);
}

/**
 * Both word alternatives from `start`, where an optional prefix is passed already; 0 without a word. The capitals' part is greedy
 * and takes every caseless letter and mark. Before a small letter it gives nothing back, and the word ends with the small ones;
 * else it gives back what stands behind the last caseless one; without any, the capitals are a word of their own.
 *
 * A mark as prefix can be a word by itself, which comes before a word of capitals behind it.
 */
function wordEnd(start: usize, end: usize, markBefore: bool): usize {
  let q = start,
    afterCaseless: usize = 0;
  while (q < end) {
    const byte: u32 = load<u8>(q);
    // U+5000 to U+8FFF: all of it is caseless (finishClasses checks).
    if (byte >= 0xe5 && byte <= 0xe8) {
      q += 3;
      afterCaseless = q;
      continue;
    }
    const c = classAt(q),
      kind = c & 0xff;
    if (kind == LOWER) return lowerRunEnd(q + (c >> 8), end);
    if (kind == CASELESS || kind == MARK) afterCaseless = q + (c >> 8);
    else if (kind != UPPER) break;
    q += c >> 8;
  }
  if (afterCaseless) return afterCaseless;
  if (markBefore) return start;
  return q > start ? q : 0;
}

/** `[\p{Ll}\p{Lm}\p{Lo}\p{M}]*` from `p`. */
function lowerRunEnd(p: usize, end: usize): usize {
  let q = p;
  while (q < end) {
    const byte: u32 = load<u8>(q);
    if (byte < 0x80) {
      const count = asciiLower(q);
      q += count;
      if (count == 16 || (count > 0 && load<u8>(q) >= 0x80)) continue;
      return q;
    }
    const c = classAt(q),
      kind = c & 0xff;
    if (kind != LOWER && kind != CASELESS && kind != MARK) return q;
    q += c >> 8;
  }
  return q;
}
