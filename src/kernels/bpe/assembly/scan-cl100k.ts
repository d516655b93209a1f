// (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
// and the same with \p{N} for \p{N}{1,3} (Qwen).
import { allocate } from "./arena";
import { asciiClass, classAt, isLetter, isSymbol, NONE, NUMBER, SPACE } from "./classes";
import { enqueue, flush, QUEUE } from "./queue";
import { APOSTROPHE, asciiLetters, asciiSymbols, BLANK, CR, contraction, LF, letterRunEnd, numberRunEnd, spaceRunEnd, symbolRunEnd } from "./scan";

/** By the first byte of a piece: 0 a letter, 1 what may stand before a word, 2 what the general path must look at. */
let starts: usize = 0;

export function createCl100k(): bool {
  starts = allocate(256);
  if (!starts) return false;
  for (let byte: u32 = 0; byte < 256; byte++) {
    const kind = asciiClass(byte);
    let start: u8 = 1;
    if (isLetter(kind)) start = 0;
    else if (kind == NUMBER || kind == NONE || byte == CR || byte == LF || byte == APOSTROPHE) start = 2;
    store<u8>(starts + byte, start);
  }
  return true;
}

/** Encodes a text with numbers cut into `digits` digits; returns the end of the ids, 0 on failure. */
@inline
export function encodeCl100k(text: usize, end: usize, start: usize, digits: u32): usize {
  let p = text, out = start, queued: u32 = 0;
  while (p < end) {
    const prefix: u32 = load<u8>(starts + load<u8>(p));
    let length: u32 = 0;
    if (prefix < 2) {
      const letters = asciiLetters(p + prefix);
      if (letters - 1 < 15 && load<u8>(p + prefix + letters) < 0x80) length = prefix + letters;
    }
    if (!length) length = <u32>(pieceEnd(p, end, digits) - p);
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
function pieceEnd(p: usize, end: usize, digits: u32): usize {
  const byte: u32 = load<u8>(p);
  const suffix = byte == APOSTROPHE ? contraction(p, end, true) : 0;
  if (suffix) return p + suffix;
  if (byte < 0x80) {
    const e = asciiSymbols(p, end, byte, asciiClass(byte), true, false);
    if (e) return e;
  }
  const c = classAt(p), kind = c & 0xff, q = p + (c >> 8);
  if (isLetter(kind)) return letterRunEnd(q, end);
  if (kind == NUMBER) return numberRunEnd(q, end, digits - 1);
  let nextKind = NONE;
  if (q < end) {
    const next = classAt(q);
    nextKind = next & 0xff;
    if (isLetter(nextKind) && byte != CR && byte != LF) return letterRunEnd(q + (next >> 8), end);
  }
  if (kind == SPACE && !(byte == BLANK && isSymbol(nextKind))) return spaceRunEnd(p, end, true);
  return symbolRunEnd(q, end, true, false);
}
