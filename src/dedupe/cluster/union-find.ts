/**
 * Connected components of numbered documents in one `Uint32Array`, 4 bytes a document. The smaller number becomes the root,
 * so the result depends on the set of links only, never on their order; paths are halved while they are walked.
 */
export class UnionFind {
  readonly #parent: Uint32Array;

  constructor(count: number) {
    this.#parent = new Uint32Array(count);
    for (let i = 0; i < count; i++) this.#parent[i] = i;
  }

  /** The smallest number of the component. */
  find(document: number): number {
    const parent = this.#parent;
    let at = document;
    for (;;) {
      const up = parent[at] as number;
      if (up === at) return at;
      const upper = parent[up] as number;
      parent[at] = upper;
      at = upper;
    }
  }

  union(a: number, b: number): void {
    const [x, y] = [this.find(a), this.find(b)];
    if (x < y) this.#parent[y] = x;
    else if (y < x) this.#parent[x] = y;
  }
}
