/** What a text is cut into, and what does not count when two pieces are compared. */
export interface UnitRules {
  /** A line, or a paragraph: a run of lines with no blank line in it. Lines of nothing but white space are neither. */
  readonly unit: "line" | "paragraph";
  /** Upper and lower case: `String.prototype.toLowerCase`. */
  readonly ignoreCase: boolean;
  /** How much white space, and which. White space is that of ASCII; at both ends of a unit it never counts. */
  readonly ignoreSpace: boolean;
  /** The values of numbers: a run of ASCII digits counts as one 0. */
  readonly ignoreDigits: boolean;
  /** Units of fewer characters (code points) are found, but get no key. */
  readonly minLength: number;
}

/** Room for the units of a usual text. */
const FIRST_ROOM = 64;

/**
 * The units of one text, in order. The arrays belong to the hasher that filled them, which overwrites them with the next text it is given,
 * and may be longer than `count`.
 */
export class Units {
  count = 0;
  /** Where in the string each unit begins and ends (the place of its line feed), white space at its ends included. */
  starts: Uint32Array;
  ends: Uint32Array;
  /** Two words a unit, the lower half of its 64-bit key first. */
  keys: Int32Array;
  /** 1 where the unit is long enough to have a key. */
  long: Uint8Array;
  /** How many units the object's own arrays hold; 0 where those of a hasher are shown. */
  #room = FIRST_ROOM;

  constructor() {
    this.starts = new Uint32Array(FIRST_ROOM);
    this.ends = new Uint32Array(FIRST_ROOM);
    this.keys = new Int32Array(2 * FIRST_ROOM);
    this.long = new Uint8Array(FIRST_ROOM);
  }

  clear(): void {
    this.count = 0;
  }

  /** Shows arrays of somebody else instead of copying them. */
  view(starts: Uint32Array, ends: Uint32Array, keys: Int32Array, long: Uint8Array, count: number): void {
    this.starts = starts;
    this.ends = ends;
    this.keys = keys;
    this.long = long;
    this.count = count;
    this.#room = 0;
  }

  push(start: number, end: number, low: number, high: number, long: boolean): void {
    const i = this.count++;
    if (i >= this.#room) this.#grow(i);
    this.starts[i] = start;
    this.ends[i] = end;
    this.keys[2 * i] = low;
    this.keys[2 * i + 1] = high;
    this.long[i] = long ? 1 : 0;
  }

  /** Makes arrays of its own, with the first `count` units. */
  #grow(count: number): void {
    const { starts, ends, keys, long } = this;
    this.#room = Math.max(FIRST_ROOM, 2 * count);
    this.starts = new Uint32Array(this.#room);
    this.ends = new Uint32Array(this.#room);
    this.keys = new Int32Array(2 * this.#room);
    this.long = new Uint8Array(this.#room);
    this.starts.set(starts.subarray(0, count));
    this.ends.set(ends.subarray(0, count));
    this.keys.set(keys.subarray(0, 2 * count));
    this.long.set(long.subarray(0, count));
  }
}
