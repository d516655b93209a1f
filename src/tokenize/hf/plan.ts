/**
 * Which tokenizers run on the byte-level BPE kernel, and how a text gets there. The kernel takes over the model and the
 * byte-level end of the pre-tokenizer; added tokens, normalizer and post-processor stay where they are.
 *
 * A pre-tokenizer whose pattern has a scanner in the kernel gives whole stretches of text; any other is run here and gives pieces.
 */
import {
  type Bpe,
  type BpePattern,
  type BpeVocabulary,
  byteLevelAlphabet,
  createBpe,
  recognizePattern,
  vocabularyFromMerges,
} from "../../kernels/bpe/index.ts";
import { batchOf, type TokenBatch } from "../token-batch.ts";
import { TokenizerFormatError } from "./errors.ts";
import { type JsonObject, objectAt } from "./json.ts";
import type { BpeModel } from "./models/bpe.ts";
import type { Model } from "./models/model.ts";
import { PlainText } from "./plain-text.ts";
import { type PreTokenizerStep, preTokenize } from "./pre-tokenizer.ts";
import { utf8Length } from "./token-buffer.ts";

type Merges = readonly (string | readonly [string, string])[];

/** What the kernel needs to take a tokenizer over. */
export interface ByteLevelPlan {
  readonly vocab: Readonly<Record<string, number>>;
  readonly merges: Merges;
  /** A piece that is a token as a whole is taken as it is. */
  readonly ignoreMerges: boolean;
  /** The scanner that does all the cutting; "whole": nothing is cut; undefined: `steps` cut. */
  readonly scanner: BpePattern | "whole" | undefined;
  /** The pre-tokenizer without its last act, which writes bytes as characters. */
  readonly steps: readonly PreTokenizerStep[];
  /** Whether a space is put before every stretch that does not begin with one. Only with a scanner: `steps` do it themselves. */
  readonly prefixSpace: boolean;
}

/** The plan of a tokenizer; undefined when the kernel would not give the same ids. */
export function byteLevelPlan(part: JsonObject, model: Model, preTokenizer: readonly PreTokenizerStep[]): ByteLevelPlan | undefined {
  if (model.type !== "BPE") return undefined;
  const { prefix, suffix, byteFallback, ignoreMerges } = model as BpeModel;
  if (prefix !== "" || suffix !== "" || byteFallback) return undefined;
  // A byte without a token would become the unknown token, or nothing.
  if (byteLevelAlphabet.some((character) => model.tokenToId(character) === undefined)) return undefined;
  const last = preTokenizer.at(-1);
  const before = preTokenizer.slice(0, -1);
  // Behind ByteLevel, texts are written in its alphabet: nothing before it may be one too.
  if (last?.type !== "ByteLevel" || before.some((step) => step.type === "ByteLevel")) return undefined;
  const { after: _, ...bytes } = last;
  const merges = part["merges"] as Merges;
  return {
    vocab: objectAt(part["vocab"], "model.vocab") as Readonly<Record<string, number>>,
    // Old files begin with a line of comment.
    merges: merges.filter((merge) => typeof merge !== "string" || !merge.startsWith("#version")),
    ignoreMerges,
    scanner: scannerFor(before, last),
    steps: [...before, bytes],
    prefixSpace: last.prefixSpace === true,
  };
}

function scannerFor(before: readonly PreTokenizerStep[], last: PreTokenizerStep): BpePattern | "whole" | undefined {
  const [split, ...more] = before;
  if (split === undefined) return last.pattern === undefined ? "whole" : recognizePattern(last.pattern);
  // The prefix space would be put before every piece of a split, and a second pattern would cut its pieces again.
  if (more.length > 0 || last.pattern !== undefined || last.prefixSpace === true) return undefined;
  // The patterns with a scanner leave nothing between their matches, so that it does not matter whether the file keeps that.
  return split.type === "Split" && split.pattern !== undefined ? recognizePattern(split.pattern) : undefined;
}

/** The kernel at work for one tokenizer. Texts are well-formed, normalized, and without added tokens. */
export class ByteLevelEncoder {
  readonly #plan: ByteLevelPlan;
  readonly #vocabulary: BpeVocabulary;
  #bpe: Bpe | undefined;

  /** Throws TokenizerFormatError when the merges do not hold together. */
  constructor(plan: ByteLevelPlan) {
    this.#plan = plan;
    try {
      this.#vocabulary = vocabularyFromMerges(plan);
    } catch (error) {
      if (error instanceof RangeError) throw new TokenizerFormatError(`tokenizer: ${error.message}`, { cause: error });
      throw error;
    }
  }

  /** Made when it is first needed: its tables take 0.1 to 0.3 s and 25 to 60 MB. */
  get bpe(): Bpe {
    this.#bpe ??= createBpe({ vocabulary: this.#vocabulary, pattern: this.#plan.scanner ?? "whole" });
    return this.#bpe;
  }

  encode(text: string): Uint32Array {
    return this.#plan.scanner === undefined ? this.#pieces(text) : this.bpe.encode(this.#prefixed(text));
  }

  /** The ids of many texts, with one call into the kernel for each window of text. */
  encodeBatch(texts: readonly string[]): TokenBatch {
    if (this.#plan.scanner === undefined) return batchOf(texts.map((text) => this.#pieces(text)));
    return this.bpe.encodeBatch(this.#plan.prefixSpace ? texts.map((text) => this.#prefixed(text)) : texts);
  }

  #prefixed(text: string): string {
    return this.#plan.prefixSpace && text !== "" && !text.startsWith(" ") ? ` ${text}` : text;
  }

  #pieces(text: string): Uint32Array {
    const pieces = preTokenize(this.#plan.steps, new PlainText(text, false));
    const bounds = new Uint32Array(pieces.length + 1);
    for (const [i, piece] of pieces.entries()) bounds[i + 1] = (bounds[i] ?? 0) + utf8Length(piece.text, 0, piece.text.length);
    return this.bpe.encodePieces(Buffer.from(pieces.map((piece) => piece.text).join("")), bounds);
  }
}
