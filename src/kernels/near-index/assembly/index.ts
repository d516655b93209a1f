// The index of signatures: src/dedupe/near-index-reference.ts in linear memory. One instance holds as many documents as its memory has
// room for; it says when it is full, and has then changed nothing. Counts and places from the host are checked here, results there.
import { GOLDEN, high4, keysOf4, low4, START_A, START_B } from "./keys";
import {
  BATCH, GROUP, GROUP_KEYS, HIGHS, INPUT, INPUT_BYTES, LARGEST_BANDS, LARGEST_SIGNATURE, LOWS, OWNERS, PAIRS, PLACES, reach, RESULTS, STARTS_A, STARTS_B, used,
} from "./layout";
import { append, bands, count, createRecords, equalValues, readRecord, recordFits, rows, size } from "./records";
import { bucketOf, createTables, enter, growTable, roomIn, search, vacant } from "./table";

const NOTHING: i32 = -1;
const FULL: i32 = -2;
const BAD_ARGUMENT: i32 = -3;

/** The least number of equal values of a match. */
let needed: u32 = 0;
/** So many documents can be added before a table has to grow. */
let slack: u32 = 0;
/** Whether what `find` left is that of the signature in the input. */
let looked: bool = false;
/** Keys of a signature, a multiple of four, and signatures in a group. */
let stride: u32 = 0;
let group: u32 = 0;
/** Where what is touched goes, so that no compiler takes the reads for useless. */
let touched: u32 = 0;

/** Makes an empty index with room for `expected` documents; false without memory. To be called once, first. */
export function create(bandCount: u32, rowCount: u32, neededValues: u32, expected: u32): bool {
  if (bandCount < 1 || bandCount > LARGEST_BANDS || rowCount < 1 || rowCount > LARGEST_SIGNATURE) return false;
  if (bandCount * rowCount > LARGEST_SIGNATURE || neededValues > LARGEST_SIGNATURE) return false;
  if (!reach(used()) || !createRecords(bandCount, rowCount)) return false;
  needed = neededValues;
  store<f64>(PAIRS, 0);
  for (let band: u32 = 0; band < LARGEST_BANDS; band++) {
    store<u32>(STARTS_A + (<usize>band << 2), START_A ^ ((band + 1) * GOLDEN));
    store<u32>(STARTS_B + (<usize>band << 2), START_B ^ ((band + 1) * GOLDEN));
  }
  stride = (bandCount + 3) & ~3;
  group = min(GROUP, GROUP_KEYS / stride);
  return createTables(expected);
}

export function inputAddress(): usize { return INPUT; }
export function resultsAddress(): usize { return RESULTS; }
export function ownersAddress(): usize { return OWNERS; }
/** Bytes of memory in use. */
export function bytes(): u32 { return <u32>used(); }
/** Where the number of pairs compared so far is, as a 64-bit floating-point number. */
export function pairsAddress(): usize { return PAIRS; }

/** Makes room for `more` documents in the tables at once; false without memory. */
export function reserve(more: u32): bool {
  if (more > 0x3fffffff - count) return false;
  for (let band: u32 = 0; band < bands; band++) if (roomIn(band) < more && !growTable(band, more)) return false;
  slack = 0;
  looked = false;
  return true;
}

/** Makes sure that a document can be added; false, and nothing lost, without memory. */
export function prepare(): bool {
  if (!slack) {
    let least: u32 = u32.MAX_VALUE;
    for (let band: u32 = 0; band < bands; band++) {
      if (!roomIn(band) && !growTable(band, 1)) return false;
      least = min(least, roomIn(band));
    }
    slack = least;
    looked = false;
  }
  return recordFits();
}

/**
 * The keys of `total` signatures, a group at most, and their buckets on the way into the cache: all are asked for before any is used, so
 * that the waits for memory overlap.
 */
function touch(signatures: usize, total: u32): void {
  let at: usize = 0;
  for (let i: u32 = 0, signature = signatures; i < total; i++, signature += size) {
    for (let band: u32 = 0; band < bands; band += 4, at += 16) {
      const start = <usize>band << 2;
      keysOf4(signature + <usize>band * rows, rows, v128.load(STARTS_A + start), v128.load(STARTS_B + start));
      v128.store(HIGHS + at, high4);
      v128.store(LOWS + at, low4);
    }
  }
  for (let i: u32 = 0; i < total; i++) {
    at = <usize>(i * stride) << 2;
    for (let band: u32 = 0; band < bands; band++, at += 4) store<u32>(PLACES + at, bucketOf(band, load<u32>(HIGHS + at)));
    for (; at < <usize>((i + 1) * stride) << 2; at += 4) store<u32>(PLACES + at, INPUT);
  }
  // Nothing else in this loop: the fewer instructions between two loads, the more of them are under way at the same time.
  let sum: u32 = 0;
  for (let p = PLACES, end = PLACES + (<usize>(total * stride) << 2); p < end; p += 16) {
    sum ^= load<u32>(load<u32>(p)) ^ load<u32>(load<u32>(p, 4)) ^ load<u32>(load<u32>(p, 8)) ^ load<u32>(load<u32>(p, 12));
  }
  touched = sum;
}

/** The owners of the keys of a signature of the group, and where those belong that have none; returns whether there is an owner. */
function lookUp(signature: usize, index: u32): bool {
  let found = false, at = <usize>(index * stride) << 2, wanted = signature;
  for (let band: u32 = 0; band < bands; band++, at += 4, wanted += rows) {
    const owner = search(band, load<u32>(PLACES + at), load<u32>(HIGHS + at), load<u32>(LOWS + at), wanted);
    store<i32>(OWNERS + (<usize>band << 2), owner);
    if (owner < 0) store<u32>(PLACES + at, vacant);
    else found = true;
  }
  return found;
}

/** The most similar of the owners, or -1; of equals the one added first. Its equal values go to the second word of `result`. */
function best(signature: usize, result: usize): i32 {
  let id: i32 = NOTHING, most = needed - 1, last: i32 = NOTHING, pairs: u32 = 0;
  for (let band: u32 = 0; band < bands; band++) {
    const owner = load<i32>(OWNERS + (<usize>band << 2));
    if (owner < 0 || owner == last || isBefore(owner, band)) continue;
    last = owner;
    pairs++;
    const equal = equalValues(owner, signature);
    // `needed` may be 0, so numbers are compared with one added.
    if (equal + 1 > most + 1 || (equal == most && id >= 0 && owner < id)) {
      id = owner;
      most = equal;
    }
  }
  store<f64>(PAIRS, load<f64>(PAIRS) + <f64>pairs);
  store<u32>(result, most, 4);
  return id;
}

function isBefore(owner: i32, band: u32): bool {
  for (let at = OWNERS, end = OWNERS + (<usize>band << 2); at < end; at += 4) if (load<i32>(at) == owner) return true;
  return false;
}

/** Adds a signature of the group that was looked up. */
function addLookedUp(signature: usize, index: u32): i32 {
  const id = count;
  let at = <usize>(index * stride) << 2;
  for (let band: u32 = 0; band < bands; band++, at += 4) {
    if (load<i32>(OWNERS + (<usize>band << 2)) < 0) enter(band, load<u32>(PLACES + at), load<u32>(LOWS + at), id);
  }
  append(signature);
  slack--;
  return <i32>id;
}

/** The most similar document that shares a key with the signature in the input and has the equal values that are needed, or -1. */
export function find(): i32 {
  looked = true;
  touch(INPUT, 1);
  const id = lookUp(INPUT, 0) ? best(INPUT, RESULTS) : NOTHING;
  store<i32>(RESULTS, id);
  return id;
}

/** As `find`, but compares nothing: for what is to be added whatever it is like. */
export function locate(): void {
  looked = true;
  touch(INPUT, 1);
  lookUp(INPUT, 0);
}

/** Adds the signature in the input, behind `prepare` and `find` or `locate`; where the host has set an owner, another index has the key. */
export function add(): i32 {
  if (!looked || !slack) return BAD_ARGUMENT;
  looked = false;
  return addLookedUp(INPUT, 0);
}

/** `find`, and where it finds nothing, `prepare` and `add`: what `find` returns, or that the index is full. */
export function insert(): i32 {
  return insertBatch(1) ? load<i32>(RESULTS) : FULL;
}

/** Inserts the first `total` signatures of the input, one after the other; returns how many, which is less when the index is full. */
export function insertBatch(total: u32): i32 {
  return takeBatch(total, false);
}

/** Adds the first `total` signatures of the input, whatever they are like; returns as `insertBatch`. */
export function addBatch(total: u32): i32 {
  return takeBatch(total, true);
}

function takeBatch(total: u32, adding: bool): i32 {
  if (total > BATCH || total * <u32>size > INPUT_BYTES) return BAD_ARGUMENT;
  looked = false;
  for (let first: u32 = 0; first < total; ) {
    if (!prepare()) return first;
    // No table grows within a group.
    const taken = min(min(group, slack), total - first), signatures = INPUT + <usize>first * size;
    touch(signatures, taken);
    for (let i: u32 = 0; i < taken; i++) {
      const signature = signatures + <usize>i * size, result = RESULTS + (<usize>(first + i) << 3);
      const id = lookUp(signature, i) && !adding ? best(signature, result) : NOTHING;
      store<i32>(result, id);
      if (id >= 0) continue;
      if (!recordFits()) return first + i;
      addLookedUp(signature, i);
    }
    first += taken;
  }
  return total;
}

/** Writes the signatures of `total` documents from `first` on into the input. */
export function read(first: u32, total: u32): bool {
  if (first > count || total > count - first || total * <u32>size > INPUT_BYTES) return false;
  looked = false;
  for (let i: u32 = 0; i < total; i++) readRecord(first + i, INPUT + <usize>i * size);
  return true;
}

export { addPrints, createPrints, insertPrints, lookPrints, printsAddress } from "./prints";
