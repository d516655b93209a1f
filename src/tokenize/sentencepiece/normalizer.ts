/**
 * The normalizer of SentencePiece (normalizer.cc): at each place the longest rule of the charsmap replaces what it matches; spaces
 * become marks; extra spaces go; a mark is put before the text. User-defined symbols are left as they are.
 *
 * Works on UTF-8 bytes, as the rules do. One walk through the trie for each character.
 */
import { EdgeTrie } from "../hf/edge-trie.ts";
import { Charsmap } from "./charsmap.ts";
import type { NormalizerSpec } from "./model-file.ts";

const SPACE = 32;
const MARK = [0xe2, 0x96, 0x81];

export class SentencePieceNormalizer {
  readonly #spec: NormalizerSpec;
  readonly #charsmap: Charsmap | undefined;
  readonly #suffix: boolean;
  /** User-defined symbols, byte by byte. */
  readonly #symbols: EdgeTrie | undefined;
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #input = new Uint8Array(1 << 12);
  #output = new Uint8Array(1 << 12);
  #length = 0;

  constructor(spec: NormalizerSpec, whitespaceAsSuffix: boolean, userDefined: readonly string[]) {
    this.#spec = spec;
    this.#charsmap = spec.charsmap === undefined ? undefined : new Charsmap(spec.charsmap);
    this.#suffix = whitespaceAsSuffix;
    if (userDefined.length === 0) return;
    this.#symbols = new EdgeTrie();
    for (const symbol of userDefined) this.#symbols.add(Buffer.from(symbol).toString("latin1"), 1);
  }

  normalize(text: string): string {
    if (3 * text.length > this.#input.length) this.#input = new Uint8Array(3 * text.length);
    const { written: end } = this.#encoder.encodeInto(text, this.#input);
    const { addDummyPrefix, removeExtraWhitespaces: removes } = this.#spec;
    let at = 0;
    if (removes) at = this.#skipSpaces(end);
    if (at === end) return "";
    this.#length = 0;
    if (!this.#suffix && addDummyPrefix) this.#addSpace();
    let afterSpace = removes;
    while (at < end) {
      const { bytes, from, to, next } = this.#prefix(at, end);
      let start = from;
      while (afterSpace && start < to && bytes[start] === SPACE) start++;
      for (let i = start; i < to; i++) {
        if (bytes[i] === SPACE) this.#addSpace();
        else this.#add(bytes[i] ?? 0);
      }
      if (start < to) afterSpace = bytes[to - 1] === SPACE;
      if (!removes) afterSpace = false;
      at = next;
    }
    if (removes) this.#dropTrailingSpaces();
    if (this.#suffix && addDummyPrefix) this.#addSpace();
    const out = this.#decoder.decode(this.#output.subarray(0, this.#length));
    // One exceptionally long text must not hold memory for ever.
    if (this.#input.length > 1 << 22) this.#input = new Uint8Array(1 << 12);
    if (this.#output.length > 1 << 22) this.#output = new Uint8Array(1 << 12);
    return out;
  }

  // What `#prefix` found: a run of bytes, and where the text goes on. One object for all, since it is made for every character.
  readonly #found = { bytes: new Uint8Array(0), from: 0, to: 0, next: 0 };

  /** What the beginning of the rest of the text becomes. */
  #prefix(at: number, end: number): { readonly bytes: Uint8Array; readonly from: number; readonly to: number; readonly next: number } {
    const found = this.#found;
    const symbol = this.#symbols === undefined ? 0 : this.#symbolAt(this.#symbols, at, end);
    const rule = symbol > 0 ? 0 : (this.#charsmap?.match(this.#input, at, end, true) ?? 0);
    if (rule > 0 && this.#charsmap !== undefined) {
      found.bytes = this.#charsmap.replacement(this.#charsmap.found) as Uint8Array<ArrayBuffer>;
      found.from = 0;
      found.to = found.bytes.length;
      found.next = at + rule;
    } else {
      const byte = this.#input[at] ?? 0;
      found.bytes = this.#input;
      found.from = at;
      found.to = at + (symbol > 0 ? symbol : byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4);
      found.next = found.to;
    }
    return found;
  }

  /** The length of the longest user-defined symbol at a place. */
  #symbolAt(trie: EdgeTrie, at: number, end: number): number {
    const first = this.#input[at] ?? 0;
    let length = trie.rootValues[first] === -1 ? 0 : 1;
    let node = trie.rootNodes[first] ?? 0;
    for (let i = at + 1; node !== 0 && i < end; i++) {
      const edge = trie.step(node, this.#input[i] ?? 0);
      if (edge === -1) break;
      node = trie.edges[edge + 2] ?? 0;
      if (trie.edges[edge + 3] !== -1) length = i + 1 - at;
    }
    return length;
  }

  #skipSpaces(end: number): number {
    let at = 0;
    while (at < end) {
      const { bytes, from, to, next } = this.#prefix(at, end);
      if (to - from !== 1 || bytes[from] !== SPACE) break;
      at = next;
    }
    return at;
  }

  #dropTrailingSpaces(): void {
    const out = this.#output;
    const space = this.#spec.escapeWhitespaces ? MARK : [SPACE];
    while (this.#length >= space.length && space.every((byte, i) => out[this.#length - space.length + i] === byte))
      this.#length -= space.length;
  }

  #addSpace(): void {
    if (this.#spec.escapeWhitespaces) for (const byte of MARK) this.#add(byte);
    else this.#add(SPACE);
  }

  #add(byte: number): void {
    if (this.#length === this.#output.length) {
      const grown = new Uint8Array(2 * this.#output.length);
      grown.set(this.#output);
      this.#output = grown;
    }
    this.#output[this.#length++] = byte;
  }
}
