/**
 * `npm run bench:near -- [--documents 200000] [--rounds 3]`: what comes after the sketch, against Python rivals on the same
 * signatures: the streaming index against datasketch's LSH, the decision out of core against datatrove's second and third stage. That the same
 * documents are kept is shown first. CPU time; the implementations take turns, each in a process of its own. The rivals run
 * in the environment of test/oracles (its setup.sh makes it) and get fewer documents, since they are slow.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type DecideContext, Scope } from "../../src/core/index.ts";
import { encodeHeader, KIND } from "../../src/dedupe/cluster/format.ts";
import { VerdictReader } from "../../src/dedupe/cluster/verdicts.ts";
import { FingerprintIndex } from "../../src/dedupe/fingerprint-index.ts";
import { headerOf } from "../../src/dedupe/fingerprinter.ts";
import { dedupe, ExactIndex, NearIndex } from "../../src/dedupe/index.ts";
import { policyOf } from "../../src/dedupe/policy.ts";
import { mix, signatures, VALUES } from "./signatures.ts";

interface Sample {
  readonly documents: number;
  readonly seconds: number;
  readonly kept: number;
  readonly checksum: number;
  readonly peakMiB: number;
}

/** Returns the documents kept. */
type Work = (values: Uint8Array, documents: number) => Numbers | Promise<Numbers>;
type Numbers = readonly number[] | Uint32Array;

const SHAPE = { bands: 14, rows: 8 };
const rowsOf = (values: Uint8Array, i: number): Uint8Array => values.subarray(i * VALUES, (i + 1) * VALUES);

function keyOf(document: number): Uint8Array {
  return new Uint8Array(
    Uint32Array.from({ length: 4 }, (_, k) => (k === 0 ? mix(document) : mix(Math.imul(document, 0x9e3779b1) + k))).buffer,
  );
}

function near(expected: number): Work {
  return (values, documents) => {
    const index = new NearIndex({ ...SHAPE, threshold: 0, expected: expected * documents });
    const kept: number[] = [];
    for (let i = 0; i < documents; i++) if (index.insert(rowsOf(values, i)) === undefined) kept.push(i);
    return kept;
  };
}

const batches: Work = (values, documents) => {
  const index = new NearIndex({ ...SHAPE, threshold: 0, expected: documents });
  const kept: number[] = [];
  for (let from = 0; from < documents; from += 1000) {
    const { ids } = index.insertBatch(values.subarray(from * VALUES, Math.min(from + 1000, documents) * VALUES));
    for (let i = 0; i < ids.length; i++) if ((ids[i] as number) < 0) kept.push(from + i);
  }
  return kept;
};

const unverified: Work = (values, documents) => {
  const index = new FingerprintIndex({ ...SHAPE, expected: documents });
  const kept: number[] = [];
  const key = new Uint32Array(4);
  const bytes = new Uint8Array(key.buffer);
  for (let i = 0; i < documents; i++) {
    key[0] = mix(i);
    key[1] = i;
    if (index.insert(rowsOf(values, i), bytes) === undefined) kept.push(i);
  }
  return kept;
};

/** As workers leave them, in one array: what is made for a record each would be collected while the clock runs. */
function fingerprintsOf(values: Uint8Array, documents: number): Uint8Array {
  const header = encodeHeader(headerOf(policyOf("bench", { match: "components" }), false));
  const record = 17 + VALUES;
  const bytes = new Uint8Array(header.length + documents * record);
  const view = new DataView(bytes.buffer);
  bytes.set(header);
  for (let i = 0, at = header.length; i < documents; i++, at += record) {
    bytes[at] = KIND.signed;
    for (let k = 0; k < 4; k++) view.setUint32(at + 1 + 4 * k, k === 0 ? mix(i) : mix(Math.imul(i, 0x9e3779b1) + k), true);
    bytes.set(rowsOf(values, i), at + 17);
  }
  return bytes;
}

const outOfCore: Work = async (values, documents) => {
  const bytes = fingerprintsOf(values, documents);
  clock = process.cpuUsage();
  const directory = mkdtempSync(join(tmpdir(), "millrace-near-"));
  const context: DecideContext = { signal: new AbortController().signal, scope: new Scope(), memoryBytes: 1e9, directory, count: () => {} };
  const kept = new Uint32Array(documents);
  let count = 0;
  const fingerprints = {
    bytes: bytes.length,
    async *read(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += 1 << 20) yield bytes.subarray(at, at + (1 << 20));
    },
  };
  const all: Uint8Array[] = [];
  for await (const verdicts of dedupe({ match: "components" }).corpusWide?.decide([fingerprints], context) ?? []) all.push(verdicts);
  rmSync(directory, { recursive: true });
  stopped = process.cpuUsage(clock);
  for (const verdicts of all) {
    const reader = new VerdictReader(verdicts);
    for (let i = 0; i < documents; i++) if (reader.next()?.status === 0) kept[count++] = i;
  }
  return kept.subarray(0, count);
};

const WORK: Readonly<Record<string, Work>> = {
  "near-index": near(0),
  "near-index, expected": near(1),
  "expected, in batches": batches,
  unverified,
  "out of core": outOfCore,
  exact: (_, documents) => {
    const index = new ExactIndex();
    for (let i = 0; i < documents; i++) index.add(keyOf(i));
    return [];
  },
};

/** Work may start the clock anew, once what stands for the stage before is there, and stop it before its result is read, as it is with the rivals. */
let clock = process.cpuUsage();
let stopped: NodeJS.CpuUsage | undefined;

async function measure(name: string, path: string, documents: number): Promise<Sample> {
  const values = new Uint8Array(readFileSync(path).subarray(0, documents * VALUES));
  await (WORK[name] as Work)(values, Math.min(documents, 5000)); // lets the compiler see it
  clock = process.cpuUsage();
  stopped = undefined;
  const kept = await (WORK[name] as Work)(values, documents);
  const { user, system } = stopped ?? process.cpuUsage(clock);
  let checksum = 0;
  for (const document of kept) checksum = (checksum * 31 + document) % 2147483647;
  return { documents, seconds: (user + system) / 1e6, kept: kept.length, checksum, peakMiB: process.resourceUsage().maxRSS / 1024 };
}

const { values: args } = parseArgs({
  options: {
    documents: { type: "string", default: "200000" },
    rounds: { type: "string", default: "3" },
    child: { type: "string", multiple: true },
  },
});
if (args.child !== undefined) {
  const [name = "", path = "", documents = ""] = args.child;
  console.log(JSON.stringify(await measure(name, path, Number(documents))));
} else {
  await compare(Number(args.documents), Number(args.rounds));
}

async function compare(documents: number, rounds: number): Promise<void> {
  const few = Math.min(documents, 20_000);
  const directory = mkdtempSync(join(tmpdir(), "millrace-near-"));
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, "signatures");
  const made = new Uint8Array(documents * VALUES);
  const { fill } = signatures(0.3, 0.8);
  for (let i = 0; i < documents; i++) fill(i, made, i * VALUES);
  writeFileSync(path, made);

  const python = fileURLToPath(new URL("../../test/oracles/.venv/bin/python", import.meta.url));
  const script = fileURLToPath(new URL("rivals.py", import.meta.url));
  const hooks = new URL("../../scripts/register-ts.mjs", import.meta.url).href;
  const ours = (name: string, count: number): Sample =>
    runOnce(process.execPath, [
      "--import",
      hooks,
      fileURLToPath(import.meta.url),
      ...[name, path, String(count)].map((value) => `--child=${value}`),
    ]);
  const theirs = (mode: string, count: number): Sample => runOnce(python, [script, mode, path, String(count)]);
  const withRivals = existsSync(python);
  if (!withRivals) console.log(`no rivals: ${python} is missing; bash test/oracles/setup.sh makes it`);

  console.log(`\nstreaming index alone: ${documents} signatures, 30 % copies; datasketch ${few}`);
  // A threshold of 0 verifies without refusing, so that both sides keep the same documents.
  const names = ["near-index, expected", "expected, in batches", "near-index", "unverified"];
  if (withRivals) same(...names.flatMap((name) => [name, ours(name, few)]), "datasketch", theirs("lsh", few));
  table(
    rounds,
    names.map((name) => [name, () => ours(name, documents)]),
    withRivals ? ["datasketch LSH", () => theirs("lsh", few)] : undefined,
  );

  console.log(`\nfrom signatures to removals: ${documents} documents, match: "components"; datatrove stages 2 and 3 on the same`);
  const count = Math.min(documents, 50_000);
  if (withRivals) sameCount("out of core", ours("out of core", count), "datatrove", theirs("stages", count));
  table(
    rounds,
    [["out of core", () => ours("out of core", documents)]],
    withRivals ? ["datatrove 2 + 3", () => theirs("stages", count)] : undefined,
  );
}

function runOnce(command: string, parameters: readonly string[]): Sample {
  const { status, stdout, stderr } = spawnSync(command, parameters, { encoding: "utf8", maxBuffer: 1 << 24 });
  if (status !== 0) throw new Error(`${command} ${parameters.join(" ")} failed:\n${stderr}`);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Sample;
}

/** Name and sample in turn: all must have kept the same documents. */
function same(...pairs: (string | Sample)[]): void {
  const samples = pairs.filter((item): item is Sample => typeof item !== "string");
  const names = pairs.filter((item): item is string => typeof item === "string");
  if (new Set(samples.map(({ kept, checksum }) => `${kept}/${checksum}`)).size > 1) {
    throw new Error(`not equal, so nothing is timed: ${names.map((name, i) => `${name} kept ${samples[i]?.kept}`).join(", ")}`);
  }
  console.log(`  shown first: ${names.join(" = ")} keep the same ${samples[0]?.kept} of ${samples[0]?.documents} documents`);
}

/** Of a component datatrove keeps the root of its union by size, not the first: only how many stay can be equal. */
function sameCount(ourName: string, ours: Sample, theirName: string, theirs: Sample): void {
  if (ours.kept !== theirs.kept)
    throw new Error(`not equal, so nothing is timed: ${ourName} kept ${ours.kept}, ${theirName} ${theirs.kept}`);
  console.log(`  shown first: ${ourName} and ${theirName} both keep ${ours.kept} of ${ours.documents} documents, one of each component`);
}

function table(
  rounds: number,
  ours: readonly (readonly [string, () => Sample])[],
  rival: readonly [string, () => Sample] | undefined,
): void {
  const all = rival === undefined ? ours : [...ours, rival];
  const samples = all.map((): Sample[] => []);
  for (let round = 0; round < rounds; round++) for (const [i, [, run]] of all.entries()) samples[i]?.push(run());
  const speed = ({ documents, seconds }: Sample): number => documents / seconds;
  const median = (numbers: number[]): number => numbers.sort((a, b) => a - b)[numbers.length >> 1] as number;
  for (const [i, [name]] of all.entries()) {
    const mine = samples[i] as Sample[];
    const ratios =
      rival === undefined || i === all.length - 1 ? [] : mine.map((s, round) => speed(s) / speed(samples.at(-1)?.[round] as Sample));
    const [docs, peak] = [median(mine.map(speed)), Math.max(...mine.map(({ peakMiB }) => peakMiB))];
    const against = ratios.length === 0 ? "" : `, ${median(ratios).toFixed(0)}x ${rival?.[0]}`;
    console.log(
      `  ${name.padEnd(22)} ${(docs / 1000).toFixed(0).padStart(6)} K documents/s of CPU time, peak ${peak.toFixed(0)} MiB${against}`,
    );
  }
}
