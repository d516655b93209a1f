import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Tiktoken } from "tiktoken";
import { type BpePattern, type BpeVocabulary, parseTiktokenRanks } from "../../src/kernels/bpe/index.ts";

const require = createRequire(import.meta.url);

/** An encoding of the `tiktoken` package, or the vocabulary of cl100k with the pattern of Qwen. */
export type EncodingName = "r50k_base" | "p50k_base" | "cl100k_base" | "o200k_base" | "cl100k_qwen2";

/** The scanner of each. */
export const encodings: Readonly<Record<EncodingName, BpePattern>> = {
  r50k_base: "r50k",
  p50k_base: "r50k",
  cl100k_base: "cl100k",
  o200k_base: "o200k",
  cl100k_qwen2: "qwen2",
};
export const encodingNames: readonly EncodingName[] = ["r50k_base", "p50k_base", "cl100k_base", "o200k_base", "cl100k_qwen2"];

/** What the package's own file of an encoding says. */
export interface EncodingFile {
  readonly pat_str: string;
  readonly special_tokens: Readonly<Record<string, number>>;
  readonly bpe_ranks: string;
}

/** The `Split` pattern in the tokenizer.json of Qwen 2 and 3. */
const qwenPattern =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

export function encodingFile(name: EncodingName): EncodingFile {
  const file = name === "cl100k_qwen2" ? "cl100k_base" : name;
  const encoding = JSON.parse(readFileSync(require.resolve(`tiktoken/encoders/${file}.json`), "utf8")) as EncodingFile;
  return name === "cl100k_qwen2" ? { ...encoding, pat_str: qwenPattern } : encoding;
}

const vocabularies = new Map<EncodingName, BpeVocabulary>();

export function vocabularyOf(name: EncodingName): BpeVocabulary {
  const vocabulary = vocabularies.get(name) ?? parseTiktokenRanks(encodingFile(name).bpe_ranks);
  vocabularies.set(name, vocabulary);
  return vocabulary;
}

/** The reference: `encode_ordinary` of the `tiktoken` package. */
export function oracleOf(name: EncodingName): (text: string) => Uint32Array {
  const { bpe_ranks, pat_str } = encodingFile(name);
  const encoder = oracles.get(name) ?? new Tiktoken(bpe_ranks, {}, pat_str);
  oracles.set(name, encoder);
  return (text) => encoder.encode_ordinary(text);
}

/** Making one takes a third of a second, and its memory is never collected. */
const oracles = new Map<EncodingName, Tiktoken>();

/** The tokens that are whole characters, as strings. */
export function tokenStrings({ bytes, offsets, ids }: BpeVocabulary): string[] {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const strings = Array.from(ids, (_, rank) => decoder.decode(bytes.subarray(offsets[rank], offsets[rank + 1])));
  return strings.filter((text) => !text.includes("\ufffd"));
}

/** Where two arrays of ids differ first; -1 when they are equal. */
export function firstDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return i;
  return a.length === b.length ? -1 : length;
}
