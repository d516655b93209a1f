/** The lineage a sink keeps: nothing that was read is missing from it, and every place it names holds that document. */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bucketByLength, padBatch } from "../../src/batch/index.ts";
import { type Doc, filter, flatMap, from, map, type Pipeline, type RunReport, type Tokenized } from "../../src/core/index.ts";
import { read } from "../../src/read/index.ts";
import { LineageFile, type LineageRow, type Manifest, readManifest } from "../../src/trace/index.ts";
import { jsonlShards, tarShards } from "../../src/write/index.ts";
import { docs, files, folder, names, sha256, write } from "./fixtures.ts";

async function rowsOf(dir: string, manifest: Manifest): Promise<LineageRow[]> {
  const name = manifest.lineage?.name ?? "";
  const bytes = readFileSync(join(dir, name));
  expect(manifest.lineage).toEqual({ name, bytes: bytes.length, sha256: sha256(bytes), rows: manifest.lineage?.rows });
  await using file = await LineageFile.open(join(dir, name));
  const rows: LineageRow[] = [];
  for await (const row of file) rows.push(row);
  expect(rows).toHaveLength(manifest.lineage?.rows ?? -1);
  return rows;
}

type Books = Record<string, { in: number; out: number; dropped: Record<string, number>; errors: Record<string, number> }>;

/** The balance of each source, as lineage alone tells it. */
function balance(rows: readonly LineageRow[]): Books {
  const books: Books = {};
  for (const row of rows) {
    if ((row.part?.index ?? 0) > 0) continue;
    books[row.source] ??= { in: 0, out: 0, dropped: {}, errors: {} };
    const source = books[row.source] as Books[string];
    source.in++;
    const add = (counts: Record<string, number>, key: string): void => {
      counts[key] = (counts[key] ?? 0) + 1;
    };
    if (row.outcome === "delivered") source.out++;
    else if (row.outcome === "dropped") add(source.dropped, `${row.stage}: ${row.reason}`);
    else add(source.errors, row.reason);
  }
  return books;
}

const plain = (sources: RunReport["sources"]): unknown => JSON.parse(JSON.stringify(sources));

/** A pipeline with every way out: drops, errors of stages, of the source and of the sink, documents cut into parts. */
function busy(paths: readonly string[], seed: number): Pipeline<Doc & Tokenized> {
  const n = (doc: Doc): number => doc.origin.record * 31 + seed;
  return read(paths)
    .pipe(filter((doc) => (n(doc) % 7 === 0 ? "seventh" : n(doc) % 11 === 0 ? "eleventh" : true)))
    .pipe(
      map((doc) => {
        if (n(doc) % 13 === 0) throw new Error("the thirteenth");
        return doc;
      }),
    )
    .pipe(
      flatMap((doc) => {
        const count = 1 + (n(doc) % 3);
        const tokens = new Uint32Array(1 + (n(doc) % 50)).fill(n(doc) % 17 === 0 ? 70_000 : 5); // 70,000 does not fit uint16
        if (count === 1) return [{ ...doc, tokens }];
        return Array.from({ length: count }, (_, index) => ({ ...doc, part: { index, count }, tokens }));
      }),
    )
    .pipe(filter((doc) => (doc.part?.index === 1 && n(doc) % 5 === 0 ? "second part" : true), { name: "parts" }));
}

function corpus(dir: string, sizes: readonly number[]): string[] {
  return sizes.map((size, file) => {
    const path = join(dir, `in-${file}.jsonl${file % 2 === 0 ? "" : ".gz"}`);
    const line = (i: number): string =>
      i % 19 === 18 ? "{ not json" : JSON.stringify({ id: `f${file}d${i}`, text: `text ${i} `.repeat(i % 9) });
    const text = Array.from({ length: size }, (_, i) => `${line(i)}\n`).join("");
    writeFileSync(path, file % 2 === 0 ? text : gzipSync(text));
    return path;
  });
}

describe("lineage of a run", () => {
  it("accounts for every document: in = delivered + dropped + errors, as the manifest counts them", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(60), { minLength: 1, maxLength: 3 }),
        fc.nat(1000),
        fc.integer({ min: 1, max: 40 }),
        async (sizes, seed, maxRecords) => {
          const dir = folder();
          const out = join(dir, "out");
          const sink = tarShards(join(out, "t-{shard}.tar"), { maxRecords, tokenDtype: "uint16" });
          const { report } = await busy(corpus(dir, sizes), seed).write(sink).run({ onError: "skip" });
          const manifest = await readManifest(out);
          const rows = await rowsOf(out, manifest);
          expect(balance(rows)).toEqual(plain(manifest.sources));
          expect(Object.values(report.sources).reduce((sum, source) => sum + source.in, 0)).toBe(sizes.reduce((a, b) => a + b, 0));
          // One place a sample, and each of them taken once.
          const places = rows.flatMap((row) => (row.outcome === "delivered" ? [`${row.shard}#${row.sample}`] : []));
          expect(places).toHaveLength(manifest.totals.records);
          expect(new Set(places).size).toBe(places.length);
        },
      ),
      { numRuns: 25 },
    );
  });

  it("names the sample that holds the document, for documents and for rows of batches", async () => {
    const dir = folder();
    const paths = corpus(dir, [300, 200]);
    const pipeline = busy(paths, 3).with({ onError: "skip" });
    const [lines, batches] = [join(dir, "lines"), join(dir, "batches")];
    const asLines = (await pipeline.write(jsonlShards(join(lines, "p-{shard}.jsonl"), { maxRecords: 50 })).run()).output as Manifest;
    const batched = pipeline.pipe(bucketByLength({ edges: [10, 30], window: 100 })).pipe(padBatch({ rows: 7 }));
    const asBatches = (await batched.write(jsonlShards(join(batches, "p-{shard}.jsonl"), { maxRecords: 5 })).run()).output as Manifest;

    type Sample = {
      readonly origin: unknown;
      readonly part?: unknown;
      readonly rows: readonly { readonly origin: unknown; readonly part?: unknown }[];
    };
    for (const [out, manifest, inBatches] of [
      [lines, asLines, false],
      [batches, asBatches, true],
    ] as const) {
      const shards = manifest.shards.map(({ name }) =>
        readFileSync(join(out, name), "utf8")
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line) as Sample),
      );
      let delivered = 0;
      for (const row of await rowsOf(out, manifest)) {
        if (row.outcome !== "delivered") continue;
        delivered++;
        const sample = shards[row.shard]?.[row.sample] as Sample;
        expect(row.row !== undefined).toBe(inBatches);
        const { source, record, offset, part } = row;
        expect(row.row === undefined ? sample : sample.rows[row.row]).toMatchObject({
          origin: { source, record, offset },
          ...(part && { part }),
        });
      }
      expect(delivered).toBe(inBatches ? shards.flat().flatMap(({ rows }) => rows).length : shards.flat().length);
      expect(delivered).toBeGreaterThan(300);
    }
    expect(balance(await rowsOf(batches, asBatches))).toEqual(plain(asBatches.sources));
  });

  it("holds the rows of a batch that a stage failed on or dropped", async () => {
    const dir = folder();
    let batches = 0;
    const pipeline = from(docs(40))
      .pipe(padBatch({ rows: 4 }))
      .pipe(
        filter((_batch) => {
          batches++;
          if (batches === 2) throw new Error("no good");
          return batches !== 3;
        }),
      );
    const sink = tarShards(join(dir, "t-{shard}.tar"));
    const manifest = (await pipeline.write(sink).run({ onError: "skip" })).output as Manifest;
    const books = balance(await rowsOf(dir, manifest));
    expect(books).toEqual(plain(manifest.sources));
    expect(books["corpus/a.jsonl"]).toMatchObject({ dropped: { "filter: filtered": 4 }, errors: { "stage-failed": 4 } });
  });

  it("is left out on demand, and an older one does not stay behind", async () => {
    const dir = folder();
    const sink = (lineage: boolean) => tarShards(join(dir, "t-{shard}.tar"), { lineage });
    await write(docs(5), sink(true));
    expect(names(dir)).toContain("manifest.lineage");
    const manifest = await write(docs(5), sink(false));
    expect(manifest.lineage).toBeNull();
    expect(names(dir)).toEqual(["manifest.json", "t-000000.tar", "t-000000.tar.idx"]);
    expect(() => tarShards(join(dir, "t-{shard}.tar"), { lineage: 1 as unknown as boolean })).toThrow("`lineage` to be a boolean");
  });

  it("of an exclusions sink is that of the run, unless it is asked for its own", async () => {
    const dir = folder();
    const pipeline = from(docs(20)).pipe(filter((doc) => doc.origin.record % 4 > 0));
    const [out, dropped] = [join(dir, "out"), join(dir, "dropped")];
    const run = (lineage?: boolean) => {
      const options = lineage === undefined ? {} : { lineage };
      return pipeline
        .write(tarShards(join(out, "t-{shard}.tar")))
        .run({ exclusions: jsonlShards(join(dropped, "d-{shard}.jsonl"), options) });
    };
    await run();
    expect(names(dropped)).toEqual(["d-000000.jsonl", "d-000000.jsonl.idx", "manifest.json"]);
    expect((await rowsOf(out, await readManifest(out))).filter((row) => row.outcome === "dropped")).toHaveLength(5);
    await run(true);
    const own = await rowsOf(dropped, await readManifest(dropped));
    expect(own.map((row) => [row.outcome, row.record])).toEqual([0, 4, 8, 12, 16].map((record) => ["delivered", record]));
    expect((await rowsOf(out, await readManifest(out))).filter((row) => row.outcome === "dropped")).toHaveLength(5);
  });

  it("does not keep records that come from nowhere", async () => {
    const dir = folder();
    const manifest = await write([{ a: 1 }, { a: 2 }], jsonlShards(join(dir, "p-{shard}.jsonl")));
    expect(manifest.totals.records).toBe(2);
    expect(await rowsOf(dir, manifest)).toEqual([]);
  });

  it("is not left half-written by a run that fails", async () => {
    const dir = folder();
    const failing = from(docs(50)).pipe(
      map((doc) => {
        if (doc.origin.record === 40) throw new Error("enough");
        return doc;
      }),
    );
    await expect(failing.write(tarShards(join(dir, "t-{shard}.tar"), { maxRecords: 10 })).run()).rejects.toThrow("enough");
    expect(names(dir).filter((name) => name.includes("lineage"))).toEqual([]);
  });
});

describe("the inputs of a run", () => {
  it("are in the manifest with size and SHA-256 as they lie on disk", async () => {
    const dir = folder();
    const paths = corpus(dir, [200, 100, 0]);
    const manifest = (
      await read(paths)
        .write(tarShards(join(dir, "out", "t-{shard}.tar")))
        .run({ onError: "skip" })
    ).output as Manifest;
    const expected = paths.map((path) => {
      const bytes = readFileSync(path);
      return [path, { bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") }];
    });
    expect(manifest.inputs).toEqual(Object.fromEntries(expected));
  });

  it("have no digest when they were not read to their end", async () => {
    const dir = folder();
    const path = join(dir, "cut.jsonl.gz");
    const whole = gzipSync(Array.from({ length: 5000 }, (_, i) => `${JSON.stringify({ text: `${i * 7919}` })}\n`).join(""));
    const damaged = Buffer.concat([whole, Buffer.alloc(2 << 20, 0x5a)]); // what follows the gzip member is none
    writeFileSync(path, damaged);
    const { output, report } = await read(path)
      .write(tarShards(join(dir, "out", "t-{shard}.tar")))
      .run({ onError: "skip" });
    expect(report.errors[0]?.kind).toBe("corrupt");
    expect((output as Manifest).inputs).toEqual({ [path]: { bytes: damaged.length, sha256: null } });
  });

  it("are not there for a source that knows of none", async () => {
    const dir = folder();
    expect((await write(docs(3), tarShards(join(dir, "t-{shard}.tar")))).inputs).toEqual({});
    expect(files(dir).get("manifest.json")?.toString()).toContain('"inputs": {}');
  });
});
