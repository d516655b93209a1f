// Hash tables from band keys to documents that store no keys: the scheme of src/dedupe/id-table.ts, whose head says why. A bucket of 16
// slots is a cache line. Tables lie in pages of 64 buckets, so a table that grows keeps the pages it has and takes a few more.
import { high4, keysOf4, low4 } from "./keys";
import { allocate, HIGHS, LOWS, PLACES, reach, scratch, STARTS_A, STARTS_B } from "./layout";
import { bands, count as documents, recordAt, rows, sameBand } from "./records";

/** Buckets in a page: 4 KiB. */
const PAGE_SHIFT: u32 = 6;
const PAGE: u32 = 1 << PAGE_SHIFT;
const PAGE_BYTES: usize = 1 << 12;
const BUCKET: u32 = 16;
const LARGEST_LOAD: f64 = 0.96;
/** The load of a table made for a known number of documents when all are in. */
const EXPECTED_LOAD: f64 = 0.85;
const GROWTH: f64 = 1.22;
/** Tables smaller than this grow by more at a time: what they take is nothing yet. */
const SMALL: u32 = 11_000;
const SMALL_GROWTH: f64 = GROWTH * GROWTH * GROWTH;
const LEAST_ID_BITS: u32 = 16;
const FIRST_ROOM: u32 = 8;
/** Documents entered together while a table grows; their keys lie where those of a group do otherwise. */
const TOGETHER: u32 = 128;
/** Where what is touched goes, so that no compiler takes the reads for useless. */
let touched: u32 = 0;

// Of each table: buckets, pages, directory and its room, entries and their limit, bits of a slot that hold the document's number plus
// one, and (64 bits) the size in pages at which it would stand had it grown undisturbed; with these sizes tables grow at different times.
const PAGES: usize = 4, DIRECTORY: usize = 8, ROOM: usize = 12, ENTRIES: usize = 16, LIMIT: usize = 20, ID_BITS: usize = 24, IDEAL: usize = 32;

const TABLE_BYTES: usize = 64;

let tables: usize = 0;

@inline
function tableOf(band: u32): usize {
  return tables + <usize>band * TABLE_BYTES;
}

/** Makes a table for each band, with room for `expected` documents; false without memory. */
export function createTables(expected: u32): bool {
  tables = allocate(<usize>bands * TABLE_BYTES);
  if (!tables) return false;
  memory.fill(tables, 0, <usize>bands * TABLE_BYTES);
  const buckets = max(PAGE, <u32>Math.ceil(<f64>expected / (EXPECTED_LOAD * BUCKET)));
  for (let band: u32 = 0; band < bands; band++) {
    store<f64>(tableOf(band), 1 + <f64>band / <f64>bands * (GROWTH - 1), IDEAL);
    if (!rebuild(band, buckets, idBitsFor(expected))) return false;
  }
  return true;
}

/** How many documents more can be added before the table has to grow. */
export function roomIn(band: u32): u32 {
  const table = tableOf(band);
  return min(load<u32>(table, LIMIT) - load<u32>(table, ENTRIES), (1 << load<u32>(table, ID_BITS)) - 1 - documents);
}

/** Makes room for `more` documents; false, and nothing lost, without memory. */
export function growTable(band: u32, more: u32): bool {
  const table = tableOf(band), room = load<u32>(table, LIMIT) - load<u32>(table, ENTRIES);
  let buckets = load<u32>(table);
  if (room < more) {
    const least = <u32>Math.ceil(<f64>(load<u32>(table, ENTRIES) + more) / (LARGEST_LOAD * BUCKET));
    let ideal = load<f64>(table, IDEAL), pages = <u32>Math.ceil(ideal);
    // Behind the next size, unless that is hardly more.
    while (pages << PAGE_SHIFT < least || pages << PAGE_SHIFT < buckets + (buckets >> 5)) pages = <u32>Math.ceil(ideal *= least < SMALL / BUCKET ? SMALL_GROWTH : GROWTH);
    // A document at a time grows as it goes, many at once take what they need.
    if (more > 1 && least > buckets) pages = (least + PAGE - 1) >> PAGE_SHIFT;
    else store<f64>(table, ideal, IDEAL);
    buckets = pages << PAGE_SHIFT;
  }
  return rebuild(band, buckets, idBitsFor(documents + more));
}

/** Enough for this number of documents and a growth more. */
function idBitsFor(count: u32): u32 {
  return max(LEAST_ID_BITS, <u32>(32 - clz(<u32>min(<f64>count * (GROWTH + 0.02) + 1, 4e9))));
}

/** The address of a bucket. */
@inline
function addressOf(directory: usize, bucket: u32): usize {
  return <usize>load<u32>(directory + (<usize>(bucket >> PAGE_SHIFT) << 2)) + (<usize>(bucket & (PAGE - 1)) << 6);
}

/** The bucket of a key: its high half as a fraction of the table. */
@inline
function homeOf(high: u32, buckets: u32): u32 {
  return <u32>((<u64>high * <u64>buckets) >> 32);
}

/** Of four keys. */
@inline
function homesOf4(high: v128, buckets: v128): v128 {
  const first = i64x2.extmul_low_i32x4_u(high, buckets), second = i64x2.extmul_high_i32x4_u(high, buckets);
  return i8x16.shuffle(first, second, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
}

@inline
export function bucketOf(band: u32, high: u32): usize {
  const table = tableOf(band);
  return addressOf(<usize>load<u32>(table, DIRECTORY), homeOf(high, load<u32>(table)));
}

/** Where the key of the last search that found nothing belongs. */
export let vacant: usize = 0;

@inline
function bitsOf(a: v128, b: v128, c: v128, d: v128): u32 {
  return <u32>i8x16.bitmask(i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d)));
}

/** The document whose band has the key, whose values are at `wanted` and whose bucket is at `bucket`; or -1. */
@inline
export function search(band: u32, bucket: usize, high: u32, low: u32, wanted: usize): i32 {
  const table = tableOf(band), idBits = load<u32>(table, ID_BITS);
  const tag = i32x4.splat(low), tagMask = i32x4.splat(-1 << idBits), zero = i32x4.splat(0);
  let at = bucket, step: u32 = 0;
  while (true) {
    const a = v128.load(at), b = v128.load(at, 16), c = v128.load(at, 32), d = v128.load(at, 48);
    const empty = bitsOf(i32x4.eq(a, zero), i32x4.eq(b, zero), i32x4.eq(c, zero), i32x4.eq(d, zero));
    let hits = ~empty & bitsOf(
      i32x4.eq(v128.and(v128.xor(a, tag), tagMask), zero), i32x4.eq(v128.and(v128.xor(b, tag), tagMask), zero),
      i32x4.eq(v128.and(v128.xor(c, tag), tagMask), zero), i32x4.eq(v128.and(v128.xor(d, tag), tagMask), zero),
    );
    for (; hits; hits &= hits - 1) {
      const id = (load<u32>(at + (<usize>ctz(hits) << 2)) & ((1 << idBits) - 1)) - 1;
      if (sameBand(recordAt(id) + (<usize>band * rows << 3), wanted)) return <i32>id;
    }
    if (empty) {
      vacant = at + (<usize>ctz(empty) << 2);
      return -1;
    }
    // The bucket is full: the next one goes on.
    const buckets = load<u32>(table);
    let next = homeOf(high, buckets) + ++step;
    if (next >= buckets) next -= buckets;
    at = addressOf(<usize>load<u32>(table, DIRECTORY), next);
  }
}

/** Adds document `id` for the key whose place `search` left in `place`. */
@inline
export function enter(band: u32, place: usize, low: u32, id: u32): void {
  const table = tableOf(band), idBits = load<u32>(table, ID_BITS);
  store<u32>(place, (low >> idBits << idBits) | (id + 1));
  store<u32>(table, load<u32>(table, ENTRIES) + 1, ENTRIES);
}

/** Enough pages for a number of buckets; false, and nothing lost, without memory. */
function takePages(table: usize, buckets: u32): bool {
  const wanted = (buckets + PAGE - 1) >> PAGE_SHIFT;
  let room = load<u32>(table, ROOM), directory = <usize>load<u32>(table, DIRECTORY), pages = load<u32>(table, PAGES);
  if (wanted > room) {
    const larger = max(FIRST_ROOM, max(wanted, room << 1)), moved = allocate(<usize>larger << 2);
    if (!moved) return false;
    memory.copy(moved, directory, <usize>pages << 2);
    store<u32>(table, directory = moved, DIRECTORY);
    store<u32>(table, larger, ROOM);
  }
  for (; pages < wanted; pages++) {
    const page = allocate(PAGE_BYTES);
    if (!page) return false;
    store<u32>(directory + (<usize>pages << 2), page);
    store<u32>(table, pages + 1, PAGES);
  }
  return true;
}

/**
 * Gives a table a number of buckets and enters its documents again, in their order: sequential reads, and stores that wait for nothing.
 * Which documents are in the table is told by the table itself, before it is emptied.
 */
function rebuild(band: u32, buckets: u32, idBits: u32): bool {
  const table = tableOf(band), before = load<u32>(table), entries = load<u32>(table, ENTRIES), all = entries == documents;
  if (!takePages(table, buckets)) return false;
  // A bit for each document, where not all are in the table, and a byte for each bucket: how many are in it.
  const entered = scratch(), enteredBytes: usize = all ? 0 : (<usize>documents + 63) >> 3, filled = entered + enteredBytes;
  if (!reach(<u64>filled + buckets)) return false;
  const directory = <usize>load<u32>(table, DIRECTORY);
  if (!all) {
    memory.fill(entered, 0, enteredBytes);
    noteEntered(directory, before, (1 << load<u32>(table, ID_BITS)) - 1, entered);
  }
  for (let page: u32 = 0, pages = (buckets + PAGE - 1) >> PAGE_SHIFT; page < pages; page++) {
    memory.fill(<usize>load<u32>(directory + (<usize>page << 2)), 0, PAGE_BYTES);
  }
  memory.fill(filled, 0, buckets);
  store<u32>(table, buckets);
  store<u32>(table, <u32>(<f64>(buckets * BUCKET) * LARGEST_LOAD), LIMIT);
  store<u32>(table, idBits, ID_BITS);
  for (let first: u32 = 0; first < documents; first += TOGETHER) {
    const last = min(first + TOGETHER, documents);
    findPlaces(first, last, band, buckets, idBits, directory);
    putBack(first, last, buckets, directory, filled, all ? 0 : entered);
  }
  return true;
}

/**
 * Where documents belong in a table that is being filled: bucket, its address, and the tag of each. Small functions, since the engine
 * improves a function while it is called, and not a loop while it runs.
 */
function findPlaces(first: u32, last: u32, band: u32, buckets: u32, idBits: u32, directory: usize): void {
  const values = <usize>band * rows << 3;
  const startA = v128.load32_splat(STARTS_A + (<usize>band << 2)), startB = v128.load32_splat(STARTS_B + (<usize>band << 2));
  let sum: u32 = 0;
  for (let id = first; id < last; id += 8) sum ^= load<u32>(recordAt(id) + values);
  for (let id = first, to: usize = 0; id < last; id += 4, to += 16) {
    keysOf4(recordAt(id) + values, rows, startA, startB);
    const home = homesOf4(high4, i32x4.splat(buckets)), offset = i32x4.shl(v128.and(home, i32x4.splat(PAGE - 1)), 6);
    v128.store(HIGHS + to, home);
    v128.store(LOWS + to, i32x4.shl(i32x4.shr_u(low4, idBits), idBits));
    const page = i32x4.shl(i32x4.shr_u(home, PAGE_SHIFT), 2);
    store<u32>(PLACES + to, load<u32>(directory + <usize>i32x4.extract_lane(page, 0)) + i32x4.extract_lane(offset, 0));
    store<u32>(PLACES + to, load<u32>(directory + <usize>i32x4.extract_lane(page, 1)) + i32x4.extract_lane(offset, 1), 4);
    store<u32>(PLACES + to, load<u32>(directory + <usize>i32x4.extract_lane(page, 2)) + i32x4.extract_lane(offset, 2), 8);
    store<u32>(PLACES + to, load<u32>(directory + <usize>i32x4.extract_lane(page, 3)) + i32x4.extract_lane(offset, 3), 12);
  }
  // A store waits for its cache line, and the stores behind it wait too; loads do not. So all lines are asked for by loads first.
  for (let p = PLACES, end = PLACES + (<usize>(last - first) + 3 & ~3) * 4; p < end; p += 16) {
    sum ^= load<u32>(load<u32>(p)) ^ load<u32>(load<u32>(p, 4)) ^ load<u32>(load<u32>(p, 8)) ^ load<u32>(load<u32>(p, 12));
  }
  touched = sum;
}

/** Enters the documents whose places were found last, those that `entered` has a bit for, if it is given. */
function putBack(first: u32, last: u32, buckets: u32, directory: usize, filled: usize, entered: usize): void {
  for (let id = first, at: usize = 0; id < last; id++, at += 4) {
    if (entered && !((load<u8>(entered + (id >> 3)) >> (id & 7)) & 1)) continue;
    let bucket = load<u32>(HIGHS + at), place = <usize>load<u32>(PLACES + at), there: u32 = load<u8>(filled + bucket);
    while (there == BUCKET) {
      if (++bucket == buckets) bucket = 0;
      place = addressOf(directory, bucket);
      there = load<u8>(filled + bucket);
    }
    store<u8>(filled + bucket, there + 1);
    store<u32>(place + (<usize>there << 2), load<u32>(LOWS + at) | (id + 1));
  }
}

function noteEntered(directory: usize, buckets: u32, idMask: u32, bits: usize): void {
  for (let bucket: u32 = 0; bucket < buckets; bucket++) {
    const address = addressOf(directory, bucket);
    for (let at = address; at < address + 64; at += 4) {
      const entry = load<u32>(at);
      if (!entry) break;
      const id = (entry & idMask) - 1, byte = bits + (id >> 3);
      store<u8>(byte, <u8>(<u32>load<u8>(byte) | (1 << (id & 7))));
    }
  }
}
