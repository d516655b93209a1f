/** No vocabulary in use has more ids; a larger one is counted together with its like, so memory stays below 64 MiB. */
const MOST_IDS = 1 << 23;

/** How often each token id occurs: 8 bytes for every id up to the largest one. */
export class TokenCounts {
  total = 0;
  /** Tokens whose id is too large to be counted by itself. */
  beyond = 0;
  /** The largest id. */
  largest = -1;
  #counts: Float64Array = new Float64Array(1 << 16);

  add(ids: ArrayLike<number>): void {
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] as number;
      if (id > this.largest) this.largest = id;
      if (id < 0 || id >= MOST_IDS) this.beyond++;
      else {
        if (id >= this.#counts.length) this.#grow(id);
        this.#counts[id] = (this.#counts[id] as number) + 1;
      }
    }
    this.total += ids.length;
  }

  get distinct(): number {
    return this.#counts.reduce((n, times) => (times > 0 ? n + 1 : n), 0);
  }

  /** Shannon entropy of the ids in bits: what a model without context needs for one token. */
  get entropy(): number {
    const counted = this.total - this.beyond;
    return this.#counts.reduce((bits, times) => (times > 0 ? bits - (times / counted) * Math.log2(times / counted) : bits), 0);
  }

  /** The most frequent ids, the most frequent first; of equals the lower id. */
  top(n: number): readonly { readonly id: number; readonly count: number }[] {
    const all: { readonly id: number; readonly count: number }[] = [];
    for (const [id, times] of this.#counts.entries()) if (times > 0) all.push({ id, count: times });
    return all.sort((a, b) => b.count - a.count || a.id - b.id).slice(0, n);
  }

  #grow(id: number): void {
    const wider = new Float64Array(Math.min(MOST_IDS, 2 ** Math.ceil(Math.log2(id + 1))));
    wider.set(this.#counts);
    this.#counts = wider;
  }
}
