/**
 * `npm run bench:cluster -- [--documents 1e7] [--memory 1e9] [--match verified] [--copies 0.3] [--similarity 0.8]
 * [--split 1e6]`: the decision over a corpus out of core, on generated fingerprints in splits of `--split` documents, as workers leave them:
 * `--copies` of the documents are copies of an earlier one that share `--similarity` of its signature. Prints seconds (wall and CPU), peak memory and disk. Run it with `nice` on a machine that is shared.
 */
import { closeSync, createReadStream, mkdtempSync, openSync, readdirSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type DecideContext, type Fingerprints, Scope } from "../../src/core/index.ts";
import { encodeHeader } from "../../src/dedupe/cluster/format.ts";
import { VerdictReader } from "../../src/dedupe/cluster/verdicts.ts";
import { headerOf } from "../../src/dedupe/fingerprinter.ts";
import { type DedupeOptions, dedupe } from "../../src/dedupe/index.ts";
import { policyOf } from "../../src/dedupe/policy.ts";
import { mix, signatures, VALUES } from "./signatures.ts";

const { values } = parseArgs({
  options: {
    documents: { type: "string", default: "1e7" },
    memory: { type: "string", default: "1e9" },
    match: { type: "string", default: "verified" },
    copies: { type: "string", default: "0.3" },
    similarity: { type: "string", default: "0.8" },
    split: { type: "string", default: "1e6" },
  },
});
const documents = Number(values.documents);
const options = { match: values.match as NonNullable<DedupeOptions["match"]> };
const directory = mkdtempSync(join(tmpdir(), "millrace-cluster-"));
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));

const { original, fill } = signatures(Number(values.copies), Number(values.similarity));

/** Fingerprints of the documents from `begin` to before `end` as `observe` writes them: kind, exact key, signature. */
function generate(path: string, begin: number, end: number): number {
  const record = 17 + VALUES;
  const buffer = new Uint8Array(record * 8192);
  const view = new DataView(buffer.buffer);
  const file = openSync(path, "w");
  const header = encodeHeader(headerOf(policyOf("bench", options), false));
  let bytes = writeSync(file, header);
  for (let i = begin; i < end; ) {
    let at = 0;
    for (; at < buffer.length && i < end; i++, at += record) {
      buffer[at] = 1;
      for (let k = 0; k < 4; k++) view.setUint32(at + 1 + 4 * k, mix(Math.imul(i, 0x9e3779b1) + k), true);
      view.setUint32(at + 1, mix(i), true); // a bijection: all different
      fill(i, buffer, at + 17);
    }
    bytes += writeSync(file, buffer, 0, at);
  }
  closeSync(file);
  return bytes;
}

const split = Number(values.split);
const began = performance.now();
const splits: Fingerprints[] = [];
for (let begin = 0; begin < documents; begin += split) {
  const path = join(directory, `fingerprints-${splits.length}`);
  const bytes = generate(path, begin, Math.min(documents, begin + split));
  splits.push({ bytes, read: () => createReadStream(path, { highWaterMark: 1 << 20 }) });
}
const bytes = splits.reduce((sum, fingerprints) => sum + fingerprints.bytes, 0);
const before = process.resourceUsage().maxRSS;
console.log(
  `${documents} documents in ${splits.length} splits, ${(bytes / 1e9).toFixed(2)} GB of fingerprints, made in ${((performance.now() - began) / 1000).toFixed(0)} s, ${(before / 1024).toFixed(0)} MiB`,
);

let disk = 0;
const watch = setInterval(() => {
  const used = readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0) - bytes;
  disk = Math.max(disk, used);
}, 200);
const counters: Record<string, number> = {};
const context: DecideContext = {
  signal: new AbortController().signal,
  scope: new Scope(),
  memoryBytes: Number(values.memory),
  directory,
  count: (name, by = 1) => {
    counters[name] = (counters[name] ?? 0) + by;
  },
};
const cpu = process.cpuUsage();
const start = performance.now();
let dropped = 0;
for await (const verdicts of dedupe(options).corpusWide?.decide(splits, context) ?? []) {
  const reader = new VerdictReader(verdicts);
  for (let verdict = reader.next(); verdict !== undefined; verdict = reader.next()) if (verdict.status !== 0) dropped++;
}
clearInterval(watch);
const { user, system } = process.cpuUsage(cpu);
const seconds = (performance.now() - start) / 1000;
let copies = 0;
for (let i = 0; i < documents; i++) if (original(i) !== i) copies++;
console.log(
  [
    `match: ${values.match}, memory ${values.memory}: ${seconds.toFixed(1)} s, ${((user + system) / 1e6).toFixed(1)} s of CPU time`,
    `${((documents / (user + system)) * 1e3).toFixed(0)} K documents a second of CPU time`,
    `peak memory ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB, disk ${(disk / 1e9).toFixed(2)} GB`,
    `${dropped} dropped of ${copies} copies; ${JSON.stringify(counters)}`,
  ].join("\n"),
);
