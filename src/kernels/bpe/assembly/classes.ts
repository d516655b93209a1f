// The Unicode class of a character in UTF-8, and the table of ASCII bytes that may begin a word. The class table comes from the
// host (unicode.ts), so that the kernel and its reference cannot disagree about it.
import { allocate } from "./arena";

export const UPPER: u32 = 1, LOWER: u32 = 2, CASELESS: u32 = 3, MARK: u32 = 4, NUMBER: u32 = 5, SPACE: u32 = 6;
const OTHER: u32 = 0;
/** In place of a class: a byte outside ASCII, or no character at all. */
export const NONE: u32 = 255;

const INDEX_ENTRIES: u32 = 0x110000 / 64;

let index: usize = 0; // u16 per 64 code points: the number of a page
let pages: usize = 0; // 64 classes each
let ascii: usize = 0; // 256 classes by byte, NONE from 0x80 on
let twoByte: usize = 0; // classes of U+0000..U+07FF, so that a two-byte character costs one load

/** Makes room for a class table of `pageCount` pages: the index (u16 each), then the pages. Returns 0 without memory. */
export function createClasses(pageCount: u32): usize {
  if (pageCount > INDEX_ENTRIES) return 0;
  index = allocate(2 * INDEX_ENTRIES + 64 * <u64>pageCount);
  pages = index + 2 * INDEX_ENTRIES;
  ascii = allocate(256);
  twoByte = allocate(0x800);
  return twoByte ? index : 0;
}

/** Derives the direct tables once the host has written the class table. Returns whether the table is well-formed. */
export function finishClasses(pageCount: u32): bool {
  for (let i: u32 = 0; i < INDEX_ENTRIES; i++) if (<u32>load<u16>(index + 2 * i) >= pageCount) return false;
  for (let i: u32 = 0; i < 256; i++) store<u8>(ascii + i, <u8>(i < 0x80 ? pagedClass(i) : NONE));
  for (let i: u32 = 0; i < 0x800; i++) store<u8>(twoByte + i, <u8>pagedClass(i));
  // letterRunEnd passes over these without a look.
  for (let i: u32 = 0x5000; i < 0x9000; i++) if (pagedClass(i) != CASELESS) return false;
  return true;
}

@inline
function pagedClass(point: u32): u32 {
  return load<u8>(pages + (<usize>load<u16>(index + ((point >> 6) << 1)) << 6) + (point & 63));
}

/** The class of an ASCII byte; NONE for any other. */
@inline
export function asciiClass(byte: u32): u32 {
  return load<u8>(ascii + byte);
}

/** The class of the character at `p` in the low byte, its width in bytes above. */
@inline
export function classAt(p: usize): u32 {
  const byte: u32 = load<u8>(p);
  if (byte < 0x80) return <u32>load<u8>(ascii + byte) | 0x100;
  const second: u32 = load<u8>(p, 1) & 63;
  if (byte < 0xe0) return <u32>load<u8>(twoByte + (((byte & 31) << 6) | second)) | 0x200;
  const third: u32 = load<u8>(p, 2) & 63;
  if (byte < 0xf0) return pagedClass(((byte & 15) << 12) | (second << 6) | third) | 0x300;
  const point = ((byte & 7) << 18) | (second << 12) | (third << 6) | (load<u8>(p, 3) & 63);
  // The host passes valid UTF-8 only; the limit keeps the look-up inside the table even so.
  return pagedClass(point < 0x110000 ? point : 0) | 0x400;
}

@inline
export function isLetter(kind: u32): bool {
  return kind - UPPER <= CASELESS - UPPER;
}

/** `[^\s\p{L}\p{N}]`: marks belong to it. */
@inline
export function isSymbol(kind: u32): bool {
  return kind == OTHER || kind == MARK;
}
