/** Small tokenizers and documents for the tests of this folder. Nothing here is copied from a real vocabulary. */

import type { Doc } from "../../src/core/index.ts";
import type { AsyncTokenizer, Tokenizer } from "../../src/tokenize/index.ts";

/** Every byte is a token; 256 begins and 257 ends a document. */
export const byteTokenizer: Tokenizer = {
  name: "bytes",
  vocabularySize: 258,
  special: { bos: 256, eos: 257, ids: { "<bos>": 256, "<eos>": 257 } },
  fingerprint: "test:bytes",
  encode: (text) => Uint32Array.from(Buffer.from(text)),
  decode: (tokens) => Buffer.from(tokens).toString(),
  byteLength: (tokens) => tokens.length,
};

/** Every word is the number of its letters: lossy, without BOS, EOS or bytes, and answering later. */
export const laterTokenizer: AsyncTokenizer = {
  name: "later",
  vocabularySize: 100,
  special: { ids: {} },
  fingerprint: "test:later",
  encode: async (text) => Uint32Array.from(text.split(" ").filter(Boolean), (word) => word.length),
  decode: async (tokens) => Array.from(tokens, (n) => "x".repeat(n)).join(" "),
};

export function docsOf(texts: readonly string[]): Doc[] {
  return texts.map((text, i) => ({ id: `d${i}`, text, meta: { i }, origin: { source: "memory", record: i, offset: i } }));
}

/** A byte-level BPE vocabulary, learned from a text. */
export interface TinyBpe {
  /** Tokens by id, one character per byte. */
  readonly tokens: readonly string[];
  readonly merges: readonly (readonly [string, string])[];
  /** What `@huggingface/tokenizers` takes. */
  readonly json: Record<string, unknown>;
  /** What `Tiktoken` of the `tiktoken` package takes. */
  readonly bpe_ranks: string;
  readonly special: Readonly<Record<string, number>>;
}

export const GPT2_PATTERN = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

/** Learns `count` merges: the commonest pair first, the smallest of equals. */
export function trainTinyBpe(text: string, count: number): TinyBpe {
  const tokens = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));
  const merges: [string, string][] = [];
  let words = [...text.matchAll(new RegExp(GPT2_PATTERN, "gu"))].map(([word]) => [...Buffer.from(word).toString("latin1")]);
  for (let round = 0; round < count; round++) {
    const pairs = new Map<string, { readonly pair: [string, string]; n: number }>();
    for (const word of words) {
      for (let i = 0; i + 1 < word.length; i++) {
        const pair: [string, string] = [word[i] as string, word[i + 1] as string];
        const key = pair.join("\u0100");
        const entry = pairs.get(key);
        if (entry === undefined) pairs.set(key, { pair, n: 1 });
        else entry.n++;
      }
    }
    const best = [...pairs].sort(([a, x], [b, y]) => y.n - x.n || (a < b ? -1 : 1))[0]?.[1].pair;
    if (best === undefined) break;
    merges.push(best);
    tokens.push(best.join(""));
    words = words.map((word) => {
      const merged: string[] = [];
      for (let i = 0; i < word.length; i++) {
        if (word[i] === best[0] && word[i + 1] === best[1]) merged.push(best[0] + (word[++i] as string));
        else merged.push(word[i] as string);
      }
      return merged;
    });
  }
  const special = { "<|endoftext|>": tokens.length };
  const show = (token: string): string => [...token].map((byte) => BYTE_ALPHABET[byte.charCodeAt(0)]).join("");
  const json = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [
      { id: tokens.length, content: "<|endoftext|>", special: true, normalized: false, lstrip: false, rstrip: false, single_word: false },
    ],
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [show(token), id])),
      merges: merges.map(([a, b]) => `${show(a)} ${show(b)}`),
    },
  };
  const bpe_ranks = `! 0 ${tokens.map((token) => Buffer.from(token, "latin1").toString("base64")).join(" ")}`;
  return { tokens, merges, json, bpe_ranks, special };
}

/** GPT-2's printable stand-ins for bytes: printable Latin-1 stands for itself, the others for U+0100 and up. */
const BYTE_ALPHABET: readonly string[] = (() => {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    return String.fromCharCode(printable ? byte : next++);
  });
})();

/** A text to learn from: words made of a few syllables, so that merges compete; numbers, accents, CJK. */
export const LESSON: string = Array.from({ length: 120 }, (_, i) => {
  const syllables = ["the", "re", "mi", "ll", "er", "he", "in", "th", "ra", "ce", "et", "wa", "ter", "st"];
  const word = (k: number): string =>
    Array.from({ length: 1 + (k % 3) }, (_, n) => syllables[(k * (n + 3) + n * n) % syllables.length]).join("");
  const words = Array.from({ length: 8 }, (_, k) => word(i * 8 + k * k));
  return `${words.join(" ")} ${i * 7}; it's caf\u00e9. \u6c34\u8eca\u306f\u56de\u308b\n`;
}).join("");
