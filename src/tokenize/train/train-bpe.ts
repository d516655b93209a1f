import { knownOptions, numberOption, optionType, textBytes, wordOption } from "../../core/index.ts";
import { type BpePattern, patternNames, patternSources } from "../../kernels/bpe/patterns.ts";
import { byteLevelText, bytesInOrder } from "./byte-level.ts";
import { PieceCounter } from "./count-pieces.ts";
import { learnMerges } from "./learn-merges.ts";

/** Options of {@link trainBpe}. */
export interface TrainBpeOptions {
  /** Size of the vocabulary: special tokens, the 256 bytes, and what is learnt. 257 to 2^20. */
  readonly vocabSize: number;
  /** How text is cut before merging. Default "cl100k". */
  readonly pattern?: BpePattern;
  /** Special tokens, which get the first ids. Default `["<|endoftext|>"]`. */
  readonly specialTokens?: readonly string[];
  /** A pair must occur this often to be merged. Default 2. At least 1. */
  readonly minFrequency?: number;
  /** Longest token, in bytes. Default: no limit. At least 2. */
  readonly maxTokenBytes?: number;
  /** Different pieces kept while counting, about 100 bytes each; the rarest are forgotten beyond. Default 4,000,000. */
  readonly maxPieces?: number;
  readonly signal?: AbortSignal;
}

/** A trained tokenizer and what the training saw. */
export interface TrainedBpe {
  /** The `tokenizer.json`, as plain data: `JSON.stringify` it, and Hugging Face's libraries load it. */
  readonly json: Readonly<Record<string, unknown>>;
  readonly vocabSize: number;
  readonly documents: number;
  readonly bytes: number;
  readonly pieces: number;
  /** Occurrences of rare pieces that were forgotten to stay within `maxPieces`; 0 for most corpora. */
  readonly forgotten: number;
}

const STAGE = "trainBpe";

/**
 * Trains a byte-level BPE vocabulary on a stream of documents, which is read once.
 *
 * The result depends on the multiset of documents and the options alone, not on their order (unless pieces were forgotten), and
 * is the vocabulary that Hugging Face's `BpeTrainer` learns from the same text. Memory: the different pieces, not the corpus.
 * Throws `RangeError`/`TypeError` for options; a corpus with too little text simply gives a smaller vocabulary.
 */
export async function trainBpe(source: AsyncIterable<string | { readonly text: string }>, options: TrainBpeOptions): Promise<TrainedBpe> {
  knownOptions(STAGE, options, ["vocabSize", "pattern", "specialTokens", "minFrequency", "maxTokenBytes", "maxPieces", "signal"]);
  const special = options.specialTokens ?? ["<|endoftext|>"];
  if (
    !Array.isArray(special) ||
    special.some((token) => typeof token !== "string" || token === "") ||
    new Set(special).size !== special.length
  ) {
    throw optionType(STAGE, "specialTokens", "an array of different, non-empty strings", special);
  }
  const vocabSize = numberOption(STAGE, "vocabSize", options.vocabSize, { min: 257 + special.length, max: 1 << 20, integer: true });
  const pattern = wordOption(STAGE, "pattern", options.pattern ?? "cl100k", patternNames);
  const minFrequency = numberOption(STAGE, "minFrequency", options.minFrequency ?? 2, { min: 1, integer: true });
  const maxTokenBytes = numberOption(STAGE, "maxTokenBytes", options.maxTokenBytes ?? Number.POSITIVE_INFINITY, { min: 2 });
  const maxPieces = numberOption(STAGE, "maxPieces", options.maxPieces ?? 4_000_000, { min: 1000, integer: true });
  const { signal } = options;

  const counter = new PieceCounter(pattern, maxPieces);
  for await (const item of source) {
    signal?.throwIfAborted();
    counter.add(textBytes(typeof item === "string" ? { text: item } : item));
  }
  const pieces = counter.pieces();
  const alphabet = bytesInOrder();
  const { merges, symbols } = learnMerges(pieces, {
    alphabet,
    merges: vocabSize - special.length - 256,
    minFrequency,
    maxTokenBytes,
    ...(signal === undefined ? {} : { signal }),
  });

  const texts = symbols.map(byteLevelText);
  const vocab: Record<string, number> = {};
  for (const [id, token] of special.entries()) vocab[token] = id;
  for (const [id, text] of texts.entries()) vocab[text] = special.length + id;
  const json = tokenizerJson({
    pattern,
    special,
    vocab,
    merges: merges.map(({ left, right }) => [texts[left] as string, texts[right] as string]),
  });
  const { documents, bytes, forgotten } = counter;
  return { json, vocabSize: special.length + texts.length, documents, bytes, pieces: pieces.length, forgotten };
}

interface Parts {
  readonly pattern: BpePattern;
  readonly special: readonly string[];
  readonly vocab: Readonly<Record<string, number>>;
  readonly merges: readonly (readonly [string, string])[];
}

function tokenizerJson({ pattern, special, vocab, merges }: Parts): Record<string, unknown> {
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true };
  const split = { type: "Split", pattern: { Regex: patternSources[pattern] }, behavior: "Isolated", invert: false };
  // The r50k pattern is what `ByteLevel` does by itself; the others go before it.
  const preTokenizer =
    pattern === "r50k"
      ? { ...byteLevel, use_regex: true }
      : { type: "Sequence", pretokenizers: [split, { ...byteLevel, use_regex: false }] };
  const added = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: special.map((content, id) => ({ id, content, ...added })),
    normalizer: null,
    pre_tokenizer: preTokenizer,
    post_processor: null,
    decoder: { ...byteLevel, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges,
    },
  };
}
