import { type WasmMemory, wasmInstance, wasmModule } from "../wasm.ts";
import { inEffectiveOrder } from "./late-merges.ts";
import { type BpePattern, patternNames } from "./patterns.ts";
import { classTable } from "./unicode.ts";
import type { BpeVocabulary } from "./vocabulary.ts";

/** What assembly/index.ts exports. Addresses are byte offsets into `memory`. */
interface KernelExports {
  readonly memory: WasmMemory;
  createClasses(pageCount: number): number;
  createVocabulary(count: number, bytes: number): number;
  createRules(count: number): number;
  build(pageCount: number, byteTotal: number, wholePieces: number, idsDiffer: number): number;
  createWindow(bytes: number, count: number): number;
  textAddress(): number;
  spansAddress(): number;
  endsAddress(): number;
  idsAddress(): number;
  clearCache(): void;
  encode(count: number, pattern: number): number;
  encodePieces(count: number): number;
}

/** Zero bytes the kernel puts behind each document; the same number as in assembly/index.ts. */
export const padding = 64;

/** Documents or pieces in one crossing. */
export const maxSpans = 65_536;

/** The views on linear memory, made anew when it grows. */
interface Views {
  readonly buffer: ArrayBuffer;
  readonly text: Uint8Array;
  readonly spans: Uint32Array;
  readonly ends: Uint32Array;
  readonly ids: Uint32Array;
}

/**
 * One instance of the WebAssembly encoder. It owns its memory: tables of the vocabulary (about 33 MB for cl100k, piece cache
 * included), then a window of `windowBytes` of text with four bytes per byte of it for tokens. Dropping the object frees it all.
 */
export class BpeKernel {
  readonly #exports: KernelExports;
  #views: Views | undefined;
  #windowBytes = 0;

  /**
   * Builds the tables. Undefined when there is no WebAssembly SIMD here, or when the vocabulary's merges are of the rare kind that
   * the kernel's method does not cover. Throws a RangeError for a vocabulary that holds a token twice or needs too much memory.
   */
  static create(vocabulary: BpeVocabulary, windowBytes: number): BpeKernel | undefined {
    const module = wasmModule(new URL("./bpe.wasm", import.meta.url));
    if (module === undefined) return undefined;
    const make = (of: BpeVocabulary): BpeKernel | undefined => {
      const kernel = new BpeKernel(wasmInstance<KernelExports>(module, "bpe"));
      return kernel.#build(of) ? kernel.#withWindow(windowBytes) : undefined;
    };
    const kernel = make(vocabulary);
    if (kernel !== undefined) return kernel;
    const ordered = inEffectiveOrder(vocabulary);
    return ordered && make(ordered);
  }

  private constructor(exports: KernelExports) {
    this.#exports = exports;
  }

  /** Bytes of text that one call takes. */
  get windowBytes(): number {
    return this.#windowBytes;
  }

  /** Bytes of linear memory. */
  get memoryBytes(): number {
    return this.#exports.memory.buffer.byteLength;
  }

  /** Makes room for `bytes` of text in one call. Throws a RangeError when memory does not allow it; the old window is then back. */
  grow(bytes: number): void {
    const before = this.#windowBytes;
    if (!this.#createWindow(bytes)) {
      if (!this.#createWindow(before)) throw new RangeError(`bpe: no memory for a window of ${before} bytes`);
      throw new RangeError(`bpe: no memory for a window of ${bytes} bytes`);
    }
  }

  /** The window: what is to be encoded is written here. */
  get text(): Uint8Array {
    return this.#view().text;
  }

  /** The spans of documents (start and length each), or the bounds of pieces. */
  get spans(): Uint32Array {
    return this.#view().spans;
  }

  /** After `encode`: the number of ids up to the end of each document. */
  get ends(): Uint32Array {
    return this.#view().ends;
  }

  /** After a call: the ids, overwritten by the next call. */
  get ids(): Uint32Array {
    return this.#view().ids;
  }

  /** Encodes the first `count` documents of `spans`, each followed by `padding` bytes of room; returns the number of ids. */
  encode(count: number, pattern: BpePattern): number {
    return this.#result(this.#exports.encode(count, patternNames.indexOf(pattern)));
  }

  /** Encodes the `count` pieces between the first `count + 1` bounds in `spans`; returns the number of ids. */
  encodePieces(count: number): number {
    return this.#result(this.#exports.encodePieces(count));
  }

  /** Forgets the pieces seen so far. For measuring only: tokens never depend on it. */
  clearCache(): void {
    this.#exports.clearCache();
  }

  #result(count: number): number {
    if (count === -2) throw new RangeError("bpe: the text has a byte that no token of the vocabulary begins with");
    if (count < 0 || count > this.#windowBytes) throw new Error(`bpe: the kernel refused its input (${count})`);
    return count;
  }

  #view(): Views {
    const { buffer } = this.#exports.memory;
    if (this.#views?.buffer === buffer) return this.#views;
    const at = (address: number, bytes: number): number => {
      if (address === 0 || address + bytes > buffer.byteLength) throw new Error("bpe: the kernel gave an address outside its memory");
      return address;
    };
    const bytes = this.#windowBytes;
    const views: Views = {
      buffer,
      text: new Uint8Array(buffer, at(this.#exports.textAddress(), bytes), bytes),
      spans: new Uint32Array(buffer, at(this.#exports.spansAddress(), 8 * maxSpans + 8), 2 * maxSpans + 2),
      ends: new Uint32Array(buffer, at(this.#exports.endsAddress(), 4 * maxSpans), maxSpans),
      ids: new Uint32Array(buffer, at(this.#exports.idsAddress(), 4 * bytes), bytes),
    };
    this.#views = views;
    return views;
  }

  #createWindow(bytes: number): boolean {
    this.#views = undefined;
    this.#windowBytes = 0;
    if (!this.#exports.createWindow(bytes, maxSpans)) return false;
    this.#windowBytes = bytes;
    return true;
  }

  #withWindow(bytes: number): this {
    if (!this.#createWindow(bytes)) throw new RangeError(`bpe: no memory for a window of ${bytes} bytes`);
    return this;
  }

  #build(vocabulary: BpeVocabulary): boolean {
    const { index, pages } = classTable();
    const { bytes, offsets, ids, merges, wholePieces } = vocabulary;
    const pageCount = pages.length / 64;
    const classes = this.#allocated(this.#exports.createClasses(pageCount), index.byteLength + pages.length);
    classes.set(new Uint8Array(index.buffer, index.byteOffset, index.byteLength));
    classes.set(pages, index.byteLength);

    const tokens = this.#allocated(
      this.#exports.createVocabulary(ids.length, bytes.length),
      offsets.byteLength + ids.byteLength + bytes.length,
    );
    tokens.set(new Uint8Array(offsets.buffer, offsets.byteOffset, offsets.byteLength));
    tokens.set(new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength), offsets.byteLength);
    tokens.set(bytes, offsets.byteLength + ids.byteLength);

    if (merges !== undefined) {
      const count = merges.left.length;
      const rules = this.#allocated(this.#exports.createRules(count), 12 * count);
      const words = new Uint32Array(rules.buffer, rules.byteOffset, 3 * count);
      for (let i = 0; i < count; i++) {
        words[3 * i] = merges.left[i] ?? 0;
        words[3 * i + 1] = merges.right[i] ?? 0;
        words[3 * i + 2] = merges.result[i] ?? 0;
      }
    }
    const idsDiffer = ids.some((id, rank) => id !== rank);
    const code = this.#exports.build(pageCount, bytes.length, Number(wholePieces), Number(idsDiffer));
    if (code === 1) throw new RangeError("bpe: no memory for the tables of the vocabulary");
    if (code === 3) throw new RangeError("bpe: the vocabulary has the same token twice");
    if (code === 5) throw new Error("bpe: the kernel refused the vocabulary");
    return code === 0;
  }

  /** A view of what the kernel has just allocated; its address is checked, as every number that comes from there. */
  #allocated(address: number, bytes: number): Uint8Array {
    const { buffer } = this.#exports.memory;
    if (address === 0) throw new RangeError("bpe: no memory for the tables of the vocabulary");
    if (address + bytes > buffer.byteLength) throw new Error("bpe: the kernel gave an address outside its memory");
    return new Uint8Array(buffer, address, bytes);
  }
}
