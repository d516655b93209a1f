/**
 * `npm run fuzz -- [name ...] [--count n] [--seed n]`: generated strings against the reference libraries, for hours if wanted.
 * Names are encodings ("cl100k_base"), files ("fixture:llama3", "model:gpt2"), identifiers ("eld"), "rules" (the quality rules' kernel
 * against the plain code), "json" (the kernel of JSON lines against `JSON.parse`) or whole families ("encodings", "fixtures", "models", "identifiers"); default everything. Exit code 1 on a
 * mismatch, or when `MILLRACE_REQUIRE_ORACLES=1` and a reference is not there.
 */
import { parseArgs } from "node:util";
import { encodingFamily } from "./encodings.ts";
import { type FuzzReport, fuzz, type Mismatch } from "./fuzz.ts";
import { hfFamilies } from "./hugging-face.ts";
import { identifierFamily } from "./identifiers.ts";
import { jsonFamily } from "./json.ts";
import { rulesFamily } from "./rules.ts";
import type { Family, Subject } from "./subject.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { count: { type: "string", default: "200000" }, seed: { type: "string" }, help: { type: "boolean" } },
});
const families: readonly Family[] = [encodingFamily, ...hfFamilies(), identifierFamily, rulesFamily, jsonFamily];
const known = families.flatMap(({ name, subjects }) => [name, ...subjects.keys()]);
const unknown = positionals.filter((name) => !known.includes(name));
const count = Number(values.count);
// A new seed each time finds what the last run did not; it is printed, so that any run can be had again.
const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
if (values.help === true || unknown.length > 0 || !Number.isInteger(count) || count < 1 || !Number.isInteger(seed)) {
  if (unknown.length > 0) console.error(`fuzz: no such encoding or family: ${unknown.join(", ")}`);
  console.log(`usage: npm run fuzz -- [name ...] [--count n] [--seed n]\nnames: ${known.join(", ")}`);
  process.exit(values.help === true ? 0 : 2);
}

console.log(`node ${process.version}, ${count} strings each, seed ${seed}`);
let failed = false;
let strings = 0;
for (const { name, missing, subjects } of families) {
  const wanted = [...subjects].filter(([key]) => positionals.length === 0 || positionals.includes(name) || positionals.includes(key));
  if (missing !== undefined && (positionals.length === 0 || positionals.includes(name))) {
    console.log(`${name}: skipped, ${missing}`);
    failed ||= process.env["MILLRACE_REQUIRE_ORACLES"] === "1" && !missing.includes("corpora");
  }
  for (const [, make] of wanted) {
    const began = performance.now();
    const subject = await make();
    const report = await fuzz(subject, count, seed);
    print(subject, report, (performance.now() - began) / 1000);
    failed ||= report.mismatches > 0;
    strings += report.strings;
  }
}
console.log(`${strings.toLocaleString("en")} strings, ${failed ? "FAILED" : "no mismatch"}`);
process.exit(failed ? 1 : 0);

function print({ name, reference }: Subject, report: FuzzReport, seconds: number): void {
  const compared = Object.entries(report.compared).map(([encoder, times]) => `${encoder} ${times}`);
  const millions = (report.characters / 1e6).toFixed(1);
  console.log(
    `${name.padEnd(28)} ${report.mismatches} mismatches with ${reference}; ${compared.join(", ")}; ${millions} M characters, ${seconds.toFixed(0)} s`,
  );
  if (report.first !== undefined) console.log(explained(report.first));
}

function explained({ encoder, text, expected, got }: Mismatch): string {
  const lines = [`  ${encoder} is wrong on ${asciiJson(text)}`];
  lines.push(`    expected ${Array.from(expected.ids).join(" ")}`, `    got      ${Array.from(got.ids).join(" ")}`);
  if (got.text !== undefined && got.text !== expected.text) {
    lines.push(`    which decode to ${asciiJson(got.text)} instead of ${asciiJson(expected.text ?? "")}`);
  }
  return lines.join("\n");
}

/** A string literal that survives any terminal: what is not ASCII is escaped. */
function asciiJson(text: string): string {
  return JSON.stringify(text).replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
