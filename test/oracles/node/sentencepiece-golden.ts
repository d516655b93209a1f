/**
 * Writes test/tokenize/golden/sentencepiece.json: what the Python package `sentencepiece` gives for the models of
 * test/tokenize/sentencepiece-models.ts.
 *
 * Run, with an interpreter that has sentencepiece 0.2.2:
 *   PYTHON=python3 node --import ./scripts/register-ts.mjs test/oracles/node/sentencepiece-golden.ts
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { texts } from "../../tokenize/hf-texts.ts";
import { models } from "../../tokenize/sentencepiece-models.ts";

const SCRIPT = `
import base64, json, sys
import sentencepiece
given = json.load(sys.stdin)
out = {"madeWith": "sentencepiece " + sentencepiece.__version__}
for name, model in given["models"].items():
    sp = sentencepiece.SentencePieceProcessor(model_proto=base64.b64decode(model))
    rows = [sp.encode(text) for text in given["texts"]]
    out[name] = [[" ".join(map(str, ids)), sp.decode(ids)] for ids in rows]
json.dump(out, sys.stdout, ensure_ascii=True)
`;
const encoded = Object.fromEntries(Object.entries(models).map(([name, bytes]) => [name, Buffer.from(bytes).toString("base64")]));
const input = JSON.stringify({ models: encoded, texts: texts(20_262, 72) });
const python = process.env["PYTHON"] ?? "python3";
const out = JSON.parse(execFileSync(python, ["-c", SCRIPT], { input, maxBuffer: 1 << 28 }).toString()) as Record<string, unknown>;
const folder = new URL("../../tokenize/golden/", import.meta.url);
mkdirSync(folder, { recursive: true });
const lines = Object.entries(out).map(([name, rows]) =>
  Array.isArray(rows)
    ? `${JSON.stringify(name)}: [\n${rows.map((row) => JSON.stringify(row)).join(",\n")}\n]`
    : `${JSON.stringify(name)}: ${JSON.stringify(rows)}`,
);
writeFileSync(new URL("sentencepiece.json", folder), `{${lines.join(",\n")}\n}\n`);
console.log(Object.keys(out).join(" "));
