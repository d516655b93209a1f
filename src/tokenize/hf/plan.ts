/**
 * Byte-level BPE tokenizers as plain data: what a faster encoder must know to take one over. Only files whose every step such an
 * encoder reproduces have a plan; the others run on the general path.
 */
import { type BpePattern, byteLevelAlphabet, recognizePattern } from "../../kernels/bpe/index.ts";
import type { JsonObject } from "./json.ts";
import type { BpeModel } from "./models/bpe.ts";
import type { Model } from "./models/model.ts";
import type { NormalizerStep } from "./normalizer.ts";
import type { PreTokenizerStep } from "./pre-tokenizer.ts";

/** Encoding with a plan: normalize, put the prefix space, cut by the pattern, merge bytes. */
export interface ByteLevelBpePlan {
  /** Token strings in the byte-level alphabet, with their ids; added tokens may be among them. */
  readonly vocab: Readonly<Record<string, number>>;
  /** The merges in order of priority. */
  readonly merges: readonly (string | readonly [string, string])[];
  /** A piece that is a token as a whole is taken as it is. */
  readonly ignoreMerges: boolean;
  /** The regular expression that cuts the text; undefined: the text is one piece. */
  readonly pattern: string | undefined;
  /** The hand-written scanner for that expression, if there is one. */
  readonly hotPattern: BpePattern | undefined;
  /** The normal form the text is brought into first. */
  readonly normalizer: "NFC" | undefined;
  /** Whether a space is put before every text that does not begin with one (after added tokens, too). */
  readonly prefixSpace: boolean;
}

/** The plan of a tokenizer; undefined when a step of it has no place in one. */
export function byteLevelPlan(
  part: JsonObject,
  model: Model,
  normalizer: readonly NormalizerStep[],
  preTokenizer: readonly PreTokenizerStep[],
): ByteLevelBpePlan | undefined {
  if (model.type !== "BPE") return undefined;
  const { prefix, suffix, byteFallback, ignoreMerges } = model as BpeModel;
  if (prefix !== "" || suffix !== "" || byteFallback) return undefined;
  // A byte without a token would become the unknown token, or nothing.
  if (byteLevelAlphabet.some((character) => model.tokenToId(character) === undefined)) return undefined;
  const [step, ...more] = normalizer;
  const normalized = step?.kind === "rewrite" && step.name === "NFC" && more.length === 0;
  if (step !== undefined && !normalized) return undefined;
  const bytes = preTokenizer[preTokenizer.length - 1];
  const split = preTokenizer.length === 2 ? preTokenizer[0] : undefined;
  if (bytes?.type !== "ByteLevel" || preTokenizer.length > 2) return undefined;
  // The prefix space would be put before every piece of a split, and a second pattern would cut its pieces again.
  if (split !== undefined && (split.pattern === undefined || bytes.prefixSpace === true || bytes.pattern !== undefined)) return undefined;
  const pattern = split?.pattern ?? bytes.pattern;
  const hotPattern = pattern === undefined ? undefined : recognizePattern(pattern);
  // The well-known patterns leave no gaps between matches.
  if (split?.keepsGaps === false && hotPattern === undefined) return undefined;
  return {
    vocab: part["vocab"] as Readonly<Record<string, number>>,
    merges: (part["merges"] as readonly (string | readonly [string, string])[]).filter(
      (m) => typeof m !== "string" || !m.startsWith("#version"),
    ),
    ignoreMerges,
    pattern,
    hotPattern,
    normalizer: normalized ? "NFC" : undefined,
    prefixSpace: bytes.prefixSpace === true,
  };
}
