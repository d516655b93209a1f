/**
 * The signatures of the documents kept so far, and per band a table from key to document: streaming locality-sensitive
 * hashing with verification.
 *
 * A band key belongs to the first kept document that had it; later ones are not added under it. So a document is compared
 * with at most `bands` others, however common a boilerplate key is, and the work stays linear. What that costs: a kept
 * document whose key another one owns cannot be found through that band. It agrees there with the owner without being
 * similar enough, so this takes few of its bands: of documents half of whose shingles are one template, 0.5^8 = 1 band in
 * 256; at the very edge of a threshold of 0.7, where 82 % may be template, one in five.
 *
 * The work is done in the kernel (src/kernels/near-index) or, where there is no WebAssembly SIMD, in plain TypeScript
 * (near-index-reference.ts), with the same answers. Memory: `bands * rows` bytes of signature a document, and 4.2 to 5.1 bytes for
 * each band key.
 */
import { numberOption, wordOption } from "../core/index.ts";
import { NearIndexSegments } from "../kernels/near-index/index.ts";
import { estimateOf, matchesNeeded } from "./estimate.ts";
import { ReferenceNearIndex } from "./near-index-reference.ts";
import { sketchParameters } from "./parameters.ts";

/** Numbers of documents are 30 bits wide. */
const MOST_EXPECTED = 2 ** 30;

/** The most similar of the kept documents that were compared. */
export interface NearMatch {
  /** Its number: how many documents had been added before it. */
  readonly id: number;
  /** Estimated Jaccard similarity. */
  readonly similarity: number;
}

/** What was found for each signature of a batch. */
export interface NearMatches {
  /** The number of the most similar document, or -1 where there was none. */
  readonly ids: Int32Array;
  /** Its estimated Jaccard similarity; 0 where there was none. */
  readonly similarities: Float64Array;
}

export interface NearIndexOptions {
  readonly bands: number;
  readonly rows: number;
  /** The least estimated similarity of a match, 0 to 1. */
  readonly threshold: number;
  /** The number of documents for which there is room from the beginning, default 0; below it nothing has to be moved. */
  readonly expected?: number;
  /** "wasm": the kernel, or an error. "js": plain TypeScript. "auto" (default): the kernel where it runs. All give the same answers. */
  readonly backend?: "auto" | "wasm" | "js";
}

export class NearIndex {
  readonly #size: number;
  readonly #index: NearIndexSegments | ReferenceNearIndex;

  /** Throws for options `dedupe` refuses, and a `RangeError` where there is no memory for the documents expected. */
  constructor(options: NearIndexOptions) {
    const { bands, rows } = sketchParameters("NearIndex", options);
    const expected = numberOption("NearIndex", "expected", options.expected ?? 0, { min: 0, max: MOST_EXPECTED, integer: true });
    const threshold = numberOption("NearIndex", "threshold", options.threshold, { min: 0, max: 1 });
    const backend = wordOption("NearIndex", "backend", options.backend ?? "auto", ["auto", "wasm", "js"]);
    const shape = { bands, rows, needed: matchesNeeded(threshold, bands * rows) };
    const kernel = backend === "js" ? undefined : NearIndexSegments.create(shape, expected);
    if (kernel === undefined && backend === "wasm") throw new Error("NearIndex: the kernel needs WebAssembly SIMD");
    this.#size = bands * rows;
    this.#index = kernel ?? new ReferenceNearIndex(shape, expected);
  }

  /** Documents added. */
  get count(): number {
    return this.#index.count;
  }

  /** Bytes of memory held. */
  get bytes(): number {
    return this.#index.bytes;
  }

  /** Pairs of signatures compared so far. */
  get compared(): number {
    return this.#index.compared;
  }

  /** The most similar kept document that shares a band key and reaches the threshold; of equals, the one added first. */
  find(signature: Uint8Array): NearMatch | undefined {
    this.#check(signature);
    return this.#match(this.#index.find(signature));
  }

  /** `find`, and where it finds nothing, `add`: about half the time of the two calls. */
  insert(signature: Uint8Array): NearMatch | undefined {
    this.#check(signature);
    return this.#match(this.#index.insert(signature));
  }

  /** `insert` of many signatures that lie side by side, one after the other. */
  insertBatch(signatures: Uint8Array): NearMatches {
    if (signatures.length % this.#size !== 0) {
      throw new RangeError(`NearIndex: expected signatures of ${this.#size} values, got ${signatures.length} values`);
    }
    const ids = new Int32Array(signatures.length / this.#size);
    const equals = new Int32Array(ids.length);
    this.#index.insertBatch(signatures, ids, equals);
    const similarities = Float64Array.from(equals, (equal, i) => ((ids[i] as number) < 0 ? 0 : estimateOf(equal, this.#size)));
    return { ids, similarities };
  }

  /** Adds a document and returns its number. */
  add(signature: Uint8Array): number {
    this.#check(signature);
    return this.#index.add(signature);
  }

  /** The signature of that number. */
  at(id: number): Uint8Array {
    if (!(id >= 0 && id < this.count)) throw new RangeError(`NearIndex: there is no document ${id} among ${this.count}`);
    return this.#index.at(id);
  }

  /** The signatures from number `from` on, which are all there is to save. */
  save(from = 0): Uint8Array[] {
    return this.#index.save(from);
  }

  /** Adds what another one of the same options had saved. */
  load(saved: readonly Uint8Array[]): void {
    this.#index.load(saved);
  }

  #match(id: number): NearMatch | undefined {
    return id < 0 ? undefined : { id, similarity: estimateOf(this.#index.equal, this.#size) };
  }

  #check(signature: Uint8Array): void {
    if (signature.length !== this.#size) {
      throw new RangeError(`NearIndex: expected a signature of ${this.#size} values, got ${signature.length}`);
    }
  }
}
