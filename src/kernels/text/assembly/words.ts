// The words of the text, as spaCy 3.8's English tokenizer cuts it: src/clean/words.ts and chunks.ts once more.
//
// Most chunks are ASCII letters alone. So the units that are none, and the spaces among them, are found as bits, 64 at a time: a space ends a
// chunk, and any other unit before it sends the chunk through the tables unit by unit.
import { infixLength, prefixLength, suffixLength } from "./affixes";
import { isAddress } from "./address";
import { BEFORE_DOT, classOfUnit, CUTTING, NUMERAL, ORDINARY, SPACE, SUFFIX, unitAt, unitClass } from "./classes";
import { ensure, setWordsEnd, text, textEnd, WORD, words } from "./layout";
import { holdsCutPhrase } from "./phrases";
import { rejoin } from "./rejoin";
import { EXCEPTIONS, find, recordCut, recordCuts } from "./sets";

const DOT: u32 = 0x2e;
const COMMA: u32 = 0x2c;

/** Whether the words of the text have been cut. */
export let cut: bool = false;

export function forgetWords(): void {
  cut = false;
  setWordsEnd(words);
}

@inline
export function add(out: usize, start: usize, end: usize, bits: u32): usize {
  store<u64>(out, (<u64>end << 32) | <u64>start);
  store<u32>(out, bits, 8);
  return out + WORD;
}

/** Takes one word, with the classes of its units taken together; there is room. Returns the end of the list. */
export function push(out: usize, start: usize, end: usize): usize {
  let bits: u32 = 0;
  for (let p = start; p < end; p += 2) bits |= unitClass(p);
  return add(out, start, end, bits);
}

/** Takes the words of an exception that begins at `start`. */
export function pushException(out: usize, start: usize, exception: usize): usize {
  let from = start;
  for (let i: usize = 0, cuts = recordCuts(exception); i < cuts; i++) {
    const to = start + 2 * recordCut(exception, i);
    out = push(out, from, to);
    from = to;
  }
  return out;
}

/** Of the 16 units at `at` those that are no ASCII letters, and the spaces from U+0009 to U+000D and U+0020 among them, as bits. */
let odds: u64 = 0;
let spaces: u64 = 0;

@inline
function look(at: usize, place: u64): void {
  // A unit above 255 becomes 255, or 0: neither letter nor space.
  const bytes = i8x16.narrow_i16x8_u(v128.load(at), v128.load(at, 16)),
    letters = i8x16.lt_u(i8x16.sub(v128.or(bytes, i8x16.splat(0x20)), i8x16.splat(0x61)), i8x16.splat(26)),
    blanks = v128.or(i8x16.eq(bytes, i8x16.splat(0x20)), i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(9)), i8x16.splat(5)));
  odds |= <u64>(i8x16.bitmask(letters) ^ 0xffff) << place;
  spaces |= <u64>i8x16.bitmask(blanks) << place;
}

/** Whether an exception may have been cut apart. */
let phrase: bool = false;

/** The bits of ASCII letters. */
let letterBits: u32 = 0;

/** Cuts the text. */
export function cutWords(): void {
  const stop = textEnd + 2; // the space behind the text ends its last chunk
  letterBits = classOfUnit(0x61) | classOfUnit(0x41);
  phrase = false;
  const plain = letterBits;
  let out = words,
    room = words,
    start = text,
    odd: usize = 0; // the first unit of the chunk that is no ASCII letter, where it is before this block
  for (let base = text; base < stop; base += 128) {
    odds = spaces = 0;
    look(base, 0);
    look(base + 32, 16);
    look(base + 64, 32);
    look(base + 96, 48);
    let left = spaces,
      others = odds ^ spaces;
    if (stop - base < 128) {
      const inside = (<u64>1 << <u64>((stop - base) >> 1)) - 1;
      left &= inside;
      others &= inside;
    }
    if (out >= room) {
      // Words of one block of ASCII letters and spaces, and a few of an exception; the others make sure of their own room.
      ensure(out + 256 * WORD);
      room = out + 128 * WORD;
    }
    for (; left; left &= left - 1) {
      const end = base + (<usize>ctz(left) << 1),
        before = others & (left ^ (left - 1));
      if (!(before | <u64>odd)) {
        if (end > start) {
          const exception = find(EXCEPTIONS, start, end);
          out = exception ? pushException(out, start, exception) : add(out, start, end, plain);
        }
      } else {
        out = cutOther(out, start, odd ? odd : base + (<usize>ctz(before) << 1), end);
        others ^= before;
        odd = 0;
      }
      start = end + 2;
    }
    if (others && !odd) odd = base + (<usize>ctz(others) << 1);
  }
  setWordsEnd(out);
  if (phrase) rejoin();
  cut = true;
}

/** Cuts a chunk whose units before `odd` are ASCII letters, and the one there is not. */
function cutOther(out: usize, start: usize, odd: usize, end: usize): usize {
  const first = out;
  if (odd == end - 2 && isPlainMark(start, odd) && !find(EXCEPTIONS, start, end)) {
    // A word and a comma or full stop, as with most of the others.
    // No phrase can be cut apart here: its two words were the whole chunk, which is no exception.
    const exception = find(EXCEPTIONS, start, odd);
    ensure(out + 192 * WORD);
    out = exception ? pushException(out, start, exception) : add(out, start, odd, letterBits);
    out = add(out, odd, end, unitClass(odd));
    if (exception && !phrase) phrase = holdsCutPhrase(first, out);
    return out;
  }
  let bits = odd > start ? letterBits : 0,
    before = bits; // the bits of all units but the last
  for (let p = odd; p < end; p += 2) {
    before = bits;
    bits |= unitClass(p);
  }
  if (bits & SPACE) return cutSpaced(out, start, end);
  out = cutOdd(out, start, end, bits, before);
  if (!phrase && out > first + WORD) phrase = holdsCutPhrase(first, out);
  return out;
}

/** Cuts at white space other than that of ASCII. */
function cutSpaced(out: usize, start: usize, end: usize): usize {
  let odd: usize = 0;
  for (let p = start; p <= end; p += 2) {
    if (p < end && !(unitClass(p) & SPACE)) {
      if (!odd && (unitAt(p) | 0x20) - 0x61 > 25) odd = p;
      continue;
    }
    if (odd) out = cutOther(out, start, odd, p);
    else if (p > start) {
      const exception = find(EXCEPTIONS, start, p);
      ensure(out + 192 * WORD);
      out = exception ? pushException(out, start, exception) : add(out, start, p, letterBits);
    }
    start = p + 2;
    odd = 0;
  }
  return out;
}

/** Whether the mark at `at` is a comma, or a full stop behind a small letter, and letters stand before it. */
@inline
function isPlainMark(start: usize, at: usize): bool {
  const unit = unitAt(at);
  return at > start && (unit == COMMA || (unit == DOT && unitAt(at - 2) >= 0x61));
}

/** Cuts a chunk without white space; `before` are the bits of all units but the last. */
function cutOdd(out: usize, start: usize, end: usize, bits: u32, before: u32): usize {
  // Each unit may be a word of its own, and the stack of suffixes stands behind them.
  ensure(out + ((end - start) >> 1) * (WORD + 4) + 192 * WORD);
  const exception = find(EXCEPTIONS, start, end);
  if (exception) return pushException(out, start, exception);
  if (isUncuttable(bits)) return add(out, start, end, bits);
  if (!isWordAndMark(start, end, before)) return cutChunk(out, start, end, (bits & NUMERAL) != 0);
  const word = takeWhole(out, start, end - 2, before);
  return push(word ? word : out, end - 2, end);
}

/** Takes an exception or an uncuttable word; 0 where it is neither. */
@inline
function takeWhole(out: usize, start: usize, end: usize, bits: u32): usize {
  const exception = find(EXCEPTIONS, start, end);
  if (exception) return pushException(out, start, exception);
  return isUncuttable(bits) ? add(out, start, end, bits) : 0;
}

/** True when no rule can cut a chunk of these bits: no mark, and no numeral beside a letter. */
@inline
function isUncuttable(bits: u32): bool {
  return !(bits & CUTTING) && (bits & (NUMERAL | ORDINARY)) != (NUMERAL | ORDINARY);
}

/** Whether the chunk is an uncuttable word, of letters or of numerals, and one mark behind it; `bits` are those of all units but the last. */
@inline
function isWordAndMark(start: usize, end: usize, bits: u32): bool {
  if (end - start < 4 || !isUncuttable(bits)) return false;
  const last = unitAt(end - 2);
  if (last == DOT) return (unitClass(end - 4) & BEFORE_DOT) != 0;
  return (classOfUnit(last) & SUFFIX) != 0;
}

/**
 * Cuts [start, end), which is no exception as a whole and holds numerals or not; there is room for its words and for the stack of its
 * suffixes.
 */
function cutChunk(out: usize, start: usize, end: usize, numerals: bool): usize {
  const stack = out + ((end - start) >> 1) * WORD;
  let from = start,
    to = end,
    depth: usize = 0,
    exception: usize = 0,
    last: usize = usize.MAX_VALUE;
  while (from < to && to - from != last) {
    last = to - from;
    const prefix = prefixLength(from, to);
    if (prefix) {
      exception = find(EXCEPTIONS, from + prefix, to);
      if (exception) {
        out = push(out, from, from + prefix);
        from += prefix;
        break;
      }
    }
    // The suffix is sought behind the prefix, yet an exception may be what a suffix leaves of the two together.
    const suffix = suffixLength(from + prefix, to, numerals);
    if (suffix) {
      store<usize>(stack + 4 * depth++, to - suffix);
      exception = find(EXCEPTIONS, from, to - suffix);
      if (exception) {
        to -= suffix;
        break;
      }
    }
    if (prefix) out = push(out, from, from + prefix);
    from += prefix;
    to -= suffix;
    // What is left of one cut has been looked up above; what is left of two has not.
    if (prefix && suffix) {
      exception = find(EXCEPTIONS, from, to);
      if (exception) break;
    }
  }
  if (exception) out = pushException(out, from, exception);
  else if (from < to) out = cutMiddle(out, from, to);
  while (depth--) {
    const suffix = load<usize>(stack + 4 * depth);
    out = push(out, suffix, depth ? load<usize>(stack + 4 * (depth - 1)) : end);
  }
  return out;
}

/** What prefixes and suffixes leave: an address, or pieces between infixes. */
function cutMiddle(out: usize, start: usize, end: usize): usize {
  let bits: u32 = 0,
    dot = false;
  for (let p = start; p < end; p += 2) {
    const unit = unitAt(p);
    bits |= classOfUnit(unit);
    if (unit == DOT) dot = true;
  }
  let from = start;
  if (bits & CUTTING && !(dot && isAddress(start, end))) {
    for (let at = start; at < end; ) {
      const infix = unitClass(at) & CUTTING ? infixLength(start, at, end) : 0;
      if (infix && at > start) {
        if (at > from) out = push(out, from, at);
        out = push(out, at, at + infix);
        from = at + infix;
      }
      at += infix ? infix : 2;
    }
  }
  return from < end ? push(out, from, end) : out;
}
