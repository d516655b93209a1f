import { EXCEPTION_TEXTS } from "../../src/clean/exceptions.ts";
import { sayings } from "../clean/backends.ts";
import { oddTexts, prose } from "../clean/texts.ts";
import { packagedDocuments } from "../kernels/documents.ts";
import { type Dice, generate } from "../kernels/generators.ts";
import type { Family, Subject } from "./subject.ts";

/** What the quality rules measure of a text by the kernel, against what the plain code measures. */
export function rulesSubject(documents: readonly string[] = packagedDocuments()): Subject {
  const said = (backend: "kernel" | "plain") => (text: string) => ({ ids: [], text: sayings(text, backend).join("\n") });
  return {
    name: "rules",
    reference: "plain TypeScript",
    expected: said("plain"),
    encoders: [{ name: "kernel", encode: said("kernel") }],
    generate: (dice) => textOf(dice, documents),
  };
}

function textOf(dice: Dice, documents: readonly string[]): string {
  const kind = dice.below(10);
  const seed = dice.below(2 ** 31);
  if (kind < 4) return oddTexts(seed, 1, 1 + dice.below(40)).join("");
  if (kind < 6) return prose(seed, 1).join("").slice(0, 3000);
  if (kind < 9) return generate(dice, EXCEPTION_TEXTS, documents).slice(0, 3000);
  // The same pieces over and over, in lines and paragraphs.
  const pieces = [...oddTexts(seed, 3, 4), ...prose(seed, 2).map((text) => text.slice(0, 80))];
  return Array.from({ length: 1 + dice.below(30) }, () => dice.pick(pieces) + dice.pick([" ", "", "\n", "\n\n", " \n"])).join("");
}

export const rulesFamily: Family = { name: "rules", subjects: new Map([["rules", () => rulesSubject()]]) };
