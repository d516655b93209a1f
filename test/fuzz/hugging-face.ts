import { createHfTokenizer } from "../../src/tokenize/hf/index.ts";
import { packagedDocuments } from "../kernels/documents.ts";
import { type Dice, generate } from "../kernels/generators.ts";
import { present, unpacked } from "../tokenize/corpora.ts";
import { fixtures } from "../tokenize/hf-fixtures.ts";
import { texts } from "../tokenize/hf-texts.ts";
import { loadNative, type NativePackage } from "../tokenize/native.ts";
import { plannedEncoders } from "./planned.ts";
import type { Family, Subject } from "./subject.ts";

type Json = Readonly<Record<string, unknown>>;

/** A `tokenizer.json` against the native package: `encode` (for byte-level BPE, on the kernel), `encodeWithOffsets`, and the plain encoder. */
function hfSubject(hf: NativePackage, name: string, json: Json): Subject {
  const text = JSON.stringify(json);
  const native = hf.Tokenizer.fromString(text);
  const tokenizer = createHfTokenizer(text);
  const added = ((json["added_tokens"] as readonly { readonly content: string }[] | undefined) ?? []).map(({ content }) => content);
  const normalizer = json["normalizer"] as { readonly type: string } | null | undefined;
  const words = vocabularyStrings(native.getVocab(false));
  const documents = packagedDocuments();
  return {
    name,
    reference: "tokenizers 0.23.2",
    expected: async (input) => {
      const ids = (await native.encode(input, null, { addSpecialTokens: false })).getIds();
      return { ids, text: await native.decode(ids, false) };
    },
    encoders: [
      {
        name: "encode",
        encode: (input) => {
          const ids = tokenizer.encode(input);
          return { ids, text: tokenizer.decode(ids) };
        },
      },
      // The way with offsets is another path through the whole tokenizer, and several times slower.
      { name: "encodeWithOffsets", encode: (input) => ({ ids: tokenizer.encodeWithOffsets(input).ids }), every: 4 },
      ...(tokenizer.plan === undefined ? [] : plannedEncoders(tokenizer.plan, added, normalizer?.type)),
    ],
    generate: (dice) => hfText(dice, words, documents, added),
  };
}

/** Strings as for the encodings, those that tell Hugging Face's components apart, and both with added tokens strewn in. */
function hfText(dice: Dice, words: readonly string[], documents: readonly string[], added: readonly string[]): string {
  const text = dice.chance(0.6) ? generate(dice, words, documents) : dice.pick(texts(dice.below(2 ** 30), 9));
  if (added.length === 0 || !dice.chance(0.15)) return text;
  const at = dice.below(text.length + 1);
  return text.slice(0, at) + dice.pick(added) + text.slice(at);
}

/** Tokens as they stand in the vocabulary, and without the marks of word starts and continuations. */
function vocabularyStrings(vocab: Readonly<Record<string, number>>): string[] {
  return Object.keys(vocab).flatMap((token) => [token, token.replace(/^##/, "").replaceAll("▁", " ").replaceAll("Ġ", " ")]);
}

const realModels = {
  "bert-base-cased": "tokenizers/bert_base_cased",
  "bert-base-uncased": "hf/bert-base-uncased-tokenizer",
  "xlnet-base-cased": "tokenizers/xlnet_base_cased",
  llama2: "tokenizers/llama2",
  gpt2: "tokenizers/gpt2",
} as const;

/** Small files of every family, made in this repository, and real vocabularies where ../shared/corpora lies beside it. */
export function hfFamilies(): readonly Family[] {
  const hf = loadNative();
  const missing = "test/oracles/node is not installed (bash test/oracles/setup.sh)";
  if (hf === undefined) return [family("fixtures", missing), family("models", missing)];
  const small = new Map(Object.entries(fixtures).map(([name, json]) => [`fixture:${name}`, () => hfSubject(hf, `fixture:${name}`, json)]));
  if (!present) return [{ name: "fixtures", subjects: small }, family("models", "../shared/corpora/tokenizers is not there")];
  const real = new Map(
    Object.entries(realModels).map(([name, path]) => {
      const json = (): Json => ({ ...(JSON.parse(unpacked(`models/${path}.json.gz`)) as Json), truncation: null, padding: null });
      return [`model:${name}`, () => hfSubject(hf, `model:${name}`, json())];
    }),
  );
  return [
    { name: "fixtures", subjects: small },
    { name: "models", subjects: real },
  ];
}

function family(name: string, missing: string): Family {
  return { name, missing, subjects: new Map() };
}
