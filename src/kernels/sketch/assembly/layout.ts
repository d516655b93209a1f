// Linear memory. Everything but the pages of the fold has a fixed place and size, so a document of any size is worked on in the same
// 1.6 MB: what does not fit goes through in windows. Pages of the fold are added behind, as text first needs them.

/** Bytes of text in a window. Small enough for the second-level cache, with the normal form. */
export const INPUT_BYTES: u32 = 1 << 18;
/** Room for the normal form of a window. Hangul is the script that grows most, threefold; what grows more ends the window early. */
export const NORMAL_BYTES: u32 = 3 << 18;
/** More than one code point can add: the longest fold has 18 code points of 4 bytes at most, each a word. */
export const LARGEST_FOLD: u32 = 18 * 5;

/** Bytes of normal form whose units (words or characters) are hashed in one go; the arrays below fit the first-level cache. */
export const CHUNK: u32 = 4096;
/** Units of a shingle at most: so many hashes are kept before the chunk. */
export const LARGEST_NGRAM: u32 = 32;
export const LARGEST_SIGNATURE: u32 = 512;
export const LARGEST_BANDS: u32 = 128;
/** Documents in a batch. */
export const BATCH: u32 = 256;
/** Values remembered for bins that are still empty. */
export const VALUES: u32 = 16384;
/** Slots of the table that finds values seen before; a power of two. */
export const SEEN: u32 = 8192;

const PAD: usize = 64;

@inline
function after(start: usize, bytes: usize): usize {
  return (start + bytes + PAD + 63) & ~63;
}

export const INPUT: usize = (__heap_base + 63) & ~63;
/** Bytes in front, so that a load may begin before the first word. */
export const NORMAL: usize = after(INPUT, INPUT_BYTES);
/** Where the units of a chunk end (words) or begin (characters). */
export const BORDERS: usize = after(NORMAL, NORMAL_BYTES + LARGEST_FOLD);
/** The two lanes of the units' hashes: those before the chunk, then those of the chunk. */
export const HASH_A: usize = after(BORDERS, 4 * CHUNK);
export const HASH_B: usize = after(HASH_A, 4 * (LARGEST_NGRAM + CHUNK));
/** Indices of the words longer than a block. */
export const LONG: usize = after(HASH_B, 4 * (LARGEST_NGRAM + CHUNK));
export const KEPT: usize = after(LONG, 4 * CHUNK);
export const SEEN_VALUES: usize = after(KEPT, 4 * (VALUES + CHUNK));
export const BINS: usize = after(SEEN_VALUES, 4 * SEEN);
/** The least value seen of each hole's own hash function. */
export const HOLES: usize = after(BINS, 4 * LARGEST_SIGNATURE);
export const MULTIPLY: usize = after(HOLES, 4 * LARGEST_SIGNATURE);
export const ADD: usize = after(MULTIPLY, 4 * LARGEST_SIGNATURE);
export const EMPTY_BINS: usize = after(ADD, 4 * LARGEST_SIGNATURE);
/** Results, one record a document. */
export const SIGNATURES: usize = after(EMPTY_BINS, 4 * LARGEST_SIGNATURE);
export const KEYS: usize = after(SIGNATURES, BATCH * LARGEST_SIGNATURE);
export const COUNTS: usize = after(KEYS, BATCH * 8 * LARGEST_BANDS);
/** Start and length of each document of a batch. */
export const SPANS: usize = after(COUNTS, BATCH * 8);
/** The address of each page of the fold, or 0. */
export const PAGES: usize = after(SPANS, BATCH * 8);
export const PAGE_COUNT: u32 = 0x1100;
/** How to pack eight bytes of which some go, by the mask of those that stay. */
export const PACK: usize = after(PAGES, 4 * PAGE_COUNT);
/** What the host writes a page into: 256 entries, then the expansions, each a count and its entries. */
export const HANDOVER: usize = after(PACK, 256 * 8);
export const HANDOVER_WORDS: u32 = 256 * 20;

let top: usize = after(HANDOVER, 4 * HANDOVER_WORDS);

/** Memory behind everything else, on an 8-byte border; 0 when there is no more. */
export function allocate(bytes: usize): usize {
  const start = (top + 7) & ~7, end = start + bytes;
  const pages = <i32>((end + 0xffff) >> 16) - memory.size();
  if (pages > 0 && memory.grow(pages) < 0) return 0;
  top = end;
  return start;
}

/** Memory up to here; the module starts with less. */
export function reserve(): bool {
  const pages = <i32>((top + 0xffff) >> 16) - memory.size();
  return pages <= 0 || memory.grow(pages) >= 0;
}
