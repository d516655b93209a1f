import { isUtf8 } from "node:buffer";
import { wasmInstance, wasmModule } from "../wasm.ts";
import type { SketchExports } from "./exports.ts";
import { BATCH, HANDOVER_WORDS, INPUT_BYTES, LARGEST_BANDS, LARGEST_SIGNATURE, NORMAL_BYTES } from "./layout.ts";
import { TextWindows } from "./text-windows.ts";

/**
 * The fold of 256 code points, from `page * 256` on: 256 packed entries (a class above 21 bits of code point, see
 * src/dedupe/fold.ts), then the expansions. An entry of the class "several" holds the index, in this array, of its expansion: a count,
 * then that many packed entries.
 */
export type FoldPage = (page: number) => Uint32Array;

export interface SketchShape {
  readonly ngram: number;
  readonly bands: number;
  readonly rows: number;
  readonly seed: number;
  readonly unit: "words" | "characters";
}

/** What is told of the documents of a batch, one after the other. */
export interface BatchSketches {
  /** `bands * rows` values each; zero for a document without a shingle. */
  readonly signatures: Uint8Array;
  /** High and low half of the key of each band. */
  readonly keys: Uint32Array;
  /** How many words, or characters, each has. Fewer than `ngram`: no shingle. */
  readonly units: Uint32Array;
}

/** The views on linear memory, made anew when it grows. */
interface Views {
  readonly input: Uint8Array;
  readonly normal: Uint8Array;
  readonly handover: Uint32Array;
  readonly spans: Uint32Array;
  readonly signatures: Uint8Array;
  /** The first of the signatures, of the shape there is. */
  readonly first: Uint8Array;
  readonly keys: Int32Array;
  readonly counts: Uint32Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * One instance of the sketch kernel; it holds one document at a time: `read`, then `sketch` as often as wanted. It owns 1.6 MB of
 * memory and what of the fold text has needed so far (2 KB for 256 code points); documents larger than its window go through in parts.
 */
export class SketchKernel {
  readonly #exports: SketchExports;
  readonly #fold: FoldPage;
  #views: Views | undefined;
  #shape: SketchShape | undefined;
  /** The document, where it needs several windows. */
  #large: string | Uint8Array | undefined;
  #keepSymbols = false;
  #length = 0;
  #words = 0;
  #characters = 0;
  /** Whether the end of the document took a space away. */
  #closed = false;

  /** Undefined where there is no WebAssembly SIMD. */
  static create(fold: FoldPage): SketchKernel | undefined {
    const module = wasmModule(new URL("./sketch.wasm", import.meta.url));
    if (module === undefined) return undefined;
    const exports = wasmInstance<SketchExports>(module, "sketch");
    if (exports.create() === 0) throw new RangeError("sketch: no memory for the kernel");
    return new SketchKernel(exports, fold);
  }

  private constructor(exports: SketchExports, fold: FoldPage) {
    this.#exports = exports;
    this.#fold = fold;
  }

  /** Bytes of linear memory. */
  get memoryBytes(): number {
    return this.#exports.memory.buffer.byteLength;
  }

  /** Words of the document. */
  get words(): number {
    return this.#words;
  }

  /** Characters of the document's words, spaces not counted. */
  get characters(): number {
    return this.#characters;
  }

  /** Whether the document was too large for one window, so that its normal form comes in parts only. */
  get inParts(): boolean {
    return this.#large !== undefined;
  }

  /** The normal form of a document that is not `inParts`, valid until the next call. */
  get normal(): Uint8Array {
    if (this.#large !== undefined) throw new Error("sketch: the document is too large for its normal form to be in memory");
    return this.#view().normal.subarray(0, this.#length);
  }

  /** The normal form, part by part; each is valid until the next. */
  *normalParts(): Generator<Uint8Array> {
    if (this.#large === undefined) {
      yield this.normal;
      return;
    }
    // A space at the end of a part belongs to the form only if something follows.
    let space = false;
    for (const last of this.#windows(this.#large, 0)) {
      const to = this.#exports.normalLength();
      if (to === 0) continue;
      const { normal } = this.#view();
      if (space) yield Uint8Array.of(0x20);
      space = !last && normal[to - 1] === 0x20;
      yield normal.slice(0, space ? to - 1 : to);
    }
  }

  /** Normalises a document; bytes are UTF-8, and what is not well-formed counts as U+FFFD, as do lone surrogates. */
  read(text: string | Uint8Array, keepSymbols: boolean): void {
    const kernel = this.#exports;
    this.#keepSymbols = keepSymbols;
    this.#large = undefined;
    this.#words = this.#characters = this.#length = 0;
    const bytes = this.#place(text, 0);
    for (let at = 0; bytes >= 0; ) {
      at = kernel.readWhole(bytes, Number(keepSymbols));
      if (at < 0 || at > bytes) throw new Error(`sketch: the kernel refused its input (${at})`);
      if (at === bytes) {
        const { counts } = this.#view();
        this.#words = counts[0] as number;
        this.#characters = counts[1] as number;
        this.#length = counts[2] as number;
        return;
      }
      // A page of the fold is missing: with this and all others it needs, the document begins again.
      if (!this.#addMissingPage() || this.#advance(at, bytes) < bytes) break;
    }
    this.#large = text;
    for (const last of this.#windows(text, 0)) this.#count(last);
  }

  /** Writes the signature, and the band keys, of the document read last; false, and nothing written, when it has no shingle. */
  sketch(shape: SketchShape, signature: Uint8Array, keys?: Int32Array): boolean {
    const { ngram, bands, unit } = shape;
    if ((unit === "words" ? this.#words : this.#characters) < ngram) return false;
    this.#configure(shape);
    if (this.#large === undefined) {
      this.#sketched(this.#exports.sketchWhole());
    } else {
      for (const last of this.#windows(this.#large, 1)) if (last) this.#sketched(this.#exports.sketchRest(0));
    }
    const { first, keys: made } = this.#view();
    signature.set(first);
    keys?.set(made.subarray(0, 2 * bands));
    return true;
  }

  /** Sketches many documents, about a hundred in one crossing. What `read` had read is gone afterwards. */
  sketchBatch(shape: SketchShape, texts: readonly (string | Uint8Array)[]): BatchSketches {
    const size = shape.bands * shape.rows;
    const batch: BatchSketches = {
      signatures: new Uint8Array(texts.length * size),
      keys: new Uint32Array(texts.length * 2 * shape.bands),
      units: new Uint32Array(texts.length),
    };
    this.#configure(shape);
    for (let first = 0; first < texts.length; ) {
      const count = this.#fillBatch(texts, first);
      const done = this.#runBatch(count);
      this.#copyBatch(shape, batch, first, done);
      first += done;
      // The next one is too large, as it stands or when folded.
      if (done === count && count > 0) continue;
      this.read(texts[first] ?? "", false);
      batch.units[first] = shape.unit === "words" ? this.#words : this.#characters;
      const keys = new Int32Array(batch.keys.buffer, 8 * shape.bands * first, 2 * shape.bands);
      this.sketch(shape, batch.signatures.subarray(first * size, (first + 1) * size), keys);
      first++;
    }
    this.read("", false);
    return batch;
  }

  /** Writes texts from `first` on into the input until it is full; returns how many. */
  #fillBatch(texts: readonly (string | Uint8Array)[], first: number): number {
    const { spans } = this.#view();
    let used = 0;
    let count = 0;
    while (count < BATCH && first + count < texts.length) {
      const bytes = this.#place(texts[first + count] ?? "", used);
      if (bytes < 0) break;
      spans[2 * count] = used;
      spans[2 * count + 1] = bytes;
      used += bytes;
      count++;
    }
    return count;
  }

  #runBatch(count: number): number {
    for (let done = 0; ; ) {
      done = this.#exports.batch(done, count);
      if (done < 0 || done > count) throw new Error(`sketch: the kernel refused its input (${done})`);
      if (done === count || !this.#addMissingPage()) return done;
    }
  }

  #copyBatch(shape: SketchShape, batch: BatchSketches, first: number, count: number): void {
    const { signatures, keys, counts } = this.#view();
    const { ngram, bands, rows, unit } = shape;
    const size = bands * rows;
    for (let i = 0; i < count; i++) {
      const units = counts[2 * i + (unit === "words" ? 0 : 1)] as number;
      batch.units[first + i] = units;
      if (units < ngram) continue;
      batch.signatures.set(signatures.subarray(i * size, (i + 1) * size), (first + i) * size);
      batch.keys.set(keys.subarray(i * 2 * bands, (i + 1) * 2 * bands), (first + i) * 2 * bands);
    }
  }

  /** Normalises a large document window by window; true with the last one. `sketching` is 1 if what is read is to be hashed. */
  *#windows(text: string | Uint8Array, sketching: 0 | 1): Generator<boolean> {
    const windows = new TextWindows(text);
    this.#exports.begin(Number(this.#keepSymbols));
    let from = 0;
    let to = 0;
    for (;;) {
      if (from === to) {
        to = windows.fill(this.#view().input);
        from = 0;
      }
      from = this.#advance(from, to);
      const last = from === to && windows.done;
      if (last) this.#closed = this.#exports.end() !== 0;
      yield last;
      if (last) return;
      this.#exports.nextWindow(sketching);
    }
  }

  /** Normalises the input between two offsets, giving the kernel the pages it asks for; returns where it ran out of room. */
  #advance(from: number, to: number): number {
    for (let at = from; ; ) {
      at = this.#exports.read(at, to);
      if (at < from || at > to) throw new Error(`sketch: the kernel refused its input (${at})`);
      if (at === to || !this.#addMissingPage()) return at;
    }
  }

  #count(last: boolean): void {
    this.#words += this.#exports.countFresh();
    this.#characters += this.#exports.charactersCounted();
    // No space ends the last word: it is open, or its space was taken away.
    if (last && (this.#closed || this.#exports.isOpen() !== 0)) this.#words++;
  }

  #addMissingPage(): boolean {
    const page = this.#exports.missing();
    if (page < 0) return false;
    const words = this.#fold(page);
    if (words.length > HANDOVER_WORDS) throw new Error(`sketch: page ${page} of the fold is too large`);
    this.#view().handover.set(words);
    if (this.#exports.setPage(page, words.length) === 0) throw new Error(`sketch: the kernel refused page ${page} of the fold`);
    return true;
  }

  /** Writes a text into the input at `at`; returns its length, or -1 when there is no room. */
  #place(text: string | Uint8Array, at: number): number {
    const room = INPUT_BYTES - at;
    if (text.length > room) return -1;
    const { input } = this.#view();
    if (typeof text !== "string" && isUtf8(text)) {
      input.set(text, at);
      return text.length;
    }
    const string = typeof text === "string" ? text : decoder.decode(text);
    const { read, written } = encoder.encodeInto(string, at === 0 ? input : input.subarray(at));
    return read === string.length ? written : -1;
  }

  #configure(shape: SketchShape): void {
    if (shape === this.#shape) return;
    const { ngram, bands, rows, seed, unit } = shape;
    if (this.#exports.configure(ngram, bands, rows, seed, Number(unit === "characters")) === 0) {
      throw new RangeError(`sketch: no such shape: ngram ${ngram}, ${bands} bands of ${rows} rows`);
    }
    this.#shape = shape;
    this.#views = undefined;
  }

  #sketched(code: number): void {
    if (code !== 1) throw new Error(`sketch: the kernel refused to sketch (${code})`);
  }

  #view(): Views {
    // A view on memory that has grown since has no length; to ask the memory for its buffer costs more.
    if (this.#views !== undefined && this.#views.input.length !== 0) return this.#views;
    const { buffer } = this.#exports.memory;
    const kernel = this.#exports;
    const at = (address: number, bytes: number): number => {
      if (address === 0 || address + bytes > buffer.byteLength) throw new Error("sketch: the kernel gave an address outside its memory");
      return address;
    };
    const keyWords = BATCH * 2 * LARGEST_BANDS;
    const size = this.#shape === undefined ? 0 : this.#shape.bands * this.#shape.rows;
    const views: Views = {
      input: new Uint8Array(buffer, at(kernel.inputAddress(), INPUT_BYTES), INPUT_BYTES),
      normal: new Uint8Array(buffer, at(kernel.normalAddress(), NORMAL_BYTES), NORMAL_BYTES),
      handover: new Uint32Array(buffer, at(kernel.handoverAddress(), 4 * HANDOVER_WORDS), HANDOVER_WORDS),
      spans: new Uint32Array(buffer, at(kernel.spansAddress(), 8 * BATCH), 2 * BATCH),
      signatures: new Uint8Array(buffer, at(kernel.signaturesAddress(), BATCH * LARGEST_SIGNATURE), BATCH * LARGEST_SIGNATURE),
      first: new Uint8Array(buffer, at(kernel.signaturesAddress(), size), size),
      keys: new Int32Array(buffer, at(kernel.keysAddress(), 4 * keyWords), keyWords),
      counts: new Uint32Array(buffer, at(kernel.countsAddress(), 8 * BATCH), 2 * BATCH),
    };
    this.#views = views;
    return views;
  }
}
