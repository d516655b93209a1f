/**
 * The chunks that spaCy's English rules cut in a way of their own ("can't", "10am", "Mr.", ":-)"), found by their
 * UTF-16 units, since every chunk of every document is looked up: nearly every miss costs one read.
 */
import { EXCEPTIONS } from "./english-data.ts";
import { hashUnit, spread } from "./hashing.ts";

/** A fixed set of short strings, looked up by units; each has the number of its place in the list. */
export class UnitSet {
  readonly #longest: number;
  readonly #codes: readonly Uint16Array[];
  readonly #slots: Int32Array;
  readonly #shift: number;
  /** Which combinations of length, first and last unit occur: most strings are refused by them, before any hashing. */
  readonly #shapes: Uint8Array = new Uint8Array(4096);

  constructor(strings: readonly string[]) {
    this.#codes = strings.map((text) => Uint16Array.from(text.split(""), (unit) => unit.charCodeAt(0)));
    this.#longest = Math.max(0, ...strings.map((text) => text.length));
    const bits = Math.ceil(Math.log2(strings.length * 8 + 1)); // sparse: almost every miss ends at an empty slot
    this.#shift = 32 - bits;
    this.#slots = new Int32Array(1 << bits).fill(-1);
    for (const [number, codes] of this.#codes.entries()) {
      this.#shapes[shapeOf(codes, 0, codes.length)] = 1;
      let slot = spread(codes.reduce(hashUnit, 0)) >>> this.#shift;
      while (this.#slots[slot] !== -1) slot = (slot + 1) & (this.#slots.length - 1);
      this.#slots[slot] = number;
    }
  }

  /** The number of the string `units[start, end)`, or -1. */
  find(units: Uint16Array, start: number, end: number): number {
    if (end - start > this.#longest || end <= start || this.#shapes[shapeOf(units, start, end)] === 0) return -1;
    return this.#search(units, start, end);
  }

  /** Apart from `find`, which is then small enough for the runtime to put it into its callers. */
  #search(units: Uint16Array, start: number, end: number): number {
    let hash = 0;
    for (let i = start; i < end; i++) hash = hashUnit(hash, units[i] as number);
    const slots = this.#slots;
    for (let slot = spread(hash) >>> this.#shift; ; slot = (slot + 1) & (slots.length - 1)) {
      const number = slots[slot] as number;
      if (number === -1) return -1;
      const codes = this.#codes[number] as Uint16Array;
      if (codes.length !== end - start) continue;
      let i = 0;
      while (i < codes.length && codes[i] === units[start + i]) i++;
      if (i === codes.length) return number;
    }
  }
}

function shapeOf(units: Uint16Array, start: number, end: number): number {
  return ((units[start] as number) * 67 + (units[end - 1] as number) * 7 + (end - start) * 1031) & 4095;
}

const parts: readonly (readonly string[])[] = EXCEPTIONS.trim()
  .split(/[\t\n]/)
  .map((rule) => rule.split(" "));

/** Every exception, whole. */
export const EXCEPTION_TEXTS: readonly string[] = parts.map((words) => words.join(""));

export const EXCEPTION_SET: UnitSet = new UnitSet(EXCEPTION_TEXTS);

/** Where the words of each exception end, counted from its start. */
export const EXCEPTION_CUTS: readonly (readonly number[])[] = parts.map((words) => {
  let end = 0;
  return words.map((word) => {
    end += word.length;
    return end;
  });
});
