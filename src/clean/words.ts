/**
 * The words of an English text as datatrove's filters see them: spaCy 3.8's English tokenizer on the raw text, white space
 * left out. Punctuation marks are words of their own, "can't" is two words, "U.S." and addresses are one.
 *
 * One pass over the UTF-16 units; five chunks in six hold letters only and cost one table look-up more. Memory: 2 bytes for each
 * unit and 12 for each word, times two, kept for the next text. Turned down: JavaScript regular expressions made from spaCy's:
 * they cost several calls a chunk, and their `\s`, `\w` and classes differ from Python's.
 *
 * Differences from spaCy that remain: an IPv4 address written in digits of another script is not kept whole.
 */
import { endianness } from "node:os";
import { cutChunk, isUncuttable, isWordAndMark, pushException } from "./chunks.ts";
import { EXCEPTION_SET } from "./exceptions.ts";
import { holdsCutPhrase, rejoin, type WordList } from "./phrases.ts";
import { SPACE, UNIT_CLASS } from "./unicode.ts";

const BIG_ENDIAN = endianness() === "BE";

/** The words of one text at a time, by place. The arrays belong to this object and are overwritten by the next `read`. */
export class Words implements WordList {
  text = "";
  /** The text's UTF-16 units; beyond `text.length` the array holds anything. */
  units: Uint16Array = new Uint16Array(0);
  starts: Int32Array = new Int32Array(256);
  ends: Int32Array = new Int32Array(256);
  /** The classes of each word's units taken together (see unicode.ts). */
  bits: Int32Array = new Int32Array(256);
  count = 0;
  /** The same memory as `units`. */
  #bytes: Buffer = Buffer.alloc(0);

  constructor(text = "") {
    this.read(text);
  }

  /** Cuts another text, unless it is the one that was cut last. */
  read(text: string): this {
    if (text === this.text) return this;
    this.text = text;
    this.count = 0;
    this.#load(text);
    const { units } = this;
    const table = UNIT_CLASS;
    const length = text.length;
    let phrase = false;
    for (let i = 0; i < length; i++) {
      const start = i;
      let bits = 0;
      let before = 0; // the bits of all units but the last
      for (; i < length; i++) {
        const known = table[units[i] as number] as number;
        if ((known & SPACE) !== 0) break;
        before = bits;
        bits |= known;
      }
      if (i === start) continue;
      const first = this.count;
      if (first + i - start > this.starts.length) this.#grow(first + i - start);
      if (this.#takeWhole(start, i, bits)) continue;
      if (isWordAndMark(units, start, i, before)) {
        this.#takeWhole(start, i - 1, before);
        this.push(i - 1, i);
      } else cutChunk(this, start, i, true);
      if (!phrase && this.count > first + 1) phrase = holdsCutPhrase(this, first);
    }
    if (phrase) this.#rejoin();
    return this;
  }

  /** Takes an exception or an uncuttable word. */
  #takeWhole(start: number, end: number, bits: number): boolean {
    const exception = EXCEPTION_SET.find(this.units, start, end);
    if (exception >= 0) pushException(this, start, exception);
    else if (isUncuttable(bits)) this.#add(start, end, bits);
    else return false;
    return true;
  }

  /** Takes one word; `read` has seen to it that there is room. */
  push(start: number, end: number): void {
    const table = UNIT_CLASS;
    let bits = 0;
    for (let at = start; at < end; at++) bits |= table[this.units[at] as number] as number;
    this.#add(start, end, bits);
  }

  #add(start: number, end: number, bits: number): void {
    const at = this.count++;
    this.starts[at] = start;
    this.ends[at] = end;
    this.bits[at] = bits;
  }

  /** The word `i`. */
  at(i: number): string {
    return this.text.slice(this.starts[i], this.ends[i]);
  }

  /** Copies the text into `units`; the encoder of the runtime does it ten times as fast as a loop over `charCodeAt`. */
  #load(text: string): void {
    if (this.units.length < text.length) {
      this.units = new Uint16Array(text.length * 2);
      this.#bytes = Buffer.from(this.units.buffer);
    }
    const written = this.#bytes.write(text, 0, "utf16le");
    if (BIG_ENDIAN) this.#bytes.subarray(0, written).swap16();
  }

  #grow(least: number): void {
    for (const name of ["starts", "ends", "bits"] as const) {
      const larger = new Int32Array(least * 2);
      larger.set(this[name]);
      this[name] = larger;
    }
  }

  #rejoin(): void {
    const { starts, ends } = rejoin(this);
    if (starts.length > this.starts.length) this.#grow(starts.length);
    this.count = 0;
    for (const [i, start] of starts.entries()) this.push(start, ends[i] as number);
  }
}

/**
 * The words of an English text, as spaCy 3.8's English tokenizer cuts it (MIT licence; rules read out of version 3.8.18), white
 * space left out. Time is linear in the text.
 */
export function splitWords(text: string): string[] {
  const words = new Words(text);
  return Array.from({ length: words.count }, (_, i) => words.at(i));
}
