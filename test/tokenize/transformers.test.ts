import { writeFileSync } from "node:fs";
import { Tokenizer as HuggingFace } from "@huggingface/tokenizers";
import fc from "fast-check";
import { Tiktoken } from "tiktoken/lite";
import { describe, expect, it } from "vitest";
import { type CallableTokenizer, fromTransformers, type NativeTokenizer, type PlainTokenizer } from "../../src/tokenize/index.ts";
import { expectedIds, present, unpacked } from "./corpora.ts";
import { GPT2_PATTERN, LESSON, trainTinyBpe } from "./tiny.ts";

const tiny = trainTinyBpe(LESSON, 200);
const EOS = "<|endoftext|>";
const CONFIG = { eos_token: EOS, tokenizer_class: "TinyTokenizer" };
const hugging = (): HuggingFace => new HuggingFace(structuredClone(tiny.json), CONFIG);

/** Words of the lesson, so that merges happen, among anything else. */
const someText = fc
  .array(fc.oneof(fc.constantFrom(...LESSON.slice(0, 300).split(/(?<= )/)), fc.string({ unit: "binary", maxLength: 6 })), { maxLength: 12 })
  .map((pieces) => pieces.join(""));

describe("fromTransformers with @huggingface/tokenizers", () => {
  const adapted = fromTransformers(hugging());

  it("gives the ids that tiktoken gives for the same vocabulary", () => {
    const oracle = new Tiktoken(tiny.bpe_ranks, { ...tiny.special }, GPT2_PATTERN);
    // The two pre-tokenizers read different Unicode tables, so the texts keep to characters that both know.
    const known = someText.filter((text) => !/[\u0080-\u00bf\u0100-\u3041\u3091-\u4dff\u9fa6-\uffff]/.test(text));
    try {
      fc.assert(
        fc.property(known, (text) => {
          expect([...adapted.encode(text)]).toEqual([...oracle.encode_ordinary(text)]);
        }),
        { numRuns: 300 },
      );
      expect([...adapted.encode(LESSON)]).toEqual([...oracle.encode_ordinary(LESSON)]);
      expect(adapted.encode(LESSON).length).toBeLessThan(LESSON.length / 2); // the merges did happen
    } finally {
      oracle.free();
    }
  });

  it("gives back the text", () => {
    fc.assert(
      fc.property(someText, (text) => {
        expect(adapted.decode(adapted.encode(text))).toBe(Buffer.from(text).toString());
      }),
    );
    // The object's own defaults would tidy this up and refuse an empty list.
    expect(adapted.decode(adapted.encode("a , b . c n't"))).toBe("a , b . c n't");
    expect(adapted.decode(new Uint32Array())).toBe("");
  });

  it("takes a lone surrogate for U+FFFD", () => {
    expect(adapted.encode("a\ud800b\udfff")).toEqual(adapted.encode("a\ufffdb\ufffd"));
    expect(adapted.encode("\ud83d\ude00")).toEqual(Uint32Array.from(Buffer.from("\ud83d\ude00")));
  });

  it("knows name, size and specials from the object and its configuration", () => {
    const id = tiny.tokens.length;
    expect(adapted).toMatchObject({ name: "TinyTokenizer", vocabularySize: id + 1, special: { eos: id, ids: { [EOS]: id } } });
    expect(adapted.special.bos).toBeUndefined();
    const told = fromTransformers(hugging(), { name: "mine", bos: EOS, eos: null, pad: EOS });
    expect(told.special).toEqual({ bos: id, pad: id, ids: { [EOS]: id } });
    expect(told.name).toBe("mine");
    const config = { bos_token: { content: EOS, lstrip: false }, pad_token: null };
    expect(fromTransformers(new HuggingFace(structuredClone(tiny.json), config)).special).toEqual({ bos: id, ids: { [EOS]: id } });
    expect(() => fromTransformers(hugging(), { bos: "<s>" })).toThrow(/`bos` to be a token of the vocabulary, got "<s>"/);
  });

  it("turns a special token in a text into its id, as the object does", () => {
    expect([...adapted.encode(`a${EOS}`)]).toEqual([97, tiny.tokens.length]);
  });

  it("has a fingerprint that follows the ids, not the object", () => {
    expect(fromTransformers(hugging()).fingerprint).toBe(adapted.fingerprint);
    expect(fromTransformers(hugging(), { fingerprint: "v1" }).fingerprint).toBe("v1");
    const changed = (change: (json: Record<string, unknown>) => void): string => {
      const json = structuredClone(tiny.json);
      change(json);
      return fromTransformers(new HuggingFace(json, CONFIG)).fingerprint;
    };
    const merges = (json: Record<string, unknown>): string[] => (json["model"] as { merges: string[] }).merges;
    const vocab = (json: Record<string, unknown>): Record<string, number> => (json["model"] as { vocab: Record<string, number> }).vocab;
    const prints = [
      adapted.fingerprint,
      // The same vocabulary with other rules: the probe must tell them apart.
      changed((json) => merges(json).reverse()),
      changed((json) => merges(json).splice(0, 1)),
      changed((json) => merges(json).pop()),
      changed((json) => Object.assign(json, { normalizer: { type: "Lowercase" } })),
      changed((json) => Object.assign(json, { normalizer: { type: "NFC" } })),
      changed((json) => Object.assign(json, { normalizer: { type: "NFKC" } })),
      changed((json) => Object.assign(json, { pre_tokenizer: { ...(json["pre_tokenizer"] as object), add_prefix_space: true } })),
      // Two ids exchanged.
      changed((json) => Object.assign(vocab(json), { "!": 34, '"': 33 })),
    ];
    expect(new Set(prints).size).toBe(prints.length);
  });

  it("tells orders of merges apart that no text in the vocabulary shows", () => {
    const { json } = trainTinyBpe("", 0);
    const model = json["model"] as { readonly vocab: Record<string, number> };
    const print = (merges: readonly string[]): string => {
      const vocab = { ...model.vocab, er: 256, he: 257 };
      return fromTransformers(new HuggingFace({ ...json, added_tokens: [], model: { ...model, vocab, merges } }, {})).fingerprint;
    };
    expect(print(["e r", "h e"])).not.toBe(print(["h e", "e r"])); // "her" is h|er or he|r
  });

  it("says which token has no id, instead of writing zero", () => {
    const model = { type: "WordPiece", vocab: { a: 0 }, unk_token: "[UNK]", continuing_subword_prefix: "##" };
    const json = { ...tiny.json, added_tokens: [], pre_tokenizer: { type: "BertPreTokenizer" }, decoder: null, model };
    const partial = fromTransformers(new HuggingFace(json, {}), { name: "partial" });
    expect([...partial.encode("a a")]).toEqual([0, 0]);
    expect(() => partial.encode("a z")).toThrow(/partial: token 1 has no id \(undefined\)/);
  });
});

describe("fromTransformers with objects of the other shapes", () => {
  const plain = hugging();

  it("calls a callable tokenizer without special tokens, and reads its configuration", () => {
    const calls: unknown[] = [];
    const texts: string[] = [];
    const callable = Object.assign(
      (text: string, options: { readonly add_special_tokens: boolean }) => {
        calls.push(options);
        texts.push(text);
        return { input_ids: plain.encode(text, options).ids };
      },
      {
        decode: (ids: number[], options: object) => plain.decode(ids, options),
        get_vocab: () => plain.get_vocab(true),
        config: { eos_token: EOS },
        all_special_tokens: [EOS],
      },
    ) as CallableTokenizer;
    const adapted = fromTransformers(callable, { name: "callable" });
    expect(new Set(calls.map((call) => JSON.stringify(call)))).toEqual(new Set(['{"add_special_tokens":false,"return_tensor":false}']));
    expect(adapted.special).toEqual({ eos: tiny.tokens.length, ids: { [EOS]: tiny.tokens.length } });
    expect(adapted.encode(LESSON)).toEqual(fromTransformers(plain).encode(LESSON));
    expect(adapted.decode(adapted.encode("a , b"))).toBe("a , b");
    adapted.encode("a\ud800\ud83d\ude00");
    expect(texts.at(-1)).toBe("a\ufffd\ud83d\ude00");
    // Same vocabulary, same ids: the same tokenizer.
    expect(adapted.fingerprint).toBe(fromTransformers(plain).fingerprint);
  });

  const native = (json: Record<string, unknown>): NativeTokenizer => ({
    encode: async (text, pair, { addSpecialTokens }) => {
      expect([pair, addSpecialTokens]).toEqual([null, false]);
      return { getIds: () => plain.encode(text, { add_special_tokens: false }).ids };
    },
    decode: async (ids, skip) => plain.decode(ids, { skip_special_tokens: skip, clean_up_tokenization_spaces: false }),
    getVocab: (added) => Object.fromEntries(plain.get_vocab(added)),
    save: (path) => writeFileSync(path, JSON.stringify(json)),
  });

  it("awaits a native tokenizer and fingerprints what it saves", async () => {
    const adapted = fromTransformers(native(tiny.json), { eos: EOS });
    expect(await adapted.encode(LESSON)).toEqual(fromTransformers(plain).encode(LESSON));
    expect(await adapted.decode(Uint32Array.of(97, 98))).toBe("ab");
    expect(adapted.special).toEqual({ eos: tiny.tokens.length, ids: { [EOS]: tiny.tokens.length } });
    const other = fromTransformers(native({ ...tiny.json, normalizer: { type: "NFC" } }), { eos: EOS });
    expect(other.fingerprint).not.toBe(adapted.fingerprint);
  });

  it("refuses a native tokenizer that would cut or fill texts", () => {
    const truncation = { max_length: 50, stride: 0 };
    expect(() => fromTransformers(native({ ...tiny.json, truncation }))).toThrow(/has truncation .*call tokenizer.disableTruncation\(\)/);
    expect(() => fromTransformers(native({ ...tiny.json, padding: { strategy: { Fixed: 8 } } }))).toThrow(
      /call tokenizer.disablePadding\(\)/,
    );
  });

  it("says what fits when nothing does", () => {
    for (const wrong of [undefined, null, "gpt2", {}, { encode: () => [] }, () => ({ input_ids: [] })]) {
      expect(() => fromTransformers(wrong as unknown as PlainTokenizer)).toThrow(TypeError);
    }
    expect(() => fromTransformers(plain, { eof: "x" } as object)).toThrow(/unknown option `eof`/);
  });
});

describe.skipIf(!present)("expected ids through @huggingface/tokenizers (skipped where ../shared/corpora is absent)", () => {
  const model = (name: string): HuggingFace => new HuggingFace(JSON.parse(unpacked(`models/tokenizers/${name}.json.gz`)) as object, {});

  it.each(["gpt2", "bert_base_cased", "llama2"])("%s", (name) => {
    const adapted = fromTransformers(model(name));
    const wrong = expectedIds("tokenizers", name).filter(({ text, ids }) => String([...adapted.encode(text)]) !== String(ids));
    expect(wrong.map(({ text }) => text)).toEqual([]);
  });
});
