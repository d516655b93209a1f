// Linear memory: names and results of fixed size, then the window with the lines, then what comes out of one line: its strings (at most two
// bytes for each of the line), and its other members as an object of their own (no longer than the line).

/** Bytes of a name. */
export const NAME_ROOM: u32 = 256;
/** The name of the text's field, and of the id's. */
export const TEXT_NAME: usize = memory.data(256, 16);
export const ID_NAME: usize = memory.data(256, 16);

/**
 * What one line left, u32 each: address, units, width in bytes and UTF-8 length of the text; kind of the id, its address and its length (in
 * units, or in bytes of JSON); address and length of the other members (0: there is none), and whether they are all ASCII.
 */
export const RESULT: usize = memory.data(40, 16);

/** Bytes behind an area that a vector load or store may reach. */
const SLACK: u32 = 64;

/** The window, how many bytes it holds, and the two areas behind it. */
export const WINDOW: usize = (__heap_base + 63) & ~63;
export let room: u32 = 0;
export let strings: usize = 0;
export let members: usize = 0;

/** Makes a window of `bytes`. False, and no window, without memory. */
export function makeWindow(bytes: u32): bool {
  room = 0;
  if (bytes > 0x08000000) return false;
  const size = (bytes + 2 * SLACK) & ~(SLACK - 1);
  // Two strings are rounded up to 16 bytes each.
  const end = WINDOW + 4 * size + 2 * SLACK;
  const pages = <i32>((end + 0xffff) >> 16) - memory.size();
  if (pages > 0 && memory.grow(pages) < 0) return false;
  strings = WINDOW + size;
  members = strings + 2 * size + SLACK;
  room = bytes;
  return true;
}
