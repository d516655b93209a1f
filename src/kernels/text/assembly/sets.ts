// Fixed sets of short strings, looked up by units: nearly every miss costs one read of a table of shapes (length, first four units, last one).
//
// A string is a record: its number (u32), its length (u16), how many cuts it has (u16), the cuts (u16 each: where its words end), its
// units. A set is a head: longest length (u32), how far to shift a hash (u32), mask of the slots (u32), address of the slots (u32), then
// a filter of shapes (Bloom), two bits for each in one of 512 u64. A slot holds the address of a record, or 0.
import { allocate, text, textEnd } from "./layout";

const SHAPES: usize = 16;
/** Bytes of the filter of shapes. */
const SHAPE_BYTES: usize = 4096;

/** The sets, by the number the host gives them. */
export const EXCEPTIONS: u32 = 0;
export const TAILS: u32 = 1;
export const PHRASE_WORDS: u32 = 2;
export const PHRASE_STARTS: u32 = 3;
export const STOP_WORDS: u32 = 4;
export const SET_COUNT: u32 = 5;

/** Units of all stop words, and their number, at most: their set is made anew for each list. */
const STOP_ROOM: usize = 16384;
const STOP_WORD_COUNT: u32 = 1024;

const heads: usize = memory.data(4 * 5, 16);
let stopArena: usize = 0;
/** Addresses of the exceptions' records, by number. */
let exceptionRecords: usize = 0;
let exceptionCount: u32 = 0;

@inline
export function recordNumber(record: usize): u32 {
  return load<u32>(record);
}

@inline
export function recordLength(record: usize): usize {
  return <usize>load<u16>(record, 4);
}

@inline
export function recordCuts(record: usize): usize {
  return <usize>load<u16>(record, 6);
}

/** The cut `i` of a string, in units from its start. */
@inline
export function recordCut(record: usize, i: usize): usize {
  return <usize>load<u16>(record + 8 + 2 * i);
}

@inline
function recordUnits(record: usize): usize {
  return record + 8 + 2 * recordCuts(record);
}

export function exceptionAt(number: u32): usize {
  return number < exceptionCount ? load<usize>(exceptionRecords + 4 * <usize>number) : 0;
}

/** Of the first four units, the last one and the length. */
@inline
function shapeOf(at: usize, length: usize): u64 {
  // Units of ASCII leave room for the rest in their upper halves.
  const first = load<u64>(at) << <u64>(64 - 16 * min<usize>(length, 4)),
    rest = (<u32>load<u16>(at + 2 * length - 2) << 8) ^ (<u32>length << 24);
  return (first ^ <u64>rest) * 0x9e3779b97f4a7c15;
}

/** The part of the filter that a shape is in, and its bits there. */
@inline
function shapeAt(head: usize, shape: u64): usize {
  return head + SHAPES + <usize>((shape >> 55) << 3);
}

@inline
function shapeBits(shape: u64): u64 {
  return (<u64>1 << ((shape >> 49) & 63)) | (<u64>1 << ((shape >> 43) & 63));
}

function hashOf(at: usize, length: usize): u32 {
  let hash: u32 = 0;
  for (let p = at, end = at + 2 * length; p < end; p += 2) hash = hash * 0x01000193 + <u32>load<u16>(p);
  return (hash ^ (hash >> 15)) * 0x9e3779b1;
}

/** The record of the string [at, end) in a set, or 0. */
@inline
export function find(set: u32, at: usize, end: usize): usize {
  const head = load<usize>(heads + 4 * <usize>set),
    length = (end - at) >> 1;
  if (end <= at) return 0;
  const shape = shapeOf(at, length),
    bits = shapeBits(shape);
  return (load<u64>(shapeAt(head, shape)) & bits) == bits ? search(head, at, length) : 0;
}

function search(head: usize, at: usize, length: usize): usize {
  if (length > <usize>load<u32>(head)) return 0;
  const slots = load<usize>(head, 12),
    mask = load<u32>(head, 8);
  let slot = hashOf(at, length) >> load<u32>(head, 4),
    record: usize = 0;
  while ((record = load<usize>(slots + 4 * <usize>slot)) != 0) {
    slot = (slot + 1) & mask;
    if (recordLength(record) != length) continue;
    const units = recordUnits(record);
    let i: usize = 0;
    while (i < length && load<u16>(units + 2 * i) == load<u16>(at + 2 * i)) i++;
    if (i == length) break;
  }
  return record;
}

/** Longest length of a set's strings. */
export function longestOf(set: u32): usize {
  return <usize>load<u32>(load<usize>(heads + 4 * <usize>set));
}

/** Bits of the number of slots for `count` strings: sparse, so that almost every miss ends at an empty slot. */
function slotBits(count: u32): u32 {
  let bits: u32 = 3;
  while ((<u32>1 << bits) < 8 * count + 1) bits++;
  return bits;
}

/** To be called once, first: takes the room for stop words, whose set must not move the text. */
export function createSets(): void {
  stopArena = allocate(SHAPES + SHAPE_BYTES + (<usize>4 << slotBits(STOP_WORD_COUNT)) + 2 * STOP_ROOM + 8 * STOP_WORD_COUNT);
}

/**
 * Makes a set of the `count` strings that the text holds, each as its length, the number of its cuts, the cuts and the units; they are
 * numbered in order. False where the text is not of this form or a list of stop words too long.
 */
export function makeSet(set: u32, count: u32): bool {
  if (set >= SET_COUNT) return false;
  const bytes = textEnd - text,
    from = text,
    bits = slotBits(count),
    slotBytes = <usize>4 << bits,
    total = SHAPES + SHAPE_BYTES + slotBytes + bytes + 8 * <usize>count;
  const stop = set == STOP_WORDS;
  if (stop && (bytes > 2 * STOP_ROOM || count > STOP_WORD_COUNT)) return false;
  let head: usize;
  if (stop) head = stopArena;
  else head = allocate(total + bytes + (set == EXCEPTIONS ? 4 * <usize>count : 0));
  // The arena grows over the text, so what is read from there is first moved behind the set.
  const source = stop ? from : head + total;
  if (!stop) memory.copy(source, from, bytes);
  return fill(set, count, head, source, source + bytes, bits);
}

function fill(set: u32, count: u32, head: usize, source: usize, sourceEnd: usize, bits: u32): bool {
  const slots = head + SHAPES + SHAPE_BYTES,
    mask = (<u32>1 << bits) - 1;
  memory.fill(head, 0, SHAPES + SHAPE_BYTES + (<usize>4 << bits));
  store<u32>(head, 32 - bits, 4);
  store<u32>(head, mask, 8);
  store<usize>(head, slots, 12);
  let record = slots + (<usize>4 << bits),
    longest: usize = 0,
    p = source;
  if (set == EXCEPTIONS) {
    exceptionRecords = sourceEnd;
    exceptionCount = count;
  }
  for (let number: u32 = 0; number < count; number++) {
    if (p + 4 > sourceEnd) return false;
    const length = <usize>load<u16>(p),
      cuts = <usize>load<u16>(p, 2),
      rest = (length + cuts) << 1;
    if (!length || p + 4 + rest > sourceEnd) return false;
    store<u32>(record, number);
    store<u16>(record, <u16>length, 4);
    store<u16>(record, <u16>cuts, 6);
    memory.copy(record + 8, p + 4, rest);
    if (set == EXCEPTIONS) store<usize>(exceptionRecords + 4 * <usize>number, record);
    const units = recordUnits(record);
    const shape = shapeOf(units, length),
      part = shapeAt(head, shape);
    store<u64>(part, load<u64>(part) | shapeBits(shape));
    let slot = hashOf(units, length) >> (32 - bits);
    while (load<usize>(slots + 4 * <usize>slot)) slot = (slot + 1) & mask;
    store<usize>(slots + 4 * <usize>slot, record);
    if (length > longest) longest = length;
    p += 4 + rest;
    record = (record + 8 + rest + 3) & ~3;
  }
  store<u32>(head, <u32>longest);
  store<usize>(heads + 4 * <usize>set, head);
  return p == sourceEnd;
}
