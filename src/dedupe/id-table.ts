/**
 * A hash table from 64-bit keys to record numbers that stores no keys, only the numbers: 4 bytes a slot. The caller, who
 * has the records, confirms a match. Open addressing over buckets of 16 slots (one cache line), filled from the front. A
 * slot holds the record's number plus one in its lower bits and the first bits of the key's low half in the others, so
 * that nearly all foreign entries are passed over without touching their record.
 *
 * A bucket stays cheap to search up to a load of 0.95 (at 0.97 a search that finds nothing walks through dozens of them). The table
 * grows by 18 % and is not doubled: a doubling table is a third empty on average, and these tables are what an index
 * can save on. Growing puts the entries back in the order of their records: sequential reads, no second table in memory,
 * and 5 to 6 insertions for an entry over the life of the table, each of them a store without a search. A caller who knows how
 * many records will come gets a table of a load of 0.85 at that number, which never grows before.
 */

const BUCKET_SHIFT = 4;
const BUCKET = 1 << BUCKET_SHIFT;
const LARGEST_LOAD = 0.95;
/** The load that a table made for a known number of records has when all are in. */
const EXPECTED_LOAD = 0.85;
const GROWTH = 1.18;
const FIRST_BUCKETS = 32;
const TWO_POW_32 = 0x1_0000_0000;

/** Writes the key of a record: high half, low half. */
export type KeyOf = (id: number, key: Int32Array) => void;

export class IdTable {
  #buckets: number;
  #slots: Int32Array;
  /** Lower bits of a slot, which hold the record's number plus one. */
  #idBits = 16;
  #count = 0;
  #limit = 0;
  /** Where the last look-up that found nothing ended. */
  #vacant = 0;

  /**
   * `stagger`, from 0 to 1, parts the moments at which several tables of about equal content grow; `expected` is the number
   * of records for which the table has room from the beginning.
   */
  constructor(stagger: number, expected: number) {
    this.#buckets = Math.max(Math.ceil(FIRST_BUCKETS * GROWTH ** stagger), Math.ceil(expected / (BUCKET * EXPECTED_LOAD)));
    this.#idBits = Math.max(16, 33 - Math.clz32(expected));
    this.#slots = this.#newSlots();
  }

  /** Bytes of memory held. */
  get bytes(): number {
    return this.#slots.byteLength;
  }

  /** True when an entry for record `id` can be added; if not, `grow` first. */
  hasRoom(id: number): boolean {
    return this.#count < this.#limit && (id + 1) >>> this.#idBits === 0;
  }

  /**
   * Makes room for an entry each of `room` records, and for 18 % more than now if the table is full; `records` of them are
   * there already.
   */
  grow(records: number, room: number, keyOf: KeyOf): void {
    const entered = this.#entered(records);
    const grown = Math.ceil(this.#buckets * (this.#count === this.#limit ? GROWTH : 1));
    this.#buckets = Math.max(grown, Math.ceil(room / (BUCKET * LARGEST_LOAD)));
    this.#idBits = Math.max(16, 33 - Math.clz32(room));
    this.#slots = new Int32Array(0); // lets go of the old slots before the new ones are made
    const slots = this.#newSlots();
    const filled = new Uint8Array(this.#buckets);
    const key = new Int32Array(2);
    for (let id = 0; id < records; id++) {
      if (((entered[id >>> 5] as number) & (1 << (id & 31))) === 0) continue;
      keyOf(id, key);
      let bucket = this.#home(key[0] as number) >>> BUCKET_SHIFT;
      while (filled[bucket] === BUCKET) bucket = bucket + 1 === filled.length ? 0 : bucket + 1;
      slots[(bucket << BUCKET_SHIFT) + (filled[bucket] as number)++] = this.#entry(key[1] as number, id);
    }
    this.#slots = slots;
  }

  /**
   * Reads the key's bucket and returns something of it. Look-ups wait for memory; a caller with several of them ahead
   * touches all their buckets first, so that the waits overlap. Both ends, since a bucket may lie across two cache lines.
   */
  touch(high: number): number {
    const home = this.#home(high);
    return (this.#slots[home] as number) ^ (this.#slots[home + BUCKET - 1] as number);
  }

  /** The record with this key, or -1. `same` confirms a record whose slot looks right. */
  find(high: number, low: number, same: (id: number) => boolean): number {
    const slots = this.#slots;
    const idBits = this.#idBits;
    const idMask = (1 << idBits) - 1;
    for (let slot = this.#home(high); ; slot = slot === slots.length ? 0 : slot) {
      for (const end = slot + BUCKET; slot < end; slot++) {
        const entry = slots[slot] as number;
        if (entry === 0) {
          this.#vacant = slot;
          return -1;
        }
        if ((entry ^ low) >>> idBits === 0) {
          const id = (entry & idMask) - 1;
          if (same(id)) return id;
        }
      }
    }
  }

  /** Adds the record for the key that `find`, called last, did not find; `low` is that key's. */
  add(low: number, id: number): void {
    this.#slots[this.#vacant] = this.#entry(low, id);
    this.#count++;
  }

  #entry(low: number, id: number): number {
    return ((low >>> this.#idBits) << this.#idBits) | (id + 1);
  }

  /** The first slot of the key's bucket: the high half as a fraction of the table, which need not be a power of two. */
  #home(high: number): number {
    return ((((high >>> 0) / TWO_POW_32) * this.#buckets) | 0) << BUCKET_SHIFT;
  }

  #newSlots(): Int32Array {
    const slots = new Int32Array(this.#buckets * BUCKET);
    this.#limit = Math.floor(slots.length * LARGEST_LOAD);
    return slots;
  }

  /** One bit a record: whether it is in the table. */
  #entered(records: number): Int32Array {
    const bits = new Int32Array((records + 31) >>> 5);
    const idMask = (1 << this.#idBits) - 1;
    for (const entry of this.#slots) {
      if (entry === 0) continue;
      const id = (entry & idMask) - 1;
      bits[id >>> 5] = (bits[id >>> 5] as number) | (1 << (id & 31));
    }
    return bits;
  }
}
