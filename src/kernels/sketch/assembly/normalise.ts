// Text to normal form: folded words with one space between two. What has been written last is one of three things: a space or nothing
// (BETWEEN), part of a word (INSIDE), or a word that is finished unless a mark follows (ALONE: an ideograph, an emoji).
//
// ASCII goes sixteen bytes at a time: every byte is folded to a letter or a space, and a byte stays if it is a letter or stands directly
// behind one. Which bytes stay is a mask, and a table says how to pack eight bytes by it; so there is no branch in it.
import { entryAt, EXTEND, kindOf, LETTER, lengthOf, pageOf, SEVERAL, SKIP, SOLO, SYMBOL } from "./fold";
import { LARGEST_FOLD, NORMAL, NORMAL_BYTES, PACK } from "./layout";

const BETWEEN: u32 = 0, INSIDE: u32 = 1, ALONE: u32 = 2;
const LIMIT: usize = NORMAL + NORMAL_BYTES - 16;

/** Where the next byte of the normal form goes. */
export let normalEnd: usize = NORMAL;
/** The page of the fold that must come before the text can go on, or -1. */
export let missingPage: i32 = -1;
let state: u32 = BETWEEN;
let keepsSymbols: bool = false;

export function createPacking(): void {
  for (let mask: usize = 0; mask < 256; mask++) {
    let to = PACK + (mask << 3);
    store<u64>(to, 0);
    for (let bit: u32 = 0; bit < 8; bit++) if ((mask >> bit) & 1) store<u8>(to++, bit);
  }
}

/** Begins a document. */
export function beginNormal(keep: bool): void {
  normalEnd = NORMAL;
  state = BETWEEN;
  keepsSymbols = keep;
}

/** Goes on at another place of the normal form's memory, where the last of what was written has been moved to. */
export function moveNormalEnd(to: usize): void {
  normalEnd = to;
}

/** Whether a word is open, which a space must end. */
export function wordIsOpen(): bool {
  return state != BETWEEN;
}

/** Reads text; returns where it stopped: at the end, where the fold has a page missing, or where room ended. */
export function normalise(from: usize, end: usize): usize {
  missingPage = -1;
  let p = from;
  while (p < end) {
    if (!keepsSymbols && p + 16 <= end && i8x16.bitmask(v128.load(p)) == 0) {
      const before = p;
      p = ascii(p, end);
      if (p == before) return p; // no room
      continue;
    }
    // Sixteen bytes one by one, then another look at whether what follows is ASCII.
    const stop = min(p + 16, end);
    while (p < stop) {
      if (normalEnd > LIMIT - LARGEST_FOLD) return p;
      const next = one(p);
      if (next == p) return p;
      p = next;
    }
  }
  return min(p, end);
}

/** Says which page is missing. */
export function missPage(page: i32): void {
  missingPage = page;
}

/** The same for text without digits: stops before sixteen bytes that hold one. `inside`: the byte before is part of a word. */
export function asciiWords(from: usize, end: usize, inside: bool): usize {
  let p = from, q = normalEnd, open: u32 = u32(inside);
  while (p + 16 <= end && q <= LIMIT - 16) {
    const bytes = v128.load(p), digits = i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(0x30)), i8x16.splat(10));
    if (i8x16.bitmask(v128.or(bytes, digits))) break;
    const small = v128.or(bytes, i8x16.splat(0x20)), letters = i8x16.lt_u(i8x16.sub(small, i8x16.splat(0x61)), i8x16.splat(26));
    const mask: u32 = i8x16.bitmask(letters);
    q = pack(small, letters, mask | (mask << 1) | open, q);
    open = mask >> 15;
    p += 16;
  }
  normalEnd = q;
  return p;
}

/** Writes the bytes that stay, letters as they are and a space for each other one; returns where the next ones go. */
@inline
function pack(small: v128, letters: v128, stays: u32, to: usize): usize {
  const folded = v128.bitselect(small, i8x16.splat(0x20), letters);
  const first = <usize>stays & 0xff, second = (<usize>stays >> 8) & 0xff;
  v128.store64_lane(to, i8x16.swizzle(folded, v128.load64_zero(PACK + (first << 3))), 0);
  const middle = to + <usize>popcnt(first);
  const packing = i8x16.add(v128.load64_zero(PACK + (second << 3)), i8x16.splat(8));
  v128.store64_lane(middle, i8x16.swizzle(folded, packing), 0);
  return middle + <usize>popcnt(second);
}

function ascii(from: usize, end: usize): usize {
  let p = from, q = normalEnd;
  if (state == ALONE) {
    store<u8>(q++, 0x20);
    state = BETWEEN;
  }
  let open: u32 = state; // one bit: the byte before was a letter
  while (p + 16 <= end && q <= LIMIT - 16) {
    const bytes = v128.load(p);
    if (i8x16.bitmask(bytes)) break;
    const small = v128.or(bytes, i8x16.splat(0x20));
    const letters = v128.or(
      i8x16.lt_u(i8x16.sub(small, i8x16.splat(0x61)), i8x16.splat(26)),
      i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(0x30)), i8x16.splat(10)),
    );
    const mask: u32 = i8x16.bitmask(letters);
    q = pack(small, letters, mask | (mask << 1) | open, q);
    open = mask >> 15;
    p += 16;
  }
  normalEnd = q;
  state = open;
  return p;
}

/** One code point; returns where the next one begins, or `p` where a page is missing. */
@inline
function one(p: usize): usize {
  let c: u32 = load<u8>(p), next = p + 1;
  if (c >= 0x80) {
    if (c < 0xe0) {
      c = ((c & 31) << 6) | (<u32>load<u8>(p, 1) & 63);
      next = p + 2;
    } else if (c < 0xf0) {
      c = ((c & 15) << 12) | ((<u32>load<u8>(p, 1) & 63) << 6) | (<u32>load<u8>(p, 2) & 63);
      next = p + 3;
    } else {
      c = ((c & 7) << 18) | ((<u32>load<u8>(p, 1) & 63) << 12) | ((<u32>load<u8>(p, 2) & 63) << 6) | (<u32>load<u8>(p, 3) & 63);
      next = p + 4;
    }
  }
  const page = pageOf(c);
  if (!page) {
    missingPage = c >> 8;
    return p;
  }
  const entry = entryAt(page, c);
  if (kindOf(entry) != SEVERAL) put(entry);
  else {
    const parts = <usize>(<u32>entry);
    for (let i: usize = 0, count = <usize>lengthOf(entry); i < count; i++) put(load<u64>(parts + (i << 3)));
  }
  return next;
}

@inline
function put(entry: u64): void {
  const kind = kindOf(entry);
  let q = normalEnd;
  if (kind == LETTER) {
    store<u8>(q, 0x20);
    q += <usize>(state == ALONE);
    state = INSIDE;
  } else if (kind == SOLO || (kind == SYMBOL && keepsSymbols)) {
    store<u8>(q, 0x20);
    q += <usize>(state != BETWEEN);
    state = ALONE;
  } else if (kind == EXTEND) {
    if (state == BETWEEN) state = INSIDE;
  } else {
    if (kind == SKIP || state == BETWEEN) return;
    store<u8>(q, 0x20);
    normalEnd = q + 1;
    state = BETWEEN;
    return;
  }
  store<u32>(q, <u32>entry);
  normalEnd = q + <usize>lengthOf(entry);
}
