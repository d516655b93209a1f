/** Signatures that lie side by side in memory, compared and copied four values at a time where they are whole words. */
import { matches } from "../estimate.ts";

export class SignatureBlock {
  readonly bytes: Uint8Array;
  /** The same memory; only of use where widths and places are multiples of four. */
  readonly words: Int32Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
  }
}

/** Values of `width` bytes that two signatures share; `at` and `from` are places in bytes. */
export function equalValues(a: SignatureBlock, at: number, b: SignatureBlock, from: number, width: number): number {
  if (((width | at | from) & 3) !== 0) return matches(a.bytes.subarray(at, at + width), b.bytes, from);
  const x = a.words;
  const y = b.words;
  // Four counters of 8 bits; a signature has at most 128 words.
  let counts = 0;
  for (let i = at >>> 2, k = from >>> 2, end = (at + width) >>> 2; i < end; i++, k++) {
    const difference = (x[i] as number) ^ (y[k] as number);
    // The high bit of each byte: set where any bit of the byte is.
    const different = ((difference & 0x7f7f7f7f) + 0x7f7f7f7f) | difference;
    counts = (counts + ((~different & 0x80808080) >>> 7)) | 0;
  }
  return (counts & 255) + ((counts >>> 8) & 255) + ((counts >>> 16) & 255) + (counts >>> 24);
}

/** From document to place: open addressing in one array, made for a known number of documents. */
export class PlaceTable {
  readonly #slots: Uint32Array;
  readonly #mask: number;

  constructor(documents: number) {
    let size = 16;
    while (size < documents * 2) size *= 2;
    this.#slots = new Uint32Array(2 * size);
    this.#mask = size - 1;
  }

  set(document: number, place: number): void {
    const at = this.#find(document);
    this.#slots[at] = document + 1;
    this.#slots[at + 1] = place;
  }

  /** Where the document lies; 0 when it was not set. */
  get(document: number): number {
    return this.#slots[this.#find(document) + 1] as number;
  }

  #find(document: number): number {
    const slots = this.#slots;
    let i = (Math.imul(document, 0x9e3779b1) >>> 7) & this.#mask;
    while (slots[2 * i] !== 0 && slots[2 * i] !== document + 1) i = (i + 1) & this.#mask;
    return 2 * i;
  }
}
