// Longest match: a double-array trie of the tokens. A state is a base; the next state by byte `b` stands in slot `base + b`, and
// holds its own label, so one 8-byte load per byte both tests and moves. Slot: base << 9 | label in the low word, token + 1 in the
// high word. Bases are unique, so the label alone proves the parent.
import { NO_TOKEN } from "./vocabulary";

/** The label of a slot in use by nobody: no byte has it. */
export const EMPTY: u64 = 256;
/** Bases have 23 bits. */
export const MAX_SLOTS: u32 = 1 << 23;

export let slots: usize = 0;

export function setSlots(at: usize): void {
  slots = at;
}

@inline
export function slotAt(base: u32, byte: u32): usize {
  return slots + (<usize>(base + byte) << 3);
}

@inline
export function labelOf(slot: u64): u32 {
  return <u32>slot & 0x1ff;
}

@inline
export function baseOf(slot: u64): u32 {
  return <u32>slot >> 9;
}

/** token + 1, or 0. */
@inline
export function tokenOf(slot: u64): u32 {
  return <u32>(slot >> 32);
}

/** The longest token that the bytes from `start` to `end` begin with, and its length in the high word; 0 when there is none. */
@inline
export function longestMatch(start: usize, end: usize): u64 {
  let base: u32 = 0, found: u32 = 0, foundEnd = start;
  for (let p = start; p < end;) {
    const byte: u32 = load<u8>(p), slot = load<u64>(slotAt(base, byte));
    if (labelOf(slot) != byte) break;
    p++;
    const token = tokenOf(slot);
    if (token) {
      found = token;
      foundEnd = p;
    }
    base = baseOf(slot);
  }
  return <u64>found | (<u64>(foundEnd - start) << 32);
}

/** The token that is exactly these bytes, or NO_TOKEN. */
export function exactMatch(start: usize, length: u32): u32 {
  let base: u32 = 0, token: u32 = 0;
  for (let i: u32 = 0; i < length; i++) {
    const byte: u32 = load<u8>(start + i), slot = load<u64>(slotAt(base, byte));
    if (labelOf(slot) != byte) return NO_TOKEN;
    token = tokenOf(slot);
    base = baseOf(slot);
  }
  return token - 1;
}

/** Takes a token out of the trie: no merge makes it, so no match may find it. */
export function forget(start: usize, length: u32): void {
  let base: u32 = 0, at: usize = 0;
  for (let i: u32 = 0; i < length; i++) {
    at = slotAt(base, load<u8>(start + i));
    base = baseOf(load<u64>(at));
  }
  if (at) store<u32>(at, 0, 4);
}
