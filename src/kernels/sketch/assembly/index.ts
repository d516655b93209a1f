export {
  addSpecial, addUnit, beginSignature, configureDatatrove, createDatatrove, endsAddress, finishSignature, hashesAddress, permutationsAddress,
  resultsAddress, takeGivenWords, takeHashes, takeWords, wordsAddress, wordsLength,
} from "./datatrove";
import { cutEnglish } from "./datatrove";
// The sketch kernel: UTF-8 in, normal form, signature and band keys out, as src/dedupe defines them. Addresses and counts from the host
// are checked here; its results are checked there. The host guarantees well-formed UTF-8 cut between code points.
import { takePage } from "./fold";
import {
  BATCH, CHUNK, COUNTS, HANDOVER, INPUT, INPUT_BYTES, KEYS, NORMAL, reserve, SIGNATURES, SPANS,
} from "./layout";
import { bands, beginSketch, configureSketch, finishSketch, size, takeUnits } from "./minhash";
import { beginNormal, createPacking, missingPage, moveNormalEnd, normalEnd, normalise, wordIsOpen } from "./normalise";
import { beginSimple, endSimple, hard, odd, simplify } from "./simplify";
import { beginUnits, countUnits, hashCharacters, hashWords, interruptWord } from "./units";

const BAD_ARGUMENT: i32 = -1;

let characters: bool = false;
/** Up to where the normal form has been hashed, and where what the last window added begins. */
let hashed: usize = NORMAL;
let fresh: usize = NORMAL;
let freshCharacters: u32 = 0;

/** Makes memory ready; false when there is not enough. To be called once, first. */
export function create(): bool {
  if (!reserve()) return false;
  createPacking();
  return true;
}

export function inputAddress(): usize { return INPUT; }
export function handoverAddress(): usize { return HANDOVER; }
export function spansAddress(): usize { return SPANS; }
export function normalAddress(): usize { return NORMAL; }
export function signaturesAddress(): usize { return SIGNATURES; }
export function keysAddress(): usize { return KEYS; }
export function countsAddress(): usize { return COUNTS; }
/** Bytes of normal form in memory, and how many of them were there before the last window. */
export function normalLength(): u32 { return <u32>(normalEnd - NORMAL); }
export function freshFrom(): u32 { return <u32>(fresh - NORMAL); }
export function missing(): i32 { return missingPage; }

/** Takes a page of the fold from the handover. */
export function setPage(page: u32, words: u32): bool {
  return takePage(page, words);
}

/** Parameters of the sketch, and whether its units are characters. */
export function configure(ngram: u32, bandCount: u32, rowCount: u32, seed: u32, ofCharacters: bool): bool {
  if (!configureSketch(ngram, bandCount, rowCount, seed)) return false;
  characters = ofCharacters;
  return true;
}

/** Begins a document. */
export function begin(keepSymbols: bool): void {
  beginNormal(keepSymbols);
  restartSketch();
}

/**
 * Normalises the bytes of the input between two offsets and appends them to the normal form. Returns the offset reached, which is less
 * than `to` when a page of the fold is missing (see `missing`) or the normal form has no more room.
 */
export function read(from: u32, to: u32): i32 {
  if (from > to || to > INPUT_BYTES) return BAD_ARGUMENT;
  return <i32>(normalise(INPUT + from, INPUT + to) - INPUT);
}

/**
 * `begin`, `read`, `end` and the counts of a document that is in the input as a whole, in one crossing; its words and characters and the
 * length of its normal form are the first numbers of the counts. Returns as `read`: when that is less than `bytes`, nothing is told.
 */
export function readWhole(bytes: u32, keepSymbols: bool): i32 {
  begin(keepSymbols);
  const reached = read(0, bytes);
  if (reached != <i32>bytes) return reached;
  end();
  // The last word has no space behind it.
  store<u64>(COUNTS, countUnits(NORMAL, normalEnd) + <u64>(normalEnd > NORMAL));
  store<u32>(COUNTS, normalLength(), 8);
  return reached;
}

/** `restartSketch` and `sketchRest`, for a document that is in memory as a whole. */
export function sketchWhole(): i32 {
  restartSketch();
  return sketchRest(0);
}

/** Counts what the last window added; returns the words, but for one that no space ends. */
export function countFresh(): u32 {
  const counts = countUnits(fresh, normalEnd);
  freshCharacters = <u32>(counts >> 32);
  return <u32>counts;
}

/** The characters counted last. */
export function charactersCounted(): u32 { return freshCharacters; }

/** Begins the sketch of the same document again, which must be in memory as a whole. */
function restartSketch(): void {
  beginUnits();
  beginSketch();
  hashed = fresh = NORMAL;
}

/** Whether the normal form ends in a word, which no space has ended. */
export function isOpen(): bool { return wordIsOpen(); }

/**
 * Ends the document: its last space goes. Returns whether there was one in this window, and with it the end of a word, which may have
 * begun in the window before. To be called before `sketchRest` of the last window.
 */
export function end(): bool {
  if (normalEnd == NORMAL || wordIsOpen()) return false;
  moveNormalEnd(normalEnd - 1);
  return true;
}

/** Hashes what the normal form has added; with `last`, up to its end. */
function hashTo(stop: usize): void {
  while (hashed < stop) {
    let next = min(hashed + CHUNK, stop);
    if (characters) {
      while (next < stop && (load<u8>(next) & 0xc0) == 0x80) next--;
      takeUnits(hashCharacters(hashed, next));
    } else takeUnits(hashWords(hashed, next));
    hashed = next;
  }
}

/** Hashes the last window and writes the sketch as that of document `index` of a batch; returns whether it has a shingle. */
export function sketchRest(index: u32): i32 {
  if (index >= BATCH) return BAD_ARGUMENT;
  // A space ends the last word; it is no part of the normal form. A document that ended in one has it there already.
  store<u8>(normalEnd, 0x20);
  hashTo(normalEnd > NORMAL ? normalEnd + 1 : NORMAL);
  return <i32>finishSketch(SIGNATURES + <usize>(index * size), KEYS + <usize>(index * bands * 8));
}

/**
 * Ends a window that is not the last: hashes it if asked to, and makes room, keeping what is not hashed. Behind it, the normal form
 * goes on at `freshFrom`.
 */
export function nextWindow(sketching: bool): void {
  let rest = normalEnd;
  if (sketching) {
    hashTo(normalEnd);
    if (!characters) rest = interruptWord(normalEnd);
  }
  const length = normalEnd - rest;
  memory.copy(NORMAL, rest, length);
  moveNormalEnd(NORMAL + length);
  fresh = hashed = NORMAL + length;
}

/**
 * Sketches the documents `from` to `count` of the spans, writing counts, signature and keys of each; returns how many were finished.
 * Less than `count`: the next one needs a page of the fold (see `missing`) or, where none is missing, more room than there is.
 */
export function batch(from: u32, count: u32): i32 {
  if (from > count || count > BATCH) return BAD_ARGUMENT;
  for (let i = from; i < count; i++) {
    const start = load<u32>(SPANS + (<usize>i << 3)), length = load<u32>(SPANS + (<usize>i << 3), 4);
    if (start > INPUT_BYTES || length > INPUT_BYTES - start) return BAD_ARGUMENT;
    begin(false);
    if (read(start, start + length) < <i32>(start + length)) return <i32>i;
    end();
    const units = countUnits(NORMAL, normalEnd);
    // The last word has no space behind it.
    store<u64>(COUNTS + (<usize>i << 3), units + <u64>(normalEnd > NORMAL));
    sketchRest(i);
  }
  return <i32>count;
}

// ---- the profile of datatrove ----------------------------------------------------------------------------------------------

export function beginText(): void {
  beginSimple();
}

/** Simplifies the input between two offsets; returns as `read`. */
export function simplifyText(from: u32, to: u32): i32 {
  if (from > to || to > INPUT_BYTES) return BAD_ARGUMENT;
  return <i32>(simplify(INPUT + from, INPUT + to) - INPUT);
}

export function endText(): void {
  endSimple();
}

/** Whether only the host can simplify the text; whether only the host can cut it into English words. */
export function isHard(): bool { return hard; }
export function isOdd(): bool { return odd; }

/** Cuts the simplified text into English words; false where only the host can. */
export function cutText(): bool {
  return cutEnglish(NORMAL, normalEnd);
}
