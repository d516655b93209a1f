import { type WasmMemory, wasmInstance, wasmModule } from "../wasm.ts";
import type { Hasher } from "./hasher.ts";
import type { UnitRules, Units } from "./units.ts";

/** What assembly/index.ts exports. Addresses are byte offsets into `memory`. */
interface KernelExports {
  readonly memory: WasmMemory;
  createWindow(bytes: number): number;
  textAddress(): number;
  recordsAddress(): number;
  digestAddress(): number;
  hash64(length: number): number;
  hash128(length: number): number;
  units(from: number, length: number, ascii: number, paragraphs: number, ignore: number, minimum: number): number;
  resumeAt(): number;
}

/** Units in one call of the kernel, and 32-bit words in the record of one: the same numbers as in assembly/index.ts. */
const ROOM = 4096;
const RECORD_WORDS = 5;

const FIRST_WINDOW = 1 << 16;
/** A window larger than this is given back when a text comes that needs no more than `USUAL_WINDOW`. */
const LARGE_WINDOW = 1 << 24;
const USUAL_WINDOW = 1 << 20;

interface Views {
  readonly buffer: ArrayBuffer;
  readonly text: Uint8Array;
  readonly records: Int32Array;
  readonly digest: Int32Array;
}

const encoder = new TextEncoder();

/** One instance of the WebAssembly kernel. Its memory is twice the largest text of late, and 100 KB. */
export class HashKernel implements Hasher {
  readonly backend = "wasm";
  readonly #make: () => KernelExports;
  #exports: KernelExports;
  #views: Views | undefined;
  #windowBytes = 0;

  /** Undefined where there is no WebAssembly SIMD. */
  static create(): HashKernel | undefined {
    const module = wasmModule(new URL("./hash.wasm", import.meta.url));
    return module && new HashKernel(() => wasmInstance<KernelExports>(module, "hash"));
  }

  private constructor(make: () => KernelExports) {
    this.#make = make;
    this.#exports = make();
  }

  /** Writes the 64-bit hash of the data to `key[at]` (lower half) and `key[at + 1]`. */
  hash64(data: string | Uint8Array, key: Int32Array, at: number): void {
    const length = this.#load(data); // may replace the instance
    this.#check(this.#exports.hash64(length));
    this.#digest(key, at, 2);
  }

  /** Writes the 128-bit hash of the data to four places of `key`, lowest word first. */
  hash128(data: string | Uint8Array, key: Int32Array, at: number): void {
    const length = this.#load(data); // may replace the instance
    this.#check(this.#exports.hash128(length));
    this.#digest(key, at, 4);
  }

  units(text: string, rules: UnitRules, units: Units): void {
    const length = this.#load(text);
    // One byte for each UTF-16 unit: all of it is ASCII.
    const ascii = length === text.length;
    this.#find(length, ascii, rules, units);
    if (!rules.ignoreCase || ascii) return;
    // Not all ASCII: the keys come from the lower-case text, which has the same line feeds and the same blank lines.
    const { long, count } = units;
    const wasLong = long.slice(0, count);
    const [starts, ends] = [units.starts.slice(0, count), units.ends.slice(0, count)];
    this.#find(this.#load(text.toLowerCase()), false, { ...rules, minLength: 0 }, units);
    if (units.count !== count) throw new Error("hash: the lower-case text has other units than the text");
    units.starts.set(starts);
    units.ends.set(ends);
    units.long.set(wasLong);
    for (let i = 0; i < count; i++) if (wasLong[i] === 0) units.keys.fill(0, 2 * i, 2 * i + 2);
  }

  #find(length: number, ascii: boolean, rules: UnitRules, units: Units): void {
    const ignore = Number(rules.ignoreCase) | (Number(rules.ignoreSpace) << 1) | (Number(rules.ignoreDigits) << 2);
    units.clear();
    for (let from = 0; from < length; ) {
      const count = this.#exports.units(from, length, Number(ascii), Number(rules.unit === "paragraph"), ignore, rules.minLength);
      const next = this.#exports.resumeAt();
      if (count < 0 || count > ROOM || next <= from || next > length) throw new Error(`hash: the kernel refused its input (${count})`);
      const { records } = this.#view();
      for (let i = 0, r = 0; i < count; i++, r += RECORD_WORDS) {
        const low = records[r + 2] as number;
        const high = records[r + 3] as number;
        units.push((records[r] as number) >>> 0, (records[r + 1] as number) >>> 0, low, high, records[r + 4] === 1);
      }
      from = next;
    }
  }

  /** Writes the data into the window and returns its length in bytes. */
  #load(data: string | Uint8Array): number {
    if (typeof data !== "string") {
      this.#reserve(data.length);
      this.#view().text.set(data);
      return data.length;
    }
    // Three bytes a unit are the most UTF-8 takes; long texts are measured, since the window stays for a while.
    this.#reserve(data.length * 3 <= USUAL_WINDOW ? data.length * 3 : Buffer.byteLength(data));
    return encoder.encodeInto(data, this.#view().text).written;
  }

  #reserve(bytes: number): void {
    if (this.#windowBytes > LARGE_WINDOW && bytes <= USUAL_WINDOW) {
      this.#exports = this.#make();
      this.#windowBytes = 0;
    }
    if (bytes <= this.#windowBytes && this.#windowBytes > 0) return;
    const wanted = Math.max(FIRST_WINDOW, bytes);
    this.#views = undefined;
    this.#windowBytes = 0;
    if (!this.#exports.createWindow(wanted)) throw new RangeError(`hash: no memory for a text of ${bytes} bytes`);
    this.#windowBytes = wanted;
  }

  #digest(key: Int32Array, at: number, words: number): void {
    const { digest } = this.#view();
    for (let i = 0; i < words; i++) key[at + i] = digest[i] as number;
  }

  #check(code: number): void {
    if (code !== 0) throw new Error(`hash: the kernel refused its input (${code})`);
  }

  #view(): Views {
    const { buffer } = this.#exports.memory;
    if (this.#views?.buffer === buffer) return this.#views;
    const at = (address: number, bytes: number): number => {
      if (address === 0 || address + bytes > buffer.byteLength) throw new Error("hash: the kernel gave an address outside its memory");
      return address;
    };
    const records = this.#exports.recordsAddress();
    const digest = this.#exports.digestAddress();
    const views: Views = {
      buffer,
      text: new Uint8Array(buffer, at(this.#exports.textAddress(), this.#windowBytes), this.#windowBytes),
      records: new Int32Array(buffer, at(records, 4 * RECORD_WORDS * ROOM), RECORD_WORDS * ROOM),
      digest: new Int32Array(buffer, at(digest, 16), 4),
    };
    this.#views = views;
    return views;
  }
}
