/**
 * `npm run bench -- [group ...] [--corpus <file> ...] [--rounds n] [--match text]`: all groups, or the named ones, on the demo's text
 * or on JSONL files (.jsonl, .jsonl.gz) of yours. `tokenize` is the rival table (half an hour; `--match bert` for the rows of one
 * tokenizer). Timings decide nothing; unequal results make it fail.
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { demoCorpus } from "./corpus.ts";
import { groups } from "./groups.ts";
import { runGroup } from "./harness.ts";
import { rivalTable } from "./tokenize/table.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    corpus: { type: "string", multiple: true },
    rounds: { type: "string", default: "3" },
    match: { type: "string", default: "" },
    help: { type: "boolean" },
  },
});
const known = ["tokenize", ...Object.keys(groups)];
const names = positionals.filter((name) => name !== "all");
const unknown = names.filter((name) => !known.includes(name));
if (values.help === true || unknown.length > 0) {
  if (unknown.length > 0) console.error(`no such group: ${unknown.join(", ")}`);
  console.log(`usage: npm run bench -- [group ...] [--corpus file ...] [--rounds n] [--match text]\ngroups: ${known.join(", ")}`);
  process.exit(values.help === true ? 0 : 2);
}
const rounds = Number(values.rounds);
console.log(`node ${process.version}, ${cpus()[0]?.model ?? "unknown CPU"}, ${rounds} rounds, median [lowest..highest]`);
let equal = true;
for (const name of names.length > 0 ? names : known) {
  const group = groups[name];
  if (name === "tokenize") equal = (await rivalTable({ corpus: values.corpus ?? [], rounds, match: values.match })) && equal;
  else if (group !== undefined) equal = (await runGroup(name, group, values.corpus ?? (await demoCorpus()), rounds)) && equal;
}
process.exit(equal ? 0 : 1);
