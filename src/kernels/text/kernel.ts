import { wasmInstance, wasmModule } from "../wasm.ts";
import type { TextExports } from "./exports.ts";
import { fillTables, WORD_SIZE, within, writeStopWords } from "./fill.ts";
import type { TextTables, WordPlaces } from "./tables.ts";

/** Numbers of assembly/*.ts. */
const RESULT_ROOM = 512;
const ARGUMENT_ROOM = 4096;
const STOP_ROOM = 16384;
const STOP_WORDS = 1024;

/** Units of the largest text: its tables take up to 100 bytes a unit where every unit is a word. */
const LARGEST_TEXT = 1 << 21;
/** Units that there is room for from the start. */
const FIRST_TEXT = 1 << 15;
/** A memory larger than this is given back when a text of usual size comes. */
const LARGE_MEMORY = 1 << 25;
const USUAL_TEXT = 1 << 18;

/** What `load` says of a text, as bits. */
export const LONE_SURROGATE = 1;
export const OTHER_BREAK = 2;
export const CONTROL = 4;
export const UNSETTLED = 8;
export const TRAILING_SPACE = 16;
export const SPACE_AT_ENDS = 32;

/** The rules of C4 that are on, as bits. */
export const C4_RULES = {
  citations: 1,
  loremIpsum: 2,
  javascript: 4,
  curlyBracket: 8,
  policy: 16,
  acceptEllipsis: 32,
  endMarks: 64,
} as const;

/** What `c4` returns. */
export const C4_CODES = { done: 0, loremIpsum: 1, curlyBracket: 2, citation: 3 } as const;

/** The C4 rules for lines; null is no limit. */
export interface C4LineRules {
  /** Those of `C4_RULES` that are on. */
  readonly bits: number;
  readonly fewestWords: number | null;
  readonly longestWord: number | null;
  readonly endMarks: readonly string[];
}

interface Views {
  readonly buffer: ArrayBuffer;
  readonly bytes: Buffer;
  /** All of memory. */
  readonly numbers: Uint32Array;
  readonly results: Uint32Array;
  readonly arguments: Uint32Array;
}

/**
 * One instance of the kernel for text statistics. It holds one text at a time; every method takes the text that it is about and loads it
 * unless it is the one loaded last. Numbers come back in `results`, which the next call overwrites; assembly/index.ts says which.
 *
 * Memory: 0.6 MB of tables, then 4 bytes a unit and some 70 a word of the largest text of late, which has 2^21 units at most.
 */
export class TextKernel {
  readonly #make: () => TextExports;
  #exports: TextExports;
  #views: Views | undefined;
  #text: string | undefined;
  #room = 0;
  #address = 0;
  #stopWords: readonly string[] | undefined;
  /** Of the text loaded last: what the kernel saw in it, its surrogate pairs, its longest run of line feeds (the start counts as one). */
  flags = 0;
  pairs = 0;
  longestRun = 0;

  /** Undefined where there is no WebAssembly SIMD. */
  static create(tables: TextTables): TextKernel | undefined {
    const module = wasmModule(new URL("./text.wasm", import.meta.url));
    return module && new TextKernel(() => wasmInstance<TextExports>(module, "text"), tables);
  }

  private constructor(make: () => TextExports, tables: TextTables) {
    this.#make = () => {
      const exports = make();
      fillTables(exports, tables);
      return exports;
    };
    this.#exports = this.#make();
  }

  /** Bytes of linear memory. */
  get memoryBytes(): number {
    return this.#exports.memory.buffer.byteLength;
  }

  /** The numbers of the last call. */
  get results(): Uint32Array {
    return this.#view().results;
  }

  /** Loads a text, and looks at it. False for one that is too large. */
  load(text: string): boolean {
    if (text === this.#text) return true;
    this.#text = undefined;
    if (text.length > LARGEST_TEXT) return false;
    if (4 * this.#view().numbers.length > LARGE_MEMORY && text.length <= USUAL_TEXT) this.#renew();
    if (text.length > this.#room || this.#room === 0) this.#reserve(text.length);
    const { bytes } = this.#view();
    const written = bytes.write(text, this.#address, "utf16le");
    const flags = this.#exports.takeText(text.length);
    if (written !== 2 * text.length) throw new Error(`text: the kernel got ${written} bytes of ${2 * text.length}`);
    this.#took(text, flags);
    return true;
  }

  /** Notes that the kernel has taken the text, and what it saw in it. */
  #took(text: string, flags: number): void {
    this.#check(flags);
    const { results } = this.#view();
    this.flags = flags;
    this.pairs = results[0] as number;
    this.longestRun = results[1] as number;
    this.#text = text;
  }

  /**
   * The text without white space at line ends, with at most `blankLines` blank lines in a row and none at its ends: of a text whose only line
   * break is `\n`. That is then the text that is loaded.
   */
  tidy(text: string, blankLines: number): string {
    this.#load(text);
    const count = this.#exports.tidy(Math.min(blankLines, 0x7fff_ffff));
    const { buffer, results, numbers } = this.#view();
    const from = within(buffer, results[0] as number, 12 * count) / 4;
    let tidied = "";
    for (let i = from; i < from + 3 * count; i += 3) {
      const breaks = numbers[i] as number;
      const piece = text.slice(numbers[i + 1], numbers[i + 2]);
      tidied = breaks === 0 ? piece : `${tidied}${breaks === 1 ? "\n" : "\n".repeat(breaks)}${piece}`;
    }
    this.#took(tidied, this.#exports.takeTidied());
    return tidied;
  }

  /** How many words the text has. */
  countWords(text: string): number {
    this.#load(text);
    return this.#check(this.#exports.countWords());
  }

  /** Where its words are. */
  words(text: string): WordPlaces {
    const count = this.countWords(text);
    const { buffer } = this.#view();
    const at = within(buffer, this.#exports.wordsAddress(), 4 * WORD_SIZE * count);
    const list = new Uint32Array(buffer, at, WORD_SIZE * count);
    const place = (i: number): number => ((list[i] as number) - this.#address) / 2;
    return {
      count,
      starts: Array.from({ length: count }, (_, i) => place(WORD_SIZE * i)),
      ends: Array.from({ length: count }, (_, i) => place(WORD_SIZE * i + 1)),
    };
  }

  /**
   * Copies of paragraphs and lines, the top n-grams for the sizes `tops`, the repeated ones for the sizes `repeats`. With `limits`, the
   * characters that an n-gram of each of `tops` and then the repeated ones of each of `repeats` may have, less one, only what may change the
   * first limit that is exceeded is measured; zeros stand for the rest.
   */
  repetition(text: string, tops: readonly number[], repeats: readonly number[], limits?: ArrayLike<number>): Uint32Array {
    this.#load(text);
    const { arguments: list } = this.#view();
    let at = 0;
    for (const n of tops) list[at++] = n;
    for (const n of repeats) list[at++] = n;
    if (limits !== undefined) for (let i = 0; i < limits.length; i++) list[at++] = limits[i] as number;
    this.#check(this.#exports.repetition(tops.length, repeats.length, Number(limits !== undefined)));
    return this.results;
  }

  /** Words, marks and lines, with the stop words of the list that occur, counted up to `enough`. False: the list is too long. */
  quality(text: string, stopWords: readonly string[], enough: number): boolean {
    if (!this.#hasStopWords(stopWords) && !this.#takeStopWords(stopWords)) return false;
    this.#load(text);
    this.#check(this.#exports.quality(stopWords.length, Math.min(enough, 0xffff_ffff)));
    return true;
  }

  /** Sorts the lines by the C4 rules. Returns one of `C4_CODES`, or undefined for end marks that are too long. */
  c4(text: string, rules: C4LineRules, enough: number): number | undefined {
    this.#load(text);
    const { arguments: list } = this.#view();
    let at = 0;
    for (const mark of rules.endMarks) {
      if (at + 1 + mark.length > ARGUMENT_ROOM) return undefined;
      list[at++] = mark.length;
      for (let i = 0; i < mark.length; i++) list[at++] = mark.charCodeAt(i);
    }
    const { bits, fewestWords, longestWord, endMarks } = rules;
    return this.#check(this.#exports.c4(bits, signed(fewestWords), signed(longestWord), endMarks.length, Math.min(enough, 0xffff_ffff)));
  }

  /**
   * The lines of the text that the last call, `c4`, kept, joined by line feeds, without white space at the ends: the text itself when those
   * are all. That is then the text that is loaded.
   */
  kept(text: string): string {
    const { buffer, results, numbers } = this.#view();
    const count = results[8] as number;
    const from = within(buffer, results[9] as number, 8 * count) / 4;
    let kept = "";
    for (let i = from; i < from + 2 * count; i += 2) {
      const piece = text.slice(numbers[i], numbers[i + 1]);
      kept = i === from ? piece : `${kept}\n${piece}`;
    }
    if (kept !== text) this.#took(kept, this.#exports.takeKept());
    return kept;
  }

  /** Lines as FineWeb counts them. */
  fineweb(text: string, shortLength: number): Uint32Array {
    this.#load(text);
    this.#exports.fineweb(Math.min(shortLength, 0xffff_ffff));
    return this.results;
  }

  /** Whether the text plainly has `fewest` words. */
  plainlyHasWords(text: string, fewest: number): boolean {
    this.#load(text);
    return this.#exports.plainlyHasWords(Math.min(fewest, 0xffff_ffff)) !== 0;
  }

  #load(text: string): void {
    if (!this.load(text)) throw new RangeError(`text: a text of ${text.length} units is too large for the kernel`);
  }

  #check(code: number): number {
    if (code < 0) throw new Error(`text: the kernel refused its input (${code})`);
    return code;
  }

  #hasStopWords(words: readonly string[]): boolean {
    const known = this.#stopWords;
    return known === words || (known?.length === words.length && known.every((word, i) => word === words[i]));
  }

  #takeStopWords(words: readonly string[]): boolean {
    if (words.length > STOP_WORDS || words.reduce((sum, word) => sum + word.length + 2, 0) > STOP_ROOM) return false;
    this.#text = undefined;
    this.#room = 0;
    writeStopWords(this.#exports, words);
    this.#stopWords = words;
    return true;
  }

  #renew(): void {
    this.#views = undefined;
    this.#stopWords = undefined;
    this.#room = 0;
    this.#exports = this.#make();
  }

  #reserve(units: number): void {
    const wanted = Math.max(FIRST_TEXT, units);
    this.#room = 0;
    const address = this.#exports.reserve(wanted);
    this.#address = within(this.#exports.memory.buffer, address, 2 * wanted);
    this.#room = wanted;
  }

  #view(): Views {
    // Memory that has grown has another buffer, and the views on the old one are empty.
    if (this.#views !== undefined && this.#views.numbers.length > 0) return this.#views;
    const { buffer } = this.#exports.memory;
    const views: Views = {
      buffer,
      bytes: Buffer.from(buffer),
      numbers: new Uint32Array(buffer),
      results: new Uint32Array(buffer, within(buffer, this.#exports.resultsAddress(), 4 * RESULT_ROOM), RESULT_ROOM),
      arguments: new Uint32Array(buffer, within(buffer, this.#exports.argumentsAddress(), 4 * ARGUMENT_ROOM), ARGUMENT_ROOM),
    };
    this.#views = views;
    return views;
  }
}

/** A limit as the kernel takes it: -1 for none. */
function signed(limit: number | null): number {
  return limit === null ? -1 : Math.min(limit, 0x7fff_ffff);
}
