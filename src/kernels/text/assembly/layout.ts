// Linear memory. Tables of fixed size come first, then the arena with the sets of strings, then the text, and behind it, anew for each
// text, its words and whatever a measurement needs: each takes what lies behind the words and leaves nothing there.

/** The class bits of every UTF-16 unit, u32 each: 256 KB, of which plain English touches the first kilobyte. */
export const CLASSES: usize = memory.data(4 * 65536, 16);
/** Supplementary characters: up to so many places where the bits change; code points, then bits, u32 each. */
export const ASTRAL_ROOM: u32 = 4096;
export const ASTRAL: usize = memory.data(8 * 4096, 16);
/** What a call leaves for the host, u32 each. */
export const RESULT_ROOM: u32 = 512;
export const RESULTS: usize = memory.data(4 * 512, 16);
/** What the host tells a call: sizes, end marks. */
export const ARGUMENT_ROOM: u32 = 4096;
export const ARGUMENTS: usize = memory.data(4 * 4096, 16);
/** MASKS + 16 n: the mask of the first n units of a vector. */
const MASKS: usize = memory.data(9 * 16, 16);

/** Bytes in front of the text and behind it that a vector load may reach. */
const SLACK: usize = 128;
/** Bytes of one word: where it starts, where it ends (addresses), its bits, the number of its text; u32 each. */
export const WORD: usize = 16;

/** The end of the arena. */
let arenaEnd: usize = (__heap_base + 63) & ~63;
let memoryEnd: usize = <usize>memory.size() << 16;

/** The text, and its end, where a space stands. */
export let text: usize = 0;
export let textEnd: usize = 0;
/** The first of the words, and the end of the last. */
export let words: usize = 0;
export let wordsEnd: usize = 0;

export function setWordsEnd(end: usize): void {
  wordsEnd = end;
}

/** Makes sure that memory reaches to `end`. Without memory the call ends in a trap, which the host reports. */
@inline
export function ensure(end: usize): void {
  if (end > memoryEnd) grow(end);
}

function grow(end: usize): void {
  // A sixteenth more, so that a text of many words does not grow memory page by page.
  const wanted = <u64>end + (<u64>(end - text) >> 4) + 0xffff;
  if (wanted > 0xffff0000 || memory.grow(<i32>((wanted - memoryEnd) >> 16)) < 0) unreachable();
  memoryEnd = <usize>memory.size() << 16;
}

export function createMasks(): void {
  for (let n: usize = 0; n <= 8; n++) memory.fill(MASKS + 16 * n, 0xff, 2 * n);
}

/** The mask of the first `count` units of a vector, 8 at most. */
@inline
export function unitMask(count: usize): v128 {
  return v128.load(MASKS + (count << 4));
}

/** The first `count` units at `at`, 8 at most, the rest zero. */
@inline
export function firstUnits(at: usize, count: usize): v128 {
  return v128.and(v128.load(at), unitMask(count));
}

/** Takes `bytes` of the arena for good; the text must be placed anew. */
export function allocate(bytes: usize): usize {
  const at = arenaEnd;
  arenaEnd = (at + bytes + 15) & ~15;
  text = 0;
  ensure(arenaEnd);
  return at;
}

/** Makes room for a text of `units` and returns its address. */
export function placeText(units: u32): usize {
  text = (arenaEnd + SLACK + 15) & ~15;
  textEnd = text;
  words = wordsEnd = 0;
  ensure(text + 2 * <usize>units + 2 * SLACK);
  return text;
}

/** Takes the text that was written: the first `units` of the room. */
export function takeText(units: u32): void {
  textEnd = text + 2 * <usize>units;
  store<u16>(textEnd, 0x20);
  words = (textEnd + SLACK + 15) & ~15;
  wordsEnd = words;
}

/** The first address behind the words, for the tables of a measurement. */
export function behindWords(): usize {
  return (wordsEnd + 15) & ~15;
}
