/**
 * Connected components of numbered documents in one `Uint32Array`, 4 bytes a document. The smaller number becomes the root,
 * so the result depends on the set of links only, never on their order; paths are halved while they are walked.
 *
 * When all links are in, `settle` makes every document point at its root, and every root hold the size of its component beside a bit that
 * says that it is one: so sizes take no memory of their own, and numbers have 31 bits.
 */
export class UnionFind {
  readonly #parent: Uint32Array;

  constructor(count: number) {
    if (count > MOST) throw new RangeError(`UnionFind: ${count} documents are more than ${MOST}`);
    const parent = new Uint32Array(count);
    for (let i = 0; i < count; i++) parent[i] = i;
    this.#parent = parent;
  }

  /** Joins the components of two documents; not after `settle`. */
  union(a: number, b: number): void {
    const parent = this.#parent;
    let x = a;
    let y = b;
    for (let up = parent[x] as number; up !== x; up = parent[x] as number) x = parent[x] = parent[up] as number;
    for (let up = parent[y] as number; up !== y; up = parent[y] as number) y = parent[y] = parent[up] as number;
    if (x < y) parent[y] = x;
    else if (y < x) parent[x] = y;
  }

  /** Ends the joining: from here on `root` and `size` answer. */
  settle(): void {
    const parent = this.#parent;
    // A parent has a smaller number than its child, so it is settled before.
    for (let i = 0; i < parent.length; i++) {
      const up = parent[i] as number;
      if (up === i) {
        parent[i] = ROOT | 1;
        continue;
      }
      const above = parent[up] as number;
      const root = above >= ROOT ? up : above;
      parent[i] = root;
      parent[root] = (parent[root] as number) + 1;
    }
  }

  /** The smallest number of the document's component, once settled. */
  root(document: number): number {
    const up = this.#parent[document] as number;
    return up >= ROOT ? document : up;
  }

  /** Documents in the component of a root, once settled; 0 for a document that is none. */
  size(root: number): number {
    const up = this.#parent[root] as number;
    return up >= ROOT ? up - ROOT : 0;
  }
}

/** Above all numbers of documents. */
const ROOT = 2 ** 31;
/** Documents that can be numbered, and so many in one component. */
export const MOST: number = ROOT - 1;
