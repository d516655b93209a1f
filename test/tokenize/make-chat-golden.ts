/**
 * Writes golden/chat.json: what transformers makes of the conversations of chat-cases.ts.
 *   MILLRACE_TRANSFORMERS_PYTHON=.../bin/python node --import ./scripts/register-ts.mjs test/tokenize/make-chat-golden.ts
 * (a virtual environment with `pip install transformers==5.23.0 jinja2==3.1.6`)
 */
import { writeFileSync } from "node:fs";
import { GOLDEN_CASES } from "./chat-cases.ts";
import { ask, oracle } from "./chat-oracle.ts";

if (oracle() !== "transformers") throw new Error("set MILLRACE_TRANSFORMERS_PYTHON to a Python that has transformers");
const lines = ask(GOLDEN_CASES).map(({ text, ids, mask, error }, i) => {
  const name = GOLDEN_CASES[i]?.name;
  return JSON.stringify(error === undefined ? { name, text, ids, mask: mask?.join("") } : { name, error });
});
writeFileSync(new URL("golden/chat.json", import.meta.url), `[\n${lines.join(",\n")}\n]\n`);
console.log(`${lines.length} answers`);
