/** Lineage of a planned run: tasks keep a fragment each, and publishing joins them with the final numbers of the shards. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Doc, filter, from, type Json, type PlannedSink, type RunReport, type SinkContext } from "../../src/core/index.ts";
import { LineageFile, type LineageRow, type Manifest } from "../../src/trace/index.ts";
import { jsonlShards } from "../../src/write/index.ts";
import { docs, folder, names, sha256 } from "./fixtures.ts";

const short = filter<Doc>((doc) => (doc.text.length > 60 ? true : "short"));
const even = filter<Doc>((doc) => doc.origin.record % 5 > 0, { name: "fifth" });

/** One task over some documents: drops in a phase before the sink, then writing. */
async function task(planned: PlannedSink<object>, directory: string, number: number, input: readonly Doc[]): Promise<Json[]> {
  const kept: Doc[] = [];
  const observe = async (records: AsyncIterable<unknown>, context: SinkContext): Promise<Json> => {
    const departures = planned.departures?.({ directory, prefix: `o${number}-`, task: number }, context);
    for await (const record of records) kept.push(record as Doc);
    return (await departures?.commit()) ?? null;
  };
  const first = await from(input).pipe(short).write({ name: "observe", write: observe }).run();
  const place = { directory, prefix: `w${number}-`, task: number };
  const second = await from(kept)
    .pipe(even)
    .write({ name: "write", write: (records, context) => planned.write(records as AsyncIterable<object>, place, context) })
    .run();
  return [first.output as Json, second.output as Json];
}

async function plannedRun(dir: string, splits: readonly (readonly Doc[])[]): Promise<Manifest> {
  const sink = jsonlShards(join(dir, "p-{shard}.jsonl"), { maxRecords: 7 });
  const planned = sink.planned as PlannedSink<object>;
  await planned.begin();
  const directory = join(dir, ".tasks");
  mkdirSync(directory);
  const parts: Json[] = [];
  for (const [number, split] of splits.entries()) parts.push(...(await task(planned, directory, number, split)));
  const listed = parts.flatMap((part) => planned.files(part));
  expect(names(directory)).toEqual([...listed].sort());
  const report: RunReport = {
    seconds: 0,
    consumerSeconds: 0,
    delivered: 0,
    finished: true,
    bytesRead: 0,
    bytesTotal: 0,
    stages: [],
    sources: {},
    errors: [],
  };
  const inputs = [{ source: "corpus/a.jsonl", bytes: 9, sha256: null, pieces: [{ end: 9, sha256: "00" }] }];
  const context = { seed: 0, stages: [], report, signal: new AbortController().signal, inputs };
  const publish = () =>
    planned.publish(
      parts.map((part) => ({ directory, part })),
      context,
    ) as Promise<Manifest>;
  const manifest = await publish();
  expect(await planned.published()).toBeDefined();
  expect(await publish()).toEqual(manifest); // a publish that was killed is done again
  expect(manifest.inputs).toEqual({ "corpus/a.jsonl": { bytes: 9, sha256: null, pieces: [{ end: 9, sha256: "00" }] } });
  return manifest;
}

async function rowsOf(dir: string, manifest: Manifest): Promise<LineageRow[]> {
  const path = join(dir, manifest.lineage?.name ?? "");
  expect(sha256(readFileSync(path))).toBe(manifest.lineage?.sha256);
  await using file = await LineageFile.open(path);
  const rows: LineageRow[] = [];
  for await (const row of file) rows.push(row);
  return rows;
}

describe("lineage of a planned run", () => {
  it("has every document once, whatever phase it left in, and the final number of its shard", async () => {
    const all = docs(200);
    for (const cuts of [[200], [60, 61, 130, 200], [0, 100, 200]]) {
      const dir = folder();
      const splits = cuts.map((end, i) => all.slice(cuts[i - 1] ?? 0, end));
      const manifest = await plannedRun(dir, splits);
      const rows = await rowsOf(dir, manifest);
      expect(rows.map(({ record }) => record)).toEqual(all.map(({ origin }) => origin.record));
      for (const row of rows) {
        const doc = all[row.record] as Doc;
        const reason = doc.text.length <= 60 ? "short" : row.record % 5 === 0 ? "filtered" : undefined;
        if (row.outcome !== "delivered") expect(row.reason).toBe(reason);
        else {
          const lines = readFileSync(join(dir, manifest.shards[row.shard]?.name ?? ""), "utf8").split("\n");
          expect(JSON.parse(lines[row.sample] ?? "")).toMatchObject({ id: doc.id });
          expect(reason).toBeUndefined();
        }
      }
      expect(rows.filter((row) => row.outcome === "delivered")).toHaveLength(manifest.totals.records);
    }
  });

  it("is the same file however the input is cut, where the shards are", async () => {
    const all = docs(100).filter((doc) => doc.text.length <= 60); // nothing is delivered
    const [a, b] = [folder(), folder()];
    const one = await plannedRun(a, [all]);
    const two = await plannedRun(b, [all.slice(0, 3), all.slice(3)]);
    expect(two.lineage).toEqual(one.lineage);
    expect(one.lineage?.rows).toBe(all.length);
  });
});
