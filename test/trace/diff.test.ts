/** Two runs compared: against a comparison of all documents held in memory, and by what they were told to do. */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Doc, filter, flatMap, from, map, type Pipeline } from "../../src/core/index.ts";
import { read } from "../../src/read/index.ts";
import { type DocumentChanges, diffDocuments } from "../../src/trace/diff-documents.ts";
import { diffRuns, type LineageRow, type Manifest } from "../../src/trace/index.ts";
import { compareRows } from "../../src/trace/lineage.ts";
import { jsonlShards, tarShards } from "../../src/write/index.ts";
import { folder } from "./lineage-rows.ts";

const docs = (count: number): Doc[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `d${i}`,
    text: "x".repeat(i % 50),
    meta: {},
    origin: { source: "a.jsonl", record: i, offset: i },
  }));

/** Documents shorter than `least` go; with `modulus`, every so many of the rest. */
const pipeline = (count: number, least: number, modulus = 0): Pipeline<Doc> =>
  from(docs(count))
    .pipe({ ...filter<Doc>((doc) => (doc.text.length >= least ? true : "short"), { name: "length" }), config: { least } })
    .pipe(filter<Doc>((doc) => (modulus > 0 && doc.origin.record % modulus === 0 ? "modulus" : true), { name: "other" }));

const run = async (dir: string, from: Pipeline<Doc>, seed = 0): Promise<Manifest> =>
  (await from.write(tarShards(join(dir, "t-{shard}.tar"), { maxRecords: 40 })).run({ seed, onError: "skip" })).output as Manifest;

describe("diffRuns", () => {
  it("finds a run equal to itself and to its copy", async () => {
    const [a, b] = [folder(), join(folder(), "copy")];
    await run(a, pipeline(100, 10));
    cpSync(a, b, { recursive: true });
    const found = await diffRuns(a, join(b, "manifest.json"));
    expect(found).toMatchObject({ equal: true, configuration: [], totals: {}, counts: [], shards: 0, withoutLineage: [] });
    expect(found.documents).toEqual({ documents: 100, changed: 0, changedSide: 0, changes: [] });
  });

  it("names the rule by which documents changed side, what was configured and what it counts", async () => {
    const [a, b] = [folder(), folder()];
    await run(a, pipeline(100, 10, 7));
    await run(b, pipeline(120, 30, 0), 5);
    const found = await diffRuns(a, b, { limit: 2 });
    expect(found.equal).toBe(false);
    expect(found.configuration).toEqual([
      { what: "the seed", was: 0, is: 5 },
      { what: "the configuration of length", was: { least: 10 }, is: { least: 30 } },
    ]);
    expect(found.counts).toContainEqual({ stage: "length", what: "dropped: short", was: 20, is: 80 });
    expect(found.counts).toContainEqual({ stage: "other", what: "dropped: modulus", was: 12, is: 0 });
    expect(found.totals["documents"]).toEqual({ was: 68, is: 40 });
    const { documents } = found;
    const change = (was: string, is: string) => documents?.changes.find((one) => one.was === was && one.is === is);
    expect(change("dropped by other: modulus", "kept")).toMatchObject({
      changedSide: true,
      listed: [
        { source: "a.jsonl", record: 35 },
        { source: "a.jsonl", record: 42 },
      ],
    });
    expect(change("kept", "dropped by length: short")).toMatchObject({ changedSide: true, count: 34 });
    expect(change("dropped by other: modulus", "dropped by length: short")).toMatchObject({ changedSide: false, count: 6 });
    expect(change("not read", "dropped by length: short")).toMatchObject({ changedSide: false, count: 20 });
    expect(documents?.documents).toBe(120);
    expect(documents?.changed).toBe(documents?.changes.reduce((sum, { count }) => sum + count, 0));
  });

  it("tells inputs apart by their bytes, and stages that were put in", async () => {
    const dir = folder();
    const [x, y] = [join(dir, "x.jsonl"), join(dir, "y.jsonl")];
    writeFileSync(x, '{"text":"one"}\n{"text":"two"}\n');
    writeFileSync(y, '{"text":"three"}\n');
    const [a, b] = [join(dir, "a"), join(dir, "b")];
    await run(a, read([x, y]));
    writeFileSync(x, '{"text":"one"}\n{"text":"TWO"}\n');
    await run(b, read([x]).pipe(map((doc: Doc) => doc, { name: "upper" })));
    const found = await diffRuns(a, b);
    expect(found.inputs).toEqual({ added: [], removed: [y], changed: [x] });
    expect(found.configuration).toContainEqual({ what: "the stages", was: ["read"], is: ["read", "upper"] });
    expect(found.documents?.changes).toEqual([
      { was: "kept", is: "not read", changedSide: true, count: 1, listed: [{ source: y, record: 0 }] },
    ]);
  });

  it("compares manifests alone when a run kept no lineage, and says which", async () => {
    const [a, b] = [folder(), folder()];
    await run(a, pipeline(50, 10));
    await pipeline(50, 10)
      .write(jsonlShards(join(b, "p-{shard}.jsonl"), { lineage: false }))
      .run();
    const found = await diffRuns(a, b);
    expect(found.documents).toBeNull();
    expect(found.withoutLineage).toEqual([join(b, "manifest.json")]);
    expect(found.configuration[0]?.what).toBe("the sink");
  });

  it("sees that shards differ where every count is the same", async () => {
    const [a, b] = [folder(), folder()];
    await run(a, pipeline(50, 10));
    await run(b, pipeline(50, 10).pipe(map((doc) => ({ ...doc, text: doc.text.toUpperCase() }), { name: "upper" })));
    const path = join(b, "manifest.json");
    // As if the stage had been there before: only its result changed.
    const manifest = JSON.parse(readFileSync(path, "utf8")) as { stages: unknown[]; [key: string]: unknown };
    writeFileSync(path, JSON.stringify({ ...manifest, stages: manifest.stages.slice(0, 3) }));
    const found = await diffRuns(a, b);
    expect(found).toMatchObject({ equal: false, configuration: [], counts: [], shards: 1, documents: { changed: 0 } });
  });

  it("knows a document that was kept in part", async () => {
    const [a, b] = [folder(), folder()];
    const cut = (keep: number) =>
      pipeline(20, 0)
        .pipe(flatMap((doc: Doc) => [0, 1].map((index) => ({ ...doc, part: { index, count: 2 } })), { name: "cut" }))
        .pipe(filter((doc) => (doc.part.index < keep || doc.origin.record > 3 ? true : "late"), { name: "late" }));
    await run(a, cut(2));
    await run(b, cut(1));
    const found = await diffRuns(a, b);
    expect(found.documents).toMatchObject({ documents: 20, changed: 4, changedSide: 0 });
    expect(found.documents?.changes[0]).toMatchObject({ was: "kept", is: "kept in part", count: 4 });
  });
});

/** One row of few documents and few ways out, so that two sets of them have much in common. */
const smallRow: fc.Arbitrary<LineageRow> = fc
  .record({ source: fc.constantFrom("a", "b"), record: fc.nat(12), index: fc.nat(1), way: fc.nat(3) })
  .map(({ source, record, index, way }): LineageRow => {
    const read = { source, record, offset: record, part: { index, count: 2 } };
    if (way < 2) return { ...read, outcome: "delivered", shard: 0, sample: way, row: undefined };
    return { ...read, outcome: way === 2 ? "dropped" : "error", stage: "s", reason: "r" };
  });

async function* streamed(rows: readonly LineageRow[]): AsyncGenerator<LineageRow> {
  yield* rows;
}

/** The same in memory: all documents of both in one map. */
function naive(was: readonly LineageRow[], is: readonly LineageRow[]): Map<string, number> {
  const fates = (rows: readonly LineageRow[]): Map<string, string> => {
    const byDocument = new Map<string, LineageRow[]>();
    for (const row of rows) byDocument.set(`${row.source}:${row.record}`, [...(byDocument.get(`${row.source}:${row.record}`) ?? []), row]);
    return new Map(
      [...byDocument].map(([key, all]) => {
        const kept = all.filter((row) => row.outcome === "delivered").length;
        if (kept > 0) return [key, kept === all.length ? "kept" : "kept in part"];
        const [first] = all as [LineageRow];
        return [key, first.outcome === "dropped" ? "dropped by s: r" : "error in s: r"];
      }),
    );
  };
  const [before, after] = [fates(was), fates(is)];
  const counts = new Map<string, number>();
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const [one, other] = [before.get(key) ?? "not read", after.get(key) ?? "not read"];
    if (one !== other) counts.set(`${one} -> ${other}`, (counts.get(`${one} -> ${other}`) ?? 0) + 1);
  }
  return counts;
}

describe("the merge join of two lineage files", () => {
  it("finds what a comparison in memory finds", async () => {
    const rows = fc.array(smallRow, { maxLength: 30 }).map((all) => all.sort(compareRows));
    await fc.assert(
      fc.asyncProperty(rows, rows, async (was, is) => {
        const found: DocumentChanges = await diffDocuments(streamed(was), streamed(is), 3);
        expect(new Map(found.changes.map((change) => [`${change.was} -> ${change.is}`, change.count]))).toEqual(naive(was, is));
        expect(found.documents).toBe(new Set([...was, ...is].map(({ source, record }) => `${source}:${record}`)).size);
        for (const { count, listed } of found.changes) expect(listed).toHaveLength(Math.min(3, count));
      }),
      { numRuns: 300 },
    );
  });

  it("can be stopped", async () => {
    const rows = docs(10).map(({ origin }): LineageRow => ({ ...origin, part: undefined, outcome: "dropped", stage: "s", reason: "r" }));
    await expect(diffDocuments(streamed(rows), streamed(rows), 3, AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
  });
});
