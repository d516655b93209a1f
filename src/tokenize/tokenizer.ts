/** What a tokenizer is to the rest of millrace, whoever made it. */

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

/**
 * Text to ids and back. Methods that not every tokenizer can offer are optional; callers use them when they are there, so a
 * faster implementation grows by adding methods and an adapter stays five lines.
 */
export interface Tokenizer extends TokenizerFacts {
  /**
   * The ids of the text alone, without BOS or EOS. A lone surrogate counts as U+FFFD. The caller owns the returned array.
   */
  encode(text: string): Uint32Array;
  /** The text of the ids. Lossy where the tokenizer is (WordPiece), and U+FFFD for a character that was cut in two. */
  decode(tokens: Uint32Array): string;
  /**
   * How many UTF-8 bytes the ids stand for. Only tokenizers whose ids are bytes have it: `byteLength(encode(text))` is then
   * the length of the text in bytes, and every id has its share of it.
   */
  byteLength?(tokens: Uint32Array): number;
  /** Gives memory outside the JavaScript heap back. The tokenizer must not be used afterwards. */
  dispose?(): void;
}

/** A tokenizer that works outside the event loop, as the native `tokenizers` package does. */
export interface AsyncTokenizer extends TokenizerFacts {
  encode(text: string): Promise<Uint32Array>;
  decode(tokens: Uint32Array): Promise<string>;
  dispose?(): void;
}

/** The narrowest dtype that holds every id of a vocabulary: "uint16" up to 65,536 ids, "uint32" above. */
export function tokenDtype(vocabularySize: number): "uint16" | "uint32" {
  return vocabularySize <= 0x1_0000 ? "uint16" : "uint32";
}
