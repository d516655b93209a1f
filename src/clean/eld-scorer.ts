/**
 * The scorer of `eld` (an n-gram classifier of 60 languages) over eld's own database, laid out flat.
 *
 * What it computes: of the first 1,000 UTF-16 units, runs of anything but letters become one space (apostrophes that stand before
 * a letter stay); lower case; UTF-8, up to the first space after byte 350 or to byte 380. Each word gives grams of 4 bytes, one
 * every 3, the first with a space before and the last with one behind. Every distinct gram adds its scores to its languages; the
 * greatest sum wins, and is scaled to 0 ... 1 by the number of distinct grams.
 *
 * How: one pass over the text and one look-up a gram in a table of 16-byte slots, so a look-up is mostly one cache line. eld makes
 * strings, objects and arrays of a text and walks objects with `for in`. A sixteenth of its time, 6 to 9 us a text; the answers
 * are the same, and `eld.ts` checks that they are. Memory: 2.4 MB for the small database, and 256 KB for the classes of units,
 * filled as they are met. Turned down: a WebAssembly kernel (bringing the string across would cost as much as the pass).
 */
import { SLOT, slotOf, tableOf } from "./eld-table.ts";

/** What the scorer needs of the package: parts of its modules, as they are. */
export interface EldData {
  /** Language codes by number, and for each gram the scores by language number. */
  readonly ngramsData: {
    readonly languages: Readonly<Record<string, string>>;
    readonly ngrams: Readonly<Record<string, Readonly<Record<string, number>>>>;
  };
  /** The character that stands for each byte from 0x80 in a gram. */
  readonly dictionary: readonly string[];
  /** Matches what becomes a space. */
  readonly separators: RegExp;
  /** The score of a correct answer, by language. */
  readonly avgScore: Readonly<Record<string, number>>;
}

/** What eld says of a text. */
export interface Detected {
  /** "" when no gram was known. */
  readonly language: string;
  readonly score: number;
  readonly reliable: boolean;
}

const UNITS_READ = 1000;
const SPACE_ENDS_AFTER = 350;
const ENDS_AFTER = 380;
/** Grams are taken from this much of a word; the last one reaches to the word's end all the same. */
const WORD_BYTES = 70;
/** Was subtracted from all scores in the database. */
const BASE_SCORE = 53;
const SCALE = 25;
const FEWEST_GRAMS = 3;
const RELIABLE_SHARE = 0.75;
const LEAST_LEAD = 0.01;

const SPACE = 0x20;
const CAPITAL_SIGMA = 0x3a3;
const APOSTROPHES = [0x27, 0x60, 0x2019];

// What becomes of a unit: the number of its bytes in bits 24 and 25, the bytes below, and one of these.
const SEPARATOR = 1 << 26;
const APOSTROPHE = 1 << 27;
/** Its lower case depends on the word or is longer than one unit. */
const SPECIAL = 1 << 28;

/** A function that answers as `eld.detect` does, or undefined when the data are not of the form it knows. */
export function createScorer({ ngramsData, dictionary, separators, avgScore }: EldData): ((text: string) => Detected) | undefined {
  const table = tableOf(ngramsData);
  const codes = Object.keys(ngramsData.languages).map((_, i) => ngramsData.languages[i]);
  if (table === undefined || dictionary.length !== 256 || dictionary.some((c) => c.length !== 1 || c.charCodeAt(0) > 0xff))
    return undefined;
  if (codes.some((code) => typeof code !== "string") || new Set(codes).size !== codes.length) return undefined;
  const { slots, shift, scores } = table;
  const mask = slots.length / SLOT - 1;
  const units = new Uint32Array(0x10000);
  /** The bytes of all words of the text. */
  const bytes = new Uint8Array(512);
  const sums = new Int32Array(codes.length);
  /** The grams of the text that the database lacks: they count too. At most 192, since a word and its space take two bytes. */
  const unknown = new Int32Array(SLOT * 512);
  /** Where the ends begin that are longer than any key. */
  const longEnds: number[] = [];
  let text = "";
  /** The number of the text, in the slots of its grams. */
  let turn = 0;
  let grams = 0;
  /** Counts spaces too. */
  let counted = 0;
  let length = 0;
  let wordStart = 0;

  /** Adds the scores of a gram, the first time in this text. */
  function add(low: number, high: number): void {
    for (let at = slotOf(low, high, shift); ; at = (at + 1) & mask) {
      const p = at * SLOT;
      const packed = slots[p + 1] as number;
      if (packed === 0) break;
      if (slots[p] !== low || (packed & 0xffff) !== high) continue;
      if (slots[p + 3] === turn) return;
      slots[p + 3] = turn;
      grams++;
      const first = slots[p + 2] as number;
      for (let i = first + (packed >>> 16) - 1; i >= first; i--) {
        const score = scores[i] as number;
        sums[score >> 8] = (sums[score >> 8] as number) + (score & 0xff) + BASE_SCORE;
      }
      return;
    }
    for (let at = slotOf(low, high, 23); ; at = (at + 1) & 511) {
      const p = at * SLOT;
      if (unknown[p + 2] !== turn) {
        unknown[p] = low;
        unknown[p + 1] = high;
        unknown[p + 2] = turn;
        grams++;
        return;
      }
      if (unknown[p] === low && unknown[p + 1] === high) return;
    }
  }

  const four = (at: number): number =>
    (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);

  function endWord(): void {
    const from = wordStart;
    const size = length - from;
    wordStart = length;
    if (size === 0) return;
    const read = Math.min(size, WORD_BYTES);
    for (let i = 0; i + 4 < read; i += 3) {
      if (i === 0) add(SPACE | (four(from) << 8), bytes[from + 3] as number);
      else add(four(from + i), 0);
    }
    if (size <= 4) addShort(from, size);
    else if (size - read <= 1) {
      const low = four(from + read - 4);
      if (size === read) add(low, SPACE);
      else add(low, (bytes[from + read] as number) | (SPACE << 8));
    } else addLong(from + read - 4, length);
  }

  /** A whole word between two spaces. */
  function addShort(from: number, size: number): void {
    for (let i = size; i < 4; i++) bytes[from + i] = 0;
    const word = four(from);
    let low = SPACE | (word << 8);
    let high = word >>> 24;
    if (size < 3) low |= SPACE << (8 * (size + 1));
    else high |= SPACE << (8 * (size - 3));
    add(low, high);
  }

  /** An end too long for the database: it only counts. There are at most five in a text. */
  function addLong(from: number, to: number): void {
    const end = bytes.subarray(from, to);
    for (let i = 0; i < longEnds.length; i += 2) {
      const other = bytes.subarray(longEnds[i], longEnds[i + 1]);
      if (other.length === end.length && other.every((byte, k) => byte === end[k])) return;
    }
    longEnds.push(from, to);
    grams++;
  }

  /** The bytes of a unit as they stand in grams, their number above. */
  function encoded(unit: number): number {
    const byte = (value: number): number => (dictionary[value] as string).charCodeAt(0);
    if (unit < 0x80) return unit | (1 << 24);
    if (unit < 0x800) return byte(0xc0 | (unit >> 6)) | (byte(0x80 | (unit & 0x3f)) << 8) | (2 << 24);
    return byte(0xe0 | (unit >> 12)) | (byte(0x80 | ((unit >> 6) & 0x3f)) << 8) | (byte(0x80 | (unit & 0x3f)) << 16) | (3 << 24);
  }

  function learn(unit: number): number {
    const character = String.fromCharCode(unit);
    const lower = character.toLowerCase();
    let what = SPECIAL;
    if (APOSTROPHES.includes(unit)) what = APOSTROPHE | encoded(unit);
    else if (character.replace(separators, " ") === " ") what = SEPARATOR;
    else if (lower.length === 1 && unit !== CAPITAL_SIGMA) what = encoded(lower.charCodeAt(0));
    units[unit] = what;
    return what;
  }

  const classOf = (unit: number): number => units[unit] || learn(unit);

  /** False when that was all of the text that counts. */
  function put(what: number): boolean {
    const size = (what >>> 24) & 3;
    bytes[length] = what;
    bytes[length + 1] = what >>> 8;
    bytes[length + 2] = what >>> 16;
    length += size;
    counted += size;
    return counted <= ENDS_AFTER;
  }

  /** Writes the lower case of the capital at a place of the text, where it is no matter of one unit alone. */
  function putSpecial(at: number, end: number): boolean {
    const unit = text.charCodeAt(at);
    if (unit !== CAPITAL_SIGMA) {
      for (const character of text.charAt(at).toLowerCase()) if (!put(encoded(character.charCodeAt(0)))) return false;
      return true;
    }
    // A sigma is written otherwise at the end of a word, where the word is what separators leave together.
    let from = at;
    let to = at + 1;
    while (from > 0 && classOf(text.charCodeAt(from - 1)) !== SEPARATOR) from--;
    while (to < end && classOf(text.charCodeAt(to)) !== SEPARATOR) to++;
    const place = text.slice(from, at).toLowerCase().length;
    return put(encoded(text.slice(from, to).toLowerCase().charCodeAt(place)));
  }

  /** Reads the text into words, each of which adds its grams. */
  function read(): void {
    const end = Math.min(text.length, UNITS_READ);
    let separated = false;
    /** Apostrophes so far that stand behind the last separator. */
    let held = 0;
    for (let i = 0; i < end || held > 0; i++) {
      const what = i < end ? classOf(text.charCodeAt(i)) : 0;
      if (what === SEPARATOR) {
        separated = true;
        held = 0;
        continue;
      }
      if ((what & APOSTROPHE) !== 0) {
        held++;
        continue;
      }
      if (separated) {
        separated = false;
        endWord();
        if (counted > SPACE_ENDS_AFTER) return;
        if (counted > 0) counted++; // no space is left at the beginning
        if (counted > ENDS_AFTER) return;
      }
      for (; held > 0; held--) if (!put(classOf(text.charCodeAt(i - held)))) return;
      if (i < end && !(what === SPECIAL ? putSpecial(i, end) : put(what))) return;
    }
  }

  /** The best and the next best language by number, -1 for none; of equals the first. */
  function best(): [number, number] {
    let first = -1;
    let second = -1;
    for (let i = 0; i < sums.length; i++) {
      const sum = sums[i] as number;
      if (sum <= 0) continue;
      if (first === -1 || sum > (sums[first] as number)) [first, second] = [i, first];
      else if (second === -1 || sum > (sums[second] as number)) second = i;
    }
    return [first, second];
  }

  return (given) => {
    text = given;
    turn = (turn + 1) | 0;
    if (turn === 0) {
      // After 4 billion texts: no slot may seem to belong to a text to come.
      for (let p = 3; p < slots.length; p += SLOT) slots[p] = 0;
      unknown.fill(0);
      turn = 1;
    }
    sums.fill(0);
    longEnds.length = 0;
    grams = counted = length = wordStart = 0;
    read();
    endWord();
    text = "";
    const [first, second] = best();
    if (first === -1) return { language: "", score: 0, reliable: false };
    const language = codes[first] as string;
    const perGram = (sums[first] as number) / grams;
    const score = perGram / (perGram + SCALE);
    // eld compares the score with the number of the second language, which matters for the first two numbers only.
    const lead = Math.abs(score - Math.max(0, second));
    const reliable = grams >= FEWEST_GRAMS && !((avgScore[language] as number) * RELIABLE_SHARE > score) && !(LEAST_LEAD > lead);
    return { language, score, reliable };
  };
}
