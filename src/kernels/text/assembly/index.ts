// What the quality rules of src/clean measure of one text, in linear memory: the functions that the host (kernel.ts) calls. It writes tables
// and sets once, then text after text (UTF-16 units, as JavaScript counts them), and asks for numbers, which are left in the results.
// Places, counts and lengths that come from there are checked here.
import { setAstralCount } from "./classes";
import { joinKept, sortLines } from "./c4";
import { hasWords, measureFineweb } from "./fineweb";
import { findTops } from "./grams";
import {
  ARGUMENT_ROOM, ARGUMENTS, ASTRAL, behindWords, CLASSES, createMasks, placeText, RESULTS, takeText as takeUnits, text, textEnd, WORD, words,
  wordsEnd,
} from "./layout";
import { copyLetters } from "./letters";
import { addPart, beginParts, copiedPoints, copies, countCopies, FEED, nextFeed, partCount, stripEnd, stripStart } from "./lines";
import { makePhrases as makeTree } from "./phrases";
import { measureQuality } from "./quality";
import { findRepeats } from "./repeats";
import { createSets, makeSet as make } from "./sets";
import { longestRun, pairs, survey } from "./survey";
import { findPieces, joinPieces, pieceCount, pieces } from "./tidy";
import { topIsAbove, topsAreBelow } from "./tops";
import { cut, cutWords, forgetWords } from "./words";
import { unitAt } from "./classes";

const BAD_ARGUMENT: i32 = -1;

let room: u32 = 0;

/** To be called once, first. */
export function create(): void {
  createMasks();
  createSets();
}

export function classesAddress(): usize { return CLASSES; }
export function astralAddress(): usize { return ASTRAL; }
export function resultsAddress(): usize { return RESULTS; }
export function argumentsAddress(): usize { return ARGUMENTS; }

/** Takes the first `count` code points, and the bits from each on, of the table of supplementary characters. */
export function takeAstral(count: u32): bool {
  return setAstralCount(count);
}

/** Makes a set of the `count` strings that were written as a text; the text is then gone. */
export function makeSet(set: u32, count: u32): bool {
  const made = make(set, count);
  placeText(0);
  room = 0;
  return made;
}

/** Makes the tree of phrases, which was written as a text; the text is then gone. */
export function makePhrases(wordCount: u32, nodeCount: u32, edges: u32, exceptions: u32): bool {
  const made = makeTree(wordCount, nodeCount, edges, exceptions);
  placeText(0);
  room = 0;
  return made;
}

/** Takes what was written, `units` long, as no more than a place to read tables from. */
export function takeTables(units: u32): bool {
  if (units > room) return false;
  takeUnits(units);
  return true;
}

/** Makes room for a text of `units` and returns its address. */
export function reserve(units: u32): usize {
  room = 0;
  if (units > 0x08000000) return 0;
  const at = placeText(units);
  room = units;
  return at;
}

/** Takes the text of `units` that was written and looks at it; returns the bits of survey.ts. Results: surrogate pairs, longest run of `\n`. */
export function takeText(units: u32): i32 {
  if (units > room) return BAD_ARGUMENT;
  takeUnits(units);
  forgetWords();
  const flags = survey();
  store<u32>(RESULTS, pairs);
  store<u32>(RESULTS, longestRun, 4);
  return <i32>flags;
}

/** Takes for the text what the last call, `tidy`, has found of it, as `takeText` does. */
export function takeTidied(): i32 {
  return takeText(joinPieces());
}

/** The same with what the last call, `c4`, has kept. */
export function takeKept(): i32 {
  return takeText(joinKept());
}

/** Where the text stays when its lines are tidied: the number of pieces (see tidy.ts). Results: their address. */
export function tidy(blankLines: u32): u32 {
  forgetWords();
  findPieces(blankLines);
  store<usize>(RESULTS, pieces);
  return pieceCount;
}

/** Words of the text. */
export function countWords(): u32 {
  if (!cut) cutWords();
  return <u32>((wordsEnd - words) / WORD);
}

/** The address of the list of words: start and end (addresses), bits, a number; u32 each. */
export function wordsAddress(): usize { return words; }

/**
 * Repetition: `tops`, then `repeats` sizes of n-grams in the arguments. Results: paragraphs, copies among them and their code points; the
 * same of lines; two numbers for each of `tops`, one for each of `repeats` (see grams.ts). `limited`: the characters that each of `tops` and
 * of `repeats` may have follow in the arguments (see tops.ts), and zeros stand for what cannot change the first limit that is exceeded.
 */
export function repetition(tops: u32, repeats: u32, limited: bool): i32 {
  if (tops > 100 || repeats > 100) return BAD_ARGUMENT;
  for (let k: u32 = 0; k < tops + repeats; k++) {
    const size = load<u32>(ARGUMENTS + 4 * <usize>k);
    if (size < 1 || size > 100 || (k != 0 && k != tops && size <= load<u32>(ARGUMENTS + 4 * <usize>k - 4))) return BAD_ARGUMENT;
  }
  if (!cut) cutWords();
  cutParagraphs();
  countParts(RESULTS);
  cutLines();
  countParts(RESULTS + 12);
  if (tops + repeats == 0) return 0;
  copyLetters();
  const repeatSizes = ARGUMENTS + 4 * <usize>tops,
    limits = limited ? repeatSizes + 4 * <usize>repeats : 0,
    topResults = RESULTS + 24,
    repeatResults = topResults + 8 * <usize>tops;
  memory.fill(topResults, 0, 8 * <usize>tops + 4 * <usize>repeats);
  if (!limited) findTops(ARGUMENTS, tops, topResults);
  else if (!topsAreBelow(ARGUMENTS, tops, limits)) {
    findTops(ARGUMENTS, tops, topResults);
    if (topIsAbove(ARGUMENTS, tops, limits, topResults)) return 0;
  }
  findRepeats(repeatSizes, repeats, limited ? limits + 4 * <usize>tops : 0, repeatResults);
  return 0;
}

/** Pieces of the text between runs of line feeds. */
function cutLines(): void {
  beginParts(behindWords());
  for (let at = text; ; ) {
    const stop = nextFeed(at, textEnd);
    addPart(at, stop);
    if (stop == textEnd) return;
    at = stop + 2;
    while (at < textEnd && unitAt(at) == FEED) at += 2;
  }
}

/** Pieces of the text, without the white space at its ends, between runs of two line feeds and more. */
function cutParagraphs(): void {
  beginParts(behindWords());
  const end = stripEnd(text, textEnd);
  for (let from = stripStart(text, end), at = from; ; ) {
    const stop = longestRun > 1 ? nextFeed(at, end) : end;
    if (stop == end) {
      addPart(from, end);
      return;
    }
    at = stop + 2;
    if (unitAt(at) != FEED) continue;
    addPart(from, stop);
    while (unitAt(at) == FEED) at += 2;
    from = at;
  }
}

function countParts(results: usize): void {
  const count = partCount();
  countCopies(pairs != 0);
  store<u32>(results, count);
  store<u32>(results, copies, 4);
  store<u32>(results, copiedPoints, 8);
}

/** Quality: see quality.ts for the results; `stopWords` is how many there are in their set. */
export function quality(stopWords: u32, enough: u32): i32 {
  if (stopWords > 1024) return BAD_ARGUMENT;
  if (!cut) cutWords();
  measureQuality(stopWords, enough, RESULTS);
  return 0;
}

/** C4: see c4.ts; the arguments hold the end marks. */
export function c4(rules: u32, fewestWords: i32, longestWord: i32, marks: u32, enough: u32): i32 {
  let at: u32 = 0;
  for (let k: u32 = 0; k < marks; k++) {
    if (at >= ARGUMENT_ROOM) return BAD_ARGUMENT;
    const length = load<u32>(ARGUMENTS + 4 * <usize>at);
    if (length >= ARGUMENT_ROOM - at) return BAD_ARGUMENT;
    at += 1 + length;
  }
  if (!cut) cutWords();
  return sortLines(rules, fewestWords, longestWord, marks, enough, RESULTS);
}

/** FineWeb: see fineweb.ts. */
export function fineweb(shortLength: u32): i32 {
  measureFineweb(shortLength, RESULTS);
  return 0;
}

/** Whether the text plainly has `fewest` words. */
export function plainlyHasWords(fewest: u32): bool {
  return cut ? <u32>((wordsEnd - words) / WORD) >= fewest : hasWords(text, textEnd, fewest);
}
