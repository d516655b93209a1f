/** What a planned run keeps of dropped records: what a streaming run keeps, once each, whatever the workers and however often killed. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Doc, type Excluded, keepOriginal, originalText, type PipelineError } from "../../src/core/index.ts";
import { exclusionShards } from "../../src/run/index.ts";
import { KeptReader, KeptWriter } from "../../src/run/kept.ts";
import type { Manifest } from "../../src/trace/index.ts";
import { corpus, folder, killedRuns, processes, run, startChild, threads, tree } from "./fixtures.ts";
import { jobOf, type Recipe, type StageName } from "./job-module.ts";

const NAME = "exclusions-manifest.json";

function manifestOf(path: string): Manifest {
  return JSON.parse(readFileSync(join(path, NAME), "utf8")) as Manifest;
}

/** The records that the manifest of the exclusions vouches for, as they lie there. */
function kept(path: string): readonly Excluded[] {
  return manifestOf(path).shards.flatMap(({ name }) => {
    const bytes = readFileSync(join(path, name));
    const text = (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString();
    return text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Excluded);
  });
}

function lines(records: readonly Excluded[]): readonly string[] {
  return records.map((record) => JSON.stringify(record)).sort();
}

/** Texts by origin, as they lie in the plain files of the corpus. */
function texts(path: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of readdirSync(path).sort()) {
    const bytes = readFileSync(join(path, name));
    const all = (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString().trimEnd().split("\n");
    for (const [i, line] of all.entries()) {
      if (line.startsWith("{")) found.set(`${join(path, name)}:${i}`, (JSON.parse(line) as { text: string }).text);
    }
  }
  return found;
}

describe("exclusions of a planned run", () => {
  it("are those of the streaming run, with text, stage, reason and detail, whatever the pipeline and the splits", async () => {
    const dir = folder();
    let [number, seen] = [0, 0];
    const stages: fc.Arbitrary<StageName[]> = fc.shuffledSubarray<StageName>(["third", "upper", "split", "once", "near", "mine"], {
      minLength: 2,
    });
    const property = async (before: StageName[], again: boolean, splitBytes: number, seed: number): Promise<void> => {
      const at = join(dir, String(number++));
      const input = corpus(join(at, "in"), 150, seed);
      const all: StageName[] = again ? [...before, "upper", "once-again"] : before;
      const recipe: Recipe = { input, output: join(at, "out"), stages: all, sink: "jsonl" };
      await run(recipe, { splitBytes, engine: threads(2), onError: "skip", exclusions: `${at}/dropped/{shard}.jsonl` });
      const alone = join(at, "alone");
      await jobOf({ ...recipe, output: alone }).run({ onError: "skip", exclusions: exclusionShards(`${alone}/dropped/{shard}.jsonl`) });
      const [planned, streamed] = [kept(join(at, "dropped")), kept(join(alone, "dropped"))];
      expect(lines(planned)).toEqual(lines(streamed));
      // The text is the one that was read, whatever was made of it before it was dropped.
      const read = texts(join(at, "in"));
      for (const { text, origin } of planned) expect(text).toBe(read.get(`${origin.source}:${origin.record}`));
      seen += planned.length;
    };
    const args = [stages, fc.boolean(), fc.integer({ min: 500, max: 20_000 }), fc.integer({ min: 1, max: 1000 })] as const;
    const examples: [StageName[], boolean, number, number][] = [
      [["mine", "upper", "near", "third"], true, 2000, 1],
      [["once", "upper", "split"], true, 2000, 2],
      [["near", "third"], false, 2000, 3],
    ];
    await fc.assert(fc.asyncProperty(...args, property), { numRuns: 5, examples });
    expect(seen).toBeGreaterThan(100);
  }, 60_000);

  it("are the same bytes with 1 and 2 workers, threads and processes, in contiguous shards with a manifest that balances", async () => {
    const dir = folder();
    const input = corpus(join(dir, "in"), 250);
    const trees: Record<string, string>[] = [];
    for (const [i, engine] of [threads(1), threads(2), processes(2)].entries()) {
      const at = join(dir, String(i));
      const recipe: Recipe = { input, output: join(at, "out"), stages: ["third", "upper", "once", "mine"], sink: "jsonl.gz" };
      const { report } = await run(recipe, { splitBytes: 6000, engine, onError: "skip", exclusions: `${at}/out/dropped-{shard}.jsonl.gz` });
      const { shards, totals, sink, stages, lineage } = manifestOf(recipe.output);
      expect(shards.map(({ name }) => name)).toEqual(shards.map((_, n) => `dropped-${String(n).padStart(6, "0")}.jsonl.gz`));
      expect(shards.length).toBeGreaterThan(3);
      const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0);
      expect(totals.records).toBe(stages.reduce((all, { dropped, errors }) => all + sum(dropped) + sum(errors), 0));
      expect(stages.map(({ dropped }) => sum(dropped))).toEqual(report?.stages.map(({ dropped }) => sum(dropped)));
      expect([sink.name, lineage]).toEqual(["exclusions: jsonlShards", null]);
      const all = tree(recipe.output);
      trees.push(Object.fromEntries(Object.entries(all).filter(([name]) => !name.startsWith(".millrace/"))));
      expect(readdirSync(join(recipe.output, ".millrace", "manifest")).sort()).toEqual(["finished.json", "plan.json"]);
    }
    expect(trees[1]).toEqual(trees[0]);
    expect(trees[2]).toEqual(trees[0]);
  });

  it("of a source are kept once, though the input is read twice", async () => {
    const dir = folder();
    const recipe: Recipe = { input: "numbers", output: join(dir, "out"), stages: ["once"], sink: "jsonl" };
    const { report, plan } = await run(recipe, { engine: threads(2), exclusions: `${dir}/dropped/{shard}.jsonl` });
    expect(plan.phases.map(({ kind }) => kind)).toEqual(["observe", "decide", "write"]);
    const records = kept(join(dir, "dropped"));
    expect(records.filter(({ reason }) => reason === "third").length).toBe(report?.stages[0]?.dropped["third"]);
    expect(new Set(lines(records)).size).toBe(records.length);
    expect(records.length).toBe(14 + 16);
  });

  it("survive kills: the same bytes as of a run that was left alone", async () => {
    const dir = folder();
    const input = corpus(join(dir, "in"), 300);
    const recipe = (name: string): Recipe => ({
      input,
      output: join(dir, name),
      stages: ["third", "upper", "once"],
      sink: "tar",
      delay: 2,
    });
    const options = (name: string) => ({ exclusions: `${dir}/${name}/dropped/{shard}.jsonl` });
    await run(recipe("reference"), { splitBytes: 6000, engine: threads(2), ...options("reference") });
    const child = { recipe: recipe("killed"), engine: "threads", workers: 2, splitBytes: 6000, options: options("killed") } as const;
    expect(await killedRuns(child, 3)).toBeGreaterThanOrEqual(2);
    const files = (name: string) =>
      Object.fromEntries(Object.entries(tree(join(dir, name))).filter(([file]) => !file.startsWith(".millrace/")));
    expect(files("killed")).toEqual(files("reference"));
    expect(manifestOf(join(dir, "killed", "dropped")).totals.records).toBeGreaterThan(50);
    // The word that it is finished counts for the exclusions too: without them the same command makes them again.
    renameSync(join(dir, "killed", "dropped"), join(dir, "elsewhere"));
    const { text } = await startChild(child).ended;
    expect(text).toBe('{"finishedBefore":false}');
    expect(files("killed")).toEqual(files("reference"));
    expect((await startChild(child).ended).text).toBe('{"finishedBefore":true}');
  }, 60_000);

  it("are kept by a job that brings its own sink along, and not at all where nobody asks", async () => {
    const dir = folder();
    const input = corpus(join(dir, "in"), 100);
    const recipe: Recipe = { input, output: join(dir, "out"), stages: ["third", "once"], sink: "jsonl" };
    const { plan, report } = await run({ ...recipe, exclusions: `${dir}/dropped/{shard}.jsonl` }, { engine: threads(1) });
    const dropped = report?.stages.flatMap((stage) => Object.values(stage.dropped)).reduce((a, b) => a + b, 0);
    expect(kept(join(dir, "dropped")).length).toBe(dropped);
    expect(plan.exclusions).toMatchObject({ name: "jsonlShards", pattern: null });
    const none: Recipe = { ...recipe, output: join(dir, "none") };
    expect((await run(none, { engine: threads(1) })).plan).not.toHaveProperty("exclusions");
    expect(readdirSync(none.output).filter((name) => !/^(t-\d+\.jsonl(\.idx)?|manifest\.(json|lineage)|\.millrace)$/.test(name))).toEqual(
      [],
    );
  });

  it("belong to the plan: another pattern is another run, and says so", async () => {
    const dir = folder();
    const recipe: Recipe = { input: corpus(join(dir, "in"), 40), output: join(dir, "out"), stages: ["third"], sink: "jsonl" };
    await run(recipe, { engine: threads(1) });
    const failure = (await run(recipe, { engine: threads(1), exclusions: `${dir}/a/{shard}.jsonl` }).catch(
      (error: unknown) => error,
    )) as PipelineError;
    expect(failure.kind).toBe("changed");
    expect(failure.message).toMatch(/exclusions were not kept and are now kept by jsonlShards .* as .*\/a\/\{shard\}\.jsonl;/);
    expect(existsSync(join(dir, "a"))).toBe(false);
  });

  it("are refused under the names of the output, in a folder of others' work, and under a bad pattern", async () => {
    const dir = folder();
    const recipe: Recipe = { input: corpus(join(dir, "in"), 40), output: join(dir, "out"), stages: ["third"], sink: "jsonl" };
    const failing = async (exclusions: string): Promise<PipelineError> => {
      return (await run(recipe, { engine: threads(1), exclusions }).catch((error: unknown) => error)) as PipelineError;
    };
    expect(await failing(`${dir}/out/t-{shard}.jsonl`)).toMatchObject({ kind: "busy" });
    expect(await failing(`${dir}/dropped.jsonl`)).toBeInstanceOf(TypeError);
    mkdirSync(join(dir, "theirs"));
    writeFileSync(join(dir, "theirs", "000000.jsonl"), "{}\n");
    expect(await failing(`${dir}/theirs/{shard}.jsonl`)).toMatchObject({ kind: "exists" });
    writeFileSync(join(dir, "file"), "");
    expect(await failing(`${dir}/file/{shard}.jsonl`)).toMatchObject({ kind: "unwritable" });
    // None of them has left a plan behind that would stand in the way.
    await run(recipe, { engine: threads(1), exclusions: `${dir}/dropped/{shard}.jsonl` });
    expect(kept(join(dir, "dropped")).length).toBeGreaterThan(0);
  });
});

describe("kept records", () => {
  const origin = (record: number) => ({ source: "a", record, offset: 0 });

  /** The batches that records are written as. */
  function batches(records: readonly unknown[], originals: boolean): Buffer[] {
    const written: Buffer[] = [];
    const add = (bytes: Uint8Array): undefined => void written.push(Buffer.from(bytes));
    const writer = new KeptWriter({ add }, originals, "dedupe");
    for (const record of records) void writer.add(record);
    void writer.flush();
    return written;
  }

  function kept<T>(records: readonly T[], originals: boolean): T[] {
    const reader = new KeptReader();
    return batches(records, originals).flatMap((bytes) => [...reader.recordsOf(bytes)] as T[]);
  }

  it("take their original texts along, of parts of one document only once", () => {
    const original = "x".repeat(5000);
    const shared = origin(0);
    keepOriginal(shared, original);
    const own = origin(1);
    keepOriginal(own, "same");
    // More than one batch: "as before" holds across two.
    const docs: Doc[] = [
      ...Array.from({ length: 40 }, (_, i) => ({ id: `p${i}`, text: `part ${i}`, meta: {}, origin: shared })),
      { id: "b", text: "same", meta: {}, origin: own },
      { id: "c", text: "late", meta: {}, origin: shared },
    ];
    const written = batches(docs, true);
    expect(written.length).toBeGreaterThan(1);
    expect(written.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(2.5 * original.length);
    const back = kept(docs, true);
    expect(JSON.stringify(back)).toBe(JSON.stringify(docs));
    expect(back.map((doc) => originalText(doc.origin))).toEqual([...Array(40).fill(original), undefined, original]);
  });

  it("of rows of a batch keep each row's own", () => {
    const rows = ["one", "two"].map((text, i) => {
      const row = { origin: origin(i), length: 3 };
      keepOriginal(row.origin, text);
      return row;
    });
    const [back] = kept([{ rows }], true);
    expect(back?.rows.map((row) => originalText(row.origin))).toEqual(["one", "two"]);
  });

  it("are the records alone in a run without exclusions", () => {
    const doc: Doc = { id: "a", text: "b", meta: {}, origin: origin(0) };
    keepOriginal(doc.origin, "other");
    const [back] = kept([doc], false);
    expect(JSON.stringify(back)).toBe(JSON.stringify(doc));
    expect(originalText((back as Doc).origin)).toBeUndefined();
  });

  it("are written in batches of bounded size", () => {
    const docs = Array.from({ length: 100 }, (_, i) => ({ id: `${i}`, text: "y".repeat(20_000), meta: {}, origin: origin(i) }));
    const written = batches(docs, false);
    expect(Math.max(...written.map(({ length }) => length))).toBeLessThan(100_000);
    expect(kept(docs, false)).toEqual(docs);
  });

  it("that cannot be copied are errors with their place", () => {
    const docs = [0, 1, 2].map((record) => ({ id: "", text: "", meta: record === 1 ? { f: () => 1 } : {}, origin: origin(record) }));
    expect(() => kept(docs, false)).toThrow(expect.objectContaining({ stage: "dedupe", origin: origin(1) }));
  });
});
