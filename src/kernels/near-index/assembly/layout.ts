// Linear memory. A fixed part of 11 KB, then everything that grows, in the order in which it was needed: pages of tables, chunks of
// signatures, directories. Nothing is ever given back, and nothing has to move: what grows is found through a directory.

export const LARGEST_BANDS: u32 = 128;
export const LARGEST_SIGNATURE: u32 = 512;

/** Bytes of signatures that the host hands over in one call, or takes back. */
export const INPUT_BYTES: u32 = 1 << 12;
/** Signatures in a batch at most. */
export const BATCH: u32 = 128;
/** Signatures that are looked up together at most, and their keys: waits for memory overlap. */
export const GROUP: u32 = 16;
export const GROUP_KEYS: u32 = 256;
/** What a load may touch behind the data it wants: two bands of four, and eight bytes. */
const SLACK: usize = 320;
/** How much memory is asked for at a time: pages of 64 KiB. */
const LEAST_GROWTH: i32 = 8;

@inline
function after(start: usize, bytes: usize): usize {
  return (start + bytes + 63) & ~63;
}

export const INPUT: usize = (__heap_base + 63) & ~63;
/** For each signature of a batch: the number found (or that of the document, -1 where it was not entered), and its equal values. */
export const RESULTS: usize = after(INPUT, <usize>INPUT_BYTES + SLACK);
/** Pairs compared so far: a number of 64 bits, for the host. */
export const PAIRS: usize = after(RESULTS, 8 * BATCH);
/** Of each band of the signatures looked up together: the halves of its key, ... */
export const HIGHS: usize = after(PAIRS, 8);
export const LOWS: usize = after(HIGHS, 4 * GROUP_KEYS);
/** ... and where its bucket is or, after the search, the slot where the key belongs. */
export const PLACES: usize = after(LOWS, 4 * GROUP_KEYS);
/** For each band of the last signature the record that has the key, or -1. */
export const OWNERS: usize = after(PLACES, 4 * GROUP_KEYS);
/** How the two lanes of a band's key begin. */
export const STARTS_A: usize = after(OWNERS, 4 * LARGEST_BANDS);
export const STARTS_B: usize = after(STARTS_A, 4 * LARGEST_BANDS);
const HEAP: usize = after(STARTS_B, 4 * LARGEST_BANDS);

let top: usize = HEAP;

/** Bytes in use. */
export function used(): usize { return top; }

/** Makes sure that there is memory up to an address, given as a number of 64 bits since it may be out of reach. */
export function reach(end: u64): bool {
  const wanted = (end + SLACK + 0xffff) >> 16, there = <u64>memory.size();
  if (wanted <= there) return true;
  if (wanted > 65535) return false;
  // More than is needed now: each time the host has to make its views anew. What is not touched takes no memory.
  const more = <i32>(wanted - there), generous = max(more, min(LEAST_GROWTH + (<i32>there >> 4), 65535 - <i32>there));
  return memory.grow(generous) >= 0 || memory.grow(more) >= 0;
}

/** Where the next allocation begins: memory that may serve as scratch until then, once `reach` was asked for it. */
export function scratch(): usize { return top; }

/** Memory on a 64-byte border, whatever is in it; 0 when there is no more. */
export function allocate(bytes: usize): usize {
  const start = top;
  if (!reach(<u64>start + <u64>bytes)) return 0;
  top = after(start, bytes);
  return start;
}
