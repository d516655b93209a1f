import { wasmInstance } from "../wasm.ts";
import { aligned, clusterModule, type KernelExports } from "./exports.ts";

/** Records that come in pieces of any size, as columns: kinds, 16-byte keys, signatures. The columns are the kernel's memory, for good. */
export class ColumnKernel {
  readonly kinds: Uint8Array;
  readonly keys: Uint8Array;
  readonly signatures: Uint8Array;
  readonly #exports: KernelExports;
  readonly #window: Uint8Array;
  readonly #capacity: number;
  /** Bytes in the window that are not in columns yet. */
  #filled = 0;

  /**
   * Columns for `capacity` documents with signatures of `width` bytes; `window` bytes are unpacked at once, and no record may be larger.
   * Undefined where there is no WebAssembly SIMD.
   */
  static create(window: number, capacity: number, width: number): ColumnKernel | undefined {
    const module = clusterModule();
    return module && new ColumnKernel(wasmInstance<KernelExports>(module, "cluster"), window, capacity, width);
  }

  private constructor(exports: KernelExports, window: number, capacity: number, width: number) {
    if (!exports.createColumns(window, capacity, width)) throw new RangeError(`cluster: no memory for columns of ${capacity} documents`);
    const { buffer } = exports.memory;
    const kinds = exports.columnsAddress() >>> 0;
    const keys = aligned(kinds + capacity);
    this.#exports = exports;
    this.#capacity = capacity;
    this.#window = new Uint8Array(buffer, exports.windowAddress() >>> 0, window);
    this.kinds = new Uint8Array(buffer, kinds, capacity);
    this.keys = new Uint8Array(buffer, keys, capacity * 16);
    this.signatures = new Uint8Array(buffer, aligned(keys + capacity * 16), capacity * width);
  }

  /** Takes as much of the bytes as the window has room for, and returns how much that was. */
  feed(bytes: Uint8Array, from: number): number {
    const length = Math.min(bytes.length - from, this.#window.length - this.#filled);
    this.#window.set(length === bytes.length ? bytes : bytes.subarray(from, from + length), this.#filled);
    this.#filled += length;
    return length;
  }

  /** Makes columns of the whole records fed so far, from document `at` on, until the columns are full; returns how many. */
  unpack(at: number, priorities: boolean, names: boolean): number {
    const count = this.#exports.unpack(this.#filled, at, Number(priorities), Number(names));
    const consumed = this.#exports.consumedBytes();
    if (count < 0 || at + count > this.#capacity || consumed > this.#filled)
      throw new Error(`cluster: the kernel refused its input (${count})`);
    this.#window.copyWithin(0, consumed, this.#filled);
    this.#filled -= consumed;
    return count;
  }

  /** What was fed and is in no column: an unfinished record, or more than the columns have room for. */
  get rest(): Uint8Array {
    return this.#window.subarray(0, this.#filled);
  }

  /** Forgets the rest. */
  clear(): void {
    this.#filled = 0;
  }
}
