/**
 * The keys seen so far, for stages that keep the first of equal pieces. A key is 64 or 128 bits of a hash, as 32-bit words, the lowest
 * first. Open addressing with linear probing; the key's second word, as a fraction of the table, is its home, so the table lies in
 * the order of those words and growing it reads and writes both tables from front to back.
 *
 * Memory: 10 to 12.5 bytes for a key of 64 bits, 20 to 25 for one of 128, and 5 to 6 more where keys have values (how many copies
 * were admitted, or the number of a document); while the table grows, the old one beside it. Turned down: a table that doubles, half empty on average; BigInt keys in a Set, which take 70 bytes
 * each and end at 2^24 keys.
 */

const LARGEST_LOAD = 0.8;
const GROWTH = 1.25;
const FIRST_SLOTS = 1024;
const TWO_POW_32 = 0x1_0000_0000;
/** Keys in one array of a saved state. */
const BLOCK_KEYS = 1 << 16;

/** Keys whose places are read before they are looked up: many more would push each other out of the cache. */
export const AT_ONCE = 128;

/** Something that lets the first copies of a key through. */
export interface Gate {
  /** Bytes of memory held. */
  readonly bytes: number;
  /** Counts the key at `keys[at]`; true when it may stay. A table that keeps values gives a new key this one. */
  admit(keys: Int32Array, at: number, value?: number): boolean;
  /**
   * `admit` for the first `count` keys, in order: `repeated` gets 0 for each that may stay and 1 for the others. Returns how many those are.
   */
  admitAll(keys: Int32Array, count: number, repeated: Uint8Array, value?: number): number;
  /** The value of an admitted key, where the gate keeps values. */
  valueOf(keys: Int32Array, at: number): number | undefined;
  /** What a checkpoint must hold, and its inverse on a fresh object. */
  save(): unknown;
  load(saved: unknown): void;
}

/** What {@link SeenKeys} saves: keys in blocks, and their values, if they have any. */
interface SavedKeys {
  readonly keys: readonly Int32Array[];
  readonly values: readonly Uint32Array[];
}

/** The value of a key that was loaded without one. */
const UNKNOWN = 0xffff_ffff;

export class SeenKeys implements Gate {
  readonly #words: 2 | 4;
  readonly #limit: number;
  #table: Int32Array;
  /** A number for each slot, where there are values: copies admitted, or what `admit` was given. */
  #values: Uint32Array | undefined;
  #slots = FIRST_SLOTS;
  /** A second word times this is its home. */
  #scale = FIRST_SLOTS / TWO_POW_32;
  #count = 0;

  /** `words` of 32 bits in a key; `limit` copies of each are admitted; with `numbered` (and a limit of 1) keys have values. */
  constructor(words: 2 | 4, limit = 1, numbered = false) {
    this.#words = words;
    this.#limit = limit;
    this.#table = new Int32Array(FIRST_SLOTS * words);
    this.#values = limit > 1 || numbered ? new Uint32Array(FIRST_SLOTS) : undefined;
  }

  /** Different keys. */
  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#table.byteLength + (this.#values?.byteLength ?? 0);
  }

  admit(keys: Int32Array, at: number, value = 1): boolean {
    const slot = this.#find(keys, at);
    if (slot < 0) {
      this.#put(keys, at, ~slot, value);
      return true;
    }
    if (this.#limit === 1 || this.#values === undefined) return false;
    const copies = this.#values[slot] as number;
    if (copies >= this.#limit) return false;
    this.#values[slot] = copies + 1;
    return true;
  }

  admitAll(keys: Int32Array, count: number, repeated: Uint8Array, value = 1): number {
    let gone = 0;
    if (this.#words === 2 && this.#values === undefined) {
      for (let from = 0; from < count; from += AT_ONCE) {
        const to = Math.min(count, from + AT_ONCE);
        if (to - from > 1) this.#touch(keys, from, to, repeated);
        for (let i = from; i < to; i++) {
          const known = this.#known64(keys[2 * i] as number, keys[2 * i + 1] as number);
          repeated[i] = known;
          gone += known;
        }
      }
      return gone;
    }
    for (let i = 0; i < count; i++) {
      const stays = this.admit(keys, i * this.#words, value);
      repeated[i] = stays ? 0 : 1;
      if (!stays) gone++;
    }
    return gone;
  }

  /**
   * Reads the homes of keys, so that the waits for memory overlap and the look-ups that follow find them in the cache: four fifths of the
   * time in a table larger than that. What is read goes where it will be overwritten: without a use, the loads would be left out.
   */
  #touch(keys: Int32Array, from: number, to: number, repeated: Uint8Array): void {
    const table = this.#table;
    let read = 0;
    for (let i = from; i < to; i++) read |= table[2 * this.#home(keys[2 * i + 1] as number)] as number;
    repeated[from] = read;
  }

  /** `admit` for a key of 64 bits without a value, in one function: 1 for a known key, 0 for a new one, which is then known. */
  #known64(word: number, high: number): 0 | 1 {
    const table = this.#table;
    const low = (word | high) === 0 ? 1 : word;
    let at = 2 * this.#home(high);
    for (;;) {
      const first = table[at] as number;
      const second = table[at + 1] as number;
      if (first === low && second === high) return 1;
      if ((first | second) === 0) break;
      at = at + 2 === table.length ? 0 : at + 2;
    }
    table[at] = low;
    table[at + 1] = high;
    if (++this.#count > this.#slots * LARGEST_LOAD) this.#grow();
    return 0;
  }

  /** True when the key was admitted before. */
  has(keys: Int32Array, at: number): boolean {
    return this.#find(keys, at) >= 0;
  }

  valueOf(keys: Int32Array, at: number): number | undefined {
    const slot = this.#find(keys, at);
    const value = slot < 0 ? UNKNOWN : (this.#values?.[slot] ?? UNKNOWN);
    return value === UNKNOWN ? undefined : value;
  }

  save(): SavedKeys {
    const keys: Int32Array[] = [];
    const values: Uint32Array[] = [];
    const words = this.#words;
    let filled = BLOCK_KEYS;
    let left = this.#count;
    for (let slot = 0; slot < this.#slots; slot++) {
      const base = slot * words;
      if (((this.#table[base] as number) | (this.#table[base + 1] as number)) === 0) continue;
      if (filled === BLOCK_KEYS) {
        keys.push(new Int32Array(Math.min(left, BLOCK_KEYS) * words));
        if (this.#values !== undefined) values.push(new Uint32Array(Math.min(left, BLOCK_KEYS)));
        filled = 0;
      }
      const block = keys[keys.length - 1] as Int32Array;
      for (let i = 0; i < words; i++) block[filled * words + i] = this.#table[base + i] as number;
      if (this.#values !== undefined) (values[values.length - 1] as Uint32Array)[filled] = this.#values[slot] as number;
      filled++;
      left--;
    }
    return { keys, values };
  }

  load(saved: unknown): void {
    const { keys, values } = saved as SavedKeys;
    const missing = this.#limit > 1 ? 1 : UNKNOWN;
    for (const [b, block] of keys.entries()) {
      for (let at = 0, i = 0; at < block.length; at += this.#words, i++) {
        const slot = this.#find(block, at);
        if (slot < 0) this.#put(block, at, ~slot, values[b]?.[i] ?? missing);
      }
    }
  }

  /** The key's slot, or the complement of the free slot where it belongs. */
  #find(keys: Int32Array, at: number): number {
    const table = this.#table;
    const words = this.#words;
    const high = keys[at + 1] as number;
    // A slot of zeros is a free one, so a key that begins with 64 zeros takes the place of another one: one more collision in 2^64.
    const low = ((keys[at] as number) | high) === 0 ? 1 : (keys[at] as number);
    for (let slot = this.#home(high); ; slot = slot + 1 === this.#slots ? 0 : slot + 1) {
      const base = slot * words;
      const first = table[base] as number;
      const second = table[base + 1] as number;
      if ((first | second) === 0) return ~slot;
      if (first === low && second === high && (words === 2 || (table[base + 2] === keys[at + 2] && table[base + 3] === keys[at + 3])))
        return slot;
    }
  }

  #put(keys: Int32Array, at: number, slot: number, value: number): void {
    const base = slot * this.#words;
    for (let i = 0; i < this.#words; i++) this.#table[base + i] = keys[at + i] as number;
    if (((keys[at] as number) | (keys[at + 1] as number)) === 0) this.#table[base] = 1;
    if (this.#values !== undefined) this.#values[slot] = value;
    if (++this.#count > this.#slots * LARGEST_LOAD) this.#grow();
  }

  #grow(): void {
    const [table, values, slots] = [this.#table, this.#values, this.#slots];
    const words = this.#words;
    this.#slots = Math.ceil(slots * GROWTH);
    this.#scale = this.#slots / TWO_POW_32;
    this.#table = new Int32Array(this.#slots * words);
    if (values !== undefined) this.#values = new Uint32Array(this.#slots);
    const grown = this.#table;
    const grownValues = this.#values;
    const end = this.#slots;
    const scale = this.#scale;
    for (let slot = 0; slot < slots; slot++) {
      const base = slot * words;
      const low = table[base] as number;
      const high = table[base + 1] as number;
      if ((low | high) === 0) continue;
      // All keys differ, so the first free slot from home on is the key's: nothing is compared.
      let target = ((high >>> 0) * scale) >>> 0;
      while (((grown[target * words] as number) | (grown[target * words + 1] as number)) !== 0)
        target = target + 1 === end ? 0 : target + 1;
      const to = target * words;
      grown[to] = low;
      grown[to + 1] = high;
      if (words === 4) {
        grown[to + 2] = table[base + 2] as number;
        grown[to + 3] = table[base + 3] as number;
      }
      if (grownValues !== undefined) grownValues[target] = values?.[slot] ?? 0;
    }
  }

  #home(high: number): number {
    return ((high >>> 0) * this.#scale) >>> 0;
  }
}
