/**
 * Connected components over shared keys, without verification: datatrove's policy, for comparison with what was made with it.
 * The smallest number of a component stays, the others go. Memory: 8 bytes a document, and one bit.
 */
import type { VisitLinks } from "./key-links.ts";
import type { OnDrop } from "./star.ts";
import { UnionFind } from "./union-find.ts";

export class Components {
  readonly #sets: UnionFind;
  readonly #documents: number;
  readonly #bands: number;
  /** One bit a document: whether an earlier one has the same exact key. */
  readonly #copies: Uint32Array;

  static bytesFor(documents: number): number {
    return documents * 8 + documents / 8;
  }

  constructor(documents: number, bands: number) {
    this.#documents = documents;
    this.#bands = bands;
    this.#sets = new UnionFind(documents);
    this.#copies = new Uint32Array((documents + 31) >>> 5);
  }

  readonly link: VisitLinks = (pairs, band) => {
    const copies = this.#copies;
    for (let i = 0; i < pairs.length; i += 2) {
      const to = pairs[i + 1] as number;
      this.#sets.union(pairs[i] as number, to);
      if (band === this.#bands) copies[to >>> 5] = (copies[to >>> 5] as number) | (1 << (to & 31));
    }
  };

  /** Documents in the component of each root; 0 for all others. */
  sizes(): Uint32Array {
    const sizes = new Uint32Array(this.#documents);
    for (let i = 0; i < this.#documents; i++) {
      const root = this.#sets.find(i);
      sizes[root] = (sizes[root] as number) + 1;
    }
    return sizes;
  }

  /** Drops all but the root of each component. The first `forced` documents stay. */
  resolve(forced: number, onDrop: OnDrop): void {
    for (let i = forced; i < this.#documents; i++) {
      const root = this.#sets.find(i);
      if (root === i) continue;
      const copy = (this.#copies[i >>> 5] as number) & (1 << (i & 31));
      onDrop(i, root, copy === 0 ? "near" : "exact", undefined);
    }
  }
}
