// Pieces outside ASCII, cut further. A piece of Chinese is a whole clause, which no cache has seen; but its tokens have one, two or
// three characters, and across most borders between characters no merge can ever happen. Bit tables of the borders of all merges
// (borders.ts) say where. BPE of a piece is then BPE of each segment between such borders, one after the other; and segments repeat.
// In Chinese, nine of ten borders are cuts in r50k, three of four in cl100k, more than half in o200k, and of the segments 92 to 98 %
// were seen before.
//
// A segment of one character (of the three-byte kind) is looked up by its code point, in a table so small that it stays near; a longer
// one in the cache of pieces. Against backtracking alone, pieces that no cache holds take two thirds of the time.
import { allocateZeros } from "./arena";
import { mayMergeBeforeLead } from "./borders";
import { emitNarrow, highKey, lowKey, narrowEntry } from "./cache";
import { mergeRun, wholePieces } from "./merge";
import { unreachable } from "./parts";

/** Per code point up to U+FFFF, 16 bytes: three ids and their number; 0 when it was not met yet. 1 MB, little of it touched. */
let characters: usize = 0;
/**
 * Set in a segment's key where a whole piece may be a token that no merge makes: as a segment, the same bytes are not that token.
 * The length takes the lower bits of the same byte.
 */
let mark: u64 = 0;

/** Makes the table, once it is known which tokens no merge makes. */
export function createSegments(): bool {
  mark = wholePieces && unreachable > 0 ? <u64>1 << 62 : 0;
  characters = allocateZeros(16 * 65536);
  return characters != 0;
}

/** Forgets the characters met so far. */
export function clearCharacters(): void {
  memory.fill(characters, 0, 16 * 65536);
}

/** Encodes a piece into ids at `out` (room for `length` of them and three). Returns their number; 0 when a byte is no token. */
export function mergeSegments(piece: usize, length: u32, out: usize): u32 {
  const end = piece + length;
  let to = out, p = piece;
  while (p < end && to) {
    const byte: u32 = load<u8>(p);
    let q = p + (byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1);
    if (byte >= 0xe0 && byte < 0xf0 && (q == end || (q < end && isCut(q)))) to = encodeCharacter(p, to);
    else {
      while (q < end && !isCut(q)) q++;
      if (q > end) q = end;
      to = encodeSegment(p, <u32>(q - p), to);
    }
    p = q;
  }
  return to ? <u32>((to - out) >> 2) : 0;
}

/** Whether a character outside ASCII begins at `p` and nothing merges across its beginning. */
@inline
function isCut(p: usize): bool {
  return load<u8>(p) >= 0xc0 && !mayMergeBeforeLead(p);
}

/** Writes the ids of the three bytes at `p`; returns the end of what was written, 0 on failure. */
@inline
function encodeCharacter(p: usize, out: usize): usize {
  // Bytes that are no UTF-8 (encodePieces takes any) must not find the entry of a character.
  const second: u32 = load<u8>(p, 1), third: u32 = load<u8>(p, 2);
  if ((second & 0xc0) != 0x80 || (third & 0xc0) != 0x80) return encodeSegment(p, 3, out);
  const entry = characters + (<usize>(((<u32>load<u8>(p) & 15) << 12) | ((second & 63) << 6) | (third & 63)) << 4);
  let count = load<u32>(entry, 12);
  if (!count) {
    count = mergeRun(p, 3, out);
    if (!count) return 0;
    v128.store(entry, v128.load(out));
    store<u32>(entry, count, 12);
  }
  v128.store(out, v128.load(entry));
  return out + (<usize>count << 2);
}

function encodeSegment(start: usize, length: u32, out: usize): usize {
  if (length <= 15) {
    const low = lowKey(start, length), high = highKey(start, length) | mark;
    return emitNarrow(narrowEntry(low, high), low, high, start, length, out, true);
  }
  const count = mergeRun(start, length, out);
  return count ? out + (<usize>count << 2) : 0;
}
