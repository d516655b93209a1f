// The rules of C4, line by line: src/clean/c4.ts once more. Most texts hold no bracket and none of the letters that the phrases have in them,
// which one look at the whole tells; of the others each line is looked at.
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

/**
 * What a look tells is found with three tables of bits by half bytes: a unit has a bit when both its halves have it. Five bits are the first,
 * second and third letter of `psu`, `jav`, `ms `, `acy`, `kie`, of which every phrase has one; two are brackets, which any two units may
 * precede.
 */
const BRACKET_BIT: u8 = 1 << 5,
  CURLY_BIT: u8 = 1 << 6,
  ANY: u8 = BRACKET_BIT | CURLY_BIT;
/** Low and high halves for the first, the second and the third letter. */
const TABLES: usize = memory.data(6 * 16, 16);

function mark(position: usize, byte: u32, bit: u8): void {
  const low = TABLES + 32 * position + <usize>(byte & 15),
    high = TABLES + 32 * position + 16 + <usize>(byte >> 4);
  store<u8>(low, load<u8>(low) | bit);
  store<u8>(high, load<u8>(high) | bit);
}

function markLetters(word: string, bit: u8): void {
  for (let i = 0; i < 3; i++) {
    const letter = <u32>word.charCodeAt(i);
    mark(i, letter, bit);
    if (letter > 0x60) mark(i, letter - 0x20, bit);
  }
}

/** To be called once, first. */
export function createLook(): void {
  memory.fill(TABLES, ANY, 64);
  markLetters("psu", 1);
  markLetters("jav", 2);
  markLetters("ms ", 4);
  markLetters("acy", 8);
  markLetters("kie", 16);
  mark(0, 0xff, 16); // the Kelvin sign is a capital k, and all beyond Latin-1 becomes 255 or 0
  mark(2, OPENING, BRACKET_BIT);
  mark(2, CURLY_UNIT, CURLY_BIT);
}

/** The bits of the 16 units at `at`, each of which is the last of its three; `before1` and `before2` are of the units before. */
let before1: v128 = i8x16.splat(0);
let before2: v128 = i8x16.splat(0);

@inline
function bitsAtUnits(at: usize): v128 {
  const bytes = i8x16.narrow_i16x8_u(v128.load(at), v128.load(at, 16)),
    half = i8x16.splat(15),
    low = v128.and(bytes, half),
    high = v128.and(i16x8.shr_u(bytes, 4), half),
    first = v128.and(i8x16.swizzle(v128.load(TABLES), low), i8x16.swizzle(v128.load(TABLES, 16), high)),
    second = v128.and(i8x16.swizzle(v128.load(TABLES, 32), low), i8x16.swizzle(v128.load(TABLES, 48), high)),
    third = v128.and(i8x16.swizzle(v128.load(TABLES, 64), low), i8x16.swizzle(v128.load(TABLES, 80), high)),
    one = v128.shuffle<u8>(before1, first, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29),
    two = v128.shuffle<u8>(before2, second, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
  before1 = first;
  before2 = second;
  return v128.and(third, v128.and(one, two));
}

/** Whether [at, end) may hold a bracket or a phrase. */
function maySpeak(at: usize, end: usize): bool {
  let found = i8x16.splat(0);
  before1 = before2 = i8x16.splat(<i8>ANY);
  for (; at < end; at += 32) found = v128.or(found, bitsAtUnits(at));
  return v128.any_true(found);
}

/** Which brackets the line holds, and which of LOREM_IPSUM, JAVASCRIPT and POLICY it speaks of. */
function topics(start: usize, end: usize): u32 {
  let topic: u32 = 0;
  before1 = before2 = i8x16.splat(<i8>ANY);
  for (let at = start; at < end; at += 32) {
    const found = bitsAtUnits(at);
    if (!v128.any_true(found)) continue;
    let hits = i8x16.bitmask(i8x16.ne(found, i8x16.splat(0)));
    for (; hits; hits &= hits - 1) {
      const p = at + (<usize>ctz(hits) << 1);
      if (p < end) topic |= topicAt(p, start, end);
    }
  }
  return topic;
}

/** What the last of three letters at `p`, or a bracket there, belongs to. */
function topicAt(p: usize, start: usize, end: usize): u32 {
  switch (lower(unitAt(p))) {
    case OPENING:
      return BRACKET;
    case CURLY_UNIT:
      return CURLY;
    case 0x75: // psu
      return stands(p, 9, start, end, "lorem ipsum") ? LOREM_IPSUM : 0;
    case 0x76: // jav
      return stands(p, 2, start, end, "javascript") ? JAVASCRIPT : 0;
    case 0x20: // ms
      return stands(p, 5, start, end, "terms of use") ? POLICY : 0;
    case 0x79: // acy
      return stands(p, 6, start, end, "privacy policy") ? POLICY : 0;
    case 0x65: // kie
      return stands(p, 5, start, end, "cookie policy") ||
        stands(p, 10, start, end, "uses cookies") ||
        stands(p, 12, start, end, "use of cookies") ||
        stands(p, 9, start, end, "use cookies")
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

/** Whether a word of a line is longer than `longest` code points. */
function hasGiant(at: usize, end: usize, longest: u32): bool {
  if (end - at <= 2 * <usize>longest) return false;
  for (let p = at, start = at; p <= end; p += 2) {
    if (p < end && !isSpaceAt(p)) continue;
    if (p - start > 2 * <usize>longest && <u32>((p - start) >> 1) - pairsIn(start, p) > longest) return true;
    start = p + 2;
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
    held = maySpeak(text, end),
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
