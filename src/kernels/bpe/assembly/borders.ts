// A quick answer for most pairs of tokens: nothing merges across the border between them, so they are valid side by side. Whatever
// merges there ends with the bytes before the border and begins with those behind it. Two tables say which bytes stand at the border
// of the two parts of any token: one for parts of a single byte, one for longer parts, by the two bytes on each side. In Chinese,
// where pairs are too many to be remembered, this spares three of four walks down the merge trees (pairs.ts).
import { allocateZeros } from "./arena";

/** A bit per hash of four bytes: 128 KB. */
const WIDE_BITS: u32 = 20;
/** The same for borders before a character outside ASCII alone: 32 KB, so that segments.ts finds nearly all of its cuts. */
const LEAD_BITS: u32 = 18;

let single: usize = 0; // a bit per (byte before, byte behind), where either part is that byte alone: 8 KB
let wide: usize = 0;
let leads: usize = 0;

export function createBorders(): bool {
  single = allocateZeros(65536 / 8);
  wide = allocateZeros(1 << (WIDE_BITS - 3));
  leads = allocateZeros(1 << (LEAD_BITS - 3));
  return single != 0 && wide != 0 && leads != 0;
}

@inline
function hashOf(bytes: u32, bits: u32): u32 {
  return (bytes * 0x9e3779b1) >> (32 - bits);
}

@inline
function getBit(bits: usize, at: u32): u32 {
  return (<u32>load<u8>(bits + (at >> 3)) >> (at & 7)) & 1;
}

@inline
function setBit(bits: usize, at: u32): void {
  store<u8>(bits + (at >> 3), <u8>(<u32>load<u8>(bits + (at >> 3)) | (1 << (at & 7))));
}

/** Notes the border of a token whose parts have these lengths. */
export function addBorder(token: usize, left: u32, right: u32): void {
  const border = token + left;
  if (left == 1 || right == 1) setBit(single, load<u16>(border - 1));
  else {
    setBit(wide, hashOf(load<u32>(border - 2), WIDE_BITS));
    if (load<u8>(border) >= 0xc0) setBit(leads, hashOf(load<u32>(border - 2), LEAD_BITS));
  }
}

/** Whether some token may have its border where a token of `left` bytes ends and one of `right` bytes begins. */
@inline
export function mayMergeAt(border: usize, left: u32, right: u32): bool {
  // Next to a token of one byte, a merge across the border has that byte as a part.
  const long = <u32>(left > 1) & <u32>(right > 1);
  return <bool>(getBit(single, load<u16>(border - 1)) | (getBit(wide, hashOf(load<u32>(border - 2), WIDE_BITS)) & long));
}

/** Whether some token may have its border before the character outside ASCII that begins here. False: nothing ever merges across. */
@inline
export function mayMergeBeforeLead(border: usize): bool {
  return <bool>(getBit(single, load<u16>(border - 1)) | getBit(leads, hashOf(load<u32>(border - 2), LEAD_BITS)));
}
