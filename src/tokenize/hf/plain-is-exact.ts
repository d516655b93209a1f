import type { AddedTokens } from "./added-tokens.ts";
import type { NormalizerStep } from "./normalizer.ts";
import type { PreTokenizerStep } from "./pre-tokenizer.ts";

/**
 * Whether ids can be had from text alone. In two cases they depend on where characters came from: a rewriting does not reach
 * characters that were put where nothing was, and Metaspace may ask whether a piece begins where the text begins. A text knows
 * that of its own beginning; but of a piece cut from the middle of what one character became, only alignments do.
 */
export function plainIsExact(
  normalizer: readonly NormalizerStep[],
  preTokenizer: readonly PreTokenizerStep[],
  added: AddedTokens,
): boolean {
  for (const step of normalizer) {
    if (step.kind === "replace" && step.pattern.mayBeEmpty) return false;
    if (step.kind === "prepend" && step.content === "") return false;
  }
  const asks = preTokenizer.findIndex((step) => step.prepend === "first");
  if (asks === -1) return true;
  const keepsPlaces = normalizer.every(
    (step) => step.kind === "replace" && !step.isRegex && step.source.length === 1 && step.content.length === 1,
  );
  if (keepsPlaces) return preTokenizer.slice(0, asks).every((step) => step.before === undefined && step.after === undefined);
  return asks === 0 && added.normalized === undefined && preTokenizer.slice(1).every((step) => step.prepend !== "first");
}
