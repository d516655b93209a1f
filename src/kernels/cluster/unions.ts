import { wasmInstance } from "../wasm.ts";
import { clusterModule, type KernelExports } from "./exports.ts";

/** Links taken, and decisions given, at once. */
const WINDOW = 1 << 16;
/** Memory is addressed with 32 bits. */
const MOST_BYTES = 2 ** 32 - 2 ** 20;

/** What `settle` counted. */
export interface ComponentSizes {
  readonly largest: number;
  /** Components of more documents than asked for, and the documents in them. */
  readonly giants: number;
  readonly inGiants: number;
}

/** Connected components of numbered documents, of which the smallest number is the root. */
export class UnionKernel {
  readonly #exports: KernelExports;
  readonly #words: Uint32Array;

  /** Undefined where there is no WebAssembly SIMD, and for more documents than fit 32-bit addresses. */
  static create(documents: number): UnionKernel | undefined {
    const module = documents * 4.125 > MOST_BYTES ? undefined : clusterModule();
    return module && new UnionKernel(wasmInstance<KernelExports>(module, "cluster"), documents);
  }

  private constructor(exports: KernelExports, documents: number) {
    if (!exports.createUnions(WINDOW, documents)) throw new RangeError(`cluster: no memory for components of ${documents} documents`);
    this.#exports = exports;
    this.#words = new Uint32Array(exports.memory.buffer, exports.unionWindowAddress() >>> 0, WINDOW / 4);
  }

  /** Joins the documents of each pair; `exact`: the second of each has the exact key of the first. */
  unite(pairs: Uint32Array, exact: boolean): void {
    const room = this.#words.length;
    for (let at = 0; at < pairs.length; at += room) {
      const some = pairs.subarray(at, at + room);
      this.#words.set(some);
      if (this.#exports.unite(some.length / 2, Number(exact)) !== 0)
        throw new RangeError("cluster: a link to a document that is not there");
    }
  }

  /** Ends the joining, and counts components of more than `giant` documents. */
  settle(giant: number): ComponentSizes {
    const exports = this.#exports;
    if (exports.settle(Math.min(giant, 2 ** 31)) !== 0) throw new Error("cluster: components were settled before");
    const [largest, giants, inGiants] = [exports.largestComponent(), exports.giantComponents(), exports.documentsInGiants()];
    return { largest: largest >>> 0, giants: giants >>> 0, inGiants: inGiants >>> 0 };
  }

  /**
   * What becomes of the documents from `begin` to before `end`: arrays of document, root, status and size of the component (0 unless `sizes`) in turn, each
   * valid until the next one. Status is 1 for an exact copy, 2 for another that goes, 4, with `sizes` only, for a root that others go because of.
   */
  *told(begin: number, end: number, sizes: boolean): Generator<Uint32Array, void> {
    for (let at = begin; at < end; at = this.#exports.toldUntil() >>> 0) {
      const count = this.#exports.tell(at, end, Number(sizes));
      if (count < 0 || count * 4 > this.#words.length) throw new Error(`cluster: the kernel refused its input (${count})`);
      yield this.#words.subarray(0, count * 4);
    }
  }
}
