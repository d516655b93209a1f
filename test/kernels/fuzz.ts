import { createBpe } from "../../src/kernels/bpe/index.ts";
import { packagedDocuments } from "./documents.ts";
import { dice, generate } from "./generators.ts";
import { type EncodingName, encodings, firstDifference, oracleOf, tokenStrings, vocabularyOf } from "./oracle.ts";

export interface FuzzReport {
  readonly encoding: EncodingName;
  readonly strings: number;
  readonly characters: number;
  /** Strings for which an encoder's ids were not the reference's, by encoder; one example each, as JSON. */
  readonly mismatches: number;
  readonly examples: readonly string[];
}

export interface FuzzOptions {
  /** Compare the TypeScript reference too (several times slower). Default true. */
  readonly js?: boolean;
  /** Real text to change; default what npm packages ship. */
  readonly documents?: readonly string[];
}

/**
 * Encodes `count` generated strings with the kernel, the TypeScript reference and the `tiktoken` package, and counts where they
 * differ; every string is also decoded again. The same seed gives the same strings.
 */
export function fuzzBpe(encoding: EncodingName, count: number, seed: number, options: FuzzOptions = {}): FuzzReport {
  const { js = true, documents = packagedDocuments() } = options;
  const vocabulary = vocabularyOf(encoding);
  const pattern = encodings[encoding];
  const oracle = oracleOf(encoding);
  const backends = (js ? (["wasm", "js"] as const) : (["wasm"] as const)).map((backend) => createBpe({ vocabulary, pattern, backend }));
  const strings = tokenStrings(vocabulary);
  const d = dice(seed);
  const examples: string[] = [];
  let mismatches = 0;
  let characters = 0;
  for (let i = 0; i < count; i++) {
    const text = generate(d, strings, documents);
    characters += text.length;
    const expected = oracle(text);
    for (const bpe of backends) {
      const tokens = bpe.encode(text);
      const wrong = firstDifference(tokens, expected) !== -1 || Buffer.compare(bpe.decodeBytes(tokens), Buffer.from(text)) !== 0;
      if (!wrong) continue;
      mismatches++;
      if (examples.length < 5) examples.push(`${bpe.backend} ${JSON.stringify(text.slice(0, 400))}`);
    }
  }
  return { encoding, strings: count, characters, mismatches, examples };
}
