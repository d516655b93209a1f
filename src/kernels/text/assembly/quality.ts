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
  let proper: u32 = 0,
    length: u32 = 0,
    alphabetic: u32 = 0,
    found: u32 = 0;
  const seen = behindWords();
  ensure(seen + stopWords);
  memory.fill(seen, 0, stopWords);
  for (let w = words; w < wordsEnd; w += WORD) {
    const start = load<usize>(w),
      end = load<usize>(w, 4);
    let bits = load<u32>(w, 8),
      points = <u32>((end - start) >> 1);
    if (bits & SURROGATE) {
      readPairs(start, end);
      bits = pairBits;
      points = pairPoints;
    }
    alphabetic += u32((bits & ALPHABETIC) != 0);
    const kept = u32((bits & NO_SYMBOL) != 0);
    proper += kept;
    length += points & -kept;
    if (found >= enough) continue;
    const stopWord = find(STOP_WORDS, start, end);
    if (!stopWord) continue;
    const at = seen + <usize>recordNumber(stopWord);
    if (load<u8>(at)) continue;
    store<u8>(at, 1);
    found++;
  }
  store<u32>(results, <u32>((wordsEnd - words) / WORD));
  store<u32>(results, proper, 4);
  store<u32>(results, length, 8);
  store<u32>(results, alphabetic, 12);
  store<u32>(results, found, 16);
  countMarks(results + 20);
  measureLines(results + 28);
}

/** `#`s, and `...` (no two overlap) and U+2026 together. */
function countMarks(results: usize): void {
  let hashes: u32 = 0,
    ellipses: u32 = 0,
    run: u32 = 0;
  for (let at = text; at < textEnd; at += 16) {
    const units = v128.load(at),
      dots = i16x8.eq(units, i16x8.splat(0x2e)),
      hash = i16x8.eq(units, i16x8.splat(0x23)),
      ellipsis = i16x8.eq(units, i16x8.splat(0x2026));
    if (!v128.any_true(v128.or(dots, v128.or(hash, ellipsis)))) {
      run = 0;
      continue;
    }
    for (let p = at, end = min(at + 16, textEnd); p < end; p += 2) {
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
