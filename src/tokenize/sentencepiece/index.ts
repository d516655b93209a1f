export { createSentencePiece, SentencePieceTokenizer } from "./sentencepiece.ts";
