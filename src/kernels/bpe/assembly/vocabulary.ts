// The tokens: bytes and ids as the host wrote them, and what the merge tables know of each. A token is its rank.
import { allocate } from "./arena";

/** In place of a token. */
export const NO_TOKEN: u32 = 0xffffffff;

/** Bytes of the longest token there may be. */
export const MAX_LENGTH: u32 = 4095;

export let tokenCount: u32 = 0;
let byteCount: u32 = 0;
let offsets: usize = 0; // u32 each, one more than tokens
let ids: usize = 0; // u32 each
let blob: usize = 0; // the bytes of all tokens, and zeros for 16-byte loads
let parts: usize = 0; // {left, right}, u32 each: the two are asked for far more often than the rest
let shapes: usize = 0; // {prefix, length}, u32 each

/** Makes room for `count` tokens of `bytes` bytes in all. Layout: offsets (count + 1), ids (count), bytes. Returns 0 without memory. */
export function createVocabulary(count: u32, bytes: u32): usize {
  if (count == 0 || count >= 1 << 20) return 0;
  tokenCount = count;
  byteCount = bytes;
  offsets = allocate(8 * <u64>count + 4 + bytes + 32);
  ids = offsets + 4 * (count + 1);
  blob = ids + 4 * count;
  parts = allocate(8 * <u64>count);
  shapes = allocate(8 * <u64>count);
  return offsets && parts && shapes ? offsets : 0;
}

/** Checks what the host wrote and begins the tables: lengths are known, parts and prefixes are not. */
export function finishVocabulary(): bool {
  if (load<u32>(offsets) != 0 || load<u32>(offsets + 4 * tokenCount) != byteCount) return false;
  memory.fill(blob + byteCount, 0, 32);
  for (let token: u32 = 0; token < tokenCount; token++) {
    const start = load<u32>(offsets + 4 * token), end = load<u32>(offsets + 4 * token, 4);
    if (end <= start || end > byteCount || end - start > MAX_LENGTH) return false;
    setParts(token, token, token);
    setPrefix(token, NO_TOKEN);
    store<u32>(shapes + (<usize>token << 3), end - start, 4);
  }
  return true;
}

/** The address of a token's bytes; 16 more bytes can be read behind any token. */
@inline
export function bytesOf(token: u32): usize {
  return blob + load<u32>(offsets + (<usize>token << 2));
}

@inline
export function idOf(token: u32): u32 {
  return load<u32>(ids + (<usize>token << 2));
}

/** The left part of the merge that makes a token; the token itself when no merge does. */
@inline
export function leftOf(token: u32): u32 {
  return load<u32>(parts + (<usize>token << 3));
}

@inline
export function rightOf(token: u32): u32 {
  return load<u32>(parts + (<usize>token << 3), 4);
}

/** Both parts: the left one in the low word. */
@inline
export function partsOf(token: u32): u64 {
  return load<u64>(parts + (<usize>token << 3));
}

/** leftOf (side 0) or rightOf (side 1), without a branch between the two. */
@inline
export function partOf(token: u32, side: u32): u32 {
  return load<u32>(parts + (<usize>token << 3) + (side << 2));
}

/** The longest shorter token that this one begins with. */
@inline
export function prefixOf(token: u32): u32 {
  return load<u32>(shapes + (<usize>token << 3));
}

@inline
export function lengthOf(token: u32): u32 {
  return load<u32>(shapes + (<usize>token << 3), 4);
}

@inline
export function setParts(token: u32, left: u32, right: u32): void {
  store<u32>(parts + (<usize>token << 3), left);
  store<u32>(parts + (<usize>token << 3), right, 4);
}

@inline
export function setPrefix(token: u32, prefix: u32): void {
  store<u32>(shapes + (<usize>token << 3), prefix);
}
