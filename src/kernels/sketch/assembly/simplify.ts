// datatrove's `simplify_text`, for text of which every code point can be looked at by itself: lower case, a 0 for each number, spaces for
// punctuation, no diacritics, single spaces. What cannot (a capital sigma, marks to be reordered, ...) is the class HARD, and the host
// takes the document. The table of classes is that of fold.ts with other names.
import { entryAt, EXTEND, kindOf, LETTER, lengthOf, pageOf, SEVERAL, SKIP, SOLO, SPACE, SYMBOL } from "./fold";
import { asciiWords, missPage, moveNormalEnd, normalEnd } from "./normalise";
import { NORMAL, NORMAL_BYTES, LARGEST_FOLD } from "./layout";

const DIGIT: u32 = SOLO;
/** A character that a tokenizer may cut off. */
const ODD: u32 = EXTEND;
const HARD: u32 = SYMBOL;

const LIMIT: usize = NORMAL + NORMAL_BYTES - 16;

/** Whether a character was hard or there was no room, and whether one was odd. */
export let hard: bool = false;
export let odd: bool = false;
/** The last byte written is part of a word. */
let open: bool = false;

export function beginSimple(): void {
  moveNormalEnd(NORMAL);
  hard = odd = open = false;
}

/** Where the code point at `p` ends. */
@inline
function after(p: usize): usize {
  const c: u32 = load<u8>(p);
  return p + (c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4);
}

function codePointAt(p: usize): u32 {
  const c: u32 = load<u8>(p);
  if (c < 0x80) return c;
  if (c < 0xe0) return ((c & 31) << 6) | (<u32>load<u8>(p, 1) & 63);
  if (c < 0xf0) return ((c & 15) << 12) | ((<u32>load<u8>(p, 1) & 63) << 6) | (<u32>load<u8>(p, 2) & 63);
  return ((c & 7) << 18) | ((<u32>load<u8>(p, 1) & 63) << 12) | ((<u32>load<u8>(p, 2) & 63) << 6) | (<u32>load<u8>(p, 3) & 63);
}

/** 1 for a decimal digit, 0 for something else, -1 where the page is missing. */
function isDigit(p: usize, end: usize): i32 {
  if (p >= end) return 0;
  const c = codePointAt(p), page = pageOf(c);
  if (!page) {
    missPage(c >> 8);
    return -1;
  }
  return <i32>(kindOf(entryAt(page, c)) == DIGIT);
}

/** Reads text; returns where it stopped: at the end, where the fold has a page missing, or where it is hard. */
export function simplify(from: usize, end: usize): usize {
  missPage(-1);
  let p = from;
  while (p < end) {
    if (p + 16 <= end && i8x16.bitmask(v128.load(p)) == 0) {
      const before = p;
      p = asciiWords(p, end, open);
      if (p != before) {
        open = normalEnd > NORMAL && load<u8>(normalEnd - 1) != 0x20;
        continue;
      }
    }
    const stop = min(p + 16, end);
    while (p < stop) {
      if (normalEnd > LIMIT - LARGEST_FOLD) {
        hard = true;
        return p;
      }
      const next = one(p, end);
      if (next == p) return p;
      p = next;
    }
  }
  return min(p, end);
}

function one(p: usize, end: usize): usize {
  const c = codePointAt(p), page = pageOf(c);
  if (!page) {
    missPage(c >> 8);
    return p;
  }
  const entry = entryAt(page, c), kind = kindOf(entry);
  let next = after(p);
  if (kind == LETTER || kind == ODD) write(entry);
  else if (kind == SPACE) space();
  else if (kind == DIGIT) {
    // One or more digits, then perhaps one separator and more digits.
    next = digitsEnd(next, end);
    if (next && next < end && (load<u8>(next) == 0x2e || load<u8>(next) == 0x2c)) {
      const more = isDigit(next + 1, end);
      next = more < 0 ? 0 : more ? digitsEnd(next + 1, end) : next;
    }
    if (!next) return p;
    store<u8>(normalEnd, 0x30);
    moveNormalEnd(normalEnd + 1);
    open = true;
  } else if (kind == SEVERAL) {
    const parts = <usize>(<u32>entry);
    for (let i: usize = 0, count = <usize>lengthOf(entry); i < count; i++) write(load<u64>(parts + (i << 3)));
  } else if (kind != SKIP) {
    hard = true;
    return p;
  }
  return next;
}

/** Where a run of digits ends; 0 where a page is missing. */
function digitsEnd(from: usize, end: usize): usize {
  let p = from, digit = isDigit(p, end);
  while (digit > 0) {
    p = after(p);
    digit = isDigit(p, end);
  }
  return digit ? 0 : p;
}

function write(entry: u64): void {
  if (kindOf(entry) == ODD) odd = true;
  store<u32>(normalEnd, <u32>entry);
  moveNormalEnd(normalEnd + <usize>lengthOf(entry));
  open = true;
}

function space(): void {
  if (!open) return;
  store<u8>(normalEnd, 0x20);
  moveNormalEnd(normalEnd + 1);
  open = false;
}

/** Ends the document: its last space goes. */
export function endSimple(): void {
  if (normalEnd > NORMAL && !open) moveNormalEnd(normalEnd - 1);
}
