/**
 * The splitting patterns that have a scanner of their own. Text is cut into *pieces* by the pattern first; byte-pair merges never
 * cross a piece.
 *
 * - `r50k`: GPT-2, and every Hugging Face `ByteLevel` pre-tokenizer with `use_regex` (GPT-2, RoBERTa, ModernBERT, ...); also p50k
 * - `cl100k`: GPT-4, and Llama 3, whose `Split` pattern is the same text
 * - `qwen2`: cl100k with one digit a piece (Qwen 2, 2.5, 3)
 * - `o200k`: GPT-4o and gpt-oss
 *
 * Any other pattern is cut by its user, who hands over pieces (`Bpe.encodePieces`).
 */
export type BpePattern = "r50k" | "cl100k" | "qwen2" | "o200k";

const contraction = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const upperRun = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
const lowerRun = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";

/** Each pattern as the regular expression that its vocabulary was made with (the `pat_str` of `tiktoken`, the `Split` of Qwen). */
export const patternSources: Readonly<Record<BpePattern, string>> = {
  r50k: "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
  cl100k: `${contraction}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
  qwen2: `${contraction}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
  o200k:
    `[^\\r\\n\\p{L}\\p{N}]?${upperRun}*${lowerRun}+${contraction}?|[^\\r\\n\\p{L}\\p{N}]?${upperRun}+${lowerRun}*${contraction}?|` +
    "\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
};

/** The names in a fixed order: the position is the number that the kernel knows the pattern by. */
export const patternNames: readonly BpePattern[] = ["r50k", "cl100k", "qwen2", "o200k"];

/** The scanner that implements a regular expression, compared as text; undefined when none does. */
export function recognizePattern(source: string): BpePattern | undefined {
  return patternNames.find((name) => patternSources[name] === source);
}
