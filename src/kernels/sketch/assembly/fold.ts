// The fold as a table of pages, which the host fills as text first needs them. An entry is ready to be written: the UTF-8 of the folded
// code point in its low half, then how many bytes those are, then the class. Of a fold to several code points the low half is the
// address of their entries and the length their number.
import { allocate, HANDOVER, HANDOVER_WORDS, PAGE_COUNT, PAGES } from "./layout";

export const SPACE: u32 = 0, SKIP: u32 = 1, LETTER: u32 = 2, SOLO: u32 = 3, EXTEND: u32 = 4, SYMBOL: u32 = 5, SEVERAL: u32 = 6;
const CLASS_SHIFT: u32 = 21, CODE_POINT_MASK: u32 = 0x1fffff;

@inline
export function kindOf(entry: u64): u32 {
  return <u32>(entry >> 40);
}

@inline
export function lengthOf(entry: u64): u32 {
  return <u32>(entry >> 32) & 0xff;
}

/** The page that a code point is in; 0 when the host has not given it yet. Any number up to 0x1fffff is allowed. */
@inline
export function pageOf(codePoint: u32): usize {
  const page = codePoint >> 8;
  return page < PAGE_COUNT ? load<u32>(PAGES + (page << 2)) : load<u32>(PAGES); // beyond Unicode: cannot be in well-formed UTF-8
}

@inline
export function entryAt(page: usize, codePoint: u32): u64 {
  return load<u64>(page + ((<usize>codePoint & 0xff) << 3));
}

/** Packs the host's form of an entry: its class above 21 bits of code point. */
function ready(packed: u32): u64 {
  const kind = packed >> CLASS_SHIFT, c = packed & CODE_POINT_MASK;
  let bytes: u32, length: u32;
  if (kind < LETTER || (kind == SYMBOL && c == 0)) {
    bytes = 0;
    length = 0;
  } else if (c < 0x80) {
    bytes = c;
    length = 1;
  } else if (c < 0x800) {
    bytes = 0x80c0 | (c >> 6) | ((c & 63) << 8);
    length = 2;
  } else if (c < 0x10000) {
    bytes = 0x8080e0 | (c >> 12) | (((c >> 6) & 63) << 8) | ((c & 63) << 16);
    length = 3;
  } else {
    bytes = 0x808080f0 | (c >> 18) | (((c >> 12) & 63) << 8) | (((c >> 6) & 63) << 16) | ((c & 63) << 24);
    length = 4;
  }
  return (<u64>kind << 40) | (<u64>length << 32) | bytes;
}

/**
 * Takes the page that lies in the handover: 256 packed entries, then expansions. An entry of the class `several` says at which word
 * of the handover its expansion stands: a count, then packed entries. False for numbers that make no sense, or without memory.
 */
export function takePage(page: u32, words: u32): bool {
  if (page >= PAGE_COUNT || words < 256 || words > HANDOVER_WORDS) return false;
  const entries = allocate(256 * 8);
  if (!entries) return false;
  for (let i: usize = 0; i < 256; i++) {
    const packed = load<u32>(HANDOVER + (i << 2));
    if (packed >> CLASS_SHIFT != SEVERAL) {
      store<u64>(entries + (i << 3), ready(packed));
      continue;
    }
    const from = packed & CODE_POINT_MASK;
    if (from < 256 || from >= words) return false;
    const count = load<u32>(HANDOVER + (<usize>from << 2));
    if (count > 18 || from + count >= words) return false;
    const parts = allocate(<usize>count << 3);
    if (!parts) return false;
    for (let k: u32 = 0; k < count; k++) {
      const part = load<u32>(HANDOVER + (<usize>(from + 1 + k) << 2));
      if (part >> CLASS_SHIFT > SYMBOL) return false;
      store<u64>(parts + (<usize>k << 3), ready(part));
    }
    store<u64>(entries + (i << 3), (<u64>SEVERAL << 40) | (<u64>count << 32) | parts);
  }
  store<u32>(PAGES + (page << 2), <u32>entries);
  return true;
}
