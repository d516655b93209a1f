import { createBpe, vocabularyFromMerges } from "../../src/kernels/bpe/index.ts";
import type { HfTokenizer } from "../../src/tokenize/hf/index.ts";
import { normalForm } from "../../src/tokenize/hf/unicode-forms.ts";
import type { Encoder } from "./subject.ts";

type Plan = NonNullable<HfTokenizer["plan"]>;

/**
 * Byte-level BPE on the plain TypeScript encoder, straight from a tokenizer's plan: `encode` itself runs on the kernel. Texts that
 * contain an added token are left out, since the encoder does not know of them, and so are files that normalize otherwise than to NFC.
 */
export function plannedEncoders(plan: Plan, added: readonly string[], normalizer: string | undefined): readonly Encoder[] {
  const { scanner: pattern } = plan;
  if (pattern === undefined || (normalizer !== undefined && normalizer !== "NFC")) return [];
  const bpe = createBpe({ vocabulary: vocabularyFromMerges(plan), pattern, backend: "js" });
  const encode = (text: string) => {
    const normal = normalizer === undefined ? text : normalForm(text, normalizer);
    if (added.some((token) => text.includes(token) || normal.includes(token))) return undefined;
    return { ids: bpe.encode(plan.prefixSpace && normal !== "" && !normal.startsWith(" ") ? ` ${normal}` : normal) };
  };
  return [{ name: "TypeScript", encode }];
}
