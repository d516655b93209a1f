// The rules of C4, line by line: src/clean/c4.ts once more. Most lines hold no bracket and none of the letters that the phrases have in them,
// which one look of sixteen units at a time tells; the others are looked at closely.
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

/** What a look at a line may find. */
const BRACKET: u32 = 1;
const CURLY: u32 = 2;
const SUSPECT: u32 = 4;

const DOT: u32 = 0x2e;
const OPENING: u32 = 0x5b;
const CLOSING: u32 = 0x5d;

@inline
function bytesAt(at: usize): v128 {
  return i8x16.narrow_i16x8_u(v128.load(at), v128.load(at, 16));
}

/** Brackets in [at, end), and letters that every phrase has: `psu`, `j.v`, `ms `, `acy`, `kie`. It may say too much, never too little. */
function look(at: usize, end: usize): u32 {
  let brackets = i8x16.splat(0),
    curls = brackets,
    suspects = brackets;
  const low = i8x16.splat(0x20);
  for (; at < end; at += 32) {
    const bytes = bytesAt(at),
      a = v128.or(bytes, low),
      b = v128.or(bytesAt(at + 2), low),
      c = v128.or(bytesAt(at + 4), low);
    brackets = v128.or(brackets, i8x16.eq(bytes, i8x16.splat(<i8>OPENING)));
    curls = v128.or(curls, i8x16.eq(bytes, i8x16.splat(0x7b)));
    const psu = v128.and(i8x16.eq(a, i8x16.splat(0x70)), v128.and(i8x16.eq(b, i8x16.splat(0x73)), i8x16.eq(c, i8x16.splat(0x75)))),
      jv = v128.and(i8x16.eq(a, i8x16.splat(0x6a)), i8x16.eq(c, i8x16.splat(0x76))),
      ms = v128.and(i8x16.eq(a, i8x16.splat(0x6d)), v128.and(i8x16.eq(b, i8x16.splat(0x73)), i8x16.eq(c, low))),
      acy = v128.and(i8x16.eq(a, i8x16.splat(0x61)), v128.and(i8x16.eq(b, i8x16.splat(0x63)), i8x16.eq(c, i8x16.splat(0x79)))),
      kie = v128.and(i8x16.eq(b, i8x16.splat(0x69)), i8x16.eq(c, i8x16.splat(0x65)));
    // The Kelvin sign is a capital k; as a byte it is 255, as is much else.
    const k = v128.or(i8x16.eq(a, i8x16.splat(0x6b)), i8x16.eq(bytes, i8x16.splat(-1)));
    suspects = v128.or(suspects, v128.or(v128.or(psu, jv), v128.or(v128.or(ms, acy), v128.and(kie, k))));
  }
  return (v128.any_true(brackets) ? BRACKET : 0) | (v128.any_true(curls) ? CURLY : 0) | (v128.any_true(suspects) ? SUSPECT : 0);
}

@inline
function lower(unit: u32): u32 {
  if (unit - 0x41 < 26) return unit | 0x20;
  return unit == 0x212a ? 0x6b : unit;
}

/** Whether the lower-case form of [at, end) begins with a phrase of small ASCII letters and spaces. */
function begins(at: usize, end: usize, phrase: string): bool {
  const length = phrase.length;
  if (end - at < <usize>(2 * length)) return false;
  for (let i = 0; i < length; i++) if (lower(unitAt(at + 2 * <usize>i)) != <u32>phrase.charCodeAt(i)) return false;
  return true;
}

/** Which of LOREM_IPSUM, JAVASCRIPT and POLICY the line speaks of. */
function topics(at: usize, end: usize): u32 {
  let found: u32 = 0;
  for (; at < end; at += 2) {
    switch (lower(unitAt(at))) {
      case 0x6c: // l
        if (begins(at, end, "lorem ipsum")) found |= LOREM_IPSUM;
        break;
      case 0x6a: // j
        if (begins(at, end, "javascript")) found |= JAVASCRIPT;
        break;
      case 0x74: // t
        if (begins(at, end, "terms of use")) found |= POLICY;
        break;
      case 0x70: // p
        if (begins(at, end, "privacy policy")) found |= POLICY;
        break;
      case 0x63: // c
        if (begins(at, end, "cookie policy")) found |= POLICY;
        break;
      case 0x75: // u
        if (begins(at, end, "uses cookies") || begins(at, end, "use of cookies") || begins(at, end, "use cookies")) found |= POLICY;
        break;
    }
  }
  return found;
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
 * end in units, u32 each): lines next to each other are one piece. `fewestWords` and `longestWord` are -1 when they are off.
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
    const found = look(from, to);
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
    const topic = found & SUSPECT ? topics(from, to) & rules : 0;
    if (topic & LOREM_IPSUM) {
      code = FOUND_LOREM_IPSUM;
      break;
    }
    if (topic & JAVASCRIPT) {
      javascript++;
      continue;
    }
    if (found & CURLY && rules & CURLY_BRACKET && hasCurl(from, to)) {
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
  store<u32>(results, lines);
  store<u32>(results, kept, 4);
  store<u32>(results, giants, 8);
  store<u32>(results, unended, 12);
  store<u32>(results, short, 16);
  store<u32>(results, javascript, 20);
  store<u32>(results, policy, 24);
  store<u32>(results, sentences, 28);
  store<u32>(results, <u32>((last - pieces) >> 3), 32);
  store<usize>(results, pieces, 36);
  return code;
}

function hasCurl(at: usize, end: usize): bool {
  for (; at < end; at += 2) if (unitAt(at) == 0x7b) return true;
  return false;
}
