import { type WasmMemory, wasmInstance, wasmModule } from "../wasm.ts";
import { BATCH, INPUT_BYTES, LARGEST_BANDS } from "./layout.ts";

/** What assembly/index.ts exports; its comments say what each does. Addresses are byte offsets into `memory`. */
interface NearIndexExports {
  readonly memory: WasmMemory;
  create(bands: number, rows: number, needed: number, expected: number): number;
  inputAddress(): number;
  resultsAddress(): number;
  ownersAddress(): number;
  bytes(): number;
  pairsAddress(): number;
  reserve(more: number): number;
  prepare(): number;
  find(): number;
  locate(): void;
  add(): number;
  insert(): number;
  insertBatch(total: number): number;
  addBatch(total: number): number;
  read(first: number, total: number): number;
}

/** The views on linear memory, made anew when it grows. */
interface Views {
  readonly input: Uint8Array;
  /** For each signature of a batch what was found, and its equal values. */
  readonly results: Int32Array;
  readonly owners: Int32Array;
  /** Pairs compared so far. */
  readonly pairs: Float64Array;
}

export interface NearIndexShape {
  readonly bands: number;
  readonly rows: number;
  /** The least number of equal values of a match. */
  readonly needed: number;
}

/** Found nothing, and added; no room for a document more. */
export const NOTHING = -1;
export const FULL = -2;

/**
 * One instance of the kernel: an index that ends where its memory does, 4 GiB or less. Signatures have `bands * rows` values; whoever calls
 * has checked that.
 */
export class NearIndexKernel {
  /** Signatures in a batch at most. */
  readonly batch: number;
  readonly #exports: NearIndexExports;
  readonly #bands: number;
  readonly #size: number;
  #views: Views;
  // Kept here too: a call of the kernel costs more than a sum.
  #count = 0;

  /** Undefined where there is no WebAssembly SIMD; a RangeError where there is no memory for so many documents. */
  static create({ bands, rows, needed }: NearIndexShape, expected: number): NearIndexKernel | undefined {
    const module = wasmModule(new URL("./near-index.wasm", import.meta.url));
    if (module === undefined) return undefined;
    const exports = wasmInstance<NearIndexExports>(module, "near-index");
    if (exports.create(bands, rows, needed, expected) === 0) {
      throw new RangeError(`near-index: no memory for ${expected} documents of ${bands} bands of ${rows} values`);
    }
    return new NearIndexKernel(exports, bands, bands * rows);
  }

  private constructor(exports: NearIndexExports, bands: number, size: number) {
    this.#exports = exports;
    this.#bands = bands;
    this.#size = size;
    this.batch = Math.min(BATCH, Math.floor(INPUT_BYTES / size));
    this.#views = this.#makeViews();
  }

  /** Documents added. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of linear memory in use. */
  get bytes(): number {
    return this.#exports.bytes() >>> 0;
  }

  /** Pairs compared so far. */
  get compared(): number {
    return this.#view().pairs[0] as number;
  }

  /** For each band the owner of the key of the signature looked for last, or -1; to be written to before `add`. */
  get owners(): Int32Array {
    return this.#view().owners;
  }

  /** Of the match found last: how many of its values are equal. */
  get equal(): number {
    return this.#view().results[1] as number;
  }

  /** For each signature of the last batch the document that was found, or -1, and its equal values. */
  get results(): Int32Array {
    return this.#view().results;
  }

  /** The number of the best match, or `NOTHING`. */
  find(signature: Uint8Array): number {
    this.#view().input.set(signature);
    return this.#known(this.#exports.find());
  }

  /** Finds the owners of its keys, and compares nothing. */
  locate(signature: Uint8Array): void {
    this.#view().input.set(signature);
    this.#exports.locate();
  }

  /** `find`, and where there is nothing, the signature is added: `NOTHING`. Or `FULL`, and nothing happened. */
  insert(signature: Uint8Array): number {
    this.#view().input.set(signature);
    const id = this.#known(this.#exports.insert());
    if (id === NOTHING) this.#count++;
    return id;
  }

  /** Makes room for a document; false when there is none. To be called before the `find` or `locate` that comes before `add`. */
  prepare(): boolean {
    return this.#exports.prepare() !== 0;
  }

  /** Adds the signature that was looked for last, for the keys that have no owner, and returns its number. */
  add(): number {
    const id = this.#exports.add();
    if (id !== this.#count) throw new Error(`near-index: the kernel refused to add (${id})`);
    return this.#count++;
  }

  /** Inserts the signatures that lie side by side in `signatures`, `batch` at most; returns how many before it was full. */
  insertBatch(signatures: Uint8Array): number {
    this.#view().input.set(signatures);
    const total = signatures.length / this.#size;
    const done = this.#counted(this.#exports.insertBatch(total), total);
    const { results } = this.#view();
    for (let i = 0; i < done; i++) if ((results[2 * i] as number) === NOTHING) this.#count++;
    return done;
  }

  /** Adds them without looking for a match. */
  addBatch(signatures: Uint8Array): number {
    this.#view().input.set(signatures);
    const total = signatures.length / this.#size;
    const done = this.#counted(this.#exports.addBatch(total), total);
    this.#count += done;
    return done;
  }

  /** Makes room for so many documents at once; false, and nothing lost, where there is no memory. */
  reserve(more: number): boolean {
    return this.#exports.reserve(more) !== 0;
  }

  /** Copies of the signatures of `total` documents from `first` on, `batch` at most. */
  read(first: number, total: number): Uint8Array {
    if (this.#exports.read(first, total) === 0) throw new Error("near-index: the kernel refused to read");
    return this.#view().input.slice(0, total * this.#size);
  }

  #known(id: number): number {
    if (id < FULL || id >= this.#count) throw new Error(`near-index: the kernel answered ${id}`);
    return id;
  }

  #counted(done: number, total: number): number {
    if (done < 0 || done > total) throw new Error(`near-index: the kernel refused its input (${done})`);
    return done;
  }

  /** A view on memory that has grown since has no length. */
  #view(): Views {
    if (this.#views.input.length === 0) this.#views = this.#makeViews();
    return this.#views;
  }

  #makeViews(): Views {
    const { buffer } = this.#exports.memory;
    const at = (address: number, bytes: number): number => {
      if (address === 0 || address + bytes > buffer.byteLength) {
        throw new Error("near-index: the kernel gave an address outside its memory");
      }
      return address;
    };
    return {
      input: new Uint8Array(buffer, at(this.#exports.inputAddress(), INPUT_BYTES), INPUT_BYTES),
      results: new Int32Array(buffer, at(this.#exports.resultsAddress(), 8 * BATCH), 2 * BATCH),
      owners: new Int32Array(buffer, at(this.#exports.ownersAddress(), 4 * LARGEST_BANDS), LARGEST_BANDS).subarray(0, this.#bands),
      pairs: new Float64Array(buffer, at(this.#exports.pairsAddress(), 8), 1),
    };
  }
}
