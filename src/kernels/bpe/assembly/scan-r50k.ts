// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
import { asciiClass, classAt, isLetter, NUMBER, SPACE } from "./classes";
import { enqueue, flush, QUEUE } from "./queue";
import { APOSTROPHE, asciiLetters, asciiSymbols, BLANK, contraction, letterRunEnd, numberRunEnd, spaceRunEnd, symbolRunEnd } from "./scan";

/** Encodes a text; returns the end of the ids, 0 on failure. */
export function encodeR50k(text: usize, end: usize, start: usize): usize {
  let p = text,
    out = start,
    queued: u32 = 0;
  while (p < end) {
    // Most pieces are a blank and up to 15 letters.
    const blank: u32 = load<u8>(p) == BLANK ? 1 : 0,
      letters = asciiLetters(p + blank);
    let length = blank + letters;
    if (letters - 1 >= 15 || load<u8>(p + length) >= 0x80) length = <u32>(pieceEnd(p, end) - p);
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
  const suffix = byte == APOSTROPHE ? contraction(p, end, false) : 0;
  if (suffix) return p + suffix;
  // Here alone a blank may also begin a number.
  if (byte < 0x80 && !(byte == BLANK && asciiClass(load<u8>(p, 1)) == NUMBER)) {
    const e = asciiSymbols(p, end, byte, asciiClass(byte), false, false);
    if (e) return e;
  }
  let q = p;
  if (byte == BLANK) {
    q++;
    if (q >= end) return end;
  }
  const c = classAt(q),
    kind = c & 0xff;
  if (isLetter(kind)) return letterRunEnd(q + (c >> 8), end);
  if (kind == NUMBER) return numberRunEnd(q, end, 0xffffffff);
  if (kind == SPACE) return spaceRunEnd(p, end, false);
  return symbolRunEnd(q, end, false, false);
}
