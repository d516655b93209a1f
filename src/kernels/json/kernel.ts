import { type WasmMemory, wasmInstance, wasmModule } from "../wasm.ts";

/** What assembly/index.ts exports. Addresses are byte offsets into `memory`. */
interface KernelExports {
  readonly memory: WasmMemory;
  createWindow(bytes: number): number;
  windowAddress(): number;
  stringsAddress(): number;
  membersAddress(): number;
  resultAddress(): number;
  textNameAddress(): number;
  idNameAddress(): number;
  takeNames(text: number, id: number): number;
  line(from: number, length: number): number;
}

/** Bytes of a name, and 32-bit words of a result: the same numbers as in assembly/layout.ts. */
const NAME_ROOM = 256;
const RESULT_WORDS = 10;

/** Bytes of lines that are copied in at once, and of the longest line taken; beyond that a V8 string would lie outside of its heap. */
const WINDOW = 128 * 1024;
export const LONGEST_LINE = 1_000_000;

/** Kinds of an id: assembly/members.ts. The two between are strings, and the number is the width of their units. */
const NO_ID = 0;
const JSON_ID = 3;

/** A name that stands in JSON as it is: no escape can be needed. */
const PLAIN_NAME = /^[^"\\\p{Cc}\p{Cs}]+$/u;

/** The methods behind `Buffer.toString`, without its look at the name of the encoding; @types/node leaves them out. */
interface Slices {
  latin1Slice(start: number, end: number): string;
  ucs2Slice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
}

interface Views {
  readonly buffer: ArrayBuffer;
  readonly bytes: Buffer & Slices;
  readonly words: Uint32Array;
  /** Where the result begins in `words`. */
  readonly result: number;
  readonly window: number;
}

/**
 * Reads lines of UTF-8 that hold an object with a text, and perhaps an id: the usual line, three times as fast as a string of the line and
 * `JSON.parse`, which judges every line that this class refuses. What it accepts, `JSON.parse` accepts, with the same values.
 *
 * An instance reads for one owner at a time, with one pair of names. Memory: four times the window, which is 128 KiB and grows to the longest
 * line, 4 MB at most.
 */
export class LineKernel {
  static #shared: LineKernel | undefined;
  readonly #exports: KernelExports;
  #views: Views | undefined;
  #room = 0;
  #owner: object | undefined;
  /** The line read last: its text, the length of that in UTF-8, its id (any JSON value; undefined: none) and its other members. */
  text = "";
  textBytes = 0;
  id: unknown;
  meta: Record<string, unknown> = {};

  /** The one instance of this thread; undefined without WebAssembly SIMD. */
  static shared(): LineKernel | undefined {
    if (LineKernel.#shared === undefined) {
      const module = wasmModule(new URL("./json.wasm", import.meta.url));
      if (module !== undefined) LineKernel.#shared = new LineKernel(wasmInstance<KernelExports>(module, "json"));
    }
    return LineKernel.#shared;
  }

  /** Whether lines can be read by these names of fields; an id of `""`: by none. */
  static takes(text: string, id: string): boolean {
    return (
      PLAIN_NAME.test(text) &&
      (id === "" || PLAIN_NAME.test(id)) &&
      Buffer.byteLength(text) <= NAME_ROOM &&
      Buffer.byteLength(id) <= NAME_ROOM
    );
  }

  private constructor(exports: KernelExports) {
    this.#exports = exports;
    this.#reserve(WINDOW);
  }

  /** Bytes of linear memory. */
  get memoryBytes(): number {
    return this.#exports.memory.buffer.byteLength;
  }

  /** Whether the window still holds what this owner loaded. */
  owns(owner: object): boolean {
    return this.#owner === owner;
  }

  /** Makes `owner` the one that the lines are read for, by names that `takes` allows. What was loaded is gone. */
  claim(owner: object, text: string, id: string): void {
    const { bytes } = this.#view();
    const exports = this.#exports;
    const textLength = bytes.write(text, exports.textNameAddress(), NAME_ROOM, "utf8");
    const idLength = bytes.write(id, exports.idNameAddress(), NAME_ROOM, "utf8");
    if (exports.takeNames(textLength, idLength) === 0) throw new Error("json: the kernel refused its names");
    this.#owner = owner;
  }

  /** Copies `source` from `start` on into the window, up to `end` or as far as it goes, and returns where it stopped: at `least` or behind. */
  load(source: Buffer, start: number, least: number, end: number): number {
    if (least - start > this.#room) this.#reserve(Math.min(LONGEST_LINE, 2 * (least - start)));
    const stop = Math.min(end, start + this.#room);
    const { bytes, window } = this.#view();
    source.copy(bytes, window, start, stop);
    return stop;
  }

  /** Reads the line of `length` bytes at `from` of what was loaded. False: it is refused, and nothing is said of it. */
  read(from: number, length: number): boolean {
    const code = this.#exports.line(from, length);
    if (code !== 1) {
      if (code < 0) throw new Error(`json: the kernel refused its input (${code})`);
      return false;
    }
    const { bytes, words, result } = this.#view();
    const kind = words[result + 4] as number;
    const idAt = words[result + 5] as number;
    const idLength = words[result + 6] as number;
    const membersAt = words[result + 7] as number;
    const membersEnd = membersAt + (words[result + 8] as number);
    try {
      if (membersEnd === membersAt) this.meta = {};
      else {
        const json = words[result + 9] === 1 ? bytes.latin1Slice(membersAt, membersEnd) : bytes.utf8Slice(membersAt, membersEnd);
        this.meta = JSON.parse(json) as Record<string, unknown>;
      }
      if (kind === NO_ID) this.id = undefined;
      else if (kind === JSON_ID) this.id = JSON.parse(bytes.utf8Slice(idAt, idAt + idLength));
      else this.id = stringAt(bytes, idAt, idLength, kind);
    } catch {
      return false;
    }
    this.text = stringAt(bytes, words[result] as number, words[result + 1] as number, words[result + 2] as number);
    this.textBytes = words[result + 3] as number;
    return true;
  }

  #reserve(bytes: number): void {
    this.#room = 0;
    this.#views = undefined;
    if (this.#exports.createWindow(bytes) === 0) throw new RangeError(`json: no memory for a line of ${bytes} bytes`);
    this.#room = bytes;
  }

  #view(): Views {
    if (this.#views !== undefined) return this.#views;
    const { buffer } = this.#exports.memory;
    const at = (address: number, bytes: number): number => {
      if (address === 0 || address + bytes > buffer.byteLength) throw new Error("json: the kernel gave an address outside its memory");
      return address;
    };
    at(this.#exports.stringsAddress(), 2 * this.#room);
    at(this.#exports.membersAddress(), this.#room);
    at(this.#exports.textNameAddress(), NAME_ROOM);
    at(this.#exports.idNameAddress(), NAME_ROOM);
    this.#views = {
      buffer,
      bytes: Buffer.from(buffer) as Buffer & Slices,
      words: new Uint32Array(buffer),
      result: at(this.#exports.resultAddress(), 4 * RESULT_WORDS) / 4,
      window: at(this.#exports.windowAddress(), this.#room),
    };
    return this.#views;
  }
}

/** The string of `length` units, each of one or two bytes. */
function stringAt(bytes: Buffer & Slices, at: number, length: number, width: number): string {
  return width === 1 ? bytes.latin1Slice(at, at + length) : bytes.ucs2Slice(at, at + 2 * length);
}
