import { describe, expect, it } from "vitest";
import { createHfTokenizer, TokenizerFormatError, UnsupportedTokenizerError } from "../../src/tokenize/hf/index.ts";
import { createSentencePiece } from "../../src/tokenize/sentencepiece/index.ts";
import type { Tokenizer } from "../../src/tokenize/tokenizer.ts";
import { fixtures, type Json } from "./hf-fixtures.ts";
import { models } from "./sentencepiece-models.ts";

const withPart = (part: Json): Json => ({ ...fixtures["llama2"], ...part });

describe("what a tokenizer.json asks for and is not done", () => {
  const model = fixtures["llama2"]?.["model"] as Json;
  const cases: readonly (readonly [part: string, component: string, json: Json])[] = [
    ["normalizer", "Uppercase", { normalizer: { type: "Uppercase" } }],
    ["normalizer", "Nothing", { normalizer: { type: "Sequence", normalizers: [{ type: "NFC" }, { type: "Nothing" }] } }],
    ["pre_tokenizer", "Jieba", { pre_tokenizer: { type: "Jieba" } }],
    ["post_processor", "Wrap", { post_processor: { type: "Wrap" } }],
    ["decoder", "Reverse", { decoder: { type: "Sequence", decoders: [{ type: "Reverse" }] } }],
    ["model", "Neural", { model: { ...model, type: "Neural" } }],
    ["model", "BPE", { model: { ...model, dropout: 0.1 } }],
    [
      "regular expression construct",
      "\\X",
      { pre_tokenizer: { type: "Split", pattern: { Regex: "\\X" }, behavior: "Isolated", invert: false } },
    ],
  ];
  for (const [part, component, json] of cases) {
    it(`is an error that names it: ${part} ${component}`, () => {
      try {
        createHfTokenizer(withPart(json));
        expect.unreachable();
      } catch (error) {
        expect(error).toBeInstanceOf(UnsupportedTokenizerError);
        expect(error).toMatchObject({ part, component, message: expect.stringContaining(component) as string });
      }
    });
  }
});

describe("a broken file", () => {
  const cases: readonly (readonly [about: string, json: unknown])[] = [
    ["the file", []],
    ["version", withPart({ version: "2.0" })],
    ["model", withPart({ model: null })],
    ["model.vocab", withPart({ model: { type: "BPE", vocab: { a: -1 }, merges: [] } })],
    ["merges", withPart({ model: { type: "BPE", vocab: { a: 0 }, merges: ["a b"] } })],
    ["model.merges[0]", withPart({ model: { type: "BPE", vocab: { a: 0 }, merges: ["a b c"] } })],
    ["unk_id", withPart({ model: { type: "Unigram", unk_id: 3, vocab: [["a", -1]] } })],
    ["behavior", withPart({ pre_tokenizer: { type: "Split", pattern: { String: "a" }, behavior: "Merged", invert: false } })],
    ["normalizer.strip_left", withPart({ normalizer: { type: "Strip", strip_left: 1, strip_right: true } })],
    ["added_tokens[0].content", withPart({ added_tokens: [{ id: 0, content: 5 }] })],
    ["precompiled_charsmap", withPart({ normalizer: { type: "Precompiled", precompiled_charsmap: "AAAA" } })],
    [
      "two added tokens",
      withPart({
        normalizer: { type: "Lowercase" },
        added_tokens: ["<PAD>", "<pad>"].map((content) => ({
          id: 0,
          content,
          single_word: false,
          lstrip: false,
          rstrip: false,
          normalized: true,
          special: true,
        })),
      }),
    ],
  ];
  for (const [about, json] of cases) {
    it(`is an error that says where: ${about}`, () => {
      expect(() => createHfTokenizer(json)).toThrow(TokenizerFormatError);
      expect(() => createHfTokenizer(json)).toThrow(about);
    });
  }

  it("is an error when an unknown token is needed and there is none", () => {
    const json = withPart({ normalizer: null, added_tokens: [], model: { type: "WordLevel", vocab: { a: 0 }, unk_token: "<unk>" } });
    expect(() => createHfTokenizer(json).encode("b")).toThrow(/neither is its unk_token/);
  });
});

describe("facts of a tokenizer", () => {
  it("count the vocabulary by its largest id, added tokens included", () => {
    const { vocabularySize, special, name } = createHfTokenizer(fixtures["gpt2"]);
    const { model } = fixtures["gpt2"] as { model: { vocab: object } };
    const size = Object.keys(model.vocab).length;
    expect({ vocabularySize, special, name }).toEqual({
      vocabularySize: size + 1,
      special: { ids: { "<|endoftext|>": size } },
      name: "BPE",
    });
  });

  it("leave truncation and padding out, but take the padding token", () => {
    const json = {
      ...fixtures["gpt2"],
      truncation: { max_length: 2, strategy: "LongestFirst", stride: 0, direction: "Right" },
      padding: { pad_id: 3 },
    };
    expect(createHfTokenizer(json).encode("the wheel of the mill").length).toBeGreaterThan(2);
    expect(createHfTokenizer(json).special.pad).toBe(3);
  });

  it("are those that every tokenizer of millrace has", () => {
    const all: readonly Tokenizer[] = [createHfTokenizer(fixtures["t5"]), createSentencePiece(models["bpe"] as Uint8Array)];
    for (const tokenizer of all) expect(tokenizer.decode(tokenizer.encode("the mill"))).toBe("the mill");
  });

  it("read text and parsed JSON alike", () => {
    const json = fixtures["bertCased"];
    expect([...createHfTokenizer(JSON.stringify(json)).encode("the wheel")]).toEqual([...createHfTokenizer(json).encode("the wheel")]);
  });

  it("give a fingerprint that depends on content, not on layout", () => {
    const { model, ...rest } = fixtures["gpt2"] as { model: Json & { merges: string[] } };
    const of = (json: unknown): string => createHfTokenizer(json).fingerprint;
    const first = of({ model, ...rest });
    expect(first).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(of({ ...rest, model: { ...model, merges: model.merges.map((merge) => merge.split(" ")) }, truncation: { max_length: 1 } })).toBe(
      first,
    );
    expect(of({ ...rest, model: { ...model, merges: model.merges.slice(1) } })).not.toBe(first);
    expect(of({ ...rest, model, normalizer: { type: "NFC" } })).not.toBe(first);
  });

  it("run on the kernel where it gives the same ids", () => {
    const plan = (name: string) => createHfTokenizer(fixtures[name]).plan;
    expect(plan("gpt2")).toMatchObject({ scanner: "r50k", prefixSpace: false, ignoreMerges: false });
    expect(plan("roberta")).toMatchObject({ scanner: "r50k", prefixSpace: true });
    expect(plan("llama3")).toMatchObject({ scanner: "cl100k", ignoreMerges: true });
    expect(plan("qwen")).toMatchObject({ scanner: "qwen2" });
    expect(plan("gpt4o")).toMatchObject({ scanner: "o200k" });
    expect(plan("deepseek")).toMatchObject({ scanner: undefined });
    for (const name of ["clip", "llama2", "bertCased", "t5", "byteNormalizer"]) expect(plan(name), name).toBeUndefined();
  });
});
