import type { Tokenizer } from "millrace/tokenize";

/** Stands before the first byte of every document; it doubles as padding, which the labels hide anyway. */
export const BOS = 256;

/**
 * The smallest tokenizer there is: one token for each UTF-8 byte. Its table fits a model that has to learn within seconds;
 * for a real model, `tokenize("cl100k_base")` takes its place and nothing else changes.
 */
export const byteTokenizer: Tokenizer = {
  name: "bytes",
  vocabularySize: 257,
  special: { bos: BOS, pad: BOS, ids: { "<bos>": BOS } },
  fingerprint: "bytes-257-v1",
  encode: (text) => Uint32Array.from(Buffer.from(text)),
  decode: (tokens) => Buffer.from(tokens.filter((id) => id < BOS)).toString(),
};
