/**
 * Text to words: UTF-8 in, folded UTF-8 out with one space between two words, and where each word ends. The plain form of what
 * src/kernels/sketch does: the kernel is compared with it byte by byte, and it runs where there is no WebAssembly SIMD.
 *
 * Cost: a table look-up and a store for a byte of ASCII; a fold entry and an encoding for any other code point. Memory:
 * about 5 bytes for a byte of the document (Hangul, which is decomposed, 10), in arrays that are used again; what a
 * document of several MiB needed is given back when a smaller one is read.
 */
import { isUtf8 } from "node:buffer";
import { CLASS_SHIFT, CODE_POINT_MASK, EXTEND, expansion, foldEntry, LETTER, SEVERAL, SKIP, SOLO, SYMBOL } from "./fold.ts";
import type { Punctuation } from "./normalise.ts";

/** Bytes that may be read behind the last word (they are zero): word hashing takes blocks of eight. */
const SLACK = 64;
/** Room kept between documents, in bytes of text. */
const USUAL_BYTES = 1 << 20;
/** More than one code point can add: the longest fold (U+FDFA) has 18 code points in 4 words. */
const LARGEST_FOLD = 18 * 5;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** ASCII letters and digits to their folded byte, everything else to a space. */
const ASCII: Uint8Array = new Uint8Array(128).fill(0x20);
for (const c of "0123456789abcdefghijklmnopqrstuvwxyz") {
  ASCII[c.charCodeAt(0)] = c.charCodeAt(0);
  ASCII[c.toUpperCase().charCodeAt(0)] = c.charCodeAt(0);
}

/** Holds the normal form of one document at a time. */
export class ReferenceNormaliser {
  /** The words with one space between them; `length` bytes. */
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(this.bytes.buffer);
  length = 0;
  /** Where each of the `words` words ends in `bytes`; the next one begins one byte later. */
  ends: Uint32Array = new Uint32Array(0);
  words = 0;
  /** Counted when asked for. */
  #characters = -1;
  #encoded: Uint8Array = new Uint8Array(0);
  #punctuation: Punctuation = "drop";
  /** Bytes written, and where the word being written began. */
  #at = 0;
  #start = 0;
  /** The `at` directly after a finished solo; a mark that comes there joins the solo's word again. */
  #afterSolo = -1;

  /** Reads a document; bytes are expected to be UTF-8, and what is not counts as U+FFFD. */
  read(text: string | Uint8Array, punctuation: Punctuation = "drop"): void {
    this.#punctuation = punctuation;
    if (typeof text !== "string") {
      const bytes = isUtf8(text) ? text : encoder.encode(decoder.decode(text));
      this.#normalise(bytes, bytes.length);
    } else if (text.length > USUAL_BYTES) {
      const bytes = encoder.encode(text);
      this.#normalise(bytes, bytes.length);
    } else {
      if (this.#encoded.length < text.length * 3) this.#encoded = new Uint8Array(text.length * 6);
      this.#normalise(this.#encoded, encoder.encodeInto(text, this.#encoded).written);
    }
  }

  /** Characters of the words: spaces do not count. */
  get characters(): number {
    if (this.#characters < 0) {
      this.#characters = Math.min(0, 1 - this.words);
      for (let i = 0; i < this.length; i++) this.#characters += ((this.bytes[i] as number) & 0xc0) === 0x80 ? 0 : 1;
    }
    return this.#characters;
  }

  #normalise(input: Uint8Array, end: number): void {
    this.#at = this.#start = this.words = 0;
    this.#afterSolo = this.#characters = -1;
    if (this.bytes.length > USUAL_BYTES * 4 && end < USUAL_BYTES) {
      this.bytes = new Uint8Array(0);
      this.ends = new Uint32Array(0);
    }
    this.#reserve(end);
    for (let p = 0; p < end; ) {
      if (this.#punctuation === "drop") p = this.#ascii(input, p, end);
      p = this.#unicode(input, p, end);
    }
    this.#endWord();
    this.length = Math.max(0, this.#at - 1);
    this.bytes.fill(0, this.length, this.length + SLACK);
  }

  /**
   * The hot loop: up to the next byte that is not ASCII. Every byte is written, and every place noted as the end of a word;
   * what counts is whether the next one overwrites it. A branch at each end of a word would be mispredicted: about 1.5x slower.
   */
  #ascii(input: Uint8Array, from: number, end: number): number {
    const { bytes, ends } = this;
    let at = this.#at;
    let words = this.words;
    let open = at > this.#start ? 1 : 0;
    let p = from;
    for (; p < end; p++) {
      const c = input[p] as number;
      if (c >= 0x80) break;
      const folded = ASCII[c] as number;
      const letter = (0x20 - folded) >>> 31;
      bytes[at] = folded;
      ends[words] = at;
      words += open & ~letter;
      at += open | letter;
      open = letter;
    }
    if (p > from) this.#afterSolo = -1;
    this.#at = at;
    this.words = words;
    // Only whether the word is empty matters from here on.
    this.#start = at - open;
    return p;
  }

  /** Up to the next ASCII byte, or to the end where punctuation counts. */
  #unicode(input: Uint8Array, from: number, end: number): number {
    const stopAtAscii = this.#punctuation === "drop";
    let p = from;
    while (p < end) {
      const c = input[p] as number;
      if (c < 0x80 && stopAtAscii) break;
      let codePoint = c;
      let length = 1;
      if (c >= 0xf0) {
        codePoint = ((c & 7) << 18) | (tail(input, p + 1) << 12) | (tail(input, p + 2) << 6) | tail(input, p + 3);
        length = 4;
      } else if (c >= 0xe0) {
        codePoint = ((c & 15) << 12) | (tail(input, p + 1) << 6) | tail(input, p + 2);
        length = 3;
      } else if (c >= 0x80) {
        codePoint = ((c & 31) << 6) | tail(input, p + 1);
        length = 2;
      }
      p += length;
      const entry = foldEntry(codePoint);
      if (entry >>> CLASS_SHIFT !== SEVERAL) this.#put(entry);
      else for (const part of expansion(entry & CODE_POINT_MASK)) this.#put(part);
      this.#reserve(end - p);
    }
    return p;
  }

  #put(entry: number): void {
    const kind = entry >>> CLASS_SHIFT;
    if (kind === LETTER) {
      this.#encode(entry & CODE_POINT_MASK);
    } else if (kind === SOLO || (kind === SYMBOL && this.#punctuation === "keep")) {
      this.#endWord();
      this.#encode(entry & CODE_POINT_MASK);
      this.#endWord();
      this.#afterSolo = this.#at;
    } else if (kind === EXTEND) {
      const reopen = this.#at === this.#afterSolo;
      if (reopen) {
        this.#at--;
        this.words--;
        this.#start = this.#at - 1; // anything before `at`: the word is not empty
      }
      this.#encode(entry & CODE_POINT_MASK);
      if (reopen) {
        this.#endWord();
        this.#afterSolo = this.#at;
      }
    } else if (kind !== SKIP) {
      this.#endWord();
      this.#afterSolo = -1;
    }
  }

  #endWord(): void {
    if (this.#at === this.#start) return;
    this.ends[this.words++] = this.#at;
    this.bytes[this.#at++] = 0x20;
    this.#start = this.#at;
  }

  #encode(codePoint: number): void {
    const { bytes } = this;
    if (codePoint < 0x80) {
      bytes[this.#at++] = codePoint;
      return;
    }
    if (codePoint < 0x800) {
      bytes[this.#at++] = 0xc0 | (codePoint >>> 6);
    } else {
      if (codePoint < 0x10000) {
        bytes[this.#at++] = 0xe0 | (codePoint >>> 12);
      } else {
        bytes[this.#at++] = 0xf0 | (codePoint >>> 18);
        bytes[this.#at++] = 0x80 | ((codePoint >>> 12) & 63);
      }
      bytes[this.#at++] = 0x80 | ((codePoint >>> 6) & 63);
    }
    bytes[this.#at++] = 0x80 | (codePoint & 63);
  }

  /** Room for `rest` bytes of ASCII, which may end a word every second byte, and for one more fold. */
  #reserve(rest: number): void {
    const bytes = this.#at + rest + LARGEST_FOLD + SLACK;
    if (bytes > this.bytes.length) {
      const larger = new Uint8Array(bytes + (bytes >>> 2));
      larger.set(this.bytes);
      this.bytes = larger;
      this.view = new DataView(larger.buffer);
    }
    const ends = this.words + (rest >>> 1) + LARGEST_FOLD;
    if (ends > this.ends.length) {
      const larger = new Uint32Array(ends + (ends >>> 2));
      larger.set(this.ends);
      this.ends = larger;
    }
  }
}

function tail(input: Uint8Array, at: number): number {
  return (input[at] as number) & 63;
}
