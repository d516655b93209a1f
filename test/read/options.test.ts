import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { Doc, Pipeline } from "../../src/core/index.ts";
import { type ReadOptions, read, readSamples, type Sample } from "../../src/read/index.ts";
import { temporaryFolder } from "../store/fixtures.ts";
import { collect, jsonl } from "./fixtures.ts";

const bad =
  (options: unknown): (() => unknown) =>
  () =>
    read("x", options as ReadOptions);

describe("options of read", () => {
  it("are checked before anything runs", () => {
    expect(bad({ formt: "text" })).toThrow(/unknown option `formt`.*known options are format, text, id/);
    expect(bad({ format: "csv" })).toThrow(/`format` to be "auto" or "jsonl" or "text" or "tar", got "csv"/);
    expect(bad({ text: "" })).toThrow("`text`");
    expect(bad({ text: 1 })).toThrow(TypeError);
    expect(bad({ text: true })).toThrow("`text` to be the name of a field or false, got true");
    expect(bad({ id: true })).toThrow("the name of a field or false");
    expect(bad({ text: "a", id: "a" })).toThrow(RangeError);
    expect(bad({ maxLineBytes: 0 })).toThrow(RangeError);
    expect(bad({ maxLineBytes: 2 ** 30 })).toThrow(RangeError);
    expect(bad({ onError: "ignore" })).toThrow("`onError`");
    expect(bad({ worker: 1 })).toThrow("{ index, count }");
    expect(bad({ worker: { index: 2, count: 2 } })).toThrow("`worker.index` to be an integer between 0 and 1, got 2");
    expect(bad({ worker: { index: 0, count: 0 } })).toThrow("`worker.count`");
    expect(bad({ worker: { index: 0 } })).toThrow("`worker.count`");
    expect(bad({ worker: { index: 0, count: 2, rank: 1 } })).toThrow("unknown option `rank`");
    expect(() => read([])).toThrow("`patterns`");
    expect(() => read("")).toThrow("`patterns`");
    expect(() => read([1] as unknown as string[])).toThrow("`patterns`");
    expect(() => readSamples("x", { format: "tar" } as object)).toThrow("unknown option `format`");
  });

  it("appear resolved in the configuration", () => {
    expect(read("x").stages).toEqual([
      {
        name: "read",
        config: { patterns: ["x"], format: "auto", text: "text", id: "id", worker: { index: 0, count: 1 }, maxLineBytes: 67_108_864 },
      },
    ]);
  });

  it("give pipelines of documents and of samples", () => {
    expectTypeOf(read("x")).toEqualTypeOf<Pipeline<Doc>>();
    expectTypeOf(readSamples("x")).toEqualTypeOf<Pipeline<Sample>>();
  });

  it("let a pipeline be iterated more than once", async () => {
    const folder = temporaryFolder();
    writeFileSync(`${folder}/a.jsonl`, jsonl({ text: "a" }, { text: "b" }));
    const docs = read([`${folder}/a.jsonl`]);
    expect(await collect(docs)).toEqual(await collect(docs));
  });
});

const corpus = "../shared/corpora/en-wiki";
const present = existsSync(corpus);
if (!present) console.log("skipped: reading the en-wiki corpus (no ../shared/corpora here)");

describe.skipIf(!present)("a real corpus", () => {
  it("is read as by hand", { timeout: 120_000 }, async () => {
    const name = readdirSync(corpus).filter((file) => file.endsWith(".jsonl.gz"))[0] as string;
    const bytes = gunzipSync(readFileSync(`${corpus}/${name}`));
    const folder = temporaryFolder();
    writeFileSync(`${folder}/plain.jsonl`, bytes);
    const byHand = bytes
      .toString()
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as { id: string; text: string });
    for (const source of [`${corpus}/${name}`, `${folder}/plain.jsonl`]) {
      let record = 0;
      for await (const doc of read(source)) {
        const { id, text, ...meta } = byHand[record] as (typeof byHand)[number];
        // Compared by pieces: a failing comparison of whole documents would print them.
        if (doc.id !== id || doc.text !== text || JSON.stringify(doc.meta) !== JSON.stringify(meta))
          throw new Error(`record ${record} differs`);
        if (doc.origin.record !== record || bytes[doc.origin.offset] !== 0x7b) throw new Error(`the origin of record ${record} is wrong`);
        record++;
      }
      expect(record).toBe(byHand.length);
    }
  });
});
