// The keys of documents to partitions: for every band the 64 bits of its key and the document, three words, to the partition of the band and
// the key's first bits; the exact key and the document, five words, to partitions of their own behind those. A partition is a chain of
// blocks from one pool; the host empties the pool to disk when it is full.
import { blockA, blockA4, blockB, blockB4, GOLDEN, mix, mix4, START_A, START_B } from "../../sketch/assembly/hash";
import { aligned, base, reach, SLACK } from "./memory";

const SIGNED: u8 = 1, FAILED: u8 = 2;
const KEY: u32 = 16;
export const BAND_ENTRY: u32 = 12;
export const EXACT_ENTRY: u32 = 20;
const MOST_BANDS: u32 = 128, MOST_VALUES: u32 = 512;
const MOST_BITS: u32 = 20;

const BAD_ARGUMENT: i32 = -1, FULL: i32 = -2;

let bands: u32 = 0, rows: u32 = 0, width: u32 = 0;
let bits: u32 = 0, exactBits: u32 = 0, partitions: u32 = 0;
let sliceRoom: u32 = 0;
let blockBytes: u32 = 0, blocks: u32 = 0, used: u32 = 0;
/** Blocks that one slice may take at most. */
let reserve: u32 = 0;

/** The slice: kinds, keys, signatures. Then for its signed documents: numbers, and for each band keys. */
let kinds: u32 = 0, keys: u32 = 0, signatures: u32 = 0, numbers: u32 = 0, bandKeys: u32 = 0;
/** For each partition: where its next entry goes, where its block ends, its first block plus one, its last. For each block: the next one plus one. */
let cursors: u32 = 0, limits: u32 = 0, heads: u32 = 0, tails: u32 = 0, chain: u32 = 0;
let pool: u32 = 0;

/**
 * Lays out a slice of `slice` documents, `bandCount << bandBits` partitions for bands and `1 << exactKeyBits` for exact keys, and a pool of `count`
 * blocks of `size` bytes, a multiple of 60. False for what makes no sense or does not fit.
 */
export function createPartitions(bandCount: u32, rowCount: u32, bandBits: u32, exactKeyBits: u32, slice: u32, size: u32, count: u32): bool {
  partitions = 0;
  if (bandCount > MOST_BANDS || bandCount * rowCount > MOST_VALUES || (bandCount && !rowCount)) return false;
  if (bandBits > MOST_BITS || exactKeyBits > MOST_BITS || !slice || slice > 0xffff || !size || size % 60 || size > 1 << 24) return false;
  const parts = (bandCount << bandBits) + (1 << exactKeyBits), values = bandCount * rowCount;
  const atKeys = aligned(base + slice),
    atSignatures = aligned(atKeys + <u64>slice * KEY),
    atNumbers = aligned(atSignatures + <u64>slice * values + SLACK),
    atBandKeys = aligned(atNumbers + <u64>slice * 4),
    atCursors = aligned(atBandKeys + <u64>slice * bandCount * 8 + SLACK),
    atChain = aligned(atCursors + <u64>parts * 16),
    atPool = aligned(atChain + <u64>count * 4);
  if (!reach(atPool + <u64>count * size + SLACK)) return false;
  bands = bandCount;
  rows = rowCount;
  width = values;
  bits = bandBits;
  exactBits = exactKeyBits;
  sliceRoom = slice;
  blockBytes = size;
  blocks = count;
  // Every partition may be at the end of a block, and n entries fill n / (entries of a block) more.
  reserve = parts + <u32>((<u64>slice * (bandCount * BAND_ENTRY + EXACT_ENTRY)) / size) + 2;
  kinds = <u32>base;
  keys = <u32>atKeys;
  signatures = <u32>atSignatures;
  numbers = <u32>atNumbers;
  bandKeys = <u32>atBandKeys;
  cursors = <u32>atCursors;
  limits = cursors + parts * 4;
  heads = limits + parts * 4;
  tails = heads + parts * 4;
  chain = <u32>atChain;
  pool = <u32>atPool;
  partitions = parts;
  emptyPartitions();
  return blocks >= reserve;
}

/** The slice's columns: `slice` kinds, 16-byte keys and signatures, each beginning at a multiple of 64. */
export function sliceAddress(): u32 {
  return kinds;
}

/** For each partition the address where its next entry goes. */
export function cursorsAddress(): u32 {
  return cursors;
}

/** For each partition its first block plus one, or 0. */
export function headsAddress(): u32 {
  return heads;
}

/** For each block in use the next one of its partition plus one, or 0. */
export function blockChainAddress(): u32 {
  return chain;
}

export function poolAddress(): u32 {
  return pool;
}

/** Bytes of entries of a partition that are in memory. */
export function bytesIn(partition: u32): u32 {
  if (partition >= partitions) return 0;
  const last = limits + partition * 4;
  let bytes: u32 = 0;
  for (let next = firstBlock(partition); next; next = nextBlock(next)) bytes += blockBytes;
  return bytes ? bytes - (load<u32>(last) - load<u32>(cursors + partition * 4)) : 0;
}

/** The first block of a partition plus one, or 0. */
@inline
export function firstBlock(partition: u32): u32 {
  return load<u32>(heads + partition * 4);
}

/** The block, plus one, that follows the one that `next`, not 0, stands for. */
@inline
export function nextBlock(next: u32): u32 {
  return load<u32>(chain + (next - 1) * 4);
}

@inline
export function blockAddress(next: u32): u32 {
  return pool + (next - 1) * blockBytes;
}

/** Where the entries of a block of the partition end. */
@inline
export function blockEnd(next: u32, partition: u32): u32 {
  return nextBlock(next) ? blockAddress(next) + blockBytes : load<u32>(cursors + partition * 4);
}

/** Forgets all entries. */
export function emptyPartitions(): void {
  memory.fill(cursors, 0, partitions * 16);
  used = 0;
}

/** Distributes the keys of the first `count` documents of the slice, numbered from `first` on. FULL, and nothing done, when the pool must be emptied first. */
export function distribute(count: u32, first: u32): i32 {
  if (!partitions || count > sliceRoom) return BAD_ARGUMENT;
  if (blocks - used < reserve) return FULL;
  const signed = bands ? makeKeys(count, first) : 0;
  for (let band: u32 = 0; band < bands; band++) appendBand(band, signed);
  appendExact(count, first);
  return 0;
}

/** Numbers and band keys of the signed documents; returns how many there are. */
function makeKeys(count: u32, first: u32): u32 {
  let signed: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    if (load<u8>(kinds + i) != SIGNED) continue;
    store<u32>(numbers + signed * 4, first + i);
    const from = signatures + i * width, to = bandKeys + signed * 8;
    if (rows == 8) fourBandsAtOnce(from, to);
    else for (let band: u32 = 0; band < bands; band++) store<u64>(to + band * sliceRoom * 8, keyOf(from + band * rows, band));
    signed++;
  }
  return signed;
}

/** Bands of eight values, which are two words, are hashed four at a time; what is read behind the last band is not stored. */
@inline
function fourBandsAtOnce(from: u32, to: u32): void {
  const stride = sliceRoom * 8, step = i32x4.splat(4 * GOLDEN);
  let salt = i32x4(GOLDEN, 2 * GOLDEN, 3 * GOLDEN, 4 * GOLDEN);
  for (let band: u32 = 0; band < bands; band += 4) {
    const x = v128.load(from), y = v128.load(from, 16);
    from += 32;
    const low = v128.shuffle<i32>(x, y, 0, 2, 4, 6), high = v128.shuffle<i32>(x, y, 1, 3, 5, 7);
    const a = mix4(blockA4(v128.xor(low, salt), high)), b = mix4(blockB4(low, v128.xor(high, salt)));
    salt = i32x4.add(salt, step);
    const two = v128.shuffle<i32>(a, b, 0, 4, 1, 5), more = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
    v128.store64_lane(to, two, 0);
    to += stride;
    if (band + 1 < bands) v128.store64_lane(to, two, 1);
    to += stride;
    if (band + 2 < bands) v128.store64_lane(to, more, 0);
    to += stride;
    if (band + 3 < bands) v128.store64_lane(to, more, 1);
    to += stride;
  }
}

/** The key of a band as src/dedupe/bands.ts defines it: blocks of eight values, zeros behind the last. High half in the low 32 bits: it comes first in memory. */
function keyOf(values: u32, band: u32): u64 {
  const salt = (band + 1) * GOLDEN;
  let a = START_A ^ salt, b = START_B ^ salt;
  let left = <i32>rows;
  for (let at = values; left > 0; left -= 8, at += 8) {
    let block = load<u64>(at);
    if (left < 8) block &= (<u64>1 << (left * 8)) - 1;
    const low = <u32>block, high = <u32>(block >> 32);
    a = blockA(a, low, high);
    b = blockB(b, low, high);
  }
  return <u64>mix(a) | (<u64>mix(b) << 32);
}

function appendBand(band: u32, signed: u32): void {
  const shift = 31 - bits, offset = (band << bits) * 4, mine = cursors + offset, ends = limits + offset;
  let from = bandKeys + band * sliceRoom * 8, number = numbers;
  for (const end = from + signed * 8; from < end; from += 8, number += 4) {
    const key = load<u64>(from), partition = ((<u32>key >> 1) >> shift) * 4;
    let at = load<u32>(mine + partition);
    if (at == load<u32>(ends + partition)) at = takeBlock((offset + partition) >> 2);
    store<u64>(at, key);
    store<u32>(at, load<u32>(number), 8);
    store<u32>(mine + partition, at + BAND_ENTRY);
  }
}

function appendExact(count: u32, first: u32): void {
  const shift = 31 - exactBits, offset = (bands << bits) * 4, mine = cursors + offset, ends = limits + offset;
  for (let i: u32 = 0; i < count; i++) {
    if (load<u8>(kinds + i) == FAILED) continue;
    const key = v128.load(keys + i * KEY), partition = ((<u32>i32x4.extract_lane(key, 0) >> 1) >> shift) * 4;
    let at = load<u32>(mine + partition);
    if (at == load<u32>(ends + partition)) at = takeBlock((offset + partition) >> 2);
    v128.store(at, key);
    store<u32>(at, first + i, KEY);
    store<u32>(mine + partition, at + EXACT_ENTRY);
  }
}

/** Adds a block to a partition and returns where it begins. That there is one was asked before the slice. */
function takeBlock(partition: u32): u32 {
  const block = used++, at = pool + block * blockBytes, offset = partition * 4;
  store<u32>(chain + block * 4, 0);
  if (load<u32>(heads + offset)) store<u32>(chain + load<u32>(tails + offset) * 4, block + 1);
  else store<u32>(heads + offset, block + 1);
  store<u32>(tails + offset, block);
  store<u32>(limits + offset, at + blockBytes);
  return at;
}
