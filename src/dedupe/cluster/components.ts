/**
 * Connected components over shared keys, without verification: datatrove's policy, for comparison with what was made with it.
 * The smallest number of a component stays, the others go. Memory: 4 bytes a document, and one bit.
 */
import type { DecideContext } from "../../core/index.ts";
import type { VisitLinks } from "./key-links.ts";
import { UnionFind } from "./union-find.ts";

export class Components {
  readonly #sets: UnionFind;
  readonly #documents: number;
  readonly #bands: number;
  /** One bit a document: whether an earlier one has the same exact key. */
  readonly #copies: Uint32Array;

  static bytesFor(documents: number): number {
    return documents * 4 + documents / 8;
  }

  constructor(documents: number, bands: number) {
    this.#documents = documents;
    this.#bands = bands;
    this.#sets = new UnionFind(documents);
    this.#copies = new Uint32Array((documents + 31) >>> 5);
  }

  readonly link: VisitLinks = (pairs, band) => {
    const sets = this.#sets;
    for (let i = 0; i < pairs.length; i += 2) sets.union(pairs[i] as number, pairs[i + 1] as number);
    if (band !== this.#bands) return;
    const copies = this.#copies;
    for (let i = 1; i < pairs.length; i += 2) {
      const to = pairs[i] as number;
      copies[to >>> 5] = (copies[to >>> 5] as number) | (1 << (to & 31));
    }
  };

  /** Ends the linking: what follows can be asked from here on. */
  settle(): void {
    this.#sets.settle();
  }

  /** The smallest number of the document's component: the document that stays. */
  root(document: number): number {
    return this.#sets.root(document);
  }

  /** Documents in the component of the one that stays; 0 for the others. */
  size(document: number): number {
    return this.#sets.size(document);
  }

  /** Whether an earlier document has the same exact key. */
  isCopy(document: number): boolean {
    return ((this.#copies[document >>> 5] as number) & (1 << (document & 31))) !== 0;
  }

  /** A chain that ran away shows as one huge component: it is counted, so that the report of the run shows it. */
  reportGiants(giant: number, context: Pick<DecideContext, "count">): void {
    const sets = this.#sets;
    let [largest, giants, inGiants] = [0, 0, 0];
    for (let i = 0; i < this.#documents; i++) {
      const size = sets.size(i);
      if (size > largest) largest = size;
      if (size <= giant) continue;
      giants++;
      inGiants += size;
    }
    context.count("documents in the largest component", largest);
    if (giants === 0) return;
    context.count("giant components", giants);
    context.count("documents in giant components", inGiants);
  }
}
