/**
 * The profile `minhash@datatrove`: the signatures that datatrove's `MinhashDedupSignature` writes, number by number.
 *
 *   1. the text, simplified (simplify.ts), cut into words (english.ts, or a function of yours)
 *   2. every window of `ngram` words, joined by a space, hashed: XXH64 as datatrove's default, SHA-1 cut to 64 bits as in FineWeb
 *   3. the least ((hash * a + b) mod 2^64) mod (2^61 - 1) for each of `bands * rows` pairs (a, b) from numpy's generator
 *
 * Cost: `bands * rows` multiplications a shingle, which the kernel makes cheap (assembly/datatrove.ts) and BigInt does not: where
 * there is no WebAssembly SIMD this is some sixty times slower. Memory: 7 MB; documents of more than 256 KiB, and those with a
 * capital sigma and the like, are simplified in JavaScript strings, about ten bytes for a byte of theirs.
 */
import { knownOptions, numberOption, optionType, wordOption } from "../../core/index.ts";
import { DatatroveKernel, SHINGLE_HASHES, type ShingleHash } from "../../kernels/sketch/index.ts";
import { englishWords, specialWords, unitWords } from "./english.ts";
import { hashShingle } from "./hashes.ts";
import { drawPermutations, MERSENNE_61, type Permutations } from "./permutations.ts";
import { simplifyText } from "./simplify.ts";
import { simplifyPage } from "./simplify-table.ts";

export interface DatatroveOptions {
  /** Words in a shingle, 1 to 1000. Default 5. */
  readonly ngram?: number;
  /** Bands ("buckets"), 1 to 512. Default 14. `bands * rows` is at most 512. */
  readonly bands?: number;
  /** Values in a band ("hashes per bucket"), 1 to 512. Default 8. */
  readonly rows?: number;
  /** Seed of numpy's generator, an unsigned 32-bit integer. Default 1. */
  readonly seed?: number;
  /** Default "xxh64", as datatrove's; FineWeb used "sha1-64". With "xxh32" and "sha1-32" values have 32 bits. */
  readonly hash?: ShingleHash;
  /**
   * The words of a simplified text. Default: as spaCy's English tokenizer, which is datatrove's for English. For another language
   * give what cuts words as datatrove's tokenizer for it does.
   */
  readonly words?: (simplified: string) => readonly string[];
}

/** The options as they are used; `words` is not among them. */
export interface DatatroveParameters {
  readonly ngram: number;
  readonly bands: number;
  readonly rows: number;
  readonly seed: number;
  readonly hash: ShingleHash;
}

const OPTIONS = ["ngram", "bands", "rows", "seed", "hash", "words"];

/** Checks the options and fills in the defaults; `owner` names the function in errors. */
export function datatroveParameters(owner: string, options: DatatroveOptions): DatatroveParameters {
  knownOptions(owner, options, OPTIONS);
  const { ngram = 5, bands = 14, rows = 8, seed = 1, hash = "xxh64" } = options;
  numberOption(owner, "ngram", ngram, { min: 1, max: 1000, integer: true });
  numberOption(owner, "bands", bands, { min: 1, max: 512, integer: true });
  numberOption(owner, "rows", rows, { min: 1, max: 512, integer: true });
  numberOption(owner, "seed", seed, { min: 0, max: 0xffff_ffff, integer: true });
  wordOption(owner, "hash", hash, SHINGLE_HASHES);
  if (bands * rows > 512)
    throw new RangeError(`${owner}: expected \`bands\` * \`rows\` to be at most 512, got ${bands} * ${rows} = ${bands * rows}`);
  return { ngram, bands, rows, seed, hash };
}

/** Bytes of a value in a file. */
export function valueBytes(hash: ShingleHash): 4 | 8 {
  return hash.endsWith("32") ? 4 : 8;
}

/** Makes datatrove's signatures, one document at a time. An instance belongs to one thread. */
export class DatatroveSketcher {
  readonly parameters: DatatroveParameters;
  /** "wasm": the kernel. "js": BigInt, where there is no WebAssembly SIMD. Both give the same values. */
  readonly backend: "wasm" | "js";
  readonly #permutations: Permutations;
  readonly #words: ((simplified: string) => readonly string[]) | undefined;
  readonly #kernel: DatatroveKernel | undefined;

  /** Throws `TypeError` or `RangeError` for wrong options. */
  constructor(options: DatatroveOptions = {}, backend: "auto" | "js" = "auto") {
    const parameters = datatroveParameters("DatatroveSketcher", options);
    const { words } = options;
    if (words !== undefined && typeof words !== "function") throw optionType("DatatroveSketcher", "words", "a function", words);
    const { ngram, bands, rows, seed, hash } = parameters;
    this.parameters = parameters;
    this.#words = words;
    this.#permutations = drawPermutations(bands * rows, seed);
    this.#kernel = backend === "js" ? undefined : DatatroveKernel.create(kernelTables(), { ngram, hash, ...this.#permutations });
    this.backend = this.#kernel === undefined ? "js" : "wasm";
  }

  /**
   * The `bands * rows` values of a text, those of band k from `k * rows` on; undefined when it has fewer than `ngram` words. Bytes are
   * UTF-8. Values of 32-bit hashes stand in 64 bits here, in 32 in a file.
   */
  signature(text: string | Uint8Array): BigUint64Array | undefined {
    const kernel = this.#kernel;
    const signature = new BigUint64Array(this.#permutations.a.length);
    if (kernel === undefined) return this.#plain(this.words(text), signature) ? signature : undefined;
    const simple = kernel.simplify(text);
    if (simple && this.#words === undefined && kernel.cutEnglish()) return kernel.signature(signature) ? signature : undefined;
    const cut = this.#words ?? englishWords;
    const words = cut(simple ? kernel.simplified() : simplifyText(stringOf(text)));
    const made = kernel.signatureOf(words, signature, (shingle) => hashShingle(shingle, this.parameters.hash));
    return made ? signature : undefined;
  }

  /** The words whose windows are hashed. */
  words(text: string | Uint8Array): readonly string[] {
    return (this.#words ?? englishWords)(simplifyText(stringOf(text)));
  }

  /** The definition, in BigInt. */
  #plain(words: readonly string[], signature: BigUint64Array): boolean {
    const { ngram, hash } = this.parameters;
    const { a, b } = this.#permutations;
    const mask = valueBytes(hash) === 4 ? 0xffff_ffffn : (1n << 64n) - 1n;
    signature.fill((1n << 64n) - 1n);
    for (let i = 0; i + ngram <= words.length; i++) {
      const h = hashShingle(words.slice(i, i + ngram).join(" "), hash);
      for (let j = 0; j < signature.length; j++) {
        const value = (BigInt.asUintN(64, h * (a[j] as bigint) + (b[j] as bigint)) % MERSENNE_61) & mask;
        if (value < (signature[j] as bigint)) signature[j] = value;
      }
    }
    return words.length >= ngram;
  }
}

function stringOf(text: string | Uint8Array): string {
  return typeof text === "string" ? text : new TextDecoder("utf-8", { ignoreBOM: true }).decode(text);
}

function kernelTables(): Parameters<typeof DatatroveKernel.create>[0] {
  const ascii = /^[a-z]+$/u;
  return {
    fold: simplifyPage,
    specials: [...specialWords()].filter(([word, parts]) => parts.length > 1 && ascii.test(word)).map(([, parts]) => parts),
    units: [...unitWords()].filter((unit) => ascii.test(unit)),
  };
}
