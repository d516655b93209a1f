// Byte-pair encoding of a piece of up to 16 bytes by its definition: merge the neighbours of lowest rank until none merge. For so
// few bytes this beats backtracking (merge.ts) nearly twofold: the ranks of all neighbours stay in four registers, where the lowest
// is found without a branch, and the two look-ups after a merge do not wait for each other.
import { allocate } from "./arena";
import { merged } from "./pairs";
import { bytesOf, leftOf, lengthOf, NO_TOKEN, tokenCount } from "./vocabulary";

/** Bytes of the longest piece. */
export const SHORT: u32 = 16;

let byteTokens: usize = 0; // u32 per byte: its token
let bytePairs: usize = 0; // u32 per two bytes, first byte low: what they merge into. 256 KB
let tokens: usize = 0; // u32 per place: the token that begins there

/** Makes the direct tables, once all tokens have their parts. */
export function createShort(): bool {
  byteTokens = allocate(4 * 256);
  bytePairs = allocate(4 * 65536);
  tokens = allocate(4 * SHORT);
  if (!byteTokens || !bytePairs || !tokens) return false;
  memory.fill(byteTokens, 0xff, 4 * 256);
  memory.fill(bytePairs, 0xff, 4 * 65536);
  for (let token: u32 = 0; token < tokenCount; token++) {
    const length = lengthOf(token);
    if (length == 1) store<u32>(byteTokens + 4 * <u32>load<u8>(bytesOf(token)), token);
    if (length == 2 && leftOf(token) != token) store<u32>(bytePairs + 4 * <u32>load<u16>(bytesOf(token)), token);
  }
  return true;
}

/** `ranks` with the one at `at` replaced; `places` are the places that the four lanes stand for. */
@inline
function replaced(lanes: v128, places: v128, at: u32, rank: u32): v128 {
  return v128.bitselect(i32x4.splat(rank), lanes, i32x4.eq(places, i32x4.splat(at)));
}

@inline
function tokenAt(place: u32): u32 {
  return load<u32>(tokens + (place << 2));
}

/** What the bytes from `p` on merge into, two by two; nothing behind the place `last`. */
@inline
function pairRanks(p: usize, places: v128, last: v128): v128 {
  let ranks = v128.load32_zero(bytePairs + (<u32>load<u16>(p) << 2));
  ranks = v128.load32_lane(bytePairs + (<u32>load<u16>(p, 1) << 2), ranks, 1);
  ranks = v128.load32_lane(bytePairs + (<u32>load<u16>(p, 2) << 2), ranks, 2);
  ranks = v128.load32_lane(bytePairs + (<u32>load<u16>(p, 3) << 2), ranks, 3);
  return v128.or(ranks, i32x4.gt_s(places, last));
}

/** Encodes 1 to 16 bytes into ranks at `out`. Returns their number; 0 when a byte is no token. */
export function mergeShort(piece: usize, length: u32, out: usize): u32 {
  let missing: u32 = 0;
  for (let i: u32 = 0; i < length; i++) {
    const token = load<u32>(byteTokens + (<u32>load<u8>(piece + i) << 2));
    missing |= token;
    store<u32>(tokens + (i << 2), token);
  }
  if (<i32>missing < 0) return 0;

  const p0 = i32x4(0, 1, 2, 3), p1 = i32x4(4, 5, 6, 7), p2 = i32x4(8, 9, 10, 11), p3 = i32x4(12, 13, 14, 15);
  const last = i32x4.splat(<i32>length - 2);
  let r0 = pairRanks(piece, p0, last), r1 = i32x4.splat(-1), r2 = r1, r3 = r1;
  if (length > 5) {
    r1 = pairRanks(piece + 4, p1, last);
    if (length > 9) {
      r2 = pairRanks(piece + 8, p2, last);
      r3 = pairRanks(piece + 12, p3, last);
    }
  }
  let live: u32 = (1 << length) - 1; // a bit per place at which a token begins
  while (true) {
    let lowest = i32x4.min_u(i32x4.min_u(r0, r1), i32x4.min_u(r2, r3));
    lowest = i32x4.min_u(lowest, i32x4.shuffle(lowest, lowest, 2, 3, 0, 1));
    lowest = i32x4.min_u(lowest, i32x4.shuffle(lowest, lowest, 1, 0, 3, 2));
    const token = <u32>i32x4.extract_lane(lowest, 0);
    if (token == NO_TOKEN) break;
    // The rank of a merge is the token it makes. The leftmost of equals goes first.
    const at = ctz<u32>(i32x4.bitmask(i32x4.eq(r0, lowest)) | (i32x4.bitmask(i32x4.eq(r1, lowest)) << 4) |
      (i32x4.bitmask(i32x4.eq(r2, lowest)) << 8) | (i32x4.bitmask(i32x4.eq(r3, lowest)) << 12));
    const behind = live & (<u32>-2 << at), right = ctz<u32>(behind), rest = behind & (behind - 1), before = live & ((1 << at) - 1);
    live ^= 1 << right;
    store<u32>(tokens + (at << 2), token);
    const rank = rest ? merged(token, tokenAt(ctz<u32>(rest))) : NO_TOKEN;
    const left = before ? 31 - clz<u32>(before) : SHORT;
    const leftRank = before ? merged(tokenAt(left), token) : NO_TOKEN;
    r0 = replaced(replaced(replaced(r0, p0, at, rank), p0, right, NO_TOKEN), p0, left, leftRank);
    r1 = replaced(replaced(replaced(r1, p1, at, rank), p1, right, NO_TOKEN), p1, left, leftRank);
    r2 = replaced(replaced(replaced(r2, p2, at, rank), p2, right, NO_TOKEN), p2, left, leftRank);
    r3 = replaced(replaced(replaced(r3, p3, at, rank), p3, right, NO_TOKEN), p3, left, leftRank);
  }
  let count: u32 = 0;
  for (; live; live &= live - 1) {
    store<u32>(out + (count << 2), tokenAt(ctz<u32>(live)));
    count++;
  }
  return count;
}
