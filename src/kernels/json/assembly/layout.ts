// Linear memory: names, keys and results of fixed size, then the window with the lines, then what comes out of one line: its strings (at
// most two bytes for each of the line), or its other members as an object of their own (no longer than the line).

/** Bytes of a name. */
export const NAME_ROOM: u32 = 256;
/** The name of the text's field, and of the id's. */
export const TEXT_NAME: usize = memory.data(256, 16);
export const ID_NAME: usize = memory.data(256, 16);

/** Expected keys of the other members, in their order: their lengths, u32 each, and their bytes one after the other. */
export const KEYS: u32 = 16;
export const KEY_ROOM: u32 = 1024;
export const KEY_LENGTHS: usize = memory.data(64, 16);
export const KEY_BYTES: usize = memory.data(1024, 16);

/**
 * What one line left, u32 each. The text: its width in bytes, address, units and UTF-8 length. The id: its kind, address and length in units or in
 * bytes of JSON. Address and length of the object of the other members (0: there is none), and whether it is all ASCII. Or, read by
 * their keys, of each of them what there is of an id.
 */
export const RESULT: usize = memory.data(40, 16);
export const VALUES: usize = memory.data(192, 16);

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
  // Strings are rounded up to 16 bytes each.
  const rounding = 16 * (KEYS + 2);
  const end = WINDOW + 4 * size + rounding;
  const pages = <i32>((end + 0xffff) >> 16) - memory.size();
  if (pages > 0 && memory.grow(pages) < 0) return false;
  strings = WINDOW + size;
  members = strings + 2 * size + rounding;
  room = bytes;
  return true;
}
