/**
 * Writes golden/datatrove.json: what datatrove says of texts made by texts.ts, so that the comparison also runs where there is no
 * Python. By hand, after a change of texts.ts or of the pinned versions:
 *
 *   bash test/oracles/setup.sh && node --import ./scripts/register-ts.mjs test/clean/make-golden.ts
 */
import { writeFileSync } from "node:fs";
import { askDatatrove } from "./oracle.ts";
import { oddTexts, prose } from "./texts.ts";

const texts = [...oddTexts(7, 120, 12), ...prose(8, 24)];
const answers = await askDatatrove(texts);
const lines = texts.map((text, i) => JSON.stringify({ text, answer: answers[i] }));
writeFileSync(new URL("golden/datatrove.json", import.meta.url), `[\n${lines.join(",\n")}\n]\n`);
