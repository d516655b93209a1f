// Byte-level BPE on UTF-8 bytes in linear memory: the functions that the host (kernel.ts) calls. To make an encoder: createClasses,
// createVocabulary and perhaps createRules return where to write their input; build turns it into tables; createWindow makes room
// for text. Then encode and encodePieces, as often as wanted, allocate nothing.
//
// Every count and address that comes from the host is checked against what was allocated. A document or piece of n bytes has at
// most n tokens, so a token buffer with a place for every byte of the window cannot overflow.
import { allocate, mark, release } from "./arena";
import { createBorders } from "./borders";
import { createCache, refillCache } from "./cache";
import { finishClasses } from "./classes";
import { setMergeRules, setPlaces } from "./merge";
import { createShort } from "./merge-short";
import { clearMemo, createPairs } from "./pairs";
import { findParts } from "./parts";
import { createQueue, enqueue, flush, QUEUE } from "./queue";
import { createCl100k, encodeCl100k } from "./scan-cl100k";
import { createO200k, encodeO200k } from "./scan-o200k";
import { encodeR50k } from "./scan-r50k";
import { clearCharacters, createSegments } from "./segments";
import { buildTrie } from "./trie-build";
import { finishVocabulary } from "./vocabulary";

export { createClasses } from "./classes";
export { createRules } from "./parts";
export { createVocabulary } from "./vocabulary";

/** What can go wrong, as negative results of encode and encodePieces. */
const BAD_ARGUMENT: i32 = -1,
  NO_SUCH_BYTE: i32 = -2;

/** Zero bytes behind every document: as many as a load may reach past the end of a text (a 32-byte key from its last byte). */
const PADDING: u32 = 64;

let windowMark: usize = 0;
let text: usize = 0;
let textBytes: u32 = 0;
let spans: usize = 0; // what to encode: {start, length} u32 each, or the bounds of pieces
let spanCount: u32 = 0;
let ends: usize = 0; // per document: how many ids there are up to its end
let ids: usize = 0;

/**
 * Turns what the host wrote into tables. 0: done; 1: out of memory; 2: too many trie states; 3: a token stands twice; 4: the order
 * of the merges does not suit the method; 5: the input is not well-formed.
 */
export function build(pageCount: u32, byteTotal: u32, wholePieces: bool, idsDiffer: bool): i32 {
  if (!finishClasses(pageCount) || !finishVocabulary()) return 5;
  const failure = buildTrie(byteTotal);
  if (failure) return failure;
  if (!createPairs() || !createBorders()) return 1;
  const missing = findParts();
  if (missing) return missing;
  setMergeRules(wholePieces, idsDiffer);
  if (!createShort() || !createCache() || !createQueue() || !createSegments() || !createCl100k() || !createO200k()) return 1;
  refillCache();
  windowMark = mark();
  return 0;
}

/** Makes the working memory anew: room for `bytes` of text with padding, and for `count` documents or pieces. False without memory. */
export function createWindow(bytes: u32, count: u32): bool {
  release(windowMark);
  textBytes = 0;
  text = allocate(<u64>bytes + PADDING);
  spans = allocate(8 * <u64>count + 8);
  ends = allocate(4 * <u64>count);
  const places = allocate((bytes >> 3) + 64);
  // Ids are stored four at a time, up to seven of them behind the last one that counts.
  ids = allocate(4 * <u64>bytes + 256);
  if (!text || !spans || !ends || !places || !ids) return false;
  setPlaces(places);
  textBytes = bytes;
  spanCount = count;
  return true;
}

export function textAddress(): usize {
  return text;
}

export function spansAddress(): usize {
  return spans;
}

export function endsAddress(): usize {
  return ends;
}

export function idsAddress(): usize {
  return ids;
}

/** Forgets every piece seen, so that two measurements start alike. Tokens never depend on the cache. */
export function clearCache(): void {
  refillCache();
  clearMemo();
  clearCharacters();
}

/**
 * Encodes `count` documents that stand in the window with PADDING bytes behind each. Their ids come one after the other; `ends` says
 * where each document's end. Returns the number of ids, or a negative code.
 */
export function encode(count: u32, pattern: u32): i32 {
  if (count > spanCount || pattern > 3) return BAD_ARGUMENT;
  let out = ids,
    room = textBytes;
  for (let i: u32 = 0; i < count; i++) {
    const start = load<u32>(spans + ((<usize>i) << 3)),
      length = load<u32>(spans + ((<usize>i) << 3), 4);
    if (<u64>start + length > textBytes || length > room) return BAD_ARGUMENT;
    room -= length;
    const from = text + start,
      end = from + length;
    memory.fill(end, 0, PADDING);
    if (pattern == 0) out = encodeR50k(from, end, out);
    else if (pattern == 1) out = encodeCl100k(from, end, out, 3);
    else if (pattern == 2) out = encodeCl100k(from, end, out, 1);
    else out = encodeO200k(from, end, out);
    if (!out) return NO_SUCH_BYTE;
    store<u32>(ends + ((<usize>i) << 2), <u32>(out - ids) >> 2);
  }
  return <i32>((out - ids) >> 2);
}

/** Encodes `count` pieces whose bounds (`count + 1` of them, ascending) stand in `spans`. Returns as encode does. */
export function encodePieces(count: u32): i32 {
  if (count > spanCount || load<u32>(spans + ((<usize>count) << 2)) > textBytes) return BAD_ARGUMENT;
  memory.fill(text + load<u32>(spans + ((<usize>count) << 2)), 0, PADDING);
  let out = ids,
    queued: u32 = 0,
    start = load<u32>(spans);
  for (let i: u32 = 1; i <= count; i++) {
    const end = load<u32>(spans + ((<usize>i) << 2));
    if (end < start) return BAD_ARGUMENT;
    if (end > start) {
      enqueue(text + start, end - start, queued);
      if (++queued == QUEUE) {
        out = flush(QUEUE, out);
        if (!out) return NO_SUCH_BYTE;
        queued = 0;
      }
    }
    start = end;
  }
  out = flush(queued, out);
  return out ? <i32>((out - ids) >> 2) : NO_SUCH_BYTE;
}
