/**
 * One generation of fingerprints in plain TypeScript: what the kernel (src/kernels/near-index) has to agree with, and what is used where it
 * does not run or the tables are too large for it. See fingerprint-index.ts.
 */
import { BandKeys } from "./band-keys.ts";

const BUCKET_SHIFT = 4;
const BUCKET = 1 << BUCKET_SHIFT;
const TWO_POW_32 = 0x1_0000_0000;

export class PlainPrints {
  /** A table for each band, and one for the exact keys. */
  readonly tables: readonly Uint32Array[];
  readonly #bands: number;
  /** The keys of the document looked at last: a high and a low half for each band, and those of the exact key. */
  readonly #keys: Int32Array;
  readonly #reader: BandKeys;
  /** Where what is touched goes, so that no compiler takes the reads for useless. */
  readonly #touched: Float64Array = new Float64Array(1);

  constructor(bands: number, rows: number, buckets: number) {
    this.#bands = bands;
    this.#reader = new BandKeys(bands, rows);
    this.#keys = new Int32Array(2 * (bands + 1));
    this.tables = Array.from({ length: bands + 1 }, () => new Uint32Array(buckets * BUCKET));
  }

  /** What a document has in common with those before it: 1 the exact key, 2 the key of a band, 3 both, 0 nothing. */
  look(signature: Uint8Array, key: Uint8Array): number {
    this.#read(signature, key);
    this.#touch();
    const same = this.#has(this.#bands) ? 1 : 0;
    for (let band = 0; band < this.#bands; band++) if (this.#has(band)) return same | 2;
    return same;
  }

  /** `look`, and where that is nothing, `add`. */
  insert(signature: Uint8Array, key: Uint8Array): number {
    const found = this.look(signature, key);
    if (found === 0) this.add();
    return found;
  }

  /** Adds the document looked at last. */
  add(): void {
    for (let band = 0; band <= this.#bands; band++) {
      const table = this.tables[band] as Uint32Array;
      let slot = home(this.#keys[2 * band] as number, table);
      while (table[slot] !== 0) slot = slot + 1 === table.length ? 0 : slot + 1;
      table[slot] = fingerprint(this.#keys[2 * band + 1] as number);
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

  /** Look-ups wait for memory; when all buckets are asked for first, the waits overlap. */
  #touch(): void {
    let sum = 0;
    for (let band = 0; band <= this.#bands; band++) {
      const table = this.tables[band] as Uint32Array;
      sum += table[home(this.#keys[2 * band] as number, table)] as number;
    }
    this.#touched[0] = sum;
  }

  #has(band: number): boolean {
    const print = fingerprint(this.#keys[2 * band + 1] as number);
    const table = this.tables[band] as Uint32Array;
    for (let slot = home(this.#keys[2 * band] as number, table); ; slot = slot + 1 === table.length ? 0 : slot + 1) {
      const entry = table[slot];
      if (entry === print) return true;
      if (entry === 0) return false;
    }
  }
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
