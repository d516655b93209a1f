import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Audit, ShownRemoval } from "../../src/cli/audit-run.ts";
import { auditLines, explanationLines } from "../../src/cli/audit-view.ts";
import { displayWidth } from "../../src/cli/text-width.ts";
import { explainRemoval, type Removal, trueJaccard } from "../../src/dedupe/index.ts";
import { edited, generator, randomWords } from "../dedupe/corpus.ts";
import { inProcess, millrace, temporaryFolder } from "./process.ts";

const folder = temporaryFolder();

/** 40 originals, one of them with 12 copies, the others with none to two, edited ones and exact ones. */
function texts(): string[] {
  const next = generator(21);
  const originals = Array.from({ length: 40 }, () => randomWords(next, 80 + (next() % 200)));
  const copies = originals.flatMap((words, i) => {
    const times = i === 7 ? 12 : i % 3;
    return Array.from({ length: times }, (_, k) => edited(next, words, k % 4 === 3 ? 0 : 0.004 * (1 + (k % 3))));
  });
  return [...originals, ...copies].map((words) => words.join(" "));
}

interface Line {
  readonly id: string;
  readonly text: string;
  readonly reason: string;
  readonly origin: { readonly source: string; readonly record: number };
  readonly detail: { readonly of: string; readonly origin: { readonly record: number }; readonly similarity?: number };
}

let dropped: readonly Line[] = [];
const made = texts();

beforeAll(async () => {
  mkdirSync(join(folder.path, "corpus"));
  const lines = made.map((text, i) => JSON.stringify({ key: `doc-${i}`, body: text }));
  writeFileSync(join(folder.path, "corpus", "a[1].jsonl"), `${lines.slice(0, 30).join("\n")}\nnot json\n`);
  writeFileSync(join(folder.path, "corpus", "b.jsonl"), `${lines.slice(30).join("\n")}\n`);
  folder.file(
    "pipeline.mjs",
    `import { read, dedupe, jsonlShards, map } from "millrace";
    export default read("corpus/*.jsonl", { text: "body", id: "key" })
      .pipe(map((doc) => ({ ...doc, text: doc.text.toUpperCase() }), { name: "shout" }))
      .pipe(dedupe({ threshold: 0.75 }))
      .write(jsonlShards("out/kept-{shard}.jsonl"));`,
  );
  const args = ["run", "pipeline.mjs", "--on-error", "skip", "--exclusions", "out/dropped-{shard}.jsonl.gz", "--progress", "none"];
  const { code, stderr } = await millrace(args, { cwd: folder.path });
  expect(stderr).toBe("");
  expect(code).toBe(0);
  const { gunzipSync } = await import("node:zlib");
  dropped = gunzipSync(readFileSync(join(folder.path, "out/dropped-000000.jsonl.gz")))
    .toString()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line)
    .filter(({ reason }) => reason.endsWith("duplicate"));
}, 60_000);

const audit = (...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> =>
  millrace(["dedupe", "audit", ...args], { cwd: folder.path });

describe("millrace dedupe audit", () => {
  it("writes exclusions beside the job's own shards", () => {
    expect(dropped.length).toBeGreaterThan(40);
    expect(readFileSync(join(folder.path, "out/exclusions-manifest.json"), "utf8")).toContain("dropped-000000.jsonl.gz");
    expect(readFileSync(join(folder.path, "out/manifest.json"), "utf8")).toContain("kept-000000.jsonl");
  });

  it("prints reasons, groups, similarities and doubtful cases", async () => {
    const { code, stdout, stderr } = await audit("out");
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const count = (reason: string): number => dropped.filter((line) => line.reason === reason).length;
    expect(stdout).toContain(`excluded records in 1 file, ${dropped.length} of them removed for another one that stayed`);
    expect(stdout).toMatch(new RegExp(`dedupe +near-duplicate +${count("near-duplicate")} `));
    expect(stdout).toMatch(new RegExp(`dedupe +exact-duplicate +${count("exact-duplicate")} `));
    expect(stdout).toMatch(/\n {2}12 {2}doc-7 \(corpus\/a\[1\]\.jsonl:7\) +\w/);
    expect(stdout).toMatch(/estimated +true, of \d+/);
    expect(stdout.replace(/\s+/g, " ")).toContain("compared what shout made of them");
    expect(stdout).toContain("near the threshold, 3");
    expect(stdout).not.toContain("not found again");
    for (const line of stdout.split("\n")) expect(displayWidth(line)).toBeLessThanOrEqual(120);
  });

  it("gives everything to a program with --json, true similarities included", async () => {
    const { stdout } = await audit("out", "--json", "--sample", "7", "--seed", "5", "--near", "2", "--groups", "1");
    const json = JSON.parse(stdout);
    const near = dropped.filter((line) => line.reason === "near-duplicate");
    expect(json.dedupe).toMatchObject({ threshold: 0.75, bands: 14, rows: 8 });
    expect(json.stagesBefore).toEqual(["shout"]);
    expect(json.removals).toBe(dropped.length);
    expect(json.groups).toEqual([
      {
        of: "doc-7",
        origin: { source: "corpus/a[1].jsonl", record: 7, offset: expect.any(Number) },
        removed: 12,
        text: made[7]?.slice(0, 1000),
      },
    ]);
    expect(json.groupCount).toBe(new Set(dropped.map((line) => line.detail.of)).size);
    expect(json.sampled).toHaveLength(7);
    const truths = near.map((line) => ({
      estimated: line.detail.similarity,
      jaccard: trueJaccard(line.text, made[Number(line.detail.of.slice(4))] as string),
    }));
    for (const pair of json.sampled) expect(truths).toContainEqual(pair);
    const least = Math.min(...near.map((line) => line.detail.similarity as number));
    expect(json.leastSimilarity).toBe(least);
    expect(json.near.map((shown: { similarity: number }) => shown.similarity)[0]).toBe(least);
    expect((await audit("out", "--json", "--sample", "7", "--seed", "5", "--near", "2", "--groups", "1")).stdout).toBe(stdout);
  });

  it("explains one removal, by its id or by its place", async () => {
    const line = dropped.find((one) => one.reason === "near-duplicate") as Line;
    const byId = await audit("out", "--explain", line.id);
    expect(byId.code).toBe(0);
    expect(byId.stdout).toContain("longest shared passages");
    expect(byId.stdout).toContain(`removed ${line.id}`);
    expect(byId.stdout).toContain(`stayed ${line.detail.of}`);
    const byPlace = await audit("out/dropped-*.jsonl.gz", "--explain", `${line.origin.source}:${line.origin.record}`);
    expect(byPlace.stdout).toBe(byId.stdout);
    const json = JSON.parse((await audit("out", "--explain", line.id, "--json")).stdout);
    const kept = made[Number(line.detail.of.slice(4))] as string;
    expect(json.explanation).toEqual(
      JSON.parse(JSON.stringify(explainRemoval(line.text, kept, { ngram: 5, unit: "words", bands: 14, rows: 8, seed: 1 }))),
    );
  });

  it("reads what a planned run kept, and finds the same", async () => {
    const planned = readFileSync(join(folder.path, "pipeline.mjs"), "utf8").replace("out/kept", "planned/kept");
    folder.file("planned.mjs", planned);
    const flags = ["--workers", "2", "--on-error", "skip", "--exclusions", "planned/dropped/{shard}.jsonl.gz", "--progress", "none"];
    const ran = await millrace(["run", "planned.mjs", ...flags], { cwd: folder.path });
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    const { code, stdout } = await audit("planned", "--json");
    expect(code).toBe(0);
    const [json, streamed] = [stdout, (await audit("out", "--json")).stdout].map((text) => JSON.parse(text));
    expect(json.removals).toBe(dropped.length);
    for (const key of ["removals", "groupCount", "groups", "leastSimilarity", "dedupe", "stagesBefore"])
      expect([key, json[key]]).toEqual([key, streamed[key]]);
  });

  it("says what to do when there is nothing to read", async () => {
    folder.file("nothing.jsonl", '{"text":"a document"}\n');
    mkdirSync(join(folder.path, "bare", "below"), { recursive: true });
    writeFileSync(join(folder.path, "bare", "below", "kept.jsonl"), '{"text":"a document"}\n');
    for (const where of ["nothing.jsonl", "bare", "corpus"]) {
      const { code, stderr } = await audit(where);
      expect(code).toBe(2);
      expect(stderr).toMatch(/^millrace: .*the run kept no exclusions.*--exclusions out\/dropped-\{shard\}\.jsonl\.gz/);
    }
    expect(await inProcess(["dedupe", "audit"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("which run? for example `millrace dedupe audit out`"),
    });
    expect(await audit("no-such-folder")).toMatchObject({ code: 2, stderr: 'millrace: no file matches "no-such-folder"\n' });
    const unknown = await audit("out", "--explain", "doc-9999");
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('no removed document has the id or the place "doc-9999"') });
  });

  it("goes on without the sources, and says which are missing; --root says where they are", async () => {
    mkdirSync(join(folder.path, "moved"));
    renameSync(join(folder.path, "corpus"), join(folder.path, "moved", "corpus"));
    const lost = await audit("out");
    expect(lost.code).toBe(0);
    expect(lost.stdout).toContain("No true similarity: none of the documents that stayed could be read again.");
    expect(lost.stdout).toContain("(could not be read again)");
    expect(lost.stdout).toMatch(/not found again\n {2}corpus\/a\[1\]\.jsonl: .*--root names another folder/);
    const failed = await audit("out", "--explain", dropped[0]?.id as string);
    expect(failed).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(/^millrace: doc-\d+ was removed for corpus/) });
    const found = await audit("out", "--root", "moved");
    expect(found.stdout).toMatch(/true, of \d+/);
    expect(found.stdout).not.toContain("not found again");
  });
});

describe("the view of an audit", () => {
  const record = {
    id: "東京\u001b[31m",
    text: `${"東京 is wide. ".repeat(40)}\u0007\n`,
    meta: {},
    origin: { source: "a", record: 1, offset: 0 },
    stage: "dedupe",
    reason: "near-duplicate",
  };
  const removal: Removal = { record, kept: { of: "k", origin: { source: "b", record: 2, offset: 9 } }, similarity: 0.8 };
  const other = "東京 is wide. ".repeat(30);
  const shown: ShownRemoval = { removal, kept: { id: "k", text: other }, explanation: explainRemoval(record.text, other) };
  const bins = Array.from({ length: 101 }, (_, i) => (i > 70 ? i * i : 0));
  const found: Audit = {
    files: ["x"],
    summary: {
      records: 5,
      reasons: [{ stage: "dedupe", reason: "near-duplicate", count: 5 }],
      removals: 5,
      unnamed: 1,
      similarities: bins,
      leastSimilarity: 0.71,
      groups: [{ kept: removal.kept, removed: 123456 }],
      groupError: 3,
      groupCount: undefined,
      sample: [],
      nearThreshold: [],
      tooLong: 0,
    },
    dedupe: undefined,
    before: ["clean"],
    sampled: [
      { estimated: 0.8, jaccard: 0 },
      { estimated: 1, jaccard: 1 },
    ],
    near: [shown],
    groupTexts: new Map([["b:2", other]]),
    problems: [],
  };

  it.each([40, 60, 80, 120, 200])("fits %i columns and lets no control character through", (width) => {
    for (const line of [...auditLines(found, width), ...explanationLines(shown, width)]) {
      expect(displayWidth(line)).toBeLessThanOrEqual(width);
      expect(line).not.toMatch(/\p{Cc}/u);
    }
    expect(auditLines(found, width).join("\n")).toContain("123,456 to 123,459");
  });
});
