import { type WasmMemory, wasmInstance, wasmModule } from "../wasm.ts";
import { INPUT_BYTES } from "./layout.ts";

/** What assembly/prints.ts exports; its comments say what each does. */
interface PrintsExports {
  readonly memory: WasmMemory;
  createPrints(bands: number, rows: number, buckets: number): number;
  inputAddress(): number;
  printsAddress(band: number): number;
  lookPrints(): number;
  addPrints(): number;
  insertPrints(): number;
}

/** Slots of a bucket, and bytes that the memory of an instance can hold. */
const BUCKET = 16;
const MEMORY = 4.2e9;

/** Bytes of an exact key that are looked at. */
const KEY_BYTES = 8;

/** One generation of fingerprints: a table of `buckets` buckets for each band and one for the exact keys. */
export class PrintsKernel {
  readonly #exports: PrintsExports;
  readonly #size: number;
  readonly #input: Uint8Array;
  /** The tables themselves. The memory never grows, so they stay. */
  readonly tables: readonly Uint32Array[];

  /** Undefined where there is no WebAssembly SIMD, or where the tables are too large for it. */
  static create(bands: number, rows: number, buckets: number): PrintsKernel | undefined {
    if ((bands + 1) * buckets * 4 * BUCKET > MEMORY) return undefined;
    const module = wasmModule(new URL("./near-index.wasm", import.meta.url));
    if (module === undefined) return undefined;
    const exports = wasmInstance<PrintsExports>(module, "near-index");
    if (exports.createPrints(bands, rows, buckets) === 0)
      throw new RangeError(`near-index: no memory for ${bands + 1} tables of ${buckets} buckets`);
    return new PrintsKernel(exports, bands, bands * rows, buckets);
  }

  private constructor(exports: PrintsExports, bands: number, size: number, buckets: number) {
    this.#exports = exports;
    this.#size = size;
    const { buffer } = exports.memory;
    const at = (address: number, bytes: number): number => {
      if (address === 0 || address + bytes > buffer.byteLength)
        throw new Error("near-index: the kernel gave an address outside its memory");
      return address;
    };
    this.#input = new Uint8Array(buffer, at(exports.inputAddress(), INPUT_BYTES), INPUT_BYTES);
    const slots = buckets * BUCKET;
    this.tables = Array.from({ length: bands + 1 }, (_, band) => {
      return new Uint32Array(buffer, at(exports.printsAddress(band) >>> 0, 4 * slots), slots);
    });
  }

  /** What a document has in common with those before it: 1 the exact key, 2 the key of a band, 3 both, 0 nothing. */
  look(signature: Uint8Array, key: Uint8Array): number {
    this.#place(signature, key);
    return this.#known(this.#exports.lookPrints());
  }

  /** Adds the document looked at last. */
  add(): void {
    if (this.#exports.addPrints() !== 0) throw new Error("near-index: the kernel refused to add");
  }

  /** `look`, and where that is nothing, `add`. */
  insert(signature: Uint8Array, key: Uint8Array): number {
    this.#place(signature, key);
    return this.#known(this.#exports.insertPrints());
  }

  #place(signature: Uint8Array, key: Uint8Array): void {
    this.#input.set(signature);
    for (let i = 0; i < KEY_BYTES; i++) this.#input[this.#size + i] = key[i] as number;
  }

  #known(found: number): number {
    if (found < 0 || found > 3) throw new Error(`near-index: the kernel answered ${found}`);
    return found;
  }
}
