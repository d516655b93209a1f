/**
 * Records of one size, appended and never changed: the part of an index that has to be saved. They lie in blocks, so
 * growing copies nothing, wastes at most one block, and a saved block may be shared with the running index.
 */

const BLOCK_SHIFT = 8;
const BLOCK_RECORDS = 1 << BLOCK_SHIFT;

export class Records {
  /** Bytes in a record. */
  readonly width: number;
  count = 0;
  readonly #blocks: Uint8Array[] = [];

  constructor(width: number) {
    this.width = width;
  }

  /** Bytes of memory held. */
  get bytes(): number {
    return this.#blocks.length * BLOCK_RECORDS * this.width;
  }

  /** Appends a copy of `record` and returns its number. */
  push(record: Uint8Array): number {
    const id = this.count++;
    if (id >>> BLOCK_SHIFT === this.#blocks.length) this.#blocks.push(new Uint8Array(BLOCK_RECORDS * this.width));
    this.block(id).set(record, this.offset(id));
    return id;
  }

  /** The block that holds a record; it begins at `offset(id)`. */
  block(id: number): Uint8Array {
    return this.#blocks[id >>> BLOCK_SHIFT] as Uint8Array;
  }

  offset(id: number): number {
    return (id & (BLOCK_RECORDS - 1)) * this.width;
  }

  /** True when the `length` bytes of a record from `from` on equal those of `other`. */
  equals(id: number, other: Uint8Array, from: number, length: number): boolean {
    const block = this.block(id);
    const base = this.offset(id);
    for (let i = from; i < from + length; i++) if (block[base + i] !== other[i]) return false;
    return true;
  }

  /** One record, as a view. */
  at(id: number): Uint8Array {
    return this.block(id).subarray(this.offset(id), this.offset(id) + this.width);
  }

  /** The records from number `from` on, as views on the blocks, the first and the last one cut to what is wanted. */
  save(from = 0): Uint8Array[] {
    return this.#blocks.slice(from >>> BLOCK_SHIFT).map((block, i) => {
      const first = ((from >>> BLOCK_SHIFT) + i) << BLOCK_SHIFT;
      return block.subarray(Math.max(0, from - first) * this.width, Math.min(BLOCK_RECORDS, this.count - first) * this.width);
    });
  }
}
