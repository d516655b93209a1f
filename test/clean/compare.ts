/**
 * How often we decide otherwise than datatrove on whole corpora; by hand, since datatrove reads about 60 kB/s with all checks:
 *
 *   bash test/oracles/setup.sh
 *   node --import ./scripts/register-ts.mjs test/clean/compare.ts [--limit n] corpus.jsonl.gz ... folder-of-texts ...
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { askDatatrove, type Difference, differences } from "./oracle.ts";

const { values, positionals } = parseArgs({ options: { limit: { type: "string", default: "1000" } }, allowPositionals: true });

function textsOf(path: string): string[] {
  if (statSync(path).isDirectory()) {
    const files = readdirSync(path, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".txt"));
    return files.sort().map((name) => readFileSync(join(path, name), "latin1"));
  }
  const lines = gunzipSync(readFileSync(path)).toString().trim().split("\n");
  return lines.map((line) => (JSON.parse(line) as { text: string }).text);
}

for (const path of positionals) {
  const all = textsOf(path);
  const limit = Number(values.limit);
  // Spread over the file: neighbours are alike.
  const texts = all.filter((_, i) => Math.floor((i * limit) / all.length) !== Math.floor(((i - 1) * limit) / all.length));
  const found: Difference[] = [];
  const tally = new Map<string, number>();
  let words = 0;
  for (let i = 0; i < texts.length; i += 200) {
    const part = texts.slice(i, i + 200);
    const answers = await askDatatrove(part);
    for (const { pipeline, words: list } of answers) {
      words += list.length;
      tally.set(pipeline.reason ?? "kept", (tally.get(pipeline.reason ?? "kept") ?? 0) + 1);
    }
    found.push(...(await differences(part, answers)).map((one) => ({ ...one, text: one.text + i })));
  }
  console.log(`${path}: ${texts.length} of ${all.length} texts, ${words} words, ${found.length} differences`);
  console.log(`  decisions of the whole chain: ${[...tally].map(([reason, count]) => `${reason} ${count}`).join(", ")}`);
  for (const one of found.slice(0, 20)) console.log(" ", JSON.stringify(one).slice(0, 400));
}
