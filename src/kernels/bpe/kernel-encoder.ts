import { lastCut, nextCut } from "./cut.ts";
import { type BpeKernel, maxSpans, padding } from "./kernel.ts";
import type { BpePattern } from "./patterns.ts";
import { utf8Of, wellFormed } from "./text.ts";
import { TokenList } from "./token-list.ts";

/** Takes what is too large for the kernel, and returns its ids: text of valid UTF-8, or a piece. */
export interface Elsewhere {
  text(text: Uint8Array): Uint32Array;
  piece(piece: Uint8Array): Uint32Array;
}

const encoder = new TextEncoder();

/**
 * Brings texts into the kernel's window and ids out of it. Short texts are written straight into linear memory; long ones go through
 * in parts that end at safe cuts; a part without a cut makes the window grow, up to a bound, behind which `elsewhere` takes it.
 */
export class KernelEncoder {
  readonly #kernel: BpeKernel;
  readonly #pattern: BpePattern;
  readonly #maxWindow: number;
  readonly #elsewhere: Elsewhere;

  constructor(kernel: BpeKernel, pattern: BpePattern, maxWindow: number, elsewhere: Elsewhere) {
    this.#kernel = kernel;
    this.#pattern = pattern;
    this.#maxWindow = maxWindow;
    this.#elsewhere = elsewhere;
  }

  encode(text: string | Uint8Array): Uint32Array {
    const ids = this.lend(text);
    return ids.buffer === this.#kernel.ids.buffer ? ids.slice() : ids;
  }

  /** The ids in an array that is valid until the next call: the kernel's own for a text that fits its window. */
  lend(text: string | Uint8Array): Uint32Array {
    const length = this.#load(text);
    if (length >= 0) return this.#kernel.ids.subarray(0, this.#run(length));
    const tokens = new TokenList();
    this.#inParts(utf8Of(text), (ids) => tokens.append(ids));
    return tokens.take();
  }

  count(text: string | Uint8Array): number {
    const length = this.#load(text);
    if (length >= 0) return this.#run(length);
    let count = 0;
    this.#inParts(utf8Of(text), (ids) => {
      count += ids.length;
    });
    return count;
  }

  encodeBatch(texts: readonly (string | Uint8Array)[]): { tokens: Uint32Array; offsets: Uint32Array } {
    const offsets = new Uint32Array(texts.length + 1);
    const tokens = new TokenList();
    let first = 0; // the first text that stands in the window
    let used = 0; // bytes of the window in use
    const flush = (next: number): void => {
      const kernel = this.#kernel;
      const count = kernel.encode(next - first, this.#pattern);
      const { ends } = kernel;
      for (let i = first; i < next; i++) offsets[i + 1] = tokens.length + (ends[i - first] ?? 0);
      tokens.append(kernel.ids.subarray(0, count));
      first = next;
      used = 0;
    };
    for (let i = 0; i < texts.length; i++) {
      const text = texts[i] ?? "";
      if (i - first === maxSpans) flush(i);
      let length = this.#place(text, used);
      if (length < 0 && first < i) {
        flush(i);
        length = this.#place(text, used);
      }
      if (length < 0) {
        this.#inParts(utf8Of(text), (ids) => tokens.append(ids));
        offsets[i + 1] = tokens.length;
        first = i + 1;
        continue;
      }
      const { spans } = this.#kernel;
      spans[2 * (i - first)] = used;
      spans[2 * (i - first) + 1] = length;
      used += length + padding;
    }
    if (first < texts.length) flush(texts.length);
    return { tokens: tokens.take(), offsets };
  }

  encodePieces(bytes: Uint8Array, bounds: Uint32Array): Uint32Array {
    const tokens = new TokenList();
    for (let first = 0; first + 1 < bounds.length; ) {
      const start = bounds[first] ?? 0;
      const next = this.#lastPiece(bounds, first);
      const size = (bounds[next] ?? 0) - start;
      if (size > this.#kernel.windowBytes && !this.#grow(size)) tokens.append(this.#elsewhere.piece(bytes.subarray(start, start + size)));
      else {
        const { text, spans } = this.#kernel;
        text.set(bytes.subarray(start, start + size));
        for (let i = first; i <= next; i++) spans[i - first] = (bounds[i] ?? 0) - start;
        tokens.append(this.#kernel.ids.subarray(0, this.#kernel.encodePieces(next - first)));
      }
      first = next;
    }
    return tokens.take();
  }

  /** The end of as many pieces from `first` on as one call takes; one piece, if even that is too much. */
  #lastPiece(bounds: Uint32Array, first: number): number {
    const limit = (bounds[first] ?? 0) + this.#kernel.windowBytes;
    let next = first + 1;
    while (next + 1 < bounds.length && next - first < maxSpans && (bounds[next + 1] ?? 0) <= limit) next++;
    return next;
  }

  /** Writes a text to the beginning of the window; -1 when it does not fit as a whole. */
  #load(text: string | Uint8Array): number {
    return this.#place(text, 0);
  }

  /** Writes a text at `at`; returns its length, or -1 when there is no room. */
  #place(text: string | Uint8Array, at: number): number {
    const { windowBytes } = this.#kernel;
    const room = windowBytes - at;
    if (typeof text !== "string") {
      if (text.length > room) return -1;
      const bytes = wellFormed(text);
      if (bytes.length > room) return -1;
      this.#kernel.text.set(bytes, at);
      return bytes.length;
    }
    if (text.length > room) return -1;
    const window = this.#kernel.text;
    const { read, written } = encoder.encodeInto(text, at === 0 ? window : window.subarray(at));
    return read === text.length ? written : -1;
  }

  #run(length: number): number {
    const { spans } = this.#kernel;
    spans[0] = 0;
    spans[1] = length;
    return this.#kernel.encode(1, this.#pattern);
  }

  /** Hands over the ids of a long text part by part; each array is valid until the next part. */
  #inParts(bytes: Uint8Array, take: (ids: Uint32Array) => void): void {
    for (let start = 0; start < bytes.length; ) {
      const { windowBytes } = this.#kernel;
      let end = bytes.length;
      if (end - start > windowBytes) {
        end = lastCut(bytes, start, start + windowBytes, this.#pattern);
        if (end === start) end = nextCut(bytes, start + windowBytes + 1, this.#pattern);
      }
      const part = bytes.subarray(start, end);
      if (part.length > windowBytes && !this.#grow(part.length)) take(this.#elsewhere.text(part));
      else {
        this.#kernel.text.set(part);
        take(this.#kernel.ids.subarray(0, this.#run(part.length)));
      }
      start = end;
    }
  }

  /** Whether the window has room for `bytes` now. Grows to the next power of two, so that growing is rare. */
  #grow(bytes: number): boolean {
    if (bytes > this.#maxWindow) return false;
    this.#kernel.grow(Math.min(this.#maxWindow, 2 ** Math.ceil(Math.log2(bytes))));
    return true;
  }
}
