/**
 * Which band keys the kept documents have had, and nothing else: streaming locality-sensitive hashing without verification,
 * for a third of the memory. Of each 64-bit key a table holds 32 bits in one of its buckets of 16 slots (one cache line),
 * filled from the front; the bucket follows from the other 32.
 *
 * Error: a look-up takes a foreign key for its own with a probability of about 14 / 2^32, so with 14 bands and the exact key
 * one document in 20 million goes by mistake. A Bloom filter of the same size errs ten times as often and touches more
 * cache lines. Nothing can be verified, and nobody can say of which document another is a copy.
 *
 * Memory: 4.7 bytes a key for the number of documents it was made for, 70.6 bytes a document with 14 bands and the exact key.
 * Entries cannot be moved, since their keys are gone: beyond that number a second set of tables as large as all before is
 * added, and so on, and look-ups go through all of them.
 */
import { BandKeys } from "./band-keys.ts";

const BUCKET_SHIFT = 4;
const BUCKET = 1 << BUCKET_SHIFT;
const LOAD = 0.85;
const TWO_POW_32 = 0x1_0000_0000;
const LEAST_CAPACITY = 1024;

/** One table of fingerprints for each band, and one for the exact keys, all for the same number of documents. */
interface Generation {
  readonly capacity: number;
  count: number;
  readonly tables: readonly Uint32Array[];
}

/** What a checkpoint holds. */
export interface SavedFingerprints {
  readonly capacity: number;
  readonly count: number;
  /** Of a table less than half full, the slots that are filled and, in `tables`, what is in them. */
  readonly slots?: readonly Uint32Array[];
  readonly tables: readonly Uint32Array[];
}

export class FingerprintIndex {
  readonly #bands: number;
  readonly #generations: Generation[] = [];
  /** The keys of the document looked up last: a high and a low half for each band, and those of the exact key. */
  readonly #keys: Int32Array;
  readonly #reader: BandKeys;
  /** Where what is touched goes, so that no compiler takes the reads for useless. */
  readonly #touched: Float64Array = new Float64Array(1);

  /** `expected` is the number of documents for which the first tables are made. */
  constructor(options: { readonly bands: number; readonly rows: number; readonly expected: number }) {
    this.#bands = options.bands;
    this.#reader = new BandKeys(options.bands, options.rows);
    this.#keys = new Int32Array(2 * (options.bands + 1));
    this.#generations.push(this.#generation(Math.max(LEAST_CAPACITY, options.expected)));
  }

  /** Documents added. */
  get count(): number {
    return this.#generations.reduce((sum, { count }) => sum + count, 0);
  }

  /** Bytes of memory held. */
  get bytes(): number {
    let bytes = 0;
    for (const { tables } of this.#generations) for (const table of tables) bytes += table.byteLength;
    return bytes;
  }

  /** What a kept document shares with this one: its exact key, the key of a band, or nothing; then the document is added. */
  insert(signature: Uint8Array, key: Uint8Array): "exact" | "near" | undefined {
    const bands = this.#bands;
    this.#read(signature, key);
    for (const generation of this.#generations) this.#touch(generation);
    if (this.#has(bands)) return "exact";
    for (let band = 0; band < bands; band++) if (this.#has(band)) return "near";
    this.#add();
    return undefined;
  }

  /** Adds a document without looking. */
  add(signature: Uint8Array, key: Uint8Array): void {
    this.#read(signature, key);
    this.#add();
  }

  save(): SavedFingerprints[] {
    return this.#generations.map(({ capacity, count, tables }) => {
      if (count >= capacity / 2) return { capacity, count, tables: tables.map((table) => table.slice()) };
      const slots = tables.map(filledSlots);
      const filled = tables.map((table, band) => (slots[band] as Uint32Array).map((slot) => table[slot] as number));
      return { capacity, count, slots, tables: filled };
    });
  }

  /** Takes over what an index of the same shape had saved. */
  load(saved: readonly SavedFingerprints[]): void {
    this.#generations.length = 0;
    for (const { capacity, count, slots, tables } of saved) {
      const generation = this.#generation(capacity);
      if (tables.length !== generation.tables.length) throw new RangeError("FingerprintIndex: what was saved is of another shape");
      for (const [band, table] of tables.entries()) {
        const into = generation.tables[band] as Uint32Array;
        if (slots === undefined) into.set(table);
        else for (const [i, slot] of (slots[band] as Uint32Array).entries()) into[slot] = table[i] as number;
      }
      generation.count = count;
      this.#generations.push(generation);
    }
  }

  #read(signature: Uint8Array, key: Uint8Array): void {
    const keys = this.#keys;
    const bands = this.#bands;
    this.#reader.read(signature);
    keys.set(this.#reader.keys);
    keys[2 * bands] = word(key, 0);
    keys[2 * bands + 1] = word(key, 4);
  }

  #generation(capacity: number): Generation {
    const buckets = Math.ceil(capacity / (BUCKET * LOAD));
    return { capacity, count: 0, tables: Array.from({ length: this.#bands + 1 }, () => new Uint32Array(buckets * BUCKET)) };
  }

  /** Look-ups wait for memory; when all buckets are asked for first, the waits overlap. */
  #touch({ tables }: Generation): void {
    const keys = this.#keys;
    let sum = 0;
    for (let band = 0; band < tables.length; band++) {
      const table = tables[band] as Uint32Array;
      sum += table[home(keys[2 * band] as number, table)] as number;
    }
    this.#touched[0] = sum;
  }

  #has(band: number): boolean {
    const high = this.#keys[2 * band] as number;
    const print = fingerprint(this.#keys[2 * band + 1] as number);
    for (const { tables } of this.#generations) {
      const table = tables[band] as Uint32Array;
      for (let slot = home(high, table); ; slot = slot + 1 === table.length ? 0 : slot + 1) {
        const entry = table[slot];
        if (entry === print) return true;
        if (entry === 0) break;
      }
    }
    return false;
  }

  #add(): void {
    let generation = this.#generations.at(-1) as Generation;
    if (generation.count === generation.capacity) {
      generation = this.#generation(this.count);
      this.#generations.push(generation);
    }
    for (let band = 0; band <= this.#bands; band++) {
      const table = generation.tables[band] as Uint32Array;
      let slot = home(this.#keys[2 * band] as number, table);
      while (table[slot] !== 0) slot = slot + 1 === table.length ? 0 : slot + 1;
      table[slot] = fingerprint(this.#keys[2 * band + 1] as number);
    }
    generation.count++;
  }
}

function filledSlots(table: Uint32Array): Uint32Array {
  const slots: number[] = [];
  for (let slot = 0; slot < table.length; slot++) if (table[slot] !== 0) slots.push(slot);
  return Uint32Array.from(slots);
}

/** Never 0, which marks an empty slot. */
function fingerprint(low: number): number {
  return low === 0 ? 1 : low >>> 0;
}

/** The first slot of the bucket: the high half as a fraction of the table, which need not be a power of two. */
function home(high: number, table: Uint32Array): number {
  return ((((high >>> 0) / TWO_POW_32) * (table.length >>> BUCKET_SHIFT)) | 0) << BUCKET_SHIFT;
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
}
