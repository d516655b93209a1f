import { mkdirSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { read, readSamples } from "../../src/read/index.ts";
import { share } from "../../src/read/share.ts";
import { temporaryFolder } from "../store/fixtures.ts";
import { COMPRESSIONS, collect, jsonl, tarOf } from "./fixtures.ts";

describe("sharing between workers", () => {
  it("gives every record of every file to exactly one worker", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 20 }), (files, count) => {
        for (let file = 0; file < files; file++) {
          const parts = Array.from({ length: count }, (_, index) => share({ index, count }, file, files));
          const owners = Array.from(
            { length: 50 },
            (_, record) => parts.filter((part) => part === "all" || (part !== "none" && part(record))).length,
          );
          expect(new Set(owners)).toEqual(new Set([1]));
        }
      }),
      { numRuns: 60 },
    );
  });

  it("deals whole files evenly and leaves no worker without records of the rest", () => {
    for (const [files, count] of [
      [10, 4],
      [3, 8],
      [8, 8],
      [1, 3],
    ] as const) {
      const whole = Array.from({ length: count }, (_, index) => {
        const parts = Array.from({ length: files }, (_, file) => share({ index, count }, file, files));
        expect(parts.filter((part) => typeof part === "function")).toHaveLength(files % count);
        return parts.filter((part) => part === "all").length;
      });
      expect(new Set(whole)).toEqual(new Set([Math.floor(files / count)]));
    }
  });

  it("is an exact partition when files are read, for any number of files, records and workers", async () => {
    const folder = temporaryFolder();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(12), { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 7 }), async (sizes, count) => {
        const place = `${folder}/${run++}`;
        mkdirSync(place);
        for (const [i, records] of sizes.entries()) {
          const lines = jsonl(...Array.from({ length: records }, (_, r) => ({ id: `${i}-${r}`, text: "x" })));
          const [suffix, pack] = COMPRESSIONS[i % COMPRESSIONS.length] as (typeof COMPRESSIONS)[number];
          writeFileSync(`${place}/${i}.jsonl${suffix}`, pack(Buffer.from(lines)));
        }
        const pattern = `${place}/*`;
        const all = (await collect(read(pattern))).map((doc) => JSON.stringify(doc));
        const shares: string[] = [];
        for (let index = 0; index < count; index++) {
          for (const doc of await collect(read(pattern, { worker: { index, count } }))) shares.push(JSON.stringify(doc));
        }
        expect(shares.sort()).toEqual(all.sort());
      }),
      { numRuns: 30 },
    );
  });

  it("holds for text files, documents in tars and raw samples too", async () => {
    const folder = temporaryFolder();
    for (let i = 0; i < 5; i++) {
      const name = String(i);
      writeFileSync(`${folder}/${name}.txt`, name);
      writeFileSync(`${folder}/${name}.tar`, await tarOf(Array.from({ length: 7 }, (_, r) => [`${i}-${r}.txt`, `${i}-${r}`] as const)));
    }
    for (const count of [1, 2, 3, 4, 11]) {
      const docs: string[] = [];
      const samples: string[] = [];
      const sizes: number[] = [];
      for (let index = 0; index < count; index++) {
        const own = await collect(read(`${folder}/*`, { worker: { index, count } }));
        sizes.push(own.length);
        docs.push(...own.map((doc) => `${doc.id} ${doc.text}`));
        for (const sample of await collect(readSamples(`${folder}/*.tar`, { worker: { index, count } }))) samples.push(`${sample.key}`);
      }
      expect(docs).toHaveLength(40);
      expect(new Set(docs).size).toBe(40);
      expect(new Set(samples).size).toBe(35);
      expect(samples).toHaveLength(35);
      if (count === 11) expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(10);
    }
  });

  it("reports a bad record and a damaged file once over all workers", async () => {
    const folder = temporaryFolder();
    const lines = `${jsonl({ text: "0" }, { text: "1" })}bad\n${jsonl({ text: "3" }, { text: "4" })}`;
    writeFileSync(`${folder}/a.jsonl`, lines);
    const [, gzip] = COMPRESSIONS[1] as (typeof COMPRESSIONS)[number];
    writeFileSync(`${folder}/b.jsonl.gz`, gzip(Buffer.from(lines)).subarray(0, -4));
    for (const count of [1, 2, 3, 5]) {
      const errors: string[] = [];
      let records = 0;
      for (let index = 0; index < count; index++) {
        const run = read(`${folder}/*`, { worker: { index, count } }).run({ onError: "skip" });
        for await (const _ of run) records++;
        errors.push(...run.report().errors.map((error) => error.kind));
      }
      expect(errors.sort()).toEqual(["bad-json", "bad-json", "truncated"]);
      expect(records).toBe(8);
    }
  });
});
