// The words of the text, as spaCy 3.8's English tokenizer cuts it: src/clean/words.ts and chunks.ts once more.
//
// Most chunks are ASCII letters alone. So the units that are none are found as bits, 32 at a time, and looked at one after the other: one
// that is white space ends a chunk, and any other sends it through the tables unit by unit.
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

/** Which of the 16 units at `at` are no ASCII letters, as bits. */
@inline
function oddUnits(at: usize): u32 {
  // A unit above 255 becomes 255, or 0: no letter either.
  const bytes = v128.or(i8x16.narrow_i16x8_u(v128.load(at), v128.load(at, 16)), i8x16.splat(0x20));
  return i8x16.bitmask(i8x16.gt_u(i8x16.sub(bytes, i8x16.splat(0x61)), i8x16.splat(25)));
}

/** Cuts the text. */
export function cutWords(): void {
  const stop = textEnd + 2, // the space behind the text ends its last chunk
    letterBits = classOfUnit(0x61) | classOfUnit(0x41);
  let out = words,
    room = words,
    start = text,
    odd: usize = 0, // the first unit of the chunk that is no ASCII letter
    phrase = false;
  for (let base = text; base < stop; base += 64) {
    let units = oddUnits(base) | (oddUnits(base + 32) << 16);
    if (stop - base < 64) units &= (1 << <u32>((stop - base) >> 1)) - 1;
    if (out >= room) {
      // Words of one block of ASCII letters and spaces, and a few of an exception; the others make sure of their own room.
      ensure(out + 128 * WORD);
      room = out + 64 * WORD;
    }
    for (; units; units &= units - 1) {
      const end = base + (<usize>ctz(units) << 1);
      if (!(unitClass(end) & SPACE)) {
        if (!odd) odd = end;
        continue;
      }
      if (!odd) {
        if (end > start) {
          const exception = find(EXCEPTIONS, start, end);
          out = exception ? pushException(out, start, exception) : add(out, start, end, letterBits);
        }
      } else if (odd == end - 2 && isPlainMark(start, odd) && !find(EXCEPTIONS, start, end)) {
        // A word and a comma or full stop, as with most of the others.
        // No phrase can be cut apart here: its two words were the whole chunk, which is no exception.
        const first = out,
          exception = find(EXCEPTIONS, start, odd);
        out = exception ? pushException(out, start, exception) : add(out, start, odd, letterBits);
        out = add(out, odd, end, unitClass(odd));
        if (exception && !phrase) phrase = holdsCutPhrase(first, out);
        odd = 0;
      } else {
        const first = out;
        out = cutOdd(out, start, odd, end, letterBits);
        if (!phrase && out > first + WORD) phrase = holdsCutPhrase(first, out);
        if (out + 64 * WORD > room) room = out; // what was made sure of is used up
        odd = 0;
      }
      start = end + 2;
    }
  }
  setWordsEnd(out);
  if (phrase) rejoin();
  cut = true;
}

/** Whether the mark at `at` is a comma, or a full stop behind a small letter, and letters stand before it. */
@inline
function isPlainMark(start: usize, at: usize): bool {
  const unit = unitAt(at);
  return at > start && (unit == COMMA || (unit == DOT && unitAt(at - 2) >= 0x61));
}

/** Cuts a chunk whose units before `odd` are ASCII letters, and the one there is not. */
function cutOdd(out: usize, start: usize, odd: usize, end: usize, letterBits: u32): usize {
  // Each unit may be a word of its own, and the stack of suffixes stands behind them.
  ensure(out + ((end - start) >> 1) * (WORD + 4) + 192 * WORD);
  const exception = find(EXCEPTIONS, start, end);
  if (exception) return pushException(out, start, exception);
  let bits = odd > start ? letterBits : 0,
    before = bits; // the bits of all units but the last
  for (let p = odd; p < end; p += 2) {
    before = bits;
    bits |= unitClass(p);
  }
  if (isUncuttable(bits)) return add(out, start, end, bits);
  if (!isWordAndMark(start, end, before)) return cutChunk(out, start, end);
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

/** Whether the chunk is an uncuttable word of letters and one mark behind it; `bits` are those of all units but the last. */
@inline
function isWordAndMark(start: usize, end: usize, bits: u32): bool {
  if (end - start < 4 || bits & (CUTTING | NUMERAL)) return false;
  const last = unitAt(end - 2);
  if (last == DOT) return (unitClass(end - 4) & BEFORE_DOT) != 0;
  return (classOfUnit(last) & SUFFIX) != 0;
}

/** Cuts [start, end), which is no exception as a whole; there is room for its words and for the stack of its suffixes. */
function cutChunk(out: usize, start: usize, end: usize): usize {
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
    const suffix = suffixLength(from + prefix, to);
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
