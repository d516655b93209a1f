/**
 * Writes test/tokenize/golden/hf.json: what the npm package `tokenizers` (pinned in package.json beside this file) gives for the
 * fixtures and texts of test/tokenize/hf-fixtures.ts and hf-texts.ts.
 *
 * Run: (cd test/oracles/node && npm ci) && node --import ./scripts/register-ts.mjs test/oracles/node/hf-golden.ts
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fixtures } from "../../tokenize/hf-fixtures.ts";
import { texts } from "../../tokenize/hf-texts.ts";
import { loadNative } from "../../tokenize/native.ts";

const native = loadNative();
if (native === undefined) throw new Error("install the package first: (cd test/oracles/node && npm ci)");
const manifest = createRequire(import.meta.url).resolve("tokenizers/package.json");
const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };

const inputs = texts(20_261, 36);
const out: Record<string, unknown> = {};
for (const [name, json] of Object.entries(fixtures)) {
  const tokenizer = native.Tokenizer.fromString(JSON.stringify(json));
  const rows: unknown[] = [];
  for (const text of inputs) {
    const encoding = await tokenizer.encode(text, null, { addSpecialTokens: false });
    const special = await tokenizer.encode(text, null, { addSpecialTokens: true });
    const ids = encoding.getIds();
    rows.push([
      ids.join(" "),
      encoding.getOffsets().flat().join(" "),
      special.getIds().length - ids.length,
      await tokenizer.decode(ids, true),
    ]);
  }
  out[name] = rows;
}
const folder = new URL("../../tokenize/golden/", import.meta.url);
mkdirSync(folder, { recursive: true });
const lines = Object.entries(out).map(
  ([name, rows]) => `${JSON.stringify(name)}: [\n${(rows as unknown[]).map((row) => JSON.stringify(row)).join(",\n")}\n]`,
);
writeFileSync(new URL("hf.json", folder), `{"madeWith": "tokenizers ${version}",\n${lines.join(",\n")}\n}\n`);
console.log(`${Object.keys(out).length} tokenizers, ${inputs.length} texts`);
