// Connected components of numbered documents: 4 bytes a document, and one bit. The smaller number becomes the root, so the result depends on
// the set of links only, never on their order. Once settled, every document points at its root, and a root holds the size of its component
// beside a bit that says that it is one: sizes take no memory of their own, and numbers have 31 bits.
import { aligned, base, reach } from "./memory";

const ROOT: u32 = 0x80000000;
const LINK: u32 = 8, TOLD: u32 = 16;
const EXACT: u32 = 1, NEAR: u32 = 2, HEAD: u32 = 4;
const BAD_ARGUMENT: i32 = -1;

let documents: u32 = 0, windowBytes: u32 = 0;
let parents: u32 = 0, copies: u32 = 0;
let settled: bool = false;
let told: u32 = 0, largest: u32 = 0, giants: u32 = 0, inGiants: u32 = 0;

/** Makes a window of `bytes` for links in and decisions out, and behind it a component for each of `count` documents. False without memory. */
export function createUnions(bytes: u32, count: u32): bool {
  documents = 0;
  if (count >= ROOT || bytes < TOLD || bytes > 1 << 24) return false;
  const atParents = aligned(base + bytes), atCopies = aligned(atParents + <u64>count * 4);
  if (!reach(atCopies + ((<u64>count + 31) >> 5) * 4)) return false;
  windowBytes = bytes;
  documents = count;
  parents = <u32>atParents;
  copies = <u32>atCopies;
  settled = false;
  for (let i: u32 = 0; i < count; i++) store<u32>(parents + i * 4, i);
  return true;
}

export function unionWindowAddress(): u32 {
  return <u32>base;
}

/** Joins the two documents of each of the window's first `count` links; `exact`: the second has an exact key that an earlier one has. */
export function unite(count: u32, exact: bool): i32 {
  if (settled || count > windowBytes / LINK) return BAD_ARGUMENT;
  for (let from = <u32>base, end = from + count * LINK; from < end; from += LINK) {
    const a = load<u32>(from), b = load<u32>(from, 4);
    if (a >= documents || b >= documents) return BAD_ARGUMENT;
    const x = find(parents + a * 4), y = find(parents + b * 4);
    if (x < y) store<u32>(parents + y * 4, x);
    else if (y < x) store<u32>(parents + x * 4, y);
    if (exact) {
      const word = copies + (b >> 5) * 4;
      store<u32>(word, load<u32>(word) | (1 << (b & 31)));
    }
  }
  return 0;
}

/** The root of the document whose parent lies at `slot`; halves the path to it. */
@inline
function find(slot: u32): u32 {
  while (true) {
    const up = load<u32>(slot), above = parents + up * 4, upper = load<u32>(above);
    if (up == upper) return up;
    store<u32>(slot, upper);
    slot = parents + upper * 4;
  }
}

/** Ends the joining, and counts components of more than `giant` documents. */
export function settle(giant: u32): i32 {
  if (settled) return BAD_ARGUMENT;
  settled = true;
  largest = giants = inGiants = 0;
  for (let i: u32 = 0; i < documents; i++) {
    const slot = parents + i * 4, up = load<u32>(slot);
    let root = i, size: u32 = 1;
    if (up != i) {
      // A parent has a smaller number than its child, so it is settled before.
      const above = load<u32>(parents + up * 4);
      root = above & ROOT ? up : above;
      store<u32>(slot, root);
      size = (load<u32>(parents + root * 4) & ~ROOT) + 1;
    }
    store<u32>(parents + root * 4, ROOT | size);
    largest = max(largest, size);
    if (size <= giant) continue;
    if (size == giant + 1) {
      giants++;
      inGiants += size;
    } else inGiants++;
  }
  return 0;
}

export function largestComponent(): u32 {
  return largest;
}

export function giantComponents(): u32 {
  return giants;
}

export function documentsInGiants(): u32 {
  return inGiants;
}

/**
 * Writes what becomes of the documents from `begin` to before `end` to the window, four words each: document, root, status, size of the component
 * (0 unless `sizes`); documents that stay alone, or without `sizes` all that stay, are left out. Returns how many there is room for; `toldUntil` says
 * where to go on.
 */
export function tell(begin: u32, end: u32, sizes: bool): i32 {
  if (!settled || end > documents || begin > end) return BAD_ARGUMENT;
  const last = <u32>base + windowBytes - TOLD;
  let to = <u32>base, i = begin;
  for (; i < end && to <= last; i++) {
    const up = load<u32>(parents + i * 4), isRoot = (up & ROOT) != 0;
    if (isRoot && (!sizes || up == (ROOT | 1))) continue;
    const copy = (load<u32>(copies + (i >> 5) * 4) >> (i & 31)) & 1, root = isRoot ? i : up;
    store<u32>(to, i);
    store<u32>(to, root, 4);
    store<u32>(to, isRoot ? HEAD : copy ? EXACT : NEAR, 8);
    store<u32>(to, sizes ? load<u32>(parents + root * 4) & ~ROOT : 0, 12);
    to += TOLD;
  }
  told = i;
  return <i32>((to - <u32>base) / TOLD);
}

export function toldUntil(): u32 {
  return told;
}
