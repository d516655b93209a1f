// XXH3 of texts, and of the lines or paragraphs of a text, in linear memory: the functions that the host (kernel.ts) calls. The host
// makes a window, writes a text into it and asks for hashes. Every place and length that comes from there is checked against the window.
import { findUnits, stopped, stoppedUnits } from "./units";
import { high, xxh3Of128, xxh3Of64 } from "./xxh3";

/** Bytes behind the text that a 16-byte load may reach. */
const SLACK: u32 = 64;
/** Units that one call finds at most. */
const ROOM: u32 = 4096;
const RECORD: u32 = 20;

const BAD_ARGUMENT: i32 = -1;

/** Two 64-bit words: where the digest functions leave their result. */
const digest: usize = memory.data(16, 16);
const records: usize = memory.data(81920, 16);

const base: usize = (__heap_base + 63) & ~63;
let textBytes: u32 = 0;
let scratch: usize = 0;
let resume: u32 = 0;
let resumeUnits: u32 = 0;

/** Makes room for a text of `bytes` bytes and its normal form. False without memory. */
export function createWindow(bytes: u32): bool {
  textBytes = 0;
  const room = (<u64>bytes + SLACK + 63) & ~63,
    end = <u64>base + 2 * room;
  if (end > 0xffff0000) return false;
  const pages = <i32>((end + 0xffff) >> 16) - memory.size();
  if (pages > 0 && memory.grow(pages) < 0) return false;
  scratch = base + <usize>room;
  textBytes = bytes;
  return true;
}

export function textAddress(): usize {
  return base;
}

export function recordsAddress(): usize {
  return records;
}

export function digestAddress(): usize {
  return digest;
}

/** XXH3_64bits of the first `length` bytes of the window, to the digest's first word. */
export function hash64(length: u32): i32 {
  if (length > textBytes) return BAD_ARGUMENT;
  store<u64>(digest, xxh3Of64(base, length));
  return 0;
}

/** XXH3_128bits of the first `length` bytes of the window, to the digest: lower word first. */
export function hash128(length: u32): i32 {
  if (length > textBytes) return BAD_ARGUMENT;
  store<u64>(digest, xxh3Of128(base, length));
  store<u64>(digest, high, 8);
  return 0;
}

/**
 * The next units of the text, which is the first `length` bytes of the window, from `from` on; see units.ts. `from` is 0 or what
 * `resumeAt` said after the call before. Returns how many records were written; when that is all there is room for, there may be more.
 */
export function units(from: u32, length: u32, ascii: bool, paragraphs: bool, ignore: u32, minimum: u32): i32 {
  if (length > textBytes || from > length || ignore > 7) return BAD_ARGUMENT;
  if (!from) resumeUnits = 0;
  else if (from != resume) return BAD_ARGUMENT;
  const found = findUnits(base + from, base + length, resumeUnits, ascii, scratch, records, ROOM, paragraphs, ignore, minimum);
  resume = <u32>(stopped - base);
  resumeUnits = stoppedUnits;
  return <i32>found;
}

/** Where the last call of `units` stopped; the length of the text when it was done. */
export function resumeAt(): u32 {
  return resume;
}
