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
import { PrintsKernel } from "../kernels/near-index/index.ts";
import { PlainPrints } from "./plain-prints.ts";

const BUCKET = 16;
const LOAD = 0.85;
const LEAST_CAPACITY = 1024;

/** Tables of fingerprints for a number of documents: in the kernel or, where that does not run or they are too large for it, without. */
interface Generation {
  readonly capacity: number;
  count: number;
  readonly prints: PrintsKernel | PlainPrints;
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
  readonly #rows: number;
  readonly #plain: boolean;
  readonly #generations: Generation[] = [];

  /**
   * `expected` is the number of documents for which the first tables are made; "js": all of them in plain TypeScript, with the same
   * answers and the same tables.
   */
  constructor(options: { readonly bands: number; readonly rows: number; readonly expected: number; readonly backend?: "auto" | "js" }) {
    this.#bands = options.bands;
    this.#rows = options.rows;
    this.#plain = options.backend === "js";
    this.#generations.push(this.#generation(Math.max(LEAST_CAPACITY, options.expected)));
  }

  /** Documents added. */
  get count(): number {
    return this.#generations.reduce((sum, { count }) => sum + count, 0);
  }

  /** Bytes of memory held. */
  get bytes(): number {
    let bytes = 0;
    for (const { prints } of this.#generations) for (const table of prints.tables) bytes += table.byteLength;
    return bytes;
  }

  /** What a kept document shares with this one: its exact key, the key of a band, or nothing; then the document is added. */
  insert(signature: Uint8Array, key: Uint8Array): "exact" | "near" | undefined {
    const [first] = this.#generations as [Generation];
    let found: number;
    if (this.#generations.length === 1 && first.count < first.capacity) {
      found = first.prints.insert(signature, key);
      if (found === 0) first.count++;
    } else {
      found = this.#look(signature, key);
      if (found === 0) this.#add(signature, key);
    }
    return found === 0 ? undefined : (found & 1) === 1 ? "exact" : "near";
  }

  /** Adds a document without looking. */
  add(signature: Uint8Array, key: Uint8Array): void {
    this.#look(signature, key);
    this.#add(signature, key);
  }

  save(): SavedFingerprints[] {
    return this.#generations.map(({ capacity, count, prints: { tables } }) => {
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
      if (tables.length !== generation.prints.tables.length) throw new RangeError("FingerprintIndex: what was saved is of another shape");
      for (const [band, table] of tables.entries()) {
        const into = generation.prints.tables[band] as Uint32Array;
        if (slots === undefined) into.set(table);
        else for (const [i, slot] of (slots[band] as Uint32Array).entries()) into[slot] = table[i] as number;
      }
      generation.count = count;
      this.#generations.push(generation);
    }
  }

  #look(signature: Uint8Array, key: Uint8Array): number {
    let found = 0;
    for (const { prints } of this.#generations) found |= prints.look(signature, key);
    return found;
  }

  /** Adds the document that was looked at last. */
  #add(signature: Uint8Array, key: Uint8Array): void {
    let generation = this.#generations.at(-1) as Generation;
    if (generation.count === generation.capacity) {
      generation = this.#generation(this.count);
      this.#generations.push(generation);
      generation.prints.look(signature, key);
    }
    generation.prints.add();
    generation.count++;
  }

  #generation(capacity: number): Generation {
    const buckets = Math.ceil(capacity / (BUCKET * LOAD));
    const kernel = this.#plain ? undefined : PrintsKernel.create(this.#bands, this.#rows, buckets);
    return { capacity, count: 0, prints: kernel ?? new PlainPrints(this.#bands, this.#rows, buckets) };
  }
}

function filledSlots(table: Uint32Array): Uint32Array {
  const slots: number[] = [];
  for (let slot = 0; slot < table.length; slot++) if (table[slot] !== 0) slots.push(slot);
  return Uint32Array.from(slots);
}
