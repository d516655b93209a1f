// From the keys of a partition to links: each document to the next one with the same key. The entries are first grouped by further bits of the
// key (unless they are few), so that the hash table of a group stays in the cache; within a group they keep their order, which is that of the
// documents.
import { inside, reach } from "./memory";
import { BAND_ENTRY, EXACT_ENTRY } from "./partitions";

const MOST_GROUP_BITS: u32 = 16;
/** Slots that a table begins with at most; it is doubled when half of them are taken. */
const FIRST_SLOTS: u32 = 1 << 15;

const BAD_ARGUMENT: i32 = -1;

let links: u32 = 0, room: u32 = 0;
let groups: u32 = 0, groupCount: u32 = 1, groupBits: u32 = 0;
let entry: u32 = BAND_ENTRY, passed: u32 = 0;
let area: u32 = 0, areaBytes: u32 = 0;
let table: u32 = 0, mask: u32 = 0, taken: u32 = 0;

/** The group at hand, its first entry, the next one to look up, and its end. */
let group: u32 = 0, groupBegin: u32 = 0, at: u32 = 0, groupEnd: u32 = 0;

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

/**
 * Begins a partition of entries of `entryBytes` (12 or 20), of whose keys the first `bitsPassed` bits are equal, in `2^bits` groups. The entries in order of
 * groups go to the `bytes` at `address`; with no bits the host writes them there itself.
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
  if (!bits) store<u32>(groups, bytes);
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

/** Bytes of the largest group. */
export function largestGroup(): u32 {
  let most: u32 = 0;
  for (let i: u32 = 0; i < groupCount; i++) most = max(most, load<u32>(groups + i * 4));
  return most;
}

/** From sizes to places, and a table at `address` that is large enough for the largest group: bad when the entries counted are not those announced. */
export function placeGroups(address: u32): i32 {
  const most = largestGroup() / entry;
  let slots: u64 = 4;
  while (slots < <u64>most * 2) slots *= 2;
  // Memory that is never written costs nothing, and of a group that is a single key next to nothing of its table is.
  if (!reach(<u64>address + slots * 4)) return BAD_ARGUMENT;
  table = address;
  let sum = area;
  for (let i: u32 = 0; i < groupCount; i++) {
    const bytes = load<u32>(groups + i * 4);
    store<u32>(groups + i * 4, sum);
    sum += bytes;
  }
  if (sum != area + areaBytes) return BAD_ARGUMENT;
  group = 0;
  at = groupEnd = groupBegin = area;
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

/** Writes the next links of the partition and returns how many; fewer than there is room for: these were the last. */
export function nextLinks(): u32 {
  let count: u32 = 0;
  while (true) {
    if (at == groupEnd) {
      if (group == groupCount) return count;
      groupBegin = at;
      groupEnd = groupBits ? load<u32>(groups + group * 4) : area + areaBytes;
      group++;
      beginTable(FIRST_SLOTS);
    }
    count = entry == BAND_ENTRY ? linkBand(count) : linkExact(count);
    if (count == room) return count;
  }
}

function beginTable(most: u32): void {
  const entries = (groupEnd - groupBegin) / entry;
  let slots: u32 = 4;
  while (slots < most && slots < entries * 2) slots *= 2;
  mask = slots - 1;
  taken = 0;
  memory.fill(table, 0, <usize>slots * 4);
}

/** A table of twice the slots, of the entries before `at`. */
function growTable(): void {
  const end = at;
  beginTable((mask + 1) * 2);
  for (at = groupBegin; at < end; at += entry) {
    const slot = entry == BAND_ENTRY ? findBand(at, table, mask) : findExact(at, table, mask);
    if (!load<u32>(slot)) taken++;
    store<u32>(slot, at);
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

/** Looks entries up until the group ends, or links fill their room. */
function linkBand(count: u32): u32 {
  let i = at, links_ = links + count * 8, half = (mask + 1) >> 1, last = mask, free = half - taken;
  const end = groupEnd, slots = table, full = links + room * 8;
  for (; i < end && links_ < full; i += BAND_ENTRY) {
    const slot = findBand(i, slots, last), before = load<u32>(slot);
    store<u32>(slot, i);
    if (before) {
      store<u32>(links_, load<u32>(before, 8));
      store<u32>(links_, load<u32>(i, 8), 4);
      links_ += 8;
    } else if (!--free) {
      at = i + BAND_ENTRY;
      growTable();
      last = mask;
      free = ((mask + 1) >> 1) - taken;
    }
  }
  at = i;
  taken = ((last + 1) >> 1) - free;
  return (links_ - links) >> 3;
}

function linkExact(count: u32): u32 {
  let i = at, links_ = links + count * 8, last = mask, free = ((mask + 1) >> 1) - taken;
  const end = groupEnd, slots = table, full = links + room * 8;
  for (; i < end && links_ < full; i += EXACT_ENTRY) {
    const slot = findExact(i, slots, last), before = load<u32>(slot);
    store<u32>(slot, i);
    if (before) {
      store<u32>(links_, load<u32>(before, 16));
      store<u32>(links_, load<u32>(i, 16), 4);
      links_ += 8;
    } else if (!--free) {
      at = i + EXACT_ENTRY;
      growTable();
      last = mask;
      free = ((mask + 1) >> 1) - taken;
    }
  }
  at = i;
  taken = ((last + 1) >> 1) - free;
  return (links_ - links) >> 3;
}
