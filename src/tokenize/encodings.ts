/**
 * The OpenAI encodings: what is known of each before its ranks are loaded. A pipeline is described without loading anything,
 * yet its description (compared on resume, written to manifests) must say which vocabulary it means; so the fingerprints are
 * pinned here and checked against the ranks on loading.
 */
import type { TokenizerFacts } from "./tokenizer.ts";

/** The names `tokenize` and `loadTokenizer` know. */
export type EncodingName = "gpt2" | "r50k_base" | "p50k_base" | "cl100k_base" | "o200k_base";

function facts(name: EncodingName, vocabularySize: number, fingerprint: string, ids: Readonly<Record<string, number>>): TokenizerFacts {
  // One token both ends a document and begins the next, as in GPT-2's own configuration.
  const end = ids["<|endoftext|>"] as number;
  return { name, vocabularySize, fingerprint, special: { bos: end, eos: end, ids } };
}

const R50K = "sha256:1dbd6bad669c1df4ce6e97595a9e4054ef754b31290321aeb6d086ad2c43ba4c";

/** Facts of every encoding, by name. */
export const ENCODINGS: Readonly<Record<EncodingName, TokenizerFacts>> = {
  gpt2: facts("gpt2", 50_257, R50K, { "<|endoftext|>": 50_256 }),
  r50k_base: facts("r50k_base", 50_257, R50K, { "<|endoftext|>": 50_256 }),
  p50k_base: facts("p50k_base", 50_281, "sha256:fd4803da2008af864ec59dfe78fc8ff467edab2710f23acc7f594e02829c9792", {
    "<|endoftext|>": 50_256,
  }),
  cl100k_base: facts("cl100k_base", 100_277, "sha256:3480fcd82c826af47686e6976a4adbb9c771454f271071db4eab4d3e86cdd9b0", {
    "<|endoftext|>": 100_257,
    "<|fim_prefix|>": 100_258,
    "<|fim_middle|>": 100_259,
    "<|fim_suffix|>": 100_260,
    "<|endofprompt|>": 100_276,
  }),
  o200k_base: facts("o200k_base", 200_019, "sha256:e17ae97940d4b493ba153bb945bc9c90d73e9932a73a864aed166d5a4f85c9c2", {
    "<|endoftext|>": 199_999,
    "<|endofprompt|>": 200_018,
  }),
};

/** The names, for messages and checks. */
export const ENCODING_NAMES: readonly EncodingName[] = Object.keys(ENCODINGS) as EncodingName[];
