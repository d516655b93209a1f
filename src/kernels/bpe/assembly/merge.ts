// Byte-pair encoding of one piece by backtracking, in time linear in its length: take the longest token; if it may not follow the
// one before, take the next shorter one; if none may, the place is dead, and the token before must be a shorter one. Every place
// dies at most once. Turned down: a heap of merges (n log n, and several times slower on the short pieces that matter).
import { mayMergeAt } from "./borders";
import { mergeShort, SHORT } from "./merge-short";
import { isKnownValidPair } from "./pairs";
import { mergeSegments } from "./segments";
import { unreachable, unreachableToken } from "./parts";
import { longestMatch } from "./trie";
import { idOf, lengthOf, NO_TOKEN, prefixOf } from "./vocabulary";

let places: usize = 0; // a bit per byte of a long piece: set while the place may still begin a token
/** Whether a piece that is a token becomes it without merging. */
export let wholePieces: bool = false;
let renumber: bool = false;

/** The bit table for long pieces, as large as the text window. */
export function setPlaces(at: usize): void {
  places = at;
}

/** Whether whole pieces may be tokens that no merge makes, and whether ids differ from ranks. */
export function setMergeRules(whole: bool, idsDiffer: bool): void {
  wholePieces = whole;
  renumber = idsDiffer;
}

/** Encodes `length` bytes into ids at `out` (room for `length` of them). Returns their number; 0 when a byte is no token. */
export function mergePiece(piece: usize, length: u32, out: usize): u32 {
  if (wholePieces && unreachable) {
    const token = unreachableToken(piece, length);
    if (token != NO_TOKEN) {
      store<u32>(out, idOf(token));
      return 1;
    }
  }
  return isAscii(piece, length) ? mergeRun(piece, length, out) : mergeSegments(piece, length, out);
}

@inline
function isAscii(piece: usize, length: u32): bool {
  let at: u32 = 0;
  for (; at + 16 <= length; at += 16) if (i8x16.bitmask(v128.load(piece + at))) return false;
  return !(<u32>i8x16.bitmask(v128.load(piece + at)) & ((1 << (length - at)) - 1));
}

/** The same for bytes that are taken as they are: no token but by merging, and no further cuts. */
export function mergeRun(piece: usize, length: u32, out: usize): u32 {
  const count = length <= SHORT && load<u8>(piece + length - 1) < 0x80 ? mergeShort(piece, length, out) : mergeLong(piece, length, out);
  if (renumber) for (let i: u32 = 0; i < count; i++) store<u32>(out + (<usize>i << 2), idOf(load<u32>(out + (<usize>i << 2))));
  return count;
}

function mergeLong(piece: usize, length: u32, out: usize): u32 {
  return length < 64 ? backtrack(piece, length, out, true) : backtrack(piece, length, out, false);
}

/** Whether two tokens may stand on the two sides of a border. */
@inline
function fits(border: usize, left: u32, leftSize: u32, right: u32, rightSize: u32): bool {
  return !mayMergeAt(border, leftSize, rightSize) || isKnownValidPair(left, right);
}

/** Inlined twice: for a short piece the live places fit into a register. */
@inline
function backtrack(piece: usize, length: u32, out: usize, short: bool): u32 {
  let live: u64 = ~0;
  if (!short) memory.fill(places, 0xff, (length >> 3) + 1);
  let count: u32 = 0, at: u32 = 0, before = NO_TOKEN, sizeBefore: u32 = 0, match = longestMatch(piece, piece + length);
  while (true) {
    // Try the longest token at `at`, then ever shorter ones. (token + 1 is 0 for none.)
    if (!match) return 0;
    let token = <u32>match - 1, size = <u32>(match >> 32);
    while (true) {
      const end = at + size;
      const isLive = short ? (live >> end) & 1 : <u64>((<u32>load<u8>(places + (end >> 3)) >> (end & 7)) & 1);
      if (isLive && (before == NO_TOKEN || fits(piece + at, before, sizeBefore, token, size))) break;
      token = prefixOf(token);
      if (token != NO_TOKEN) {
        size = lengthOf(token);
        continue;
      }
      // None fits: nothing can begin here. The token before must be a shorter one.
      if (!count) return 0;
      if (short) live &= ~(<u64>1 << at);
      else store<u8>(places + (at >> 3), <u8>(<u32>load<u8>(places + (at >> 3)) & ~(1 << (at & 7))));
      count--;
      token = before;
      size = lengthOf(token);
      at -= size;
      before = count ? load<u32>(out + (<usize>(count - 1) << 2)) : NO_TOKEN;
      sizeBefore = count ? lengthOf(before) : 0;
    }
    store<u32>(out + (<usize>count << 2), token);
    count++;
    at += size;
    if (at == length) return count;
    before = token;
    sizeBefore = size;
    match = longestMatch(piece + at, piece + length);
  }
}
