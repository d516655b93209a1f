import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Doc, filter, from, map } from "../../src/core/index.ts";
import type { Manifest } from "../../src/trace/index.ts";
import { readManifest } from "../../src/trace/index.ts";
import { type JsonlShardsOptions, jsonlShards } from "../../src/write/index.ts";
import { docs, files, folder, names, offsets, sha256, write } from "./fixtures.ts";

async function lines(records: readonly object[], options: JsonlShardsOptions = {}): Promise<unknown[]> {
  const dir = folder();
  await write(records, jsonlShards(join(dir, "p-{shard}.jsonl"), options));
  return parse(files(dir).get("p-000000.jsonl") as Buffer);
}

function parse(bytes: Buffer): unknown[] {
  const text = bytes.toString();
  expect(text.endsWith("\n")).toBe(true);
  return text
    .slice(0, -1)
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}

describe("jsonlShards", () => {
  it("writes every field of a document, tokens as numbers", async () => {
    const input = docs(30).map((doc, i) => ({ ...doc, language: "en", part: { index: i, count: 30 } }));
    expect(await lines(input)).toEqual(input.map((doc) => ({ ...doc, tokens: [...doc.tokens] })));
  });

  it("gives back any object that JSON can hold, at the offset the index names", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue()), { minLength: 1, maxLength: 20 }),
        async (objects) => {
          const dir = folder();
          const input = objects.map((object) => JSON.parse(JSON.stringify(object)) as object); // -0 has no JSON form
          await write(input, jsonlShards(join(dir, "p-{shard}.jsonl")));
          const bytes = files(dir).get("p-000000.jsonl") as Buffer;
          expect(parse(bytes)).toEqual(input);
          const index = offsets(files(dir).get("p-000000.jsonl.idx") as Buffer);
          expect(index.at(-1)).toBe(bytes.length);
          for (const [i, object] of input.entries()) expect(JSON.parse(bytes.toString("utf8", index[i], index[i + 1]))).toEqual(object);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("writes what map makes of documents, and arrays and dates as JSON has them", async () => {
    const dir = folder();
    const job = from(docs(4))
      .pipe(map(({ id, text }) => ({ id, characters: text.length })))
      .write(jsonlShards(join(dir, "m-{shard}.jsonl")));
    const { output } = await job.run();
    expect((output as Manifest).totals).toMatchObject({ records: 4, documents: 0, tokens: 0 });
    expect(parse(files(dir).get("m-000000.jsonl") as Buffer)).toEqual(docs(4).map(({ id, text }) => ({ id, characters: text.length })));
    expect(await lines([[1, "a"], new Date(0), { a: undefined, b: 1 }])).toEqual([[1, "a"], "1970-01-01T00:00:00.000Z", { b: 1 }]);
  });

  it("writes only the fields that are asked for, in that order", async () => {
    const dir = folder();
    await write(docs(1), jsonlShards(join(dir, "p-{shard}.jsonl"), { fields: ["tokens", "id", "nothing"] }));
    expect(files(dir).get("p-000000.jsonl")?.toString()).toBe('{"tokens":[],"id":"doc.0"}\n');
    await expect(lines(docs(1), { fields: ["nothing"] })).rejects.toThrow("the record has none of the fields nothing");
  });

  it("reports what JSON cannot hold, and never writes it as something else", async () => {
    const origin = { source: "a.jsonl", record: 7, offset: 700 };
    for (const [value, words] of [
      [1n, "BigInt"],
      [new Map([["a", 1]]), "the field `odd` is a Map"],
      [new Set([1]), "the field `odd` is a Set"],
      [() => 1, "the field `odd` is a function"],
      [new DataView(new ArrayBuffer(1)), "the field `odd` is a DataView"],
    ] as const) {
      const failing = lines([{ odd: value, origin }]);
      await expect(failing).rejects.toThrow(words);
      await expect(failing).rejects.toMatchObject({ kind: "unwritable", stage: "jsonlShards", origin });
    }
    const dir = folder();
    const manifest = await write<object>(
      [
        { odd: 1n, origin },
        { odd: 1, origin: { ...origin, record: 8 } },
      ],
      jsonlShards(join(dir, "p-{shard}.jsonl")),
      { onError: "skip" },
    );
    expect(manifest.sources["a.jsonl"]).toEqual({ in: 2, out: 1, dropped: {}, errors: { unwritable: 1 } });
    expect(parse(files(dir).get("p-000000.jsonl") as Buffer)).toEqual([{ odd: 1, origin: { ...origin, record: 8 } }]);
  });

  it("is no place for the name that is a setter", async () => {
    const record = JSON.parse('{"__proto__":{"a":1},"tokens":null}') as { tokens: unknown };
    record.tokens = Uint32Array.of(1);
    const dir = folder();
    await write([record], jsonlShards(join(dir, "p-{shard}.jsonl")));
    expect(files(dir).get("p-000000.jsonl")?.toString()).toBe('{"__proto__":{"a":1},"tokens":[1]}\n');
  });
});

describe("compressed jsonlShards", () => {
  it("writes one gzip member per shard, without an index, the same on every system", async () => {
    const input = docs(3000);
    const dir = folder();
    const manifest = await write(input, jsonlShards(join(dir, "p-{shard}.jsonl.gz"), { maxBytes: 500_000, level: 4 }));
    expect(manifest.totals.shards).toBeGreaterThan(2);
    expect(names(dir)).toEqual(["manifest.json", "manifest.lineage", ...manifest.shards.map(({ name }) => name)]);
    const all = manifest.shards.flatMap(({ name, bytes, sha256: digest, index }) => {
      const file = files(dir).get(name) as Buffer;
      // magic, deflate, no flags, no time, a level byte, and an operating system that is "unknown"
      expect([...file.subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
      expect([file.length, sha256(file), null]).toEqual([bytes, digest, index]);
      const plain = gunzipSync(file);
      expect(plain.length).toBeLessThanOrEqual(500_000);
      return parse(plain);
    });
    expect(all).toEqual(input.map((doc) => ({ ...doc, tokens: [...doc.tokens] })));
    expect(manifest.versions["zlib"]).toBe(process.versions["zlib"]);
    expect(manifest.sink.config).toMatchObject({ level: 4 });
  });

  it("is whole for gzip's own tool", async ({ skip }) => {
    skip(spawnSync("gzip", ["--version"]).status !== 0, "this system has no gzip");
    const dir = folder();
    await write(docs(100), jsonlShards(join(dir, "p-{shard}.jsonl.gz")));
    expect(spawnSync("gzip", ["-t", join(dir, "p-000000.jsonl.gz")], { encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
  });

  it("writes Zstandard where Node can, and says so where it cannot", async () => {
    const zlib = (await import("node:zlib")) as unknown as { zstdDecompressSync?: (bytes: Uint8Array) => Buffer };
    const dir = folder();
    const make = () => jsonlShards(join(dir, "p-{shard}.jsonl.zst"));
    if (zlib.zstdDecompressSync === undefined) {
      expect(make).toThrow(TypeError);
      expect(make).toThrow(`writing .zst needs Node 22.15 or later, this is ${process.version}`);
      return;
    }
    await write(docs(100), make());
    expect(parse(zlib.zstdDecompressSync(files(dir).get("p-000000.jsonl.zst") as Buffer))).toHaveLength(100);
  });

  it("refuses levels that mean nothing", () => {
    expect(() => jsonlShards("p-{shard}.jsonl", { level: 3 })).toThrow("`level` to be left out for a pattern without .gz or .zst");
    expect(() => jsonlShards("p-{shard}.jsonl.gz", { level: 10 })).toThrow(RangeError);
    expect(() => jsonlShards("p-{shard}.json")).toThrow('ends in ".jsonl" or ".jsonl.gz" or ".jsonl.zst"');
    expect(() => jsonlShards("p-{shard}.jsonl", { fields: [] })).toThrow("`fields` to be a list of field names");
  });
});

describe("jsonlShards as the exclusions sink", () => {
  const odd = filter((doc: Doc) => doc.origin.record % 2 === 1, { reason: "even" });

  it("keeps every dropped record with its original text, stage and reason, under a manifest of its own", async () => {
    const dir = folder();
    const job = from(docs(20))
      .pipe(map((doc) => ({ ...doc, text: "changed" })))
      .pipe(odd)
      .write(jsonlShards(join(dir, "kept", "{shard}.jsonl")));
    const { output } = await job.run({ exclusions: jsonlShards(join(dir, "dropped", "{shard}.jsonl")) });
    const dropped = await readManifest(join(dir, "dropped"));
    expect(dropped.sink.name).toBe("exclusions: jsonlShards");
    expect(dropped.totals).toMatchObject({ records: 10, documents: 10 });
    expect(dropped.sources).toEqual((output as Manifest).sources);
    expect(dropped.sources).toEqual({ "corpus/a.jsonl": { in: 20, out: 10, dropped: { "filter: even": 10 }, errors: {} } });
    const kept = docs(20).filter((_, i) => i % 2 === 0);
    expect(parse(files(join(dir, "dropped")).get("000000.jsonl") as Buffer)).toEqual(
      kept.map(({ id, text, meta, origin }) => ({ id, text, meta, origin, stage: "filter", reason: "even" })),
    );
  });

  it("gets no manifest when the loop over the pipeline was left", async () => {
    const dir = folder();
    const pipeline = from(docs(2000)).pipe(odd);
    for await (const doc of pipeline.run({ exclusions: jsonlShards(join(dir, "{shard}.jsonl")) })) if (doc.origin.record > 100) break;
    expect(names(dir)).toEqual([".manifest.json.unfinished", "000000.jsonl", "000000.jsonl.idx"]);
    expect(parse(files(dir).get("000000.jsonl") as Buffer).length).toBeGreaterThan(50);
    await expect(readManifest(dir)).rejects.toThrow("has not finished, or was interrupted");
  });

  it("says what to do when both sinks are given one folder", async () => {
    const dir = folder();
    const job = from(docs(20))
      .pipe(odd)
      .write(jsonlShards(join(dir, "kept-{shard}.jsonl")));
    await expect(job.run({ exclusions: jsonlShards(join(dir, "dropped-{shard}.jsonl")) })).rejects.toMatchObject({
      kind: "busy",
      message: expect.stringContaining("give each its own folder, or its own file names and `manifest` option") as string,
    });
    await job.run({ exclusions: jsonlShards(join(dir, "dropped-{shard}.jsonl"), { manifest: "dropped.json" }) });
    expect((await readManifest(dir)).totals.records).toBe(10);
    expect((await readManifest(join(dir, "dropped.json"))).totals.records).toBe(10);
  });
});
