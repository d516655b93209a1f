import { knownOptions, numberOption, optionType, wordOption } from "../../core/index.ts";
import { TokenDecoder } from "./decode.ts";
import { BpeKernel } from "./kernel.ts";
import { type Elsewhere, KernelEncoder } from "./kernel-encoder.ts";
import { type BpePattern, patternNames } from "./patterns.ts";
import { ReferenceEncoder } from "./reference.ts";
import { scannerOf } from "./scan.ts";
import { utf8Of } from "./text.ts";
import { TokenList } from "./token-list.ts";
import { type BpeVocabulary, checkVocabulary } from "./vocabulary.ts";

export interface BpeOptions {
  readonly vocabulary: BpeVocabulary;
  /** How text is cut into pieces; "whole" takes a text as one piece, for those who cut it themselves (`encodePieces`). */
  readonly pattern: BpePattern | "whole";
  /**
   * "wasm": the WebAssembly kernel, or an error. "js": the plain TypeScript reference. "auto" (default): the kernel where it runs
   * (WebAssembly SIMD) and its method covers the vocabulary, else the reference. All give the same tokens.
   */
  readonly backend?: "auto" | "wasm" | "js";
  /** Bytes of text that the kernel takes at once; tokens take four times as much again. Default 1 MiB, range 64 bytes to 256 MiB. */
  readonly windowBytes?: number;
  /** How far the window may grow for text without a place to cut. Default 64 MiB, same range; longer text takes the reference. */
  readonly maxWindowBytes?: number;
}

/** Tokens of several texts: those of text `i` are `tokens[offsets[i] .. offsets[i + 1])`. */
export interface BpeBatch {
  readonly tokens: Uint32Array;
  readonly offsets: Uint32Array;
}

/**
 * An exact byte-level BPE encoder. Text is UTF-8; a lone surrogate of a string, and each ill-formed sequence in bytes, is taken as
 * U+FFFD, as TextEncoder and TextDecoder do. Special tokens are not known here: they are text like any other.
 *
 * Memory does not depend on the corpus: the tables, a window, and the result. An instance belongs to one thread.
 */
export interface Bpe {
  readonly backend: "wasm" | "js";
  /** The ids of a text, in time linear in its length. */
  encode(text: string): Uint32Array;
  /** The ids of a text in an array that is valid until the next call, for callers who copy them anyway. */
  lend(text: string): Uint32Array;
  /** The ids of UTF-8 bytes. */
  encodeBytes(bytes: Uint8Array): Uint32Array;
  /** The ids of many texts, with one call into the kernel per window of text. */
  encodeBatch(texts: readonly (string | Uint8Array)[]): BpeBatch;
  /**
   * The ids of pieces that the caller has cut: piece `i` is `bytes[bounds[i] .. bounds[i + 1])`. The bytes may be any. Throws a
   * RangeError for bounds that descend or lie outside the bytes.
   */
  encodePieces(bytes: Uint8Array, bounds: Uint32Array): Uint32Array;
  /** How many ids `encode` would return. */
  count(text: string | Uint8Array): number;
  /** The bytes of ids, one after the other. Throws a RangeError for an id that is not in the vocabulary. */
  decodeBytes(tokens: ArrayLike<number>): Uint8Array;
  /** Forgets the pieces seen so far, so that two measurements start alike; tokens never depend on them. */
  clearCache(): void;
}

const windowRange = { min: 64, max: 2 ** 28, integer: true } as const;

/**
 * Makes an encoder for a vocabulary (`parseTiktokenRanks`, `vocabularyFromMerges`). Takes 100 to 300 ms for 50,000 to 200,000 tokens.
 * Throws a TypeError or RangeError for wrong options or a vocabulary that does not hold together.
 *
 * Method of the kernel: see docs/kernels.md; of the reference: merge.ts.
 */
export function createBpe(options: BpeOptions): Bpe {
  knownOptions("bpe", options, ["vocabulary", "pattern", "backend", "windowBytes", "maxWindowBytes"]);
  const { vocabulary } = options;
  if (typeof vocabulary !== "object" || vocabulary === null) throw optionType("bpe", "vocabulary", "a vocabulary", vocabulary);
  checkVocabulary(vocabulary);
  const pattern = wordOption("bpe", "pattern", options.pattern, [...patternNames, "whole"]);
  const wanted = wordOption("bpe", "backend", options.backend ?? "auto", ["auto", "wasm", "js"]);
  const windowBytes = numberOption("bpe", "windowBytes", options.windowBytes ?? 2 ** 20, windowRange);
  const maxWindowBytes = numberOption("bpe", "maxWindowBytes", options.maxWindowBytes ?? 2 ** 26, windowRange);

  const kernel = wanted === "js" ? undefined : BpeKernel.create(vocabulary, windowBytes);
  if (kernel === undefined && wanted === "wasm") {
    throw new Error("bpe: the kernel needs WebAssembly SIMD and a vocabulary whose merges come in the order of their tokens");
  }
  // The reference's index is made when it is needed: with the kernel, only for a piece larger than the largest window.
  let made: ReferenceEncoder | undefined;
  const reference = (): ReferenceEncoder => {
    made ??= new ReferenceEncoder(vocabulary);
    return made;
  };
  if (kernel === undefined) reference();
  return pattern === "whole"
    ? new WholeTextBpe(new PatternBpe(vocabulary, "r50k", kernel, maxWindowBytes, reference))
    : new PatternBpe(vocabulary, pattern, kernel, maxWindowBytes, reference);
}

class PatternBpe implements Bpe {
  readonly backend: "wasm" | "js";
  readonly #vocabulary: BpeVocabulary;
  readonly #pattern: BpePattern;
  readonly #kernel: BpeKernel | undefined;
  readonly #encoder: KernelEncoder | undefined;
  readonly #reference: () => ReferenceEncoder;
  #decoder: TokenDecoder | undefined;

  constructor(
    vocabulary: BpeVocabulary,
    pattern: BpePattern,
    kernel: BpeKernel | undefined,
    maxWindowBytes: number,
    reference: () => ReferenceEncoder,
  ) {
    this.backend = kernel === undefined ? "js" : "wasm";
    this.#vocabulary = vocabulary;
    this.#pattern = pattern;
    this.#kernel = kernel;
    this.#reference = reference;
    const elsewhere: Elsewhere = {
      text: (text) => reference().encode(text, scannerOf(pattern)),
      piece: (piece) => reference().encodePieces(piece, Uint32Array.of(0, piece.length)),
    };
    this.#encoder = kernel && new KernelEncoder(kernel, pattern, maxWindowBytes, elsewhere);
  }

  encode(text: string): Uint32Array {
    if (typeof text !== "string") throw optionType("bpe", "text", "a string", text);
    return this.#encoder?.encode(text) ?? this.#refer(text);
  }

  lend(text: string): Uint32Array {
    if (typeof text !== "string") throw optionType("bpe", "text", "a string", text);
    return this.#encoder?.lend(text) ?? this.#refer(text);
  }

  encodeBytes(bytes: Uint8Array): Uint32Array {
    if (!(bytes instanceof Uint8Array)) throw optionType("bpe", "bytes", "a Uint8Array", bytes);
    return this.#encoder?.encode(bytes) ?? this.#refer(bytes);
  }

  count(text: string | Uint8Array): number {
    return this.#encoder?.count(text) ?? this.#refer(text).length;
  }

  encodeBatch(texts: readonly (string | Uint8Array)[]): BpeBatch {
    for (const text of texts) {
      if (typeof text !== "string" && !(text instanceof Uint8Array)) throw optionType("bpe", "texts", "strings or Uint8Arrays", text);
    }
    if (this.#encoder !== undefined) return this.#encoder.encodeBatch(texts);
    const tokens = new TokenList();
    const offsets = new Uint32Array(texts.length + 1);
    for (const [i, text] of texts.entries()) {
      tokens.append(this.#refer(text));
      offsets[i + 1] = tokens.length;
    }
    return { tokens: tokens.take(), offsets };
  }

  encodePieces(bytes: Uint8Array, bounds: Uint32Array): Uint32Array {
    for (let i = 0; i < bounds.length; i++) {
      const bound = bounds[i] ?? 0;
      if (bound > bytes.length || bound < (bounds[i - 1] ?? 0)) {
        throw new RangeError(`bpe: expected \`bounds\` to ascend up to ${bytes.length}, got ${bound} at ${i}`);
      }
    }
    return this.#encoder?.encodePieces(bytes, bounds) ?? this.#reference().encodePieces(bytes, bounds);
  }

  decodeBytes(tokens: ArrayLike<number>): Uint8Array {
    this.#decoder ??= new TokenDecoder(this.#vocabulary);
    return this.#decoder.decode(tokens);
  }

  clearCache(): void {
    this.#kernel?.clearCache();
  }

  #refer(text: string | Uint8Array): Uint32Array {
    return this.#reference().encode(utf8Of(text), scannerOf(this.#pattern));
  }
}

/** A text is one piece. */
class WholeTextBpe implements Bpe {
  readonly backend: "wasm" | "js";
  readonly #pieces: Bpe;

  constructor(pieces: Bpe) {
    this.backend = pieces.backend;
    this.#pieces = pieces;
  }

  encode(text: string): Uint32Array {
    return this.encodeBytes(utf8Of(text));
  }

  lend(text: string): Uint32Array {
    return this.encode(text);
  }

  encodeBytes(bytes: Uint8Array): Uint32Array {
    const text = utf8Of(bytes);
    return this.encodePieces(text, Uint32Array.of(0, text.length));
  }

  encodeBatch(texts: readonly (string | Uint8Array)[]): BpeBatch {
    const tokens = new TokenList();
    const offsets = new Uint32Array(texts.length + 1);
    for (const [i, text] of texts.entries()) {
      tokens.append(this.encodeBytes(utf8Of(text)));
      offsets[i + 1] = tokens.length;
    }
    return { tokens: tokens.take(), offsets };
  }

  encodePieces(bytes: Uint8Array, bounds: Uint32Array): Uint32Array {
    return this.#pieces.encodePieces(bytes, bounds);
  }

  count(text: string | Uint8Array): number {
    return this.encodeBytes(utf8Of(text)).length;
  }

  decodeBytes(tokens: ArrayLike<number>): Uint8Array {
    return this.#pieces.decodeBytes(tokens);
  }

  clearCache(): void {
    this.#pieces.clearCache();
  }
}
