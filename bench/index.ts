/**
 * `npm run bench -- [group ...] [--corpus <file> ...] [--rounds n]`: all groups, or the named ones, on the demo's text or on
 * JSONL files (.jsonl, .jsonl.gz) of yours. Timings decide nothing; unequal results make it fail.
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { demoCorpus } from "./corpus.ts";
import { groups } from "./groups.ts";
import { runGroup } from "./harness.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { corpus: { type: "string", multiple: true }, rounds: { type: "string", default: "3" }, help: { type: "boolean" } },
});
const names = positionals.filter((name) => name !== "all");
const unknown = names.filter((name) => !(name in groups));
if (values.help === true || unknown.length > 0) {
  if (unknown.length > 0) console.error(`no such group: ${unknown.join(", ")}`);
  console.log(`usage: npm run bench -- [group ...] [--corpus file ...] [--rounds n]\ngroups: ${Object.keys(groups).join(", ")}`);
  process.exit(values.help === true ? 0 : 2);
}
const corpus = values.corpus ?? (await demoCorpus());
console.log(`node ${process.version}, ${cpus()[0]?.model ?? "unknown CPU"}, ${values.rounds} rounds, ${corpus.length} corpus files`);
let equal = true;
for (const name of names.length > 0 ? names : Object.keys(groups)) {
  const group = groups[name];
  if (group !== undefined) equal = (await runGroup(name, group, corpus, Number(values.rounds))) && equal;
}
process.exit(equal ? 0 : 1);
