/** Text to token ids: the tokenizer interface, the OpenAI encodings, Hugging Face tokenizers, and the stage. */
export {
  type ChatOptions,
  type ConfigToken,
  chat,
  type NamedTemplate,
  type Spanned,
  type TextSpans,
  type TokenizerConfig,
} from "./chat/index.ts";
export { ENCODINGS, type EncodingName } from "./encodings.ts";
export { createHfTokenizer, type HfTokenizer } from "./hf/index.ts";
export { type LoadTokenizerOptions, loadTokenizer } from "./load-tokenizer.ts";
export { createSentencePiece, type SentencePieceTokenizer } from "./sentencepiece/index.ts";
export { readTiktoken } from "./tiktoken-file.ts";
export type { TokenBatch } from "./token-batch.ts";
export { type TokenizeOptions, tokenize } from "./tokenize.ts";
export {
  type AsyncTokenizer,
  type DecodeStream,
  type EncodeOptions,
  type LoadedTokenizer,
  type Span,
  type SpecialTokens,
  type Tokenizer,
  type TokenizerFacts,
  type TokenOffsets,
  tokenDtype,
} from "./tokenizer.ts";
export { type TrainBpeOptions, type TrainedBpe, trainBpe } from "./train/train-bpe.ts";
export {
  type CallableTokenizer,
  type FromTransformersOptions,
  fromTransformers,
  type NativeTokenizer,
  type PlainTokenizer,
} from "./transformers.ts";
