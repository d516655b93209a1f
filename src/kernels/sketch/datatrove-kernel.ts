import { isUtf8 } from "node:buffer";
import { type WasmMemory, wasmInstance, wasmModule } from "../wasm.ts";
import type { FoldPage } from "./kernel.ts";
import { HANDOVER_WORDS, INPUT_BYTES, LARGEST_SIGNATURE, NORMAL_BYTES } from "./layout.ts";

/** What assembly/index.ts exports for this profile. */
interface DatatroveExports {
  readonly memory: WasmMemory;
  create(): number;
  createDatatrove(): number;
  inputAddress(): number;
  handoverAddress(): number;
  normalAddress(): number;
  normalLength(): number;
  wordsAddress(): number;
  wordsLength(): number;
  endsAddress(): number;
  hashesAddress(): number;
  permutationsAddress(): number;
  resultsAddress(): number;
  missing(): number;
  setPage(page: number, words: number): number;
  addSpecial(length: number, cuts: number): number;
  addUnit(unit: number): number;
  configureDatatrove(ngram: number, permutations: number, hash: number): number;
  beginText(): void;
  simplifyText(from: number, to: number): number;
  endText(): void;
  isHard(): number;
  isOdd(): number;
  cutText(): number;
  beginSignature(): void;
  takeWords(): void;
  takeGivenWords(bytes: number, count: number): number;
  takeHashes(count: number): number;
  finishSignature(): number;
}

/** The hash functions of shingles, in the order of their numbers in the kernel. */
export const SHINGLE_HASHES = ["xxh64", "xxh32", "sha1-64", "sha1-32"] as const;
export type ShingleHash = (typeof SHINGLE_HASHES)[number];

/** Bytes of words that one part takes, and how many words, and hashes. */
const WORD_BYTES = 2 * NORMAL_BYTES;
const WORDS = NORMAL_BYTES;
const HASHES = 1024;

export interface DatatroveTables {
  /** The classes of code points, see src/dedupe/datatrove/simplify-table.ts. */
  readonly fold: FoldPage;
  /** English words with cuts of their own, as their parts; ASCII only. */
  readonly specials: readonly (readonly string[])[];
  /** What is cut off behind a 0; ASCII only. */
  readonly units: readonly string[];
}

export interface DatatroveShape {
  readonly ngram: number;
  readonly hash: ShingleHash;
  /** Of the permutations, one after the other. */
  readonly a: BigUint64Array;
  readonly b: BigUint64Array;
}

const encoder = new TextEncoder();
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * One instance of the kernel for datatrove's signatures. It owns about 7 MB of memory. Documents of more than 256 KiB, and those that
 * need a look at more than one code point at a time, are simplified by the caller.
 */
export class DatatroveKernel {
  readonly #exports: DatatroveExports;
  readonly #fold: FoldPage;
  readonly #ngram: number;
  readonly #size: number;

  /** Undefined where there is no WebAssembly SIMD. */
  static create(tables: DatatroveTables, shape: DatatroveShape): DatatroveKernel | undefined {
    const module = wasmModule(new URL("./sketch.wasm", import.meta.url));
    if (module === undefined) return undefined;
    const exports = wasmInstance<DatatroveExports>(module, "datatrove");
    if (exports.create() === 0 || exports.createDatatrove() === 0) throw new RangeError("datatrove: no memory for the kernel");
    return new DatatroveKernel(exports, tables, shape);
  }

  private constructor(exports: DatatroveExports, tables: DatatroveTables, shape: DatatroveShape) {
    this.#exports = exports;
    this.#fold = tables.fold;
    this.#ngram = shape.ngram;
    this.#size = shape.a.length;
    for (const parts of tables.specials) {
      const word = parts.join("");
      let cuts = 0;
      for (let i = 0, at = 0; i + 1 < parts.length; i++) {
        at += (parts[i] as string).length;
        cuts |= 1 << at;
      }
      this.#bytes(exports.inputAddress(), 16).fill(0).set(encoder.encode(word));
      if (exports.addSpecial(word.length, cuts) === 0) throw new Error(`datatrove: the kernel refused the word ${word}`);
    }
    for (const unit of tables.units) {
      const number = Buffer.from(`${unit}\0\0\0\0`).readUInt32LE();
      if (unit.length > 4 || exports.addUnit(number) === 0) throw new Error(`datatrove: the kernel refused the unit ${unit}`);
    }
    const permutations = new BigUint64Array(
      this.#buffer(),
      this.#inside(exports.permutationsAddress(), 48 * LARGEST_SIGNATURE),
      6 * LARGEST_SIGNATURE,
    );
    for (let j = 0; j < this.#size; j++) {
      permutations[6 * j] = shape.a[j] as bigint;
      permutations[6 * j + 1] = shape.b[j] as bigint;
    }
    if (exports.configureDatatrove(shape.ngram, this.#size, SHINGLE_HASHES.indexOf(shape.hash)) === 0) {
      throw new RangeError(`datatrove: no such shape: ${shape.ngram}-grams, ${this.#size} permutations`);
    }
  }

  /** Simplifies a text; false where the caller must. */
  simplify(text: string | Uint8Array): boolean {
    const kernel = this.#exports;
    const bytes = this.#place(text);
    if (bytes < 0) return false;
    kernel.beginText();
    for (let at = 0; ; ) {
      at = kernel.simplifyText(at, bytes);
      if (at < 0 || at > bytes) throw new Error(`datatrove: the kernel refused its input (${at})`);
      if (at === bytes) break;
      if (kernel.isHard() !== 0 || !this.#addMissingPage()) return false;
    }
    kernel.endText();
    return true;
  }

  /** The simplified text. */
  simplified(): string {
    return utf8.decode(this.#bytes(this.#exports.normalAddress(), this.#exports.normalLength()));
  }

  /** Cuts the simplified text into English words; false where the caller must. */
  cutEnglish(): boolean {
    return this.#exports.isOdd() === 0 && this.#exports.cutText() !== 0;
  }

  /** The words that `cutEnglish` has left. */
  words(): string {
    return utf8.decode(this.#bytes(this.#exports.wordsAddress(), this.#exports.wordsLength()));
  }

  /** Writes the signature of the words that `cutEnglish` has left; false, and nothing written, when they are fewer than `ngram`. */
  signature(signature: BigUint64Array): boolean {
    this.#exports.beginSignature();
    this.#exports.takeWords();
    return this.#finish(signature);
  }

  /** The same of given words. `hash` takes a shingle that is too large for the kernel. */
  signatureOf(words: readonly string[], signature: BigUint64Array, hash: (shingle: string) => bigint): boolean {
    if (words.length < this.#ngram) return false;
    this.#exports.beginSignature();
    const text = Buffer.from(this.#buffer(), this.#inside(this.#exports.wordsAddress(), WORD_BYTES), WORD_BYTES);
    const ends = new Uint32Array(this.#buffer(), this.#inside(this.#exports.endsAddress(), 4 * WORDS), WORDS);
    for (let first = 0; first + this.#ngram <= words.length; ) {
      let used = 0;
      let next = first;
      for (; next < words.length && next - first < WORDS; next++) {
        const word = words[next] as string;
        // A UTF-16 unit has three bytes at most.
        if (used + 3 * word.length + 1 > WORD_BYTES) break;
        if (next > first) text[used++] = 0x20;
        used += text.write(word, used, "utf8");
        ends[next - first] = used;
      }
      if (next - first < this.#ngram) {
        // Not even one shingle fits.
        this.#takeHash(hash(words.slice(first, first + this.#ngram).join(" ")));
        first++;
        continue;
      }
      if (this.#exports.takeGivenWords(used, next - first) === 0) throw new Error("datatrove: the kernel refused the words");
      first = next - this.#ngram + 1;
    }
    return this.#finish(signature);
  }

  #takeHash(hash: bigint): void {
    new BigUint64Array(this.#buffer(), this.#inside(this.#exports.hashesAddress(), 8 * HASHES), HASHES)[0] = hash;
    if (this.#exports.takeHashes(1) === 0) throw new Error("datatrove: the kernel refused a hash");
  }

  #finish(signature: BigUint64Array): boolean {
    if (this.#exports.finishSignature() === 0) return false;
    signature.set(new BigUint64Array(this.#buffer(), this.#inside(this.#exports.resultsAddress(), 8 * this.#size), this.#size));
    return true;
  }

  /** Writes a text into the input; returns its length, or -1 when there is no room. */
  #place(text: string | Uint8Array): number {
    if (text.length > INPUT_BYTES) return -1;
    const input = this.#bytes(this.#exports.inputAddress(), INPUT_BYTES);
    if (typeof text !== "string" && isUtf8(text)) {
      input.set(text);
      return text.length;
    }
    const string = typeof text === "string" ? text : utf8.decode(text);
    const { read, written } = encoder.encodeInto(string, input);
    return read === string.length ? written : -1;
  }

  #addMissingPage(): boolean {
    const page = this.#exports.missing();
    if (page < 0) return false;
    const words = this.#fold(page);
    if (words.length > HANDOVER_WORDS) throw new Error(`datatrove: page ${page} is too large`);
    new Uint32Array(this.#buffer(), this.#inside(this.#exports.handoverAddress(), 4 * HANDOVER_WORDS), HANDOVER_WORDS).set(words);
    if (this.#exports.setPage(page, words.length) === 0) throw new Error(`datatrove: the kernel refused page ${page}`);
    return true;
  }

  #buffer(): ArrayBuffer {
    return this.#exports.memory.buffer;
  }

  #inside(address: number, bytes: number): number {
    if (address === 0 || address + bytes > this.#buffer().byteLength)
      throw new Error("datatrove: the kernel gave an address outside its memory");
    return address;
  }

  #bytes(address: number, length: number): Uint8Array {
    return new Uint8Array(this.#buffer(), this.#inside(address, length), length);
  }
}
