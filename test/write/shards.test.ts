/** The machinery that all formats share: limits, manifest, accounts. */
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Doc, filter, flatMap, from, map, pipeline, type Source, VERSION } from "../../src/core/index.ts";
import { type Manifest, readManifest } from "../../src/trace/index.ts";
import { jsonlShards, tarShards } from "../../src/write/index.ts";
import { docs, files, folder, names, offsets, sha256, untar, write } from "./fixtures.ts";

const line = (record: object): number => Buffer.byteLength(JSON.stringify(record)) + 1;

describe("rotation", () => {
  it("fills JSONL shards as the limits allow and no further", async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 1, max: 700 }), fc.integer({ min: 1, max: 9 }), async (lengths, maxBytes, maxRecords) => {
        const records = lengths.map((length) => ({ a: "x".repeat(length) }));
        // The plainest statement of the rule: a shard takes the next record while both limits allow.
        const expected: (typeof records)[] = [];
        for (const record of records) {
          const shard = expected.at(-1);
          const fits =
            shard !== undefined && shard.length < maxRecords && [...shard, record].reduce((sum, r) => sum + line(r), 0) <= maxBytes;
          if (fits) shard.push(record);
          else expected.push([record]);
        }
        const dir = folder();
        const manifest = await write(records, jsonlShards(join(dir, "p-{shard}.jsonl"), { maxBytes, maxRecords }));
        expect(manifest.shards.map((shard) => [shard.records, shard.bytes])).toEqual(
          expected.map((shard) => [shard.length, shard.reduce((sum, record) => sum + line(record), 0)]),
        );
        expect(manifest.totals.oversized).toBe(records.filter((record) => line(record) > maxBytes).length);
        const all = manifest.shards.map(({ name }) => files(dir).get(name)?.toString()).join("");
        expect(all).toBe(records.map((record) => `${JSON.stringify(record)}\n`).join(""));
      }),
      { numRuns: 30 },
    );
  });

  it("never lets a tar file pass maxBytes, padding included, unless one sample does alone", async () => {
    const dir = folder();
    const maxBytes = 50_000;
    const big: Doc = { ...(docs(1)[0] as Doc), id: "big", text: "y".repeat(60_000) };
    const input: Doc[] = [...docs(200), big, ...docs(3)];
    const manifest = await write(input, tarShards(join(dir, "t-{shard}.tar"), { maxBytes }));
    const large = manifest.shards.filter(({ bytes }) => bytes > maxBytes);
    expect(large).toMatchObject([{ records: 1 }]);
    expect(manifest.totals).toMatchObject({ records: 204, oversized: 1, shards: manifest.shards.length });
    // 50,000 bytes hold four records of 10,240: no other shard but the ones before the big sample and the last is smaller.
    const at = manifest.shards.findIndex(({ bytes }) => bytes > maxBytes);
    for (const [i, { bytes }] of manifest.shards.entries())
      if (![at - 1, at, manifest.shards.length - 1].includes(i)) expect(bytes).toBe(40_960);
    const ids: unknown[] = [];
    for (const { name } of manifest.shards) {
      const entries = await untar(files(dir).get(name) as Buffer);
      for (const entry of entries) if (entry.name.endsWith(".json")) ids.push((JSON.parse(String(entry.bytes)) as Doc).id);
    }
    expect(ids).toEqual(input.map(({ id }) => id));
  });

  it("counts samples of an exact limit into one shard", async () => {
    const manifest = await write(docs(20), tarShards(join(folder(), "t-{shard}.tar"), { maxRecords: 10 }));
    expect(manifest.shards.map(({ records }) => records)).toEqual([10, 10]);
  });

  it("stops when the pattern has no number left, and leaves no manifest", async () => {
    const dir = folder();
    const failing = write(docs(11), tarShards(join(dir, "t-{shard:01}.tar"), { maxRecords: 1 }));
    await expect(failing).rejects.toMatchObject({ stage: "tarShards", message: expect.stringContaining("more than 10 shards") as string });
    expect(names(dir)).toHaveLength(21);
    expect(names(dir)).not.toContain("manifest.json");
  });

  it("writes no shard, but a manifest, for a run without records", async () => {
    const dir = folder();
    const manifest = await write<Doc>([], tarShards(join(dir, "new", "t-{shard}.tar")));
    expect(names(join(dir, "new"))).toEqual(["manifest.json", "manifest.lineage"]);
    expect(manifest.totals).toEqual({ shards: 0, bytes: 0, records: 0, documents: 0, tokens: 0, oversized: 0 });
  });
});

describe("the manifest", () => {
  it("says of every shard what its bytes say", async () => {
    const dir = folder();
    const input = docs(100);
    const manifest = await write(input, tarShards(join(dir, "t-{shard}.tar"), { maxRecords: 30 }));
    expect(await readManifest(dir)).toEqual(manifest);
    const all = files(dir);
    expect([...all.keys()].sort()).toEqual(
      ["manifest.json", "manifest.lineage", ...manifest.shards.flatMap(({ name, index }) => [name, index as string])].sort(),
    );
    for (const [i, shard] of manifest.shards.entries()) {
      const bytes = all.get(shard.name) as Buffer;
      expect(shard).toEqual({
        name: `t-00000${i}.tar`,
        bytes: bytes.length,
        sha256: sha256(bytes),
        records: i === 3 ? 10 : 30,
        documents: i === 3 ? 10 : 30,
        tokens: input.slice(i * 30, i * 30 + 30).reduce((sum, doc) => sum + doc.tokens.length, 0),
        index: `t-00000${i}.tar.idx`,
      });
      expect(offsets(all.get(`t-00000${i}.tar.idx`) as Buffer)).toHaveLength(shard.records + 1);
    }
    const sum = (key: "bytes" | "tokens"): number => manifest.shards.reduce((total, shard) => total + shard[key], 0);
    expect(manifest.totals).toEqual({ shards: 4, bytes: sum("bytes"), records: 100, documents: 100, tokens: sum("tokens"), oversized: 0 });
  });

  it("records configuration, seed and versions, and nothing that changes from run to run", async () => {
    const dir = folder();
    const job = from(docs(10), "corpus")
      .pipe(filter((doc) => doc.origin.record > 2, { reason: "early" }))
      .write(tarShards(join(dir, "t-{shard}.tar")));
    await job.run({ seed: 7 });
    const manifest = await readManifest(dir);
    expect(manifest).toMatchObject({ format: "millrace-manifest", version: 1, seed: 7, deliveredBefore: 0 });
    expect(manifest.versions).toEqual({ millrace: VERSION, unicode: process.versions["unicode"] });
    expect(manifest.sink).toEqual({
      name: "tarShards",
      config: {
        pattern: "t-{shard}.tar", // without the folder: shards may be moved
        maxBytes: 268_435_456,
        maxRecords: 100_000,
        members: ["text", "json", "tokens", "loss_mask", "input_ids", "attention_mask", "labels"],
        tokenDtype: "uint32",
      },
    });
    expect(manifest.stages).toMatchObject([
      { name: "corpus", config: null, in: 0, out: 10 },
      { name: "filter", config: { reason: "early" }, in: 10, out: 7, dropped: { early: 3 }, errors: {}, counters: {} },
    ]);
    expect(Object.keys(manifest.stages[0] as object)).not.toContain("seconds");
    expect(files(dir).get("manifest.json")?.toString()).not.toMatch(new RegExp(`${process.pid}|${new Date().getFullYear()}-|${dir}`));
  });

  it("balances for every source: in = out + dropped + errors", async () => {
    const records = fc.array(
      fc.record({ source: fc.constantFrom("b", "a", "__proto__"), fate: fc.constantFrom("keep", "drop", "fail", "split", "odd") }),
      { maxLength: 60 },
    );
    await fc.assert(
      fc.asyncProperty(records, async (plan) => {
        const input = plan.map(
          ({ source, fate }, i): Doc => ({ id: `${i}`, text: fate, meta: {}, origin: { source, record: i, offset: i } }),
        );
        const dir = folder();
        const { output } = await from(input)
          .pipe(filter((doc: Doc) => doc.text !== "drop" || "unwanted"))
          .pipe(
            map((doc) => {
              if (doc.text === "fail") throw new Error("no");
              return doc.text === "odd" ? { ...doc, odd: 1n } : doc; // what the sink itself must refuse
            }),
          )
          .pipe(flatMap((doc) => (doc.text === "split" ? [0, 1, 2].map((index) => ({ ...doc, part: { index, count: 3 } })) : [doc])))
          .write(tarShards(join(dir, "t-{shard}.tar"), { maxRecords: 5 }))
          .run({ onError: "skip" });
        const { sources, totals, shards } = output as Manifest;
        const count = (...fates: string[]): number => plan.filter(({ fate }) => fates.includes(fate)).length;
        for (const [name, { in: taken, out, dropped, errors }] of Object.entries(sources)) {
          const add = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0);
          expect(taken).toBe(plan.filter(({ source }) => source === name).length);
          expect(taken).toBe(out + add(dropped) + add(errors));
        }
        expect(Object.keys(sources)).toEqual([...new Set(plan.map(({ source }) => source))].sort());
        expect(totals.documents).toBe(Object.values(sources).reduce((sum, { out }) => sum + out, 0));
        expect([totals.documents, totals.records]).toEqual([count("keep", "split"), count("keep") + 3 * count("split")]);
        expect(shards.reduce((sum, { documents }) => sum + documents, 0)).toBe(totals.documents);
      }),
      { numRuns: 25 },
    );
  });

  it("tells how much of a restored run came before it", async () => {
    const dir = folder();
    const whole = from(docs(10));
    let state: ReturnType<typeof whole.state> | undefined;
    for await (const doc of whole) {
      if (doc.origin.record === 3) {
        state = whole.state();
        break;
      }
    }
    if (state === undefined) throw new Error("the loop did not get there");
    await from(docs(10))
      .restore(state)
      .write(tarShards(join(dir, "t-{shard}.tar")))
      .run();
    const manifest = await readManifest(dir);
    expect(manifest).toMatchObject({ deliveredBefore: 4, totals: { records: 6 }, sources: { "corpus/a.jsonl": { in: 10, out: 10 } } });
  });
});

describe("back-pressure", () => {
  it("pulls a record only after the one before is taken care of", async () => {
    let ahead = 0;
    const source: Source<Doc> = {
      name: "eager",
      async *run(context) {
        context.checkpoint(() => null);
        for (const doc of docs(300)) {
          expect(++ahead).toBe(1);
          yield { ...doc, text: "z".repeat(20_000) };
          ahead--;
        }
      },
    };
    const { output } = await pipeline(source)
      .write(tarShards(join(folder(), "t-{shard}.tar"), { maxBytes: 1_000_000 }))
      .run();
    expect((output as Manifest).totals.records).toBe(300);
  });
});
