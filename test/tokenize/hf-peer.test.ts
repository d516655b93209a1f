/** Against `@huggingface/tokenizers`, the JavaScript port, on the families where it is itself exact. */
import { Tokenizer } from "@huggingface/tokenizers";
import { describe, expect, it } from "vitest";
import { createHfTokenizer } from "../../src/tokenize/hf/index.ts";
import { fixtures, type Json } from "./hf-fixtures.ts";
import { texts } from "./hf-texts.ts";

// Its classes are those of the host's Unicode version, and it knows no Indic conjuncts, so only long-settled characters are asked.
const settled = texts(2_024, 400).map((text) => [...text].filter((c) => c < "\u0530" && c !== "\u0085" && c !== "\ufeff").join(""));

describe("@huggingface/tokenizers gives the same ids", () => {
  for (const name of ["gpt2", "qwen", "bertUncased", "llama2"]) {
    it(name, () => {
      const json = fixtures[name] as Json & { readonly added_tokens: readonly { readonly content: string }[] };
      const ours = createHfTokenizer(json);
      // It takes the ids of added tokens from the file, where the native package numbers them itself.
      const numbered = json.added_tokens.map((token) => ({ ...token, id: ours.tokenToId(token.content) }));
      const theirs = new Tokenizer(JSON.parse(JSON.stringify({ ...json, added_tokens: numbered })) as object, {});
      let compared = 0;
      for (const text of settled) {
        if (text.trim() === "") continue;
        expect([...ours.encode(text)], JSON.stringify(text)).toEqual([...theirs.encode(text, { add_special_tokens: false }).ids]);
        compared++;
      }
      expect(compared).toBeGreaterThan(200);
    });
  }
});
