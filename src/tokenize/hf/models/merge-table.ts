/**
 * Which pairs of tokens merge, how early, and into what: an open-addressing hash table of four numbers a merge. Merges are numbered
 * in order of priority.
 */
export class MergeTable {
  readonly #slots: Int32Array;
  readonly #mask: number;
  /** The token that each merge makes. */
  readonly results: Int32Array;
  /** How early each merge goes; equal ones go from left to right. */
  readonly priorities: Int32Array;

  /** Merges in order of priority, as ids. The later of two equal pairs wins, as in the reference. */
  constructor(left: Int32Array, right: Int32Array, results: Int32Array, priorities: Int32Array = results.map((_, rank) => rank)) {
    let size = 16;
    while (size < 2 * left.length) size *= 2;
    this.#mask = size - 1;
    this.#slots = new Int32Array(4 * size).fill(-1);
    this.results = results;
    this.priorities = priorities;
    for (let rank = 0; rank < left.length; rank++) {
      const slot = this.#find(left[rank] ?? 0, right[rank] ?? 0);
      this.#slots[slot] = left[rank] ?? 0;
      this.#slots[slot + 1] = right[rank] ?? 0;
      this.#slots[slot + 2] = rank;
    }
  }

  /** The number of the merge of a pair, -1 when it does not merge. */
  rank(left: number, right: number): number {
    return this.#slots[this.#find(left, right) + 2] as number;
  }

  #find(left: number, right: number): number {
    const slots = this.#slots;
    const mixed = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
    for (let slot = (mixed ^ (mixed >>> 15)) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const known = slots[4 * slot] as number;
      if (known === -1 || (known === left && slots[4 * slot + 1] === right)) return 4 * slot;
    }
  }
}
