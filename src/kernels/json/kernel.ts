import { wasmInstance, wasmModule } from "../wasm.ts";
import { BackOff } from "./back-off.ts";
import { type JsonExports, KEY_ROOM, KEYS, NAME_ROOM, READ, REFUSED, VALUE_WORDS, type Views, valueAt, viewsOf } from "./exports.ts";

/** Bytes of lines that are copied in at once, and of the longest line taken; beyond that a V8 string would lie outside of its heap. */
const WINDOW = 128 * 1024;
export const LONGEST_LINE = 1_000_000;

/** A name that stands in JSON as it is: no escape can be needed. */
const PLAIN_NAME = /^[^"\\\p{Cc}\p{Cs}]+$/u;

/** Values of the other members that may be no strings, where they are read one by one: more are cheaper read together. */
const FEW_VALUES = 1;

/** Lines that must have been read by what was learned, for it to be learned anew at once when another comes. */
const PAYING_HITS = 32;

type Fields = Record<string, unknown>;

/** The members that lines mostly have beside text and id, and an object that has them. */
interface Shape {
  readonly keys: readonly string[];
  readonly object: Fields;
}

/**
 * Reads lines of UTF-8 that hold an object with a text, and perhaps an id: the usual line, without a string of the whole line. `JSON.parse`
 * judges every line that this class refuses, and of the others what the kernel does not read itself; so what is accepted, it accepts, with the
 * same values in the same order.
 *
 * An instance reads for one owner at a time, by one pair of names. Memory: four times the window, which is 128 KiB and grows to the longest
 * line, 4 MB at most.
 */
export class LineKernel {
  /** Null: it cannot be had. */
  static #shared: LineKernel | null | undefined;
  readonly #exports: JsonExports;
  #views: Views;
  #room = 0;
  #owner: object | undefined;
  /** What the lines before were like. Unknown for the first of an owner, so that owners who take turns need not learn it every time. */
  #shape: Shape | undefined;
  #hits = 0;
  #learning = new BackOff();
  #isFirst = true;
  /** The line read last: its text, the length of that in UTF-8, its id (any JSON value; undefined: none) and its other members. */
  text = "";
  textBytes = 0;
  id: unknown;
  meta: Fields = {};

  /** The one instance of this thread; undefined without WebAssembly SIMD. */
  static shared(): LineKernel | undefined {
    if (LineKernel.#shared === undefined) {
      const module = wasmModule(new URL("./json.wasm", import.meta.url));
      LineKernel.#shared = module === undefined ? null : new LineKernel(wasmInstance<JsonExports>(module, "json"));
    }
    return LineKernel.#shared ?? undefined;
  }

  /** Whether lines can be read by these names of fields; an id of `""`: by none. */
  static takes(text: string, id: string): boolean {
    const fits = (name: string): boolean => PLAIN_NAME.test(name) && Buffer.byteLength(name) <= NAME_ROOM;
    return fits(text) && (id === "" || fits(id));
  }

  private constructor(exports: JsonExports) {
    this.#exports = exports;
    this.#views = this.#reserve(WINDOW);
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
    const { bytes, textName, idName } = this.#views;
    const textLength = bytes.write(text, textName, NAME_ROOM, "utf8");
    const idLength = bytes.write(id, idName, NAME_ROOM, "utf8");
    if (this.#exports.takeNames(textLength, idLength) === 0) throw new Error("json: the kernel refused its names");
    this.#owner = owner;
    this.#shape = undefined;
    this.#learning = new BackOff();
    this.#isFirst = true;
  }

  /** Copies `source` from `start` on into the window, up to `end` or as far as it goes, and returns where it stopped: at `least` or behind. */
  load(source: Buffer, start: number, least: number, end: number): number {
    if (least - start > this.#room) this.#views = this.#reserve(Math.min(LONGEST_LINE, 2 * (least - start)));
    const stop = Math.min(end, start + this.#room);
    source.copy(this.#views.bytes, this.#views.window, start, stop);
    return stop;
  }

  /** Reads the line of `length` bytes at `from` of what was loaded. False: it is refused, and nothing is said of it. */
  read(from: number, length: number): boolean {
    const shape = this.#shape;
    const code = this.#line(from, length, shape !== undefined);
    if (code === REFUSED) return false;
    const views = this.#views;
    const { words, result } = views;
    try {
      if (shape === undefined) this.meta = this.#members();
      else if (code === READ) {
        this.#hits++;
        this.meta = valuesOf(views, shape);
      } else {
        this.#unlearn();
        if (this.#line(from, length, false) === REFUSED) return false;
        this.meta = this.#members();
      }
      this.id = valueAt(views, result + 4);
    } catch {
      // Of the whole line, JSON.parse says it again, with the place.
      return false;
    }
    this.text = valueAt(views, result) as string;
    this.textBytes = words[result + 3] as number;
    return true;
  }

  #line(from: number, length: number, byKeys: boolean): number {
    const code = this.#exports.line(from, length, Number(byKeys));
    if (code < 0) throw new Error(`json: the kernel refused its input (${code})`);
    return code;
  }

  /** The other members, by `JSON.parse`. Throws a SyntaxError when they are none. */
  #members(): Fields {
    const { bytes, words, result } = this.#views;
    const from = words[result + 7] as number;
    const to = from + (words[result + 8] as number);
    if (from === to) return {};
    const json = words[result + 9] === 1 ? bytes.latin1Slice(from, to) : bytes.utf8Slice(from, to);
    const members = JSON.parse(json) as Fields;
    if (!this.#isFirst && this.#learning.due()) this.#learn(members);
    this.#isFirst = false;
    return members;
  }

  /** Expects the next lines to be like these members, if that pays. The kernel compares the keys of each, so it can do no harm. */
  #learn(members: Fields): void {
    const keys = Object.keys(members);
    const strings = keys.filter((key) => typeof members[key] === "string");
    const all = Buffer.from(keys.join(""));
    if (keys.length > KEYS || all.length > KEY_ROOM || keys.length - strings.length > FEW_VALUES) {
      this.#learning.failed();
      return;
    }
    const { bytes, words, keyLengths, keyBytes } = this.#views;
    bytes.set(all, keyBytes);
    for (const [i, key] of keys.entries()) words[keyLengths + i] = Buffer.byteLength(key);
    if (this.#exports.takeKeys(keys.length) === 0) throw new Error("json: the kernel refused its keys");
    this.#shape = { keys, object: Object.fromEntries(keys.map((key) => [key, ""])) };
    this.#hits = 0;
  }

  /** Where lines of several kinds take turns, there is nothing to be gained. */
  #unlearn(): void {
    if (this.#hits < PAYING_HITS) this.#learning.failed();
    else this.#learning.succeeded();
    this.#shape = undefined;
  }

  #reserve(bytes: number): Views {
    this.#room = 0;
    if (this.#exports.createWindow(bytes) === 0) throw new RangeError(`json: no memory for a line of ${bytes} bytes`);
    this.#room = bytes;
    return viewsOf(this.#exports, bytes);
  }
}

/** The other members, whose keys are those of the shape. One named `__proto__` is a field like any other: the copied object has it already. */
function valuesOf(views: Views, { keys, object }: Shape): Fields {
  const fields = { ...object };
  for (let i = 0, at = views.values; i < keys.length; i++, at += VALUE_WORDS) fields[keys[i] as string] = valueAt(views, at);
  return fields;
}
