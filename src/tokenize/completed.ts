import { streamText } from "./decode-stream.ts";
import { batchOf } from "./token-batch.ts";
import { type EncodeOptions, type LoadedTokenizer, type Tokenizer, tokenDtype } from "./tokenizer.ts";

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * A tokenizer object of another package with the rest of the interface around it, text by text. What such an object cannot tell
 * (offsets) or decides by itself (special tokens) is an error that says so.
 */
export function completed(tokenizer: Tokenizer): LoadedTokenizer {
  const { name, vocabularySize } = tokenizer;
  const encode = (text: string | Uint8Array, options: EncodeOptions = {}): Uint32Array => {
    if (options.allowedSpecial !== undefined || options.disallowedSpecial !== undefined) {
      throw new TypeError(`${name}: the package it comes from decides about special tokens; load its tokenizer.json to choose`);
    }
    return tokenizer.encode(typeof text === "string" ? text : utf8.decode(text));
  };
  const unknown = (what: string): never => {
    throw new TypeError(`${name}: the package it comes from tells no ${what}; load its tokenizer.json instead`);
  };
  const { byteLength } = tokenizer;
  return {
    name,
    vocabularySize,
    special: tokenizer.special,
    fingerprint: tokenizer.fingerprint,
    backend: "js",
    dtype: tokenDtype(vocabularySize),
    encode,
    encodeBatch: (texts, options = {}) => batchOf(texts.map((text) => encode(text, options))),
    encodeWithOffsets: () => unknown("offsets"),
    count: (text, options = {}) => encode(text, options).length,
    decode: (tokens) => tokenizer.decode(tokens),
    decodeStream: () => streamText((tokens) => tokenizer.decode(tokens)),
    ...(byteLength && { byteLength: (tokens: Uint32Array) => byteLength.call(tokenizer, tokens) }),
    idToToken: () => unknown("vocabulary entries"),
    tokenToId: () => unknown("vocabulary entries"),
    dispose: () => tokenizer.dispose?.(),
  };
}
