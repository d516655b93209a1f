// What Gopher's quality rule counts: words and their kinds, marks, lines.
import {
  ALPHABETIC, classOf, classOfUnit, isPair, NO_SYMBOL, pairAt, SURROGATE, unitAt,
} from "./classes";
import { behindWords, ensure, text, textEnd, WORD, words, wordsEnd } from "./layout";
import { behindBreak, nextBreak, stripEnd, stripStart } from "./lines";
import { find, recordNumber, STOP_WORDS } from "./sets";

const DOT: u32 = 0x2e;
const ELLIPSIS: u32 = 0x2026;
const BULLET: u32 = 0x2022;
const HYPHEN: u32 = 0x2d;

/** Of the word read last by `readPairs`. */
let pairBits: u32 = 0;
let pairPoints: u32 = 0;

/** The classes of the characters of [start, end) taken together, and their number, surrogate pairs read as one. */
function readPairs(start: usize, end: usize): void {
  let bits: u32 = 0,
    points: u32 = 0;
  for (let p = start; p < end; points++) {
    const pair = isPair(p, end);
    bits |= pair ? classOf(pairAt(p)) : classOfUnit(unitAt(p));
    p += pair ? 4 : 2;
  }
  pairBits = bits;
  pairPoints = points;
}

/**
 * To `results`, u32 each: words, words not of symbols alone, their code points, words that hold a letter, distinct stop words (up to
 * `enough`), `#`, ellipses, lines, lines that begin with a bullet, lines that end in an ellipsis.
 */
export function measureQuality(stopWords: u32, enough: u32, results: usize): void {
  const found = countStopWords(stopWords, enough),
    stop = wordsEnd;
  let proper: u32 = 0,
    length: u32 = 0,
    alphabetic: u32 = 0;
  for (let w = words; w < stop; w += WORD) {
    let bits = load<u32>(w, 8),
      points = (load<u32>(w, 4) - load<u32>(w)) >> 1;
    if (bits & SURROGATE) {
      readPairs(load<usize>(w), load<usize>(w, 4));
      bits = pairBits;
      points = pairPoints;
    }
    const kept = u32((bits & NO_SYMBOL) != 0);
    alphabetic += u32((bits & ALPHABETIC) != 0);
    proper += kept;
    length += points & -kept;
  }
  store<u32>(results, <u32>((wordsEnd - words) / WORD));
  store<u32>(results, proper, 4);
  store<u32>(results, length, 8);
  store<u32>(results, alphabetic, 12);
  store<u32>(results, found, 16);
  countMarks(results + 20);
  measureLines(results + 28);
}

/** Distinct stop words, up to `enough`, of the `stopWords` in their set. */
function countStopWords(stopWords: u32, enough: u32): u32 {
  const seen = behindWords(),
    stop = wordsEnd;
  ensure(seen + stopWords);
  memory.fill(seen, 0, stopWords);
  let found: u32 = 0;
  for (let w = words; w < stop && found < enough; w += WORD) {
    const stopWord = find(STOP_WORDS, load<usize>(w), load<usize>(w, 4));
    if (!stopWord) continue;
    const at = seen + <usize>recordNumber(stopWord);
    found += u32(load<u8>(at) == 0);
    store<u8>(at, 1);
  }
  return found;
}

/** `#`s, and `...` (no two overlap) and U+2026 together. */
function countMarks(results: usize): void {
  const stop = textEnd;
  let hashes: u32 = 0,
    ellipses: u32 = 0,
    run: u32 = 0; // dots before
  for (let at = text; at < stop; at += 32) {
    const low = v128.load(at),
      high = v128.load(at, 16),
      dots = i8x16.bitmask(i8x16.narrow_i16x8_s(i16x8.eq(low, i16x8.splat(0x2e)), i16x8.eq(high, i16x8.splat(0x2e)))),
      others = v128.or(
        v128.or(i16x8.eq(low, i16x8.splat(0x23)), i16x8.eq(low, i16x8.splat(0x2026))),
        v128.or(i16x8.eq(high, i16x8.splat(0x23)), i16x8.eq(high, i16x8.splat(0x2026))),
      );
    // Most dots stand alone.
    if (!(dots & ((dots << 1) | u32(run != 0))) && !v128.any_true(others)) {
      run = dots >> 15;
      continue;
    }
    for (let p = at, end = min(at + 32, stop); p < end; p += 2) {
      const unit = unitAt(p);
      hashes += u32(unit == 0x23);
      ellipses += u32(unit == ELLIPSIS);
      run = unit == DOT ? run + 1 : 0;
      if (run == 3) {
        ellipses++;
        run = 0;
      }
    }
  }
  store<u32>(results, hashes);
  store<u32>(results, ellipses, 4);
}

function measureLines(results: usize): void {
  let lines: u32 = 0,
    bullets: u32 = 0,
    ellipses: u32 = 0;
  for (let at = text; at < textEnd; lines++) {
    const end = nextBreak(at, textEnd),
      first = stripStart(at, end);
    if (first < end) {
      const unit = unitAt(first);
      bullets += u32(unit == HYPHEN || unit == BULLET);
      const last = stripEnd(first, end),
        lastUnit = unitAt(last - 2);
      ellipses += u32(lastUnit == ELLIPSIS || (lastUnit == DOT && last - first >= 6 && unitAt(last - 4) == DOT && unitAt(last - 6) == DOT));
    }
    at = behindBreak(end, textEnd);
  }
  store<u32>(results, lines);
  store<u32>(results, bullets, 4);
  store<u32>(results, ellipses, 8);
}
