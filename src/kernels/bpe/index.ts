/** Byte-level BPE: an exact, fast encoder for `.tiktoken` and Hugging Face byte-level vocabularies. */
export { type Bpe, type BpeBatch, type BpeOptions, createBpe } from "./bpe.ts";
export { type ByteLevelModel, byteLevelAlphabet, vocabularyFromMerges } from "./merges.ts";
export { type BpePattern, patternNames, patternSources, recognizePattern } from "./patterns.ts";
export { parseTiktokenRanks } from "./ranks.ts";
export type { BpeVocabulary, MergeList } from "./vocabulary.ts";
