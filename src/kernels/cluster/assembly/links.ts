// From the keys of a partition to links: each document to the next one with the same key. The entries are first grouped by further bits of the
// key (unless they are few), so that the hash table of a group stays in the cache; within a group they keep their order, which is that of the
// documents. A table holds the addresses of entries: of each key the last one that was met.
import { inside, reach } from "./memory";
import { BAND_ENTRY, blockAddress, blockEnd, bytesIn, EXACT_ENTRY, firstBlock, nextBlock } from "./partitions";

const MOST_GROUP_BITS: u32 = 16;
/** Slots that a table begins with at most; it is doubled when half of them are taken. */
const FIRST_SLOTS: u32 = 1 << 15;

const BAD_ARGUMENT: i32 = -1;

let links: u32 = 0, room: u32 = 0;
let groups: u32 = 0, groupCount: u32 = 1, groupBits: u32 = 0;
let entry: u32 = BAND_ENTRY, passed: u32 = 0;
let area: u32 = 0, areaBytes: u32 = 0;
/** Two places for a table, of which one is in use, and the slots that there are in each. */
let tables: u32 = 0, tableRoom: u32 = 0, table: u32 = 0;
let mask: u32 = 0, free: u32 = 0;

/**
 * `linkRoom` links of two words go to `address`, and behind them lie 2^16 words for groups. False when they do not fit.
 */
export function createLinks(address: u32, linkRoom: u32): bool {
  if (!linkRoom || linkRoom > 1 << 24) return false;
  const end = <u64>address + <u64>linkRoom * 8 + (4 << MOST_GROUP_BITS);
  if (!reach(end)) return false;
  links = address;
  room = linkRoom;
  groups = address + linkRoom * 8;
  return true;
}

export function linksAddress(): u32 {
  return links;
}

/** Of the groups that `nextLinks` goes through: the next one, and where entries go on and end. */
let group: u32 = 0, at: u32 = 0, groupEnd: u32 = 0;

/**
 * Begins a partition of entries of `entryBytes` (12 or 20), of whose keys the first `bitsPassed` bits are equal, in `2^bits` groups. The entries in order of
 * groups go to the `bytes` at `address`.
 */
export function beginPartition(entryBytes: u32, bitsPassed: u32, bits: u32, address: u32, bytes: u32): i32 {
  if (entryBytes != BAND_ENTRY && entryBytes != EXACT_ENTRY) return BAD_ARGUMENT;
  if (bits > MOST_GROUP_BITS || bitsPassed + bits > 31 || bytes % entryBytes || !inside(address, bytes)) return BAD_ARGUMENT;
  entry = entryBytes;
  passed = bitsPassed;
  groupBits = bits;
  groupCount = 1 << bits;
  area = address;
  areaBytes = bytes;
  memory.fill(groups, 0, 4 << bits);
  return 0;
}

/** Counts the groups of some of the partition's entries; bytes of each are counted. */
export function countEntries(address: u32, bytes: u32): i32 {
  if (bytes % entry || !inside(address, bytes)) return BAD_ARGUMENT;
  const left = passed, right = 31 - groupBits, to = groups, step = entry;
  for (let from = address, end = address + bytes; from < end; from += step) {
    const slot = to + (((load<u32>(from) << left) >> 1) >> right) * 4;
    store<u32>(slot, load<u32>(slot) + step);
  }
  return 0;
}

/** From sizes to places, and tables at `address` that are large enough for the largest group: bad when the entries counted are not those announced. */
export function placeGroups(address: u32): i32 {
  let sum = area, most: u32 = 0;
  for (let i: u32 = 0; i < groupCount; i++) {
    const bytes = load<u32>(groups + i * 4);
    store<u32>(groups + i * 4, sum);
    sum += bytes;
    most = max(most, bytes);
  }
  if (sum != area + areaBytes) return BAD_ARGUMENT;
  group = 0;
  at = groupEnd = area;
  return createTables(address, most / entry) ? 0 : BAD_ARGUMENT;
}

/**
 * Makes room at `address` for tables of up to `entries` entries. Memory that is never written costs nothing, and of a table for a million entries with
 * the same key next to nothing is.
 */
function createTables(address: u32, entries: u32): bool {
  let slots: u64 = 4;
  while (slots < <u64>entries * 2) slots *= 2;
  if (slots > 1 << 30 || !reach(<u64>address + slots * 8)) return false;
  tables = address;
  tableRoom = <u32>slots;
  return true;
}

/** Of a partition in memory that is one group: itself, its block at hand plus one, and the next entry there. */
let partition: u32 = 0, block: u32 = 0;

/** Begins a partition in memory, of entries of `entryBytes`, that is one group; tables go to `address`. */
export function beginInMemory(index: u32, entryBytes: u32, address: u32): i32 {
  const entries = bytesIn(index) / entryBytes;
  if ((entryBytes != BAND_ENTRY && entryBytes != EXACT_ENTRY) || !entries || !createTables(address, entries)) return BAD_ARGUMENT;
  entry = entryBytes;
  partition = index;
  block = firstBlock(index);
  at = blockAddress(block);
  beginTable(entries);
  return 0;
}

/** Puts entries into their groups; all that were counted, once each. Places become ends. */
export function scatterEntries(address: u32, bytes: u32): i32 {
  if (bytes % entry || !inside(address, bytes)) return BAD_ARGUMENT;
  const left = passed, right = 31 - groupBits, places = groups, step = entry;
  const last = area + areaBytes - step;
  for (let from = address, end = address + bytes; from < end; from += step) {
    const slot = places + (((load<u32>(from) << left) >> 1) >> right) * 4, to = load<u32>(slot);
    // More entries than were counted would be written elsewhere.
    if (to > last) return BAD_ARGUMENT;
    store<u64>(to, load<u64>(from));
    if (step == BAND_ENTRY) store<u32>(to, load<u32>(from, 8), 8);
    else {
      store<u64>(to, load<u64>(from, 8), 8);
      store<u32>(to, load<u32>(from, 16), 16);
    }
    store<u32>(slot, to + step);
  }
  return 0;
}

/** Writes the next links of the groups behind the `count` that are there, and returns how many there are then; fewer than there is room for: these were the last. */
export function nextLinks(count: u32): i32 {
  if (count >= room) return BAD_ARGUMENT;
  while (true) {
    if (at == groupEnd) {
      if (group == groupCount) return <i32>count;
      groupEnd = load<u32>(groups + group * 4);
      group++;
      beginTable((groupEnd - at) / entry);
    }
    count = entry == BAND_ENTRY ? linkBand(groupEnd, count) : linkExact(groupEnd, count);
    if (count == room) return <i32>count;
  }
}

/** Writes the next links of the partition in memory behind the `count` that are there, and returns how many there are then; fewer than there is room for: it is done. */
export function nextLinksInMemory(count: u32): i32 {
  if (count >= room) return BAD_ARGUMENT;
  while (block) {
    const end = blockEnd(block, partition);
    count = entry == BAND_ENTRY ? linkBand(end, count) : linkExact(end, count);
    if (at == end) {
      block = nextBlock(block);
      if (block) at = blockAddress(block);
    }
    if (count == room) break;
  }
  return <i32>count;
}

function beginTable(entries: u32): void {
  let slots: u32 = 4;
  while (slots < FIRST_SLOTS && slots < entries * 2) slots *= 2;
  table = tables;
  mask = slots - 1;
  free = slots >> 1;
  memory.fill(table, 0, <usize>slots * 4);
}

/** A table of twice the slots, in the other place. */
function growTable(): void {
  const old = table, end = old + (mask + 1) * 4, slots = (mask + 1) * 2;
  // More different entries than were announced: there is no such table, and no free slot in this one either.
  if (slots > tableRoom) unreachable();
  table = old == tables ? tables + tableRoom * 4 : tables;
  mask = slots - 1;
  free = slots >> 1;
  memory.fill(table, 0, <usize>slots * 4);
  for (let from = old; from < end; from += 4) {
    const address = load<u32>(from);
    if (!address) continue;
    store<u32>(entry == BAND_ENTRY ? findBand(address, table, mask) : findExact(address, table, mask), address);
    free--;
  }
}

/** The slot that holds the last entry with the same key, or an empty one. */
@inline
function findBand(address: u32, slots: u32, last: u32): u32 {
  const key = load<u64>(address);
  let i = <u32>(key >> 32) & last;
  while (true) {
    const slot = slots + i * 4, other = load<u32>(slot);
    if (!other || load<u64>(other) == key) return slot;
    i = (i + 1) & last;
  }
}

@inline
function findExact(address: u32, slots: u32, last: u32): u32 {
  const key = load<u64>(address), rest = load<u64>(address, 8);
  let i = <u32>(key >> 32) & last;
  while (true) {
    const slot = slots + i * 4, other = load<u32>(slot);
    if (!other || (load<u64>(other) == key && load<u64>(other, 8) == rest)) return slot;
    i = (i + 1) & last;
  }
}

/**
 * Looks entries from `at` on up until `end`, or until links fill their room: exact ones (16 bytes of key, then the document), or those of a
 * band (8 bytes). Inlined twice, so that each loop knows its own size.
 */
@inline
function linkUp(end: u32, count: u32, exact: bool): u32 {
  const size: u32 = exact ? EXACT_ENTRY : BAND_ENTRY, document: u32 = size - 4, full = links + room * 8;
  let i = at, to = links + count * 8;
  while (i < end && to < full) {
    if (!free) growTable();
    const slots = table, last = mask;
    let left = free;
    for (; i < end && to < full; i += size) {
      const slot = exact ? findExact(i, slots, last) : findBand(i, slots, last), before = load<u32>(slot);
      if (before) {
        store<u32>(to, load<u32>(before + document));
        store<u32>(to, load<u32>(i + document), 4);
        to += 8;
      } else {
        if (!left) break;
        left--;
      }
      store<u32>(slot, i);
    }
    free = left;
  }
  at = i;
  return (to - links) >> 3;
}

function linkBand(end: u32, count: u32): u32 {
  return linkUp(end, count, false);
}

function linkExact(end: u32, count: u32): u32 {
  return linkUp(end, count, true);
}
