/** Real vocabularies, with the ids that their own libraries gave, where the corpora folder lies beside the repository. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { createBpe } from "../../src/kernels/bpe/index.ts";
import { createHfTokenizer } from "../../src/tokenize/hf/index.ts";
import { createSentencePiece } from "../../src/tokenize/sentencepiece/index.ts";
import { readTiktoken } from "../../src/tokenize/tiktoken-file.ts";
import { expectedIds, present, unpacked } from "./corpora.ts";

function bytesOf(path: string): Uint8Array {
  return gunzipSync(readFileSync(new URL(`../../../shared/corpora/tokenizers/${path}`, import.meta.url)));
}

describe.skipIf(!present)("expected ids of real vocabularies (../shared/corpora; skipped where absent)", () => {
  for (const model of ["gpt2", "bert_base_cased", "llama2", "xlnet_base_cased"]) {
    it(`tokenizer.json: ${model}`, () => {
      const tokenizer = createHfTokenizer(unpacked(`models/tokenizers/${model}.json.gz`));
      for (const { text, ids } of expectedIds("tokenizers", model)) {
        expect([...tokenizer.encode(text)], JSON.stringify(text.slice(0, 80))).toEqual(ids);
        expect([...tokenizer.encodeWithOffsets(text).ids], JSON.stringify(text.slice(0, 80))).toEqual(ids);
      }
    });
  }

  for (const model of ["llama2", "nai-t5", "xlnet_base_cased"]) {
    it(`SentencePiece model: ${model}`, () => {
      const tokenizer = createSentencePiece(bytesOf(`models/sentencepiece/${model}.model.gz`));
      for (const { text, ids } of expectedIds("sentencepiece", model)) {
        expect([...tokenizer.encode(text)], JSON.stringify(text.slice(0, 80))).toEqual(ids);
      }
    });
  }

  for (const [model, pattern] of [
    ["cl100k_base", "cl100k"],
    ["o200k_base", "o200k"],
  ] as const) {
    it(`rank file: ${model}`, () => {
      const bpe = createBpe({ vocabulary: readTiktoken(bytesOf(`models/tiktoken/${model}.tiktoken.gz`)), pattern });
      for (const { text, ids } of expectedIds("tiktoken", model)) {
        // The one line that is meant as a special token.
        if (text !== "<|endoftext|>") expect([...bpe.encode(text)], JSON.stringify(text.slice(0, 80))).toEqual(ids);
      }
    });
  }
});
