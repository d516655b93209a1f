import { type MergeRules, mergeByHeap, mergeRules, tokenIndex } from "./merge.ts";
import type { Scanner } from "./scan.ts";
import { TokenList } from "./token-list.ts";
import type { BpeVocabulary } from "./vocabulary.ts";

/** Pieces whose tokens are remembered. Text repeats itself: most pieces of a page are among the last few thousand. */
const cachedPieces = 20_000;
/** Longer pieces seldom repeat, and would make the cache's size depend on the text. */
const cachedBytes = 32;

/**
 * The encoder in plain TypeScript: scan a piece, look it up, else merge it by the definition of BPE. It shares no table and no
 * algorithm with the WebAssembly kernel, so that each proves the other; it is also what runs where WebAssembly SIMD is missing,
 * and for the few vocabularies whose merges the kernel's method does not cover.
 *
 * Memory: one map of the vocabulary, `cachedPieces` pieces, and about 40 bytes per byte of the longest piece.
 */
export class ReferenceEncoder {
  readonly #vocabulary: BpeVocabulary;
  readonly #index: ReadonlyMap<string, number>;
  readonly #rules: MergeRules;
  readonly #byteTokens: Int32Array;
  readonly #cache = new Map<string, Uint32Array>();

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
      tokens.append(this.#piece(bytes, start, end));
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
      if (end > start) tokens.append(this.#piece(bytes, start, end));
    }
    return tokens.take();
  }

  #piece(bytes: Buffer, start: number, end: number): Uint32Array {
    if (end - start > cachedBytes) return this.#merge(bytes, start, end);
    const key = bytes.toString("latin1", start, end);
    let ids = this.#cache.get(key);
    if (ids === undefined) {
      ids = this.#merge(bytes, start, end);
      // Forgetting everything at once is as good as an order of use here, and needs no bookkeeping on a hit.
      if (this.#cache.size >= cachedPieces) this.#cache.clear();
      this.#cache.set(key, ids);
    }
    return ids;
  }

  #merge(bytes: Buffer, start: number, end: number): Uint32Array {
    const { ids, wholePieces } = this.#vocabulary;
    if (wholePieces && end - start <= 4096) {
      const whole = this.#index.get(bytes.toString("latin1", start, end));
      if (whole !== undefined) return Uint32Array.of(ids[whole] ?? 0);
    }
    const tokens = Int32Array.from(bytes.subarray(start, end), (byte) => {
      const token = this.#byteTokens[byte] ?? -1;
      if (token < 0) throw new RangeError(`bpe: the vocabulary has no token for byte 0x${byte.toString(16).padStart(2, "0")}`);
      return token;
    });
    return Uint32Array.from(mergeByHeap(tokens, this.#rules), (token) => ids[token] ?? 0);
  }
}
