import { type MergeRules, mergePiece, mergeRules, tokenIndex } from "./merge.ts";
import { longestCached, PieceCache } from "./piece-cache.ts";
import type { Scanner } from "./scan.ts";
import { TokenList } from "./token-list.ts";
import type { BpeVocabulary } from "./vocabulary.ts";

/**
 * The encoder in plain TypeScript: scan a piece, look it up, else merge it by the definition of BPE. It shares no table and no
 * algorithm with the WebAssembly kernel, so that each proves the other; it is also what runs where WebAssembly SIMD is missing,
 * and for the few vocabularies whose merges the kernel's method does not cover.
 *
 * Memory: one map of the vocabulary, the caches, and about 40 bytes per byte of the longest piece.
 */
export class ReferenceEncoder {
  readonly #vocabulary: BpeVocabulary;
  readonly #index: ReadonlyMap<string, number>;
  readonly #rules: MergeRules;
  readonly #byteTokens: Int32Array;
  readonly #cache = new PieceCache();

  constructor(vocabulary: BpeVocabulary) {
    this.#vocabulary = vocabulary;
    this.#index = tokenIndex(vocabulary);
    this.#rules = mergeRules(vocabulary, this.#index);
    this.#byteTokens = Int32Array.from({ length: 256 }, (_, byte) => this.#index.get(String.fromCharCode(byte)) ?? -1);
  }

  /** Encodes valid UTF-8 that `scan` cuts into pieces. Returns ids. */
  encode(text: Uint8Array, scan: Scanner): Uint32Array {
    const tokens = new TokenList();
    const bytes = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
    for (let start = 0, end = 0; start < text.length; start = end) {
      end = scan(text, start, text.length);
      this.#piece(bytes, start, end, tokens);
    }
    return tokens.take();
  }

  /** Encodes pieces that were cut elsewhere: piece `i` is `text[bounds[i] .. bounds[i + 1])`. */
  encodePieces(text: Uint8Array, bounds: Uint32Array): Uint32Array {
    const tokens = new TokenList();
    const bytes = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
    for (let i = 0; i + 1 < bounds.length; i++) {
      const start = bounds[i] ?? 0;
      const end = bounds[i + 1] ?? 0;
      if (end > start) this.#piece(bytes, start, end, tokens);
    }
    return tokens.take();
  }

  #piece(bytes: Buffer, start: number, end: number, out: TokenList): void {
    if (end - start > longestCached) {
      out.append(this.#merge(bytes, start, end));
      return;
    }
    const place = this.#cache.placeOf(bytes, start, end);
    let ids = this.#cache.get(place, bytes, start, end);
    if (ids === undefined) {
      const merged = this.#merge(bytes, start, end);
      ids = merged.length === 1 ? (merged[0] ?? 0) : merged;
      this.#cache.set(place, bytes, start, end, ids);
    }
    if (typeof ids === "number") out.push(ids);
    else out.append(ids);
  }

  #merge(bytes: Buffer, start: number, end: number): Uint32Array {
    const { ids, wholePieces } = this.#vocabulary;
    if (wholePieces && end - start <= 4096) {
      const whole = this.#index.get(bytes.toString("latin1", start, end));
      if (whole !== undefined) return Uint32Array.of(ids[whole] ?? 0);
    }
    const tokens = new Int32Array(end - start);
    for (let i = 0; i < tokens.length; i++) {
      const byte = bytes[start + i] ?? 0;
      tokens[i] = this.#byteTokens[byte] ?? -1;
      if ((tokens[i] ?? -1) < 0) throw new RangeError(`bpe: the vocabulary has no token for byte 0x${byte.toString(16).padStart(2, "0")}`);
    }
    const merged = mergePiece(tokens, this.#rules);
    const result = new Uint32Array(merged.length);
    for (let i = 0; i < result.length; i++) result[i] = ids[merged[i] ?? 0] ?? 0;
    return result;
  }
}
