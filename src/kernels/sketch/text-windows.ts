/**
 * A text as well-formed UTF-8, window by window, written straight into the kernel's input. A string is never encoded as a whole, so a
 * document of 100 MB needs no more memory than one window; bytes that are not well-formed UTF-8 are decoded as a whole first.
 */
import { isUtf8 } from "node:buffer";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export class TextWindows {
  readonly #text: string | Uint8Array;
  /** Where the next window begins: in bytes, or in UTF-16 units of a string. */
  #at = 0;

  constructor(text: string | Uint8Array) {
    this.#text = typeof text === "string" || isUtf8(text) ? text : decoder.decode(text);
  }

  get done(): boolean {
    return this.#at >= this.#text.length;
  }

  /** Writes the next bytes into the window, which has room for a code point at least; returns how many. */
  fill(window: Uint8Array): number {
    const text = this.#text;
    const room = window.length;
    if (typeof text === "string") {
      let end = Math.min(text.length, this.#at + room);
      // Halves of a pair must not be parted, or each would count as U+FFFD.
      if (end < text.length && isHigh(text.charCodeAt(end - 1))) end--;
      const part = this.#at === 0 && end === text.length ? text : text.slice(this.#at, end);
      const { read, written } = encoder.encodeInto(part, window);
      this.#at += read;
      return written;
    }
    let end = Math.min(text.length, this.#at + room);
    while (end < text.length && ((text[end] as number) & 0xc0) === 0x80) end--;
    window.set(text.subarray(this.#at, end));
    const written = end - this.#at;
    this.#at = end;
    return written;
  }
}

function isHigh(unit: number): boolean {
  return (unit & 0xfc00) === 0xd800;
}
