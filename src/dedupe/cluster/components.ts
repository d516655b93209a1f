/**
 * Connected components over shared keys, without verification: datatrove's policy, for comparison with what was made with it.
 * The smallest number of a component stays, the others go. Memory: 4 bytes a document, and one bit. With the kernel where it runs
 * (src/kernels/cluster); what is here in plain TypeScript gives the same.
 */
import { type ComponentSizes, UnionKernel } from "../../kernels/cluster/index.ts";
import { UnionFind } from "./union-find.ts";
import { STATUS } from "./verdicts.ts";

export interface Components {
  /** Joins the documents of each pair; `exact`: the second of each has the exact key of the first. */
  unite(pairs: Uint32Array, exact: boolean): void;
  /** Ends the joining, and counts components of more than `giant` documents. */
  settle(giant: number): ComponentSizes;
  /**
   * Once settled, what becomes of the documents from `begin` to before `end`: document, root, status and size of the component in turn. Sizes are 0, and
   * roots left out, unless `sizes`; documents that are alone are left out in any case. Each array is valid until the next one.
   */
  told(begin: number, end: number, sizes: boolean): Iterable<Uint32Array>;
}

/** Bytes of memory for so many documents. */
export function componentBytes(documents: number): number {
  return documents * 4 + documents / 8;
}

export function componentsOf(documents: number, backend: "auto" | "js" = "auto"): Components {
  return (backend === "js" ? undefined : UnionKernel.create(documents)) ?? new PlainComponents(documents);
}

/** Documents told at once. */
const TOLD = 4096;

class PlainComponents implements Components {
  readonly #sets: UnionFind;
  readonly #documents: number;
  /** One bit a document: whether an earlier one has the same exact key. */
  readonly #copies: Uint32Array;

  constructor(documents: number) {
    this.#documents = documents;
    this.#sets = new UnionFind(documents);
    this.#copies = new Uint32Array((documents + 31) >>> 5);
  }

  unite(pairs: Uint32Array, exact: boolean): void {
    const copies = this.#copies;
    for (let i = 0; i < pairs.length; i += 2) {
      const to = pairs[i + 1] as number;
      this.#sets.union(pairs[i] as number, to);
      if (exact) copies[to >>> 5] = (copies[to >>> 5] as number) | (1 << (to & 31));
    }
  }

  settle(giant: number): ComponentSizes {
    this.#sets.settle();
    let [largest, giants, inGiants] = [0, 0, 0];
    for (let i = 0; i < this.#documents; i++) {
      const size = this.#sets.size(i);
      if (size > largest) largest = size;
      if (size <= giant) continue;
      giants++;
      inGiants += size;
    }
    return { largest, giants, inGiants };
  }

  *told(begin: number, end: number, sizes: boolean): Generator<Uint32Array, void> {
    const told = new Uint32Array(4 * TOLD);
    let at = 0;
    for (let i = begin; i < end; i++) {
      const root = this.#sets.root(i);
      const size = sizes ? this.#sets.size(root) : 0;
      if (root === i && size <= 1) continue;
      const copy = ((this.#copies[i >>> 5] as number) & (1 << (i & 31))) !== 0;
      told[at++] = i;
      told[at++] = root;
      told[at++] = root === i ? STATUS.head : copy ? STATUS.exact : STATUS.near;
      told[at++] = size;
      if (at < told.length) continue;
      yield told;
      at = 0;
    }
    if (at > 0) yield told.subarray(0, at);
  }
}
