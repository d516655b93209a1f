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

/** The units of one text, in order. The arrays belong to the object and are overwritten by the next text. */
export class Units {
  count = 0;
  /** Where in the string each unit begins and ends (the place of its line feed), white space at its ends included. */
  starts: Uint32Array = new Uint32Array(64);
  ends: Uint32Array = new Uint32Array(64);
  /** Two words a unit, the lower half of its 64-bit key first. */
  keys: Int32Array = new Int32Array(128);
  /** 1 where the unit is long enough to have a key. */
  long: Uint8Array = new Uint8Array(64);

  clear(): void {
    this.count = 0;
  }

  push(start: number, end: number, low: number, high: number, long: boolean): void {
    const i = this.count++;
    if (i === this.starts.length) this.#grow();
    this.starts[i] = start;
    this.ends[i] = end;
    this.keys[2 * i] = low;
    this.keys[2 * i + 1] = high;
    this.long[i] = long ? 1 : 0;
  }

  #grow(): void {
    const { starts, ends, keys, long } = this;
    const room = 2 * starts.length;
    this.starts = new Uint32Array(room);
    this.ends = new Uint32Array(room);
    this.keys = new Int32Array(2 * room);
    this.long = new Uint8Array(room);
    this.starts.set(starts);
    this.ends.set(ends);
    this.keys.set(keys);
    this.long.set(long);
  }
}
