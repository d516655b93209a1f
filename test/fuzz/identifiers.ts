import { existsSync } from "node:fs";
import { eldDetector } from "../../src/clean/eld.ts";
import type { Detected } from "../../src/clean/eld-scorer.ts";
import { packagedDocuments } from "../kernels/documents.ts";
import { type Dice, generate } from "../kernels/generators.ts";
import type { Encoded, Family, Subject } from "./subject.ts";

/** What eld's algorithm stumbles on: its borders of words, its limits in bytes and units, and case that depends on the word. */
const PIECES = [
  ..."'`\u2019 .1ΣσİIΩŒßʼøшылकणกท中の글אأ\ud800\udc00",
  ...[" ", " ", " ", " the", " and", " de", " la", "''", "' ", " '", "ΟΣ", "ΑΣ'", " не", " 中文", "1 2 3 "],
];

function eldText(d: Dice): string {
  let text = "";
  const longest = d.pick([3, 10, 60, 300]);
  for (let n = 1 + d.below(longest); n > 0; n--)
    text += d.chance(0.02) ? d.pick(PIECES).repeat(d.pick([66, 67, 70, 71, 72, 350])) : d.pick(PIECES);
  return text;
}

/** Words of a text, so that some n-grams are known in any language. */
function wordsOf(documents: readonly string[]): string[] {
  return documents.flatMap((text) => text.slice(2000, 4000).match(/[\p{L}\p{M}'’]+\s?/gu) ?? []);
}

const asIds = ({ language, score, reliable }: Detected): Encoded => ({ ids: [score, reliable ? 1 : 0], text: language });

/** Our scorer against eld's own `detect`, both asked for the language, the score and whether it is reliable. */
export async function eldSubject(documents: readonly string[] = packagedDocuments()): Promise<Subject> {
  const module = (await import("eld/small")) as Parameters<typeof eldDetector>[0];
  const ours = await eldDetector(module);
  const theirs = await eldDetector(module, async () => Promise.reject(new Error("not wanted: eld itself is to answer")));
  const words = wordsOf(documents);
  return {
    name: "eld",
    reference: "eld 2.1.0 (small)",
    expected: (text) => asIds(theirs(text)),
    encoders: [{ name: "scorer", encode: (text) => asIds(ours(text)) }],
    generate: (d) => (d.chance(0.25) ? eldText(d) : generate(d, words, documents)),
  };
}

export const identifierFamily: Family = {
  name: "identifiers",
  ...(existsSync(new URL("../../node_modules/eld", import.meta.url)) ? {} : { missing: "npm install eld" }),
  subjects: new Map([["eld", () => eldSubject()]]),
};
