/** Planned runs: one result for any number of workers and any engine, the same documents as a streaming run. */
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { read } from "../../src/read/index.ts";
import { splitBytesFor } from "../../src/run/plan.ts";
import { LineageFile, type Manifest } from "../../src/trace/index.ts";
import { corpus, folder, processes, run, streamed, threads, tree, written } from "./fixtures.ts";
import { jobOf, type Recipe, type StageName } from "./job-module.ts";

const BEFORE: fc.Arbitrary<StageName[]> = fc.subarray<StageName>(["third", "upper", "split", "once"]);

describe("a planned run", () => {
  it("keeps the documents of a streaming run, in its order, with their origins, whatever the pipeline and the splits", async () => {
    const dir = folder();
    let number = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 200 }),
        fc.integer({ min: 1, max: 1000 }),
        BEFORE,
        fc.boolean(),
        fc.integer({ min: 300, max: 20_000 }),
        async (documents, seed, stages, again, splitBytes) => {
          const at = join(dir, String(number++));
          const input = corpus(join(at, "in"), documents, seed);
          const all: StageName[] = again ? [...stages, "upper", "once-again"] : stages;
          const recipe: Recipe = { input, output: join(at, "out"), stages: all, sink: "jsonl", maxRecords: 7 };
          const { report, output } = await run(recipe, { splitBytes, engine: threads(2) });
          expect(written(recipe.output)).toEqual(await streamed(recipe));
          // The books balance, for every input.
          for (const [name, { in: taken, out, dropped, errors }] of Object.entries(report?.sources ?? {})) {
            const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0);
            if (!stages.includes("split")) expect([name, taken]).toEqual([name, out + sum(dropped) + sum(errors)]);
          }
          expect((output as Manifest).totals.records).toBe(report?.delivered);
          // The lineage tells of every document what the streaming run's tells: where it ended and why.
          const alone: Recipe = { ...recipe, output: join(at, "alone") };
          await jobOf(alone).run();
          expect(await endings(recipe.output)).toEqual(await endings(alone.output));
        },
      ),
      { numRuns: 5 },
    );
  });

  it("gives the same bytes with 1, 2, 3 and 5 workers, in threads and in processes", async () => {
    const dir = folder();
    const input = corpus(join(dir, "in"), 250);
    const trees: Record<string, string>[] = [];
    for (const [i, engine] of [threads(1), threads(2), threads(3), threads(5), processes(2)].entries()) {
      const recipe: Recipe = {
        input,
        output: join(dir, String(i)),
        stages: ["third", "once", "tokens", "batch"],
        sink: "tar",
        maxRecords: 3,
      };
      await run(recipe, { splitBytes: 8000, engine });
      trees.push(shards(recipe.output));
    }
    expect(Object.keys(trees[0] ?? {}).length).toBeGreaterThan(10);
    for (const other of trees.slice(1)) expect(other).toEqual(trees[0]);
  });
});

/** What became of every document, places in shards left out: shards end at splits here. */
async function endings(path: string): Promise<readonly string[]> {
  await using lineage = await LineageFile.open(join(path, "manifest.lineage"));
  const rows: string[] = [];
  for await (const row of lineage) {
    const { source, record, offset, outcome } = row;
    rows.push(`${source}:${record} at ${offset} ${row.part?.index} ${outcome === "delivered" ? outcome : `${row.stage}: ${row.reason}`}`);
  }
  return rows;
}

/** All files, without the folder of the run: it names the output folder, which differs here. */
function shards(path: string): Record<string, string> {
  const all = tree(path);
  expect(readdirSync(join(path, ".millrace", "manifest")).sort()).toEqual(["finished.json", "plan.json"]);
  return Object.fromEntries(Object.entries(all).filter(([name]) => !name.startsWith(".millrace/")));
}

describe("the size of a split, where nobody asks for one", () => {
  it("depends on the size of the input alone", () => {
    const MiB = 2 ** 20;
    expect(splitBytesFor(0)).toBe(8 * MiB);
    expect(splitBytesFor(100 * MiB)).toBe(8 * MiB);
    expect(splitBytesFor(1024 * MiB)).toBe(16 * MiB);
    expect(splitBytesFor(1e13)).toBe(64 * MiB);
  });

  it("counts what is compressed threefold, over all files", async () => {
    const dir = folder();
    const seen: number[] = [];
    writeFileSync(join(dir, "a.jsonl"), `${JSON.stringify({ text: "x".repeat(1000) })}\n`);
    writeFileSync(join(dir, "b.jsonl.gz"), gzipSync("{}\n"));
    const source = read(join(dir, "*")).write({ name: "none", write: async () => undefined }).parts.steps[0]?.source;
    await source?.splits?.plan({ bytes: (total) => seen.push(total) });
    const [a, b] = ["a.jsonl", "b.jsonl.gz"].map((name) => statSync(join(dir, name)).size) as [number, number];
    expect(seen).toEqual([a + 3 * b]);
  });
});
