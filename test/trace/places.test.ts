/** From a sample back to its record and from a record to its sample, over runs that were really written. */
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { padBatch } from "../../src/batch/index.ts";
import { type Doc, filter, from, type Tokenized } from "../../src/core/index.ts";
import { findRun, LineageFile, type LineageRow, locate, readLineage, readManifest, whereIs } from "../../src/trace/index.ts";
import { jsonlShards, tarShards } from "../../src/write/index.ts";
import { folder } from "./lineage-rows.ts";

const docs = (count: number): (Doc & Tokenized)[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `d${i}`,
    text: `text ${i}`,
    meta: {},
    origin: { source: i % 2 === 0 ? "corpus/a.jsonl" : "corpus/b.jsonl", record: Math.floor(i / 2), offset: 10 * i },
    tokens: Uint32Array.of(i),
  }));

const odd = filter<Doc & Tokenized>((doc) => (doc.origin.record % 3 === 0 ? "third" : true), { name: "thirds" });

async function written(): Promise<string> {
  const dir = folder();
  await from(docs(60))
    .pipe(odd)
    .write(tarShards(join(dir, "t-{shard}.tar"), { maxRecords: 15 }))
    .run();
  await from(docs(60))
    .pipe(odd)
    .pipe(padBatch({ rows: 4 }))
    .write(jsonlShards(join(dir, "b-{shard}.jsonl"), { manifest: "b.json" }))
    .run();
  return dir;
}

describe("locate", () => {
  it("is the inverse of whereIs, for every document of a run", async () => {
    const dir = await written();
    const manifest = await readManifest(dir);
    let delivered = 0;
    for (const { id, origin } of docs(60)) {
      const [row, ...more] = await whereIs(dir, origin);
      expect(more).toEqual([]);
      if (origin.record % 3 === 0) {
        expect(row).toEqual({ ...origin, part: undefined, outcome: "dropped", stage: "thirds", reason: "third" });
        continue;
      }
      if (row?.outcome !== "delivered") throw new Error(`${id} was delivered`);
      expect(row.shardName).toBe(manifest.shards[row.shard]?.name);
      const { shardName, ...bare } = row;
      expect(await locate(dir, { shard: shardName, sample: row.sample })).toEqual([bare]);
      expect(await locate(join(dir, shardName), { shard: join(dir, shardName), sample: row.sample })).toEqual([bare]);
      delivered++;
    }
    expect(delivered).toBe(manifest.totals.documents);
  });

  it("gives the rows of a batch, or one of them, and finds the manifest whatever it is called", async () => {
    const dir = await written();
    const shard = join(dir, "b-000000.jsonl");
    const rows = await locate(shard, { shard, sample: 2 });
    expect(rows.map(({ row }) => row)).toEqual([0, 1, 2, 3]);
    expect(await locate(shard, { shard, sample: 2, row: 3 })).toEqual([rows[3]]);
    expect(await whereIs(join(dir, "b.json"), rows[3] as LineageRow)).toEqual([{ ...rows[3], shardName: "b-000000.jsonl" }]);
  });

  it("says what is wrong with a name", async () => {
    const dir = await written();
    const wrong: readonly (readonly [() => Promise<unknown>, string])[] = [
      [
        () => locate(dir, { shard: "t-000009.tar", sample: 0 }),
        "does not list t-000009.tar; it lists 3 of them, t-000000.tar to t-000002.tar",
      ],
      [() => locate(dir, { shard: "t-000000.tar", sample: 15 }), "t-000000.tar has 15 samples, from 0; there is no sample 15"],
      [() => locate(dir, { shard: "t-000000.tar", sample: 1, row: 0 }), "t-000000.tar#1 is no batch, so it has no rows; there is no row 0"],
      [() => locate(join(dir, "b.json"), { shard: "b-000000.jsonl", sample: 1, row: 4 }), "has 4 rows, from 0; there is no row 4"],
      [() => findRun(join(dir, "x.tar")), `no manifest in ${dir} lists x.tar; manifest.json lists t-000000.tar to t-000002.tar`],
      [() => findRun(join(dir, "no", "x.tar")), `there is no folder ${join(dir, "no")}`],
      [
        () => whereIs(dir, { source: "corpus/a.jsonl", record: 30 }),
        "the run has read 30 records of corpus/a.jsonl; there is none with the number 30",
      ],
      [() => whereIs(dir, { source: "a.jsonl", record: 0 }), "the run has read nothing of a.jsonl; did you mean corpus/a.jsonl?"],
      [() => whereIs(dir, { source: "zzz", record: 0 }), "the run has read nothing of zzz; it has read corpus/a.jsonl, corpus/b.jsonl"],
    ];
    for (const [failing, words] of wrong)
      await expect(failing()).rejects.toMatchObject({ kind: "vanished", message: expect.stringContaining(words) });
  });

  it("tells when the lineage is missing, another, or was never kept", async () => {
    const dir = await written();
    const [file, copy] = [join(dir, "manifest.lineage"), join(dir, "copy")];
    const key = { source: "corpus/a.jsonl", record: 0 };
    copyFileSync(file, copy);
    rmSync(file);
    await expect(whereIs(dir, key)).rejects.toMatchObject({ kind: "vanished", message: expect.stringContaining(`${file} is gone`) });
    copyFileSync(join(dir, "b.lineage"), file);
    await expect(whereIs(dir, key)).rejects.toMatchObject({
      kind: "changed",
      message: expect.stringContaining("is not the file that the run wrote"),
    });
    const bytes = readFileSync(copy);
    bytes[30] = (bytes[30] as number) ^ 1;
    writeFileSync(file, bytes);
    await expect(whereIs(dir, key)).rejects.toMatchObject({ kind: "corrupt", message: expect.stringContaining(file) });
    renameSync(copy, file);
    expect(await whereIs(dir, key)).toHaveLength(1);

    const none = folder();
    await from(docs(5))
      .write(tarShards(join(none, "t-{shard}.tar"), { lineage: false }))
      .run();
    await expect(whereIs(none, key)).rejects.toMatchObject({ kind: "vanished", message: expect.stringContaining("names no lineage file") });
    mkdirSync(join(none, "empty"));
    await expect(whereIs(join(none, "empty"), key)).rejects.toMatchObject({ kind: "vanished" });
  });
});

describe("readLineage", () => {
  it("takes the folder, the manifest, a shard or the file, and closes it when the loop is left", async () => {
    const dir = await written();
    for (const path of [dir, join(dir, "manifest.json"), join(dir, "t-000001.tar"), join(dir, "manifest.lineage")]) {
      let rows = 0;
      for await (const row of readLineage(path)) {
        expect(row.record).toBe(rows % 30);
        rows++;
      }
      expect(rows).toBe(60);
    }
    for await (const row of readLineage(dir)) {
      expect(row.source).toBe("corpus/a.jsonl");
      break;
    }
    const file = await LineageFile.open(join(dir, "manifest.lineage"));
    await file.close();
    await expect(file.of({ source: "corpus/a.jsonl", record: 0 })).rejects.toMatchObject({ kind: "unreadable" });
  });
});
