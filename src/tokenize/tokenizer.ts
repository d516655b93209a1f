/** What a tokenizer is to the rest of millrace, whoever made it. */
import type { Frame } from "./frame.ts";
import type { TokenBatch } from "./token-batch.ts";

/** Ids of the tokens that stand for no text. */
export interface SpecialTokens {
  /** Begin of a document, where the vocabulary has such a token. */
  readonly bos?: number;
  /** End of a document. */
  readonly eos?: number;
  /** Padding. */
  readonly pad?: number;
  /** Every special token: its text and its id. */
  readonly ids: Readonly<Record<string, number>>;
}

/** What is known of a tokenizer before it encodes anything. */
export interface TokenizerFacts {
  /** A short name for reports: an encoding ("cl100k_base") or what the tokenizer calls itself. */
  readonly name: string;
  /** One more than the largest id, special tokens included: the number of rows an embedding needs. */
  readonly vocabularySize: number;
  readonly special: SpecialTokens;
  /**
   * A hash of what determines the ids: equal in every process, different for tokenizers that give different ids. It goes
   * into the configuration of a run, so that a run is not continued with another vocabulary.
   */
  readonly fingerprint: string;
}

/** A stretch of a text: UTF-16 units, the end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What becomes of the texts of special tokens ("<|endoftext|>") when they stand in a text. */
export interface EncodeOptions {
  /**
   * The special tokens that are recognized: "all", or their texts. The others are text like any other. Default: what the
   * reference does by itself. Hugging Face files: "all"; OpenAI encodings and SentencePiece models: none.
   */
  readonly allowedSpecial?: "all" | readonly string[];
  /** The special tokens whose text is an error (kind "special-token"), unless they are allowed. Default: none. */
  readonly disallowedSpecial?: "all" | readonly string[];
  /** Stretches of the text in which nothing is a special token, even where it is allowed: what somebody typed. Default: none. */
  readonly literal?: readonly Span[];
}

/** Whether a stretch from `start` to `end` has a character of one of the spans. */
export function overlaps(spans: readonly Span[], start: number, end: number): boolean {
  return spans.some((span) => span.start < end && span.end > start);
}

/**
 * Text to ids and back. Methods that not every tokenizer can offer are optional; callers use them when they are there, so a
 * faster implementation grows by adding methods and an adapter stays five lines.
 */
export interface Tokenizer extends TokenizerFacts {
  /**
   * The ids of the text alone, without BOS or EOS. A lone surrogate counts as U+FFFD. The caller owns the returned array.
   */
  encode(text: string, options?: EncodeOptions): Uint32Array;
  /** The text of the ids. Lossy where the tokenizer is (WordPiece), and U+FFFD for a character that was cut in two. */
  decode(tokens: Uint32Array): string;
  /**
   * How many UTF-8 bytes the ids stand for. Only tokenizers whose ids are bytes have it: `byteLength(encode(text))` is then
   * the length of the text in bytes, and every id has its share of it.
   */
  byteLength?(tokens: Uint32Array): number;
  /** The ids and where each stands in the text. Masks (`chat`) need it. */
  encodeWithOffsets?(text: string, options?: EncodeOptions): TokenOffsets;
  /** Gives memory outside the JavaScript heap back. The tokenizer must not be used afterwards. */
  dispose?(): void;
}

/** A tokenizer that works outside the event loop, as the native `tokenizers` package does. */
export interface AsyncTokenizer extends TokenizerFacts {
  encode(text: string): Promise<Uint32Array>;
  decode(tokens: Uint32Array): Promise<string>;
  dispose?(): void;
}

/** Ids with the part of the text that each stands for: `text.slice(starts[i], ends[i])`, in UTF-16 units. */
export interface TokenOffsets {
  readonly tokens: Uint32Array;
  readonly starts: Uint32Array;
  /** A token that is some bytes of a character stands for the whole character, so neighbours may overlap. */
  readonly ends: Uint32Array;
}

/** Turns ids into text as they come, for streaming a model's output. */
export interface DecodeStream {
  /** The text that is certain now: characters are held back until all their bytes have come. */
  push(tokens: Uint32Array | readonly number[] | number): string;
  /** What was held back; U+FFFD for a character that never became whole. */
  end(): string;
}

/** How another thread makes the same tokenizer: the arguments of `loadTokenizer`. */
export interface TokenizerRecipe {
  /** A name, a path, or the content of a `tokenizer.json`. */
  readonly source: string | object;
  readonly options: object;
}

/** What `loadTokenizer` gives: a `Tokenizer` with everything on it. */
export interface LoadedTokenizer extends Tokenizer {
  /** "wasm": the BPE kernel. "js": TypeScript. The ids are the same. */
  readonly backend: "wasm" | "js";
  /** The narrowest dtype that holds every id. */
  readonly dtype: "uint16" | "uint32";
  /** The ids of a text, or of its UTF-8 bytes; ill-formed bytes count as U+FFFD. */
  encode(text: string | Uint8Array, options?: EncodeOptions): Uint32Array;
  /** @internal As {@link framed} makes it of the ids of `encode`, with one copy less. */
  encodeFramed?(text: string, frame: Frame, options?: EncodeOptions): Uint32Array;
  /** The ids of many texts in one array. On the kernel: one call for as many texts as fit into 1 MiB. */
  encodeBatch(texts: readonly (string | Uint8Array)[], options?: EncodeOptions): TokenBatch;
  /** The ids and where each stands in the text. Slower than `encode`, up to ten times. */
  encodeWithOffsets(text: string, options?: EncodeOptions): TokenOffsets;
  /** How many ids `encode` would give. */
  count(text: string | Uint8Array, options?: EncodeOptions): number;
  /** A decoder for ids that come piece by piece: the texts, one after the other, are what `decode` gives for all ids. */
  decodeStream(): DecodeStream;
  /** The text of a special token or of a vocabulary entry, as the vocabulary writes it; undefined for an id not in use. */
  idToToken(id: number): string | undefined;
  tokenToId(token: string): number | undefined;
  /** Absent where the tokenizer was made of an object that other threads cannot have. */
  readonly recipe?: TokenizerRecipe;
  dispose(): void;
}

/** The narrowest dtype that holds every id of a vocabulary: "uint16" up to 65,536 ids, "uint32" above. */
export function tokenDtype(vocabularySize: number): "uint16" | "uint32" {
  return vocabularySize <= 0x1_0000 ? "uint16" : "uint32";
}
