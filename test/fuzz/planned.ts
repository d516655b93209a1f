import { createBpe, vocabularyFromMerges } from "../../src/kernels/bpe/index.ts";
import type { HfTokenizer } from "../../src/tokenize/hf/index.ts";
import { normalForm } from "../../src/tokenize/hf/unicode-forms.ts";
import type { Encoder } from "./subject.ts";

type Plan = NonNullable<HfTokenizer["plan"]>;

/**
 * Byte-level BPE on the kernel and on its TypeScript reference, straight from a tokenizer's plan. Texts that contain an added token
 * are left to the tokenizer itself: the kernel does not know of them.
 */
export function plannedEncoders(plan: Plan, added: readonly string[]): readonly Encoder[] {
  const { hotPattern: pattern, vocab, merges, ignoreMerges } = plan;
  if (pattern === undefined) return [];
  const vocabulary = vocabularyFromMerges({ vocab, merges, ignoreMerges });
  return (["auto", "js"] as const).map((backend) => {
    const bpe = createBpe({ vocabulary, pattern, backend });
    const encode = (text: string) => {
      const normal = plan.normalizer === undefined ? text : normalForm(text, plan.normalizer);
      if (added.some((token) => text.includes(token) || normal.includes(token))) return undefined;
      return { ids: bpe.encode(plan.prefixSpace && normal !== "" && !normal.startsWith(" ") ? ` ${normal}` : normal) };
    };
    return { name: backend === "js" ? "TypeScript" : bpe.backend === "wasm" ? "kernel" : "kernel (falls back)", encode };
  });
}
