import { streamText } from "./decode-stream.ts";
import { type HfFacts, specialTokens } from "./hf-loaded.ts";
import type { SentencePieceTokenizer } from "./sentencepiece/index.ts";
import { SpecialTokenPolicy } from "./special-tokens.ts";
import { batchOf } from "./token-batch.ts";
import { type EncodeOptions, type LoadedTokenizer, tokenDtype } from "./tokenizer.ts";

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * A SentencePiece model with the interface of all tokenizers. The package it follows never finds control symbols in a text; where
 * they are allowed, the texts between them are encoded by themselves.
 */
export function sentencePieceTokenizer(model: SentencePieceTokenizer, facts: HfFacts): LoadedTokenizer {
  const name = facts.name ?? model.name;
  const special = specialTokens(model.special, facts, name, (token) => model.tokenToId(token));
  const policy = new SpecialTokenPolicy(name, special.ids);
  const encode = (input: string | Uint8Array, options: EncodeOptions = {}): Uint32Array => {
    const text = typeof input === "string" ? input : utf8.decode(input);
    policy.refuse(text, options);
    const parts = policy.split(text, options);
    if (parts === undefined) return model.encode(text);
    return batchOf(parts.map(([start, end, id]) => (id === -1 ? model.encode(text.slice(start, end)) : Uint32Array.of(id)))).tokens;
  };
  return {
    name,
    vocabularySize: model.vocabularySize,
    special,
    get fingerprint() {
      return model.fingerprint;
    },
    backend: "js",
    dtype: tokenDtype(model.vocabularySize),
    encode,
    encodeBatch: (texts, options = {}) => batchOf(texts.map((text) => encode(text, options))),
    encodeWithOffsets: () => {
      throw new TypeError(`${name}: offsets are known for tokenizer.json, not for SentencePiece models`);
    },
    count: (text, options = {}) => encode(text, options).length,
    decode: (tokens) => model.decode(tokens),
    decodeStream: () => streamText((tokens) => model.decode(tokens)),
    idToToken: (id) => model.idToToken(id),
    tokenToId: (token) => model.tokenToId(token),
    dispose: () => {},
  };
}
