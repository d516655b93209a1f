/** `millrace trace` and `millrace diff`, as a person uses them. */
import { appendFileSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { padBatch } from "../../src/batch/index.ts";
import { type Doc, filter, flatMap, from, map } from "../../src/core/index.ts";
import { dedupeExact } from "../../src/dedupe/index.ts";
import { read } from "../../src/read/index.ts";
import { readLineage, readManifest } from "../../src/trace/index.ts";
import { jsonlShards, tarShards } from "../../src/write/index.ts";
import { type Ended, inProcess, temporaryFolder } from "./process.ts";

const folder = temporaryFolder();
const path = (...parts: string[]): string => join(folder.path, ...parts);
const trace = (...args: string[]): Promise<Ended> => inProcess(["trace", ...args]);
const diff = (...args: string[]): Promise<Ended> => inProcess(["diff", ...args]);

const [plain, packed] = [path("in", "a.jsonl"), path("in", "b.jsonl.gz")];
const textOf = (i: number): string => (i === 3 ? "Hé\u001b[31mllo\nworld" : `record ${i} ${"wheel ".repeat(i % 11)}`);
const lineOf = (i: number): string => (i === 9 ? "{broken" : JSON.stringify({ id: `d${i}`, text: textOf(i), lang: "en" }));

const pipeline = (least: number) =>
  read([plain, packed])
    .with({ onError: "skip" })
    .pipe({ ...filter<Doc>((doc) => (doc.text.length >= least ? true : "short"), { name: "length" }), config: { least } });

beforeAll(async () => {
  mkdirSync(path("in"));
  const text = Array.from({ length: 120 }, (_, i) => `${lineOf(i)}\n`).join("");
  writeFileSync(plain, text);
  writeFileSync(packed, gzipSync(text.replaceAll('"d', '"packed')));
  await pipeline(12)
    .write(tarShards(path("out", "t-{shard}.tar"), { maxRecords: 50 }))
    .run();
  await pipeline(30)
    .write(tarShards(path("later", "t-{shard}.tar"), { maxRecords: 50 }))
    .run();
  const cut = pipeline(12)
    .pipe(flatMap((doc: Doc) => [0, 1].map((index) => ({ ...doc, part: { index, count: 2 } })), { name: "cut" }))
    .pipe(map((doc) => ({ ...doc, tokens: Uint32Array.of(1, 2) })));
  await cut
    .pipe(padBatch({ rows: 30 }))
    .write(jsonlShards(path("batches", "b-{shard}.jsonl")))
    .run();
  await cut.write(jsonlShards(path("parts", "p-{shard}.jsonl.gz"))).run();
});

/** The sample of a record in `out`, from the lineage itself. */
async function sampleOf(source: string, record: number): Promise<string> {
  const { shards } = await readManifest(path("out"));
  for await (const row of readLineage(path("out"))) {
    if (row.source === source && row.record === record && row.outcome === "delivered")
      return `${path("out", shards[row.shard]?.name ?? "")}#${row.sample}`;
  }
  throw new Error("not delivered");
}

describe("millrace trace <sample>", () => {
  it("prints the record a sample was made of, from plain and compressed sources", async () => {
    for (const [source, id] of [
      [plain, "d70"],
      [packed, "packed70"],
    ] as const) {
      const { code, stdout, stderr } = await trace(await sampleOf(source, 70));
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).toContain(`from    ${source}: record 70 at byte `);
      expect(stdout).toContain("source  as the run has read it (sha256)");
      expect(stdout).toContain(`id      ${id}`);
      expect(stdout).toContain("record 70 wheel");
      expect(stdout).toContain("way     read > length > tarShards");
    }
  });

  it("takes the key of a sample for its number", async () => {
    const [byNumber, byKey] = [
      await trace(`${path("out", "t-000001.tar")}#4`),
      await trace(`${path("out", "t-000001.tar")}#t-000001-000004`),
    ];
    expect(byNumber.code).toBe(0);
    expect(byKey).toEqual(byNumber);
  });

  it("lists the rows of a batch, and tells of one", async () => {
    const shard = path("batches", "b-000000.jsonl");
    const all = await trace(`${shard}#1`);
    expect(all.stdout).toContain("b-000000.jsonl#1: a batch of 30 rows");
    expect(all.stdout).toContain("and 10 more");
    const one = await trace(`${shard}#1[5]`);
    expect(one.stdout).toContain(`from    ${plain}: record `);
    expect(one.stdout).toMatch(/, part 2 of 2\n/);
    expect(one.stdout).toMatch(/other {3}part 1 of 2: b-000000\.jsonl#1\[4\]\n/);
  });

  it("gives everything as JSON, with the whole record", async () => {
    const { stdout } = await trace(await sampleOf(plain, 3), "--json");
    const found = JSON.parse(stdout) as { rows: object[]; record: Doc; input: object };
    expect(found.record).toMatchObject({ id: "d3", text: textOf(3), meta: { lang: "en" } });
    expect(found.rows).toEqual([
      expect.objectContaining({ source: plain, record: 3, outcome: "delivered", way: ["read", "length", "tarShards"] }),
    ]);
    expect(found.input).toEqual({ state: "same", message: "as the run has read it (sha256)" });
  });

  it("keeps escape sequences of a text from the terminal", async () => {
    expect((await trace(await sampleOf(plain, 3))).stdout).not.toContain("\u001b");
  });

  it("ends with 2 and one line when there is no such sample", async () => {
    for (const [name, words] of [
      [path("out", "t-000009.tar#1"), "lists t-000009.tar; manifest.json lists t-000000.tar to t-00000"],
      [path("out", "t-000000.tar#99"), "there is no sample 99"],
      [path("out", "t-000000.tar#nope"), 'none of them with the key "nope"'],
      [path("parts", "p-000000.jsonl.gz#nope"), "are lines"],
      [path("nowhere", "t-000000.tar#0"), "there is no folder"],
      [path("out", "t-000000.tar"), "a sample is a shard and a number or key"],
    ] as const) {
      const { code, stdout, stderr } = await trace(name);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toContain(words);
      expect(stderr.trim().split("\n")).toHaveLength(1);
    }
    expect((await trace()).stderr).toContain("which sample?");
    expect((await trace("a#1", "b#1")).code).toBe(2);
    expect((await trace("a#1", "--source", "x:1")).stderr).toContain("not both");
    expect((await trace("--source", "x")).stderr).toContain("a file and the number of a record");
  });
});

describe("millrace trace --source", () => {
  it("prints where a record went: a sample, a drop, an error", async () => {
    const sample = (await sampleOf(packed, 70)).split("/").at(-1) ?? "";
    const kept = await trace(path("out"), "--source", `${packed}:70`);
    expect(kept.stdout).toContain(`became  ${sample}`);
    const dropped = await trace(path("out"), "--source", `${plain}:0`);
    expect(dropped.stdout).toContain("became  dropped by length: short");
    expect(dropped.stdout).toContain("way     read > length, dropped: short");
    const broken = await trace(path("out"), "--source", `${plain}:9`);
    expect(broken.code).toBe(0); // it was an error then as now
    expect(broken.stdout).toContain("record  cannot be read: the line is not valid JSON");
    expect(broken.stdout).toContain("became  an error in read: bad-json");
  });

  it("prints every part of a document", async () => {
    const { stdout } = await trace(path("parts"), "--source", `${plain}:70`);
    expect(stdout).toMatch(/became {2}p-000000\.jsonl\.gz#\d+, part 1 of 2\n {2}became {2}p-000000\.jsonl\.gz#\d+, part 2 of 2\n/);
  });

  it("ends with 2 for a source or record the run has not read", async () => {
    const wrong = await trace(path("out"), "--source", "a.jsonl:1");
    expect([wrong.code, wrong.stderr]).toEqual([2, `millrace: the run has read nothing of a.jsonl; did you mean ${plain}?\n`]);
    expect((await trace(path("out"), "--source", `${plain}:120`)).stderr).toContain("has read 120 records");
  });
});

describe("a source that is not what it was", () => {
  const moved = temporaryFolder();
  const [source, out] = [join(moved.path, "m.jsonl"), join(moved.path, "out")];
  const sample = join(out, "t-000000.tar#5");
  beforeAll(async () => {
    copyFileSync(plain, source);
    await read(source)
      .with({ onError: "skip" })
      .write(tarShards(join(out, "t-{shard}.tar")))
      .run();
  });

  it("is told by its size or its digest, with exit code 1", async () => {
    const bytes = readFileSync(source);
    const other = Buffer.from(bytes.toString().replace("record 80", "RECORD 80"));
    writeFileSync(source, other);
    const changed = await trace(sample);
    expect(changed.code).toBe(1);
    expect(changed.stdout).toContain("source  changed since the run: its sha256 is not the one in the manifest");
    expect(changed.stderr).toContain("cannot be relied on");
    const quick = await trace(sample, "--quick");
    expect([quick.code, quick.stdout.includes("not compared (--quick)")]).toEqual([0, true]);
    appendFileSync(source, "\n");
    expect((await trace(sample, "--quick")).stdout).toContain(`it had ${bytes.length} bytes and now has ${bytes.length + 1}`);
    writeFileSync(source, bytes);
    expect((await trace(sample)).code).toBe(0);
  });

  it("is found elsewhere with --root, and its absence is no mystery", async () => {
    const gone = temporaryFolder();
    mkdirSync(join(gone.path, moved.path), { recursive: true });
    copyFileSync(source, join(gone.path, source));
    rmSync(source);
    const lost = await trace(sample);
    expect(lost.code).toBe(1);
    expect(lost.stdout).toContain(`from    ${source}: record 5 at byte `); // the lineage is still told
    expect(lost.stderr).toContain("say so with --root <folder>");
    const found = await trace(sample, "--root", gone.path);
    expect([found.code, found.stdout.includes("as the run has read it")]).toEqual([0, true]);
  });

  it("may be one that nobody can read again", async () => {
    const dir = join(moved.path, "memory");
    await from([{ id: "a", text: "b", meta: {}, origin: { source: "memory", record: 0, offset: 0 } }])
      .write(tarShards(join(dir, "t-{shard}.tar")))
      .run();
    const { code, stdout } = await trace(join(dir, "t-000000.tar#0"));
    expect(code).toBe(0);
    expect(stdout).toContain("the source of this run is `from`, which cannot be read again from here");
  });
});

describe("millrace diff", () => {
  it("tells what was configured otherwise and which documents changed side by which rule", async () => {
    const { code, stdout, stderr } = await diff(path("out"), path("later"), "--limit", "2");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain('the configuration of length was {"least":12} and is now {"least":30}');
    expect(stdout).toMatch(/length +dropped: short +\d+ +\d+ +\+\d+/);
    expect(stdout).toMatch(/\d+ documents: kept -> dropped by length: short\n {6}.*a\.jsonl:\d+\n {6}.*a\.jsonl:\d+\n {6}and \d+ more\n/);
  });

  it("finds a run equal to itself", async () => {
    const { code, stdout } = await diff(path("out"), path("out", "manifest.json"), "--exit-code");
    expect([code, stdout.trimEnd().split("\n").at(-1)]).toEqual([0, "equal"]);
    expect((await diff(path("out"), path("later"), "--exit-code")).code).toBe(1);
  });

  it("gives everything as JSON", async () => {
    const found = JSON.parse((await diff(path("out"), path("later"), "--json")).stdout) as {
      equal: boolean;
      documents: { changed: number; changes: { count: number }[] };
    };
    expect(found.equal).toBe(false);
    expect(found.documents.changes[0]?.count).toBe(found.documents.changed);
  });

  it("compares what it can of a run without lineage", async () => {
    await pipeline(12)
      .write(tarShards(path("bare", "t-{shard}.tar"), { maxRecords: 50, lineage: false }))
      .run();
    const { stdout } = await diff(path("out"), path("bare"));
    expect(stdout).toContain("equal, as far as the manifests say");
    expect(stdout).toContain(`documents cannot be compared: ${path("bare", "manifest.json")} names no lineage file`);
  });

  it("names a stage that was put in, and documents it drops", async () => {
    await pipeline(12)
      .pipe(dedupeExact())
      .write(tarShards(path("exact", "t-{shard}.tar"), { maxRecords: 50 }))
      .run();
    const { stdout } = await diff(path("out"), path("exact"));
    expect(stdout).toContain("the stages were read, length and are now read, length, dedupeExact");
    expect(stdout).toContain("kept -> dropped by dedupeExact: ");
  });

  it("ends with 2 for a mistake", async () => {
    expect((await diff(path("out"))).stderr).toContain("which two runs?");
    expect((await diff(path("out"), path("nowhere"))).code).toBe(2);
    expect((await diff("a", "b", "c")).code).toBe(2);
  });
});
