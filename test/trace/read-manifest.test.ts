import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PipelineError } from "../../src/core/index.ts";
import { type Manifest, parseManifest, readManifest, unfinishedName } from "../../src/trace/index.ts";

const counts = { in: 3, out: 2, dropped: { short: 1 }, errors: {} };
const shard = { name: "t-000000.tar", bytes: 10_240, sha256: "00", records: 2, documents: 2, tokens: 9, index: "t-000000.tar.idx" };
const MANIFEST: Manifest = {
  format: "millrace-manifest",
  version: 1,
  versions: { millrace: "0.1.0", unicode: "16.0" },
  seed: 0,
  sink: { name: "tarShards", config: { maxBytes: 1 } },
  deliveredBefore: 0,
  totals: { shards: 1, bytes: 10_240, records: 2, documents: 2, tokens: 9, oversized: 0 },
  stages: [{ name: "read", config: null, ...counts, bytes: 99, counters: { lines: 3 } }],
  sources: { "a.jsonl": counts },
  inputs: { "a.jsonl": { bytes: 99, sha256: "00" } },
  lineage: { name: "manifest.lineage", bytes: 40, sha256: "00", rows: 3 },
  shards: [shard, { ...shard, index: null }],
};

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "millrace-trace-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe("readManifest", () => {
  it("takes the folder or the file", async () => {
    writeFileSync(join(dir, "manifest.json"), JSON.stringify(MANIFEST));
    writeFileSync(join(dir, "dropped.json"), JSON.stringify({ ...MANIFEST, seed: 5 }));
    expect(await readManifest(dir)).toEqual(MANIFEST);
    expect(await readManifest(join(dir, "manifest.json"))).toEqual(MANIFEST);
    expect((await readManifest(join(dir, "dropped.json"))).seed).toBe(5);
  });

  it("takes a folder whose name ends like a file's", async () => {
    mkdirSync(join(dir, "set.json"));
    writeFileSync(join(dir, "set.json", "manifest.json"), JSON.stringify(MANIFEST));
    expect(await readManifest(join(dir, "set.json"))).toEqual(MANIFEST);
  });

  it("tells a folder without a manifest from one whose run did not finish", async () => {
    await expect(readManifest(dir)).rejects.toMatchObject({
      name: "PipelineError",
      kind: "vanished",
      message: expect.stringMatching(/^cannot read .*manifest\.json: ENOENT/) as string,
    });
    writeFileSync(join(dir, unfinishedName("manifest.json")), "");
    await expect(readManifest(dir)).rejects.toMatchObject({
      kind: "vanished",
      message: expect.stringContaining("was interrupted; run it again") as string,
    });
    await expect(readManifest(join(dir, "dropped.json"))).rejects.toThrow("cannot read");
  });
});

describe("parseManifest", () => {
  it.each([
    ["", "corrupt", "Unexpected end of JSON input"],
    ["[]", "corrupt", '`format` is not "millrace-manifest"'],
    ["null", "corrupt", "`format`"],
    [JSON.stringify({ ...MANIFEST, version: 2 }), "changed", "it has version 2, this library reads version 1"],
  ])("refuses %j", (text, kind, words) => {
    expect(() => parseManifest(text, "m.json")).toThrow(PipelineError);
    expect(() => parseManifest(text, "m.json")).toThrow(
      expect.objectContaining({ kind, message: expect.stringContaining(words) as string }) as Error,
    );
  });

  it("refuses a manifest with any field gone or of another shape, and names it", () => {
    parseManifest(JSON.stringify(MANIFEST), "m.json");
    const { inputs, lineage, ...first } = MANIFEST;
    expect(parseManifest(JSON.stringify(first), "m.json")).toEqual({ ...first, inputs: {}, lineage: null }); // written before they existed
    expect(inputs).not.toEqual({});
    expect(lineage).not.toBeNull();
    for (const field of Object.keys(first)) {
      const { [field as "seed"]: _, ...rest } = MANIFEST;
      expect(() => parseManifest(JSON.stringify(rest), "m.json"), field).toThrow(new RegExp(field));
    }
    const broken: readonly (readonly [string, object])[] = [
      ["shards", { shards: [{ ...shard, bytes: -1 }] }],
      ["shards", { shards: [{ ...shard, tokens: 1.5 }] }],
      ["shards", { shards: [{ ...shard, index: 3 }] }],
      ["shards", { shards: {} }],
      ["sources", { sources: { a: { ...counts, dropped: { x: "1" } } } }],
      ["stages", { stages: [null] }],
      ["totals", { totals: { ...MANIFEST.totals, oversized: undefined } }],
      ["versions", { versions: { millrace: 1 } }],
      ["inputs", { inputs: { a: { bytes: 1 } } }],
      ["lineage", { lineage: { name: "x" } }],
    ];
    for (const [field, change] of broken) {
      expect(() => parseManifest(JSON.stringify({ ...MANIFEST, ...change }), "m.json")).toThrow(
        `m.json is not a manifest of millrace: \`${field}\` is missing or malformed`,
      );
    }
  });
});
