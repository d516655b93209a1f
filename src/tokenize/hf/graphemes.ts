/**
 * Where a grapheme (user-perceived character) ends: the extended clusters of Unicode 17, as the reference has them. Needed by the
 * `Precompiled` normalizer alone, which looks graphemes of less than six bytes up as a whole.
 */
import { pinnedSet } from "./code-points.ts";

const Class = {
  other: 0,
  control: 1,
  carriageReturn: 2,
  lineFeed: 3,
  extend: 4,
  spacingMark: 5,
  prepend: 6,
  regional: 7,
  leading: 8,
  vowel: 9,
  trailing: 10,
  syllable: 11,
  closedSyllable: 12,
  pictograph: 13,
  consonant: 14,
} as const;

const JOINER = 0x200d;
let table: Uint8Array | undefined;

function classTable(): Uint8Array {
  if (table !== undefined) return table;
  table = new Uint8Array(0x10000);
  for (let unit = 0; unit < 0x10000; unit++) table[unit] = classOf(unit);
  return table;
}

function classOf(point: number): number {
  if (point === 13) return Class.carriageReturn;
  if (point === 10) return Class.lineFeed;
  if (pinnedSet("graphemeControl").has(point) || (isHighControl(point) && !pinnedSet("graphemeExtend").has(point))) return Class.control;
  // Only true extending characters, not spacing marks, may stand between the parts of an emoji or of a conjunct.
  if (pinnedSet("graphemeExtend").has(point)) {
    return pinnedSet("conjunctExtend").has(point) || point === 0x200c ? Class.extend : Class.spacingMark;
  }
  if (pinnedSet("graphemePrepend").has(point)) return Class.prepend;
  if (pinnedSet("pictographic").has(point)) return Class.pictograph;
  if (pinnedSet("conjunctConsonant").has(point)) return Class.consonant;
  if (point >= 0x1f1e6 && point <= 0x1f1ff) return Class.regional;
  if ((point >= 0x1100 && point <= 0x115f) || (point >= 0xa960 && point <= 0xa97c)) return Class.leading;
  if ((point >= 0x1160 && point <= 0x11a7) || (point >= 0xd7b0 && point <= 0xd7c6)) return Class.vowel;
  if ((point >= 0x11a8 && point <= 0x11ff) || (point >= 0xd7cb && point <= 0xd7fb)) return Class.trailing;
  if (point >= 0xac00 && point <= 0xd7a3) return (point - 0xac00) % 28 === 0 ? Class.syllable : Class.closedSyllable;
  return Class.other;
}

/** The controls above U+FFFF, which the probe of the reference cannot see: hieroglyphic and shorthand formats, musical beams, tags. */
function isHighControl(point: number): boolean {
  if (point < 0x10000) return false;
  if (point >= 0x13430 && point <= 0x1343f) return true;
  if ((point >= 0x1bca0 && point <= 0x1bca3) || (point >= 0x1d173 && point <= 0x1d17a)) return true;
  return point >= 0xe0000 && point < 0xe1000;
}

function classAt(text: string, at: number): number {
  const point = text.codePointAt(at) ?? 0;
  return point < 0x10000 ? (classTable()[point] ?? 0) : classOf(point);
}

/** Whether two neighbouring units below U+0300 are surely in graphemes of their own: only CR LF is not. */
export function isPlainPair(unit: number, next: number): boolean {
  return unit < 0x300 && next < 0x300 && unit !== 13;
}

/** The end of the grapheme that starts at `at`. */
export function graphemeEnd(text: string, at: number): number {
  let end = at + ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);
  let previous = classAt(text, at);
  let point = text.codePointAt(at) ?? 0;
  let regionals = previous === Class.regional ? 1 : 0;
  // 1 behind a pictograph and its extending characters, 2 behind a ZWJ after those.
  let emoji = previous === Class.pictograph ? 1 : 0;
  // 1 behind a consonant and its extending characters, 2 when a linker is among those.
  let conjunct = previous === Class.consonant ? 1 : 0;
  while (end < text.length) {
    const next = classAt(text, end);
    if (!joins(previous, next, regionals, emoji, conjunct)) return end;
    point = text.codePointAt(end) ?? 0;
    end += point > 0xffff ? 2 : 1;
    regionals = next === Class.regional ? regionals + 1 : 0;
    if (next === Class.pictograph) emoji = 1;
    else if (next !== Class.extend) emoji = 0;
    else if (emoji > 0) emoji = point === JOINER ? 2 : 1;
    if (next === Class.consonant) conjunct = 1;
    else if (next !== Class.extend || point === 0x200c) conjunct = 0;
    else if (conjunct === 1 && pinnedSet("conjunctLinker").has(point)) conjunct = 2;
    previous = next;
  }
  return end;
}

/** The rules GB3 to GB13. */
function joins(previous: number, next: number, regionals: number, emoji: number, conjunct: number): boolean {
  if (previous === Class.carriageReturn) return next === Class.lineFeed;
  if (previous === Class.control || previous === Class.lineFeed) return false;
  if (next === Class.control || next === Class.lineFeed || next === Class.carriageReturn) return false;
  if (next === Class.extend || next === Class.spacingMark || previous === Class.prepend) return true;
  if (previous === Class.leading) {
    return next === Class.leading || next === Class.vowel || next === Class.syllable || next === Class.closedSyllable;
  }
  if (previous === Class.syllable || previous === Class.vowel) return next === Class.vowel || next === Class.trailing;
  if (previous === Class.closedSyllable || previous === Class.trailing) return next === Class.trailing;
  if (next === Class.consonant) return conjunct === 2;
  if (next === Class.pictograph) return emoji === 2;
  return next === Class.regional && regionals % 2 === 1;
}
