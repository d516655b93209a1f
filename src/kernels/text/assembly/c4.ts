// The rules of C4, line by line: src/clean/c4.ts once more. Most texts hold no bracket and none of the phrases, which one look at the whole
// tells; of the others each line is looked at.
import { bitsAt, DIGIT, unitAt, widthAt } from "./classes";
import { ARGUMENTS, behindWords, ensure, text, textEnd } from "./layout";
import { hasWords } from "./fineweb";
import { behindBreak, nextBreak, stripEnd, stripStart } from "./lines";
import { countSentences } from "./sentences";
import { isSpaceAt, pairsIn } from "./classes";

/** Which rules are on, as bits. */
const CITATIONS: u32 = 1;
const LOREM_IPSUM: u32 = 2;
const JAVASCRIPT: u32 = 4;
const CURLY_BRACKET: u32 = 8;
const POLICY: u32 = 16;
const ACCEPT_ELLIPSIS: u32 = 32;
const END_MARKS: u32 = 64;

/** What `sortLines` returns: it is done, a word of the page drops it, or only the host can edit a line. */
const DONE: i32 = 0;
const FOUND_LOREM_IPSUM: i32 = 1;
const FOUND_CURLY_BRACKET: i32 = 2;
const HAS_CITATION: i32 = 3;

/** What else a line may hold; apart from the bits of the rules. */
const BRACKET: u32 = 1 << 8;
const CURLY: u32 = 1 << 9;

const DOT: u32 = 0x2e;
const OPENING: u32 = 0x5b;
const CLOSING: u32 = 0x5d;
const CURLY_UNIT: u32 = 0x7b;

/** The units in a row that equal a letter, or a bracket. */
@inline
function are(units: v128, letter: u8): v128 {
  return i8x16.eq(units, i8x16.splat(<i8>letter));
}

/**
 * Which of the 16 units at `at` are brackets, or begin one of the pairs `ps`, `ja`, `ms`, `cy` and `ki`, of which every phrase has one; as
 * bits.
 */
@inline
function hitsAt(at: usize): u32 {
  // With this bit letters are small, and `[` is `{`. A unit above 255 becomes 255 (one is the Kelvin sign, a capital k) or 0.
  const small = i8x16.splat(0x20),
    first = v128.or(i8x16.narrow_i16x8_u(v128.load(at), v128.load(at, 16)), small),
    second = v128.or(i8x16.narrow_i16x8_u(v128.load(at, 2), v128.load(at, 18)), small),
    ofPhrases = v128.or(
      v128.or(
        v128.and(v128.or(are(first, 0x70), are(first, 0x6d)), are(second, 0x73)), // ps, ms
        v128.and(v128.or(are(first, 0x6b), are(first, 0xff)), are(second, 0x69)), // ki
      ),
      v128.or(
        v128.and(are(first, 0x6a), are(second, 0x61)), // ja
        v128.and(are(first, 0x63), are(second, 0x79)), // cy
      ),
    );
  return i8x16.bitmask(v128.or(ofPhrases, are(first, 0x7b)));
}

/** Whether [at, end) holds a bracket or a phrase. */
function speaks(start: usize, end: usize): bool {
  for (let at = start; at < end; at += 32) {
    for (let hits = hitsAt(at); hits; hits &= hits - 1) {
      const p = at + (<usize>ctz(hits) << 1);
      if (p < end && topicAt(p, start, end)) return true;
    }
  }
  return false;
}

/** Which brackets the line holds, and which of LOREM_IPSUM, JAVASCRIPT and POLICY it speaks of. */
function topics(start: usize, end: usize): u32 {
  let topic: u32 = 0;
  for (let at = start; at < end; at += 32) {
    for (let hits = hitsAt(at); hits; hits &= hits - 1) {
      const p = at + (<usize>ctz(hits) << 1);
      if (p < end) topic |= topicAt(p, start, end);
    }
  }
  return topic;
}

/** What the first of a pair of letters at `p`, or a bracket there, belongs to. */
function topicAt(p: usize, start: usize, end: usize): u32 {
  switch (lower(unitAt(p))) {
    case OPENING:
      return BRACKET;
    case CURLY_UNIT:
      return CURLY;
    case 0x70: // ps
      return stands(p, 7, start, end, "lorem ipsum") ? LOREM_IPSUM : 0;
    case 0x6a: // ja
      return stands(p, 0, start, end, "javascript") ? JAVASCRIPT : 0;
    case 0x6d: // ms
      return stands(p, 3, start, end, "terms of use") ? POLICY : 0;
    case 0x63: // cy
      return stands(p, 5, start, end, "privacy policy") ? POLICY : 0;
    case 0x6b: // ki
      return stands(p, 3, start, end, "cookie policy") ||
        stands(p, 8, start, end, "uses cookies") ||
        stands(p, 10, start, end, "use of cookies") ||
        stands(p, 7, start, end, "use cookies")
        ? POLICY
        : 0;
    default:
      return 0;
  }
}

@inline
function lower(unit: u32): u32 {
  if (unit - 0x41 < 26) return unit | 0x20;
  return unit == 0x212a ? 0x6b : unit;
}

/** Whether the lower-case form of [start, end) has a phrase of small ASCII letters and spaces `before` units in front of `p`. */
function stands(p: usize, before: usize, start: usize, end: usize, phrase: string): bool {
  const length = phrase.length,
    at = p - 2 * before;
  if (at < start || end - at < <usize>(2 * length)) return false;
  for (let i = 0; i < length; i++) if (lower(unitAt(at + 2 * <usize>i)) != <u32>phrase.charCodeAt(i)) return false;
  return true;
}

/** Whether a word of a line is longer than `longest` code points. One that is covers a unit of so many that lie as far apart. */
function hasGiant(at: usize, end: usize, longest: u32): bool {
  const stride = 2 * <usize>max<u32>(longest, 1);
  for (let p = at + 2 * <usize>longest; p < end; p += stride) {
    if (isSpaceAt(p)) continue;
    let from = p,
      to = p;
    while (from > at && !isSpaceAt(from - 2)) from -= 2;
    while (to < end && !isSpaceAt(to)) to += 2;
    if (to - from > 2 * <usize>longest && <u32>((to - from) >> 1) - pairsIn(from, to) > longest) return true;
  }
  return false;
}

/** Whether a citation stands in [at, end): `[1]`, `[]`, `[edit]`, `[citation needed]`; digits are those of any script. */
function hasCitation(at: usize, end: usize): bool {
  for (; at < end; at += 2) {
    if (unitAt(at) != OPENING) continue;
    let p = at + 2;
    while (p < end && unitAt(p) != OPENING && unitAt(p) != CLOSING) p += 2;
    if (p < end && unitAt(p) == CLOSING && isCitation(at + 2, p)) return true;
  }
  return false;
}

function isCitation(at: usize, end: usize): bool {
  let p = at;
  while (p < end && bitsAt(p, end) & DIGIT) p += widthAt(p, end);
  return p >= end || isText(at, end, "edit") || isText(at, end, "citation needed");
}

function isText(at: usize, end: usize, phrase: string): bool {
  const length = phrase.length;
  if (end - at != <usize>(2 * length)) return false;
  for (let i = 0; i < length; i++) if (unitAt(at + 2 * <usize>i) != <u32>phrase.charCodeAt(i)) return false;
  return true;
}

/** Whether a line ends with one of `marks` end marks: in the arguments, each a length and its units, u32 each. */
function isEnded(at: usize, end: usize, marks: u32, ellipsis: bool): bool {
  let mark = ARGUMENTS;
  for (; marks > 0; marks--) {
    const length = <usize>load<u32>(mark);
    let i: usize = 0;
    if (end - at >= 2 * length) {
      const from = end - 2 * length;
      while (i < length && unitAt(from + 2 * i) == load<u32>(mark + 4 * i, 4)) i++;
      if (i == length) break;
    }
    mark += 4 * (length + 1);
  }
  if (!marks) return false;
  return ellipsis || !(end - at >= 6 && unitAt(end - 2) == DOT && unitAt(end - 4) == DOT && unitAt(end - 6) == DOT);
}

/**
 * Sorts the lines. To `results`, u32 each: lines, kept, with a giant word, without end mark, short, about JavaScript, about policies;
 * sentences of the kept lines, up to `enough`; how many pieces of the text the kept lines are, and the address of their places (start and
 * end in units, u32 each): lines next to each other are one piece, and white space at the ends of all is left out. `fewestWords` and `longestWord` are -1 when they are off.
 */
export function sortLines(rules: u32, fewestWords: i32, longestWord: i32, marks: u32, enough: u32, results: usize): i32 {
  const pieces = behindWords(),
    end = textEnd;
  let lines: u32 = 0,
    kept: u32 = 0,
    giants: u32 = 0,
    unended: u32 = 0,
    short: u32 = 0,
    javascript: u32 = 0,
    policy: u32 = 0,
    sentences: u32 = 0,
    last = pieces, // behind the last piece
    held = speaks(text, end),
    code = DONE;
  for (let at = text, next = at; at < end; at = next) {
    const stop = nextBreak(at, end);
    next = behindBreak(stop, end);
    lines++;
    const from = stripStart(at, stop),
      to = stripEnd(from, stop);
    if (longestWord >= 0 && hasGiant(from, to, <u32>longestWord)) {
      giants++;
      continue;
    }
    const found = held ? topics(from, to) : 0;
    if (found & BRACKET && rules & CITATIONS && hasCitation(from, to)) {
      code = HAS_CITATION;
      break;
    }
    if (rules & END_MARKS && !isEnded(from, to, marks, (rules & ACCEPT_ELLIPSIS) != 0)) {
      unended++;
      continue;
    }
    if (fewestWords >= 0 && !hasWords(from, to, <u32>fewestWords)) {
      short++;
      continue;
    }
    const topic = found & rules;
    if (topic & LOREM_IPSUM) {
      code = FOUND_LOREM_IPSUM;
      break;
    }
    if (topic & JAVASCRIPT) {
      javascript++;
      continue;
    }
    if (found & CURLY && rules & CURLY_BRACKET) {
      code = FOUND_CURLY_BRACKET;
      break;
    }
    if (topic & POLICY) {
      policy++;
      continue;
    }
    kept++;
    if (sentences < enough) sentences += countSentences(from, to, enough - sentences);
    const start = <u32>((from - text) >> 1);
    // One line feed between two lines is what joins them in the new text.
    if (last > pieces && load<u32>(last - 4) + 1 == start && unitAt(from - 2) == 0x0a) last -= 8;
    else {
      ensure(last + 8);
      store<u32>(last, start);
    }
    store<u32>(last, <u32>((to - text) >> 1), 4);
    last += 8;
  }
  trimPieces(pieces, last);
  store<u32>(results, lines);
  store<u32>(results, kept, 4);
  store<u32>(results, giants, 8);
  store<u32>(results, unended, 12);
  store<u32>(results, short, 16);
  store<u32>(results, javascript, 20);
  store<u32>(results, policy, 24);
  store<u32>(results, sentences, 28);
  store<u32>(results, <u32>((keptEnd - keptPieces) >> 3), 32);
  store<usize>(results, keptPieces, 36);
  return code;
}

/** The pieces that the last `sortLines` kept, without the white space at their ends. */
let keptPieces: usize = 0;
let keptEnd: usize = 0;

function trimPieces(first: usize, last: usize): void {
  for (; first < last; first += 8) {
    const start = text + 2 * <usize>load<u32>(first),
      end = text + 2 * <usize>load<u32>(first, 4),
      at = stripStart(start, end);
    store<u32>(first, <u32>((at - text) >> 1));
    if (at < end) break;
  }
  for (; first < last; last -= 8) {
    const start = text + 2 * <usize>load<u32>(last - 8),
      end = stripEnd(start, text + 2 * <usize>load<u32>(last - 4));
    store<u32>(last - 4, <u32>((end - text) >> 1));
    if (end > start) break;
  }
  keptPieces = first;
  keptEnd = last;
}

/** Moves the kept pieces together, a line feed between two, and returns the units of what is then the text. To be called once, next. */
export function joinKept(): u32 {
  let out = text;
  for (let piece = keptPieces; piece < keptEnd; piece += 8) {
    if (out > text) {
      store<u16>(out, 0x0a);
      out += 2;
    }
    // A piece never moves to the right: a line break stood before it.
    const start = text + 2 * <usize>load<u32>(piece),
      bytes = 2 * <usize>(load<u32>(piece, 4) - load<u32>(piece));
    memory.copy(out, start, bytes);
    out += bytes;
  }
  keptEnd = keptPieces;
  return <u32>((out - text) >> 1);
}
