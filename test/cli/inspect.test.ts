import { createHash } from "node:crypto";
import { appendFileSync, mkdirSync, readFileSync, truncateSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { padBatch } from "../../src/batch/index.ts";
import { Distribution, distributionLines } from "../../src/cli/distribution.ts";
import { TokenCounts } from "../../src/cli/token-counts.ts";
import { type Doc, filter, from, map, type Tokenized } from "../../src/core/index.ts";
import { tokenize } from "../../src/tokenize/index.ts";
import { jsonlShards, tarShards } from "../../src/write/index.ts";
import { type Ended, inProcess, temporaryFolder } from "./process.ts";

const folder = temporaryFolder();
const path = (...parts: string[]): string => join(folder.path, ...parts);

const inspect = (...args: string[]): Promise<Ended> => inProcess(["inspect", ...args]);

const docs = (count: number): Doc[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `doc-${i}`,
    text: i === 0 ? "Hé\u001b[31mllo\nworld 🙂" : `word ${"text ".repeat(i % 40)}`,
    meta: {},
    origin: { source: i % 3 === 0 ? "a.jsonl" : "b.jsonl", record: i, offset: 100 * i },
  }));

const withTokens = map((doc: Doc): Doc & Tokenized => ({
  ...doc,
  tokens: Uint32Array.from({ length: 1 + (Number(doc.id.slice(4)) % 10) }, (_, i) => i),
}));
const longEnough = filter<Doc & Tokenized>((doc) => (doc.tokens.length > 2 ? true : "too short"));

beforeAll(async () => {
  await from(docs(100))
    .pipe(withTokens)
    .pipe(longEnough)
    .write(tarShards(path("docs", "train-{shard}.tar"), { maxRecords: 30 }))
    .run();
  await from(docs(50))
    .pipe(withTokens)
    .pipe(padBatch({ rows: 4 }))
    .write(tarShards(path("batches", "b-{shard}.tar")))
    .run();
  await from(docs(40))
    .pipe(withTokens)
    .write(jsonlShards(path("lines", "part-{shard}.jsonl.gz"), { maxRecords: 25 }))
    .run();
  await from(docs(20))
    .pipe(tokenize("gpt2"))
    .pipe(padBatch({ rows: 5 }))
    .write(tarShards(path("gpt2", "g-{shard}.tar")))
    .run();
});

describe("millrace inspect", () => {
  it("shows the first samples, totals, lengths, tokens and what the manifest says", async () => {
    const { code, stdout, stderr } = await inspect(path("docs", "*.tar"));
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const lines = stdout.split("\n");
    expect(lines[0]).toBe("train-000000-000000  id doc-2, 15 characters, 3 tokens, (txt, json, tokens.npy)");
    expect(lines[1]).toBe("  word text text");
    expect(stdout).toMatch(/^3 shards of [\d.]+ kB: 80 samples, [\d.]+ kB of text, 520 tokens$/m);
    expect(stdout).toMatch(/^tokens of a sample: least 3, median about [67], mean 6\.50, nine in ten below \d+, most 10$/m);
    expect(stdout).toContain("token ids: 10 distinct, the largest 9,");
    expect(stdout).toMatch(/^ {2}0 {4}#+ +80 {2}15\.4 %$/m);
    expect(stdout).toMatch(/^source +in +out +dropped +errors +kept$/m);
    expect(stdout).toMatch(/^a\.jsonl +34 +27 +7 +- +79 %$/m);
    expect(stdout).toMatch(/^all sources +100 +80 +20 +- +80 %$/m);
    expect(stdout).toMatch(/^ {2}filter {2}too short {2}20$/m);
  });

  it("takes a folder for the shards in it", async () => {
    const asFolder = await inspect(path("docs"), "-n", "0");
    expect(asFolder).toEqual(await inspect(path("docs", "*.tar"), "--samples", "0"));
    expect(asFolder.stdout).toMatch(/^3 shards of/);
  });

  it("reads JSON lines, compressed too, and keeps control characters of a text from the terminal", async () => {
    const { code, stdout } = await inspect(path("lines"), "-n", "1");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^line 0 {2}id doc-0, 18 characters, 1 token, \(id, text, meta, origin, tokens\)\n {2}Hé�\[31mllo⏎world 🙂\n/);
    expect(stdout).toContain("2 shards of");
    expect(stdout).toContain("40 samples");
  });

  it("counts the tokens of batches without their padding", async () => {
    const { stdout } = await inspect(path("batches"), "-n", "1");
    const tokens = docs(50).reduce((n, _, i) => n + 1 + (i % 10), 0);
    expect(stdout).toMatch(/^b-000000-000000 {2}10 tokens in 4 rows, /);
    expect(stdout).toContain(`13 samples, ${tokens} tokens, `);
    expect(stdout).toMatch(/\d+ % of the cells are padding/);
    expect(stdout).toContain("tokens of a row: least 1,");
  });

  it("decodes ids when the manifest names a tokenizer it knows", async () => {
    const { stdout } = await inspect(path("gpt2"), "-n", "1");
    expect(stdout).toMatch(/^g-000000-000000 .*\n {2}Hé�\[31mllo⏎world 🙂<\|endoftext\|>$/m);
    expect(stdout).toMatch(/^ +2420 {2}" text" +#+ /m);
  });

  it("prints the same as JSON for a program", async () => {
    const { code, stdout } = await inspect(path("docs"), "--json", "--verify", "-n", "2");
    expect(code).toBe(0);
    const found = JSON.parse(stdout);
    expect(found.shards).toHaveLength(3);
    expect(found.samples.map((sample: { id: string }) => sample.id)).toEqual(["doc-2", "doc-3"]);
    expect(found.tokens).toMatchObject({ total: 520, distinct: 10, largestId: 9, batches: 0, padding: 0 });
    expect(found.tokens.top[0]).toEqual({ id: 0, count: 80 });
    expect(found.text.characters).toMatchObject({ count: 80 });
    expect(found.manifests[0]).toMatchObject({ file: "manifest.json", unfinished: false });
    expect(found.verify.every((verdict: { ok: boolean }) => verdict.ok)).toBe(true);
  });

  it("works without a manifest, and says when a run has not finished", async () => {
    mkdirSync(path("bare"));
    writeFileSync(path("bare", "x.jsonl"), '{"text":"one"}\n\n{"text":"two two"}');
    const bare = await inspect(path("bare"));
    expect(bare.code).toBe(0);
    expect(bare.stdout).toContain("1 shard of 34 B: 2 samples, 10 B of text");
    expect(bare.stdout).not.toContain("source");
    writeFileSync(path("bare", ".manifest.json.unfinished"), "");
    expect((await inspect(path("bare"))).stdout).toContain("a run has begun here and not finished");
  });

  it("is not misled by another .json beside the shards", async () => {
    mkdirSync(path("other"));
    writeFileSync(path("other", "a.jsonl"), '{"text":"x"}\n');
    writeFileSync(path("other", "aaa.json"), "not JSON at all");
    expect((await inspect(path("other"))).code).toBe(0);
  });
});

describe("millrace inspect --verify", () => {
  it("passes shards that are as they were written", async () => {
    const { code, stdout } = await inspect(path("docs"), "--verify", "-n", "0");
    expect(code).toBe(0);
    expect(stdout).toContain("verify: all 3 shards are as the manifest says");
  });

  it("finds a changed byte, a size, a missing and an unlisted shard, and exits with 1", async () => {
    const copy = path("damaged");
    await from(docs(100))
      .pipe(withTokens)
      .write(tarShards(join(copy, "t-{shard}.tar"), { maxRecords: 30 }))
      .run();
    const shard = readFileSync(join(copy, "t-000000.tar"));
    shard[600] = (shard[600] as number) ^ 1; // inside a text
    writeFileSync(join(copy, "t-000000.tar"), shard);
    appendFileSync(join(copy, "t-000001.tar"), Buffer.alloc(512));
    unlinkSync(join(copy, "t-000002.tar"));
    writeFileSync(join(copy, "new.jsonl"), '{"text":"new"}\n');
    const { code, stdout } = await inspect(copy, "--verify", "-n", "0");
    expect(code).toBe(1);
    const sha = createHash("sha256").update(shard).digest("hex");
    expect(stdout).toMatch(new RegExp(`verify: .*t-000000\\.tar has the sha256 ${sha}, the manifest says`));
    expect(stdout).toMatch(/verify: .*t-000001\.tar has \d+ bytes, the manifest says \d+/);
    expect(stdout).toMatch(/verify: .*t-000002\.tar is missing/);
    expect(stdout).toMatch(/verify: .*new\.jsonl the manifest does not list it/);
    expect(stdout).toContain("verify: 4 of 5 differ");
  });

  it("cannot verify without a manifest", async () => {
    const { code, stdout } = await inspect(path("bare"), "--verify");
    expect(code).toBe(1);
    expect(stdout).toContain("there is no manifest to compare with");
  });
});

describe("damaged shards are read as far as they go, with exit code 1", () => {
  it("a truncated tar", async () => {
    const copy = path("cut");
    await from(docs(20))
      .pipe(withTokens)
      .write(tarShards(join(copy, "t-{shard}.tar")))
      .run();
    truncateSync(join(copy, "t-000000.tar"), 20_000);
    const { code, stdout } = await inspect(copy, "-n", "1");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^damaged: readSamples: the tar archive ends inside .*t-000000\.tar: record 6 at byte \d+\)$/m);
    expect(stdout).toMatch(/: [1-9]\d* samples/);
  });

  it("bad JSON lines, a few of which are named", async () => {
    folder.file("bad.jsonl", `{"text":"good"}\n${"{oops\n".repeat(9)}5\n{"text":"last"}\n`);
    const { code, stdout } = await inspect(path("bad.jsonl"), "-n", "9");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^damaged: .*bad\.jsonl: sample 1: /m);
    expect(stdout).toContain("damaged: and 5 more");
    expect(stdout).toContain("12 samples");
    expect(stdout).toMatch(/^line 11 .*\n {2}last$/m);
  });

  it("a truncated gzip", async () => {
    const whole = gzipSync(Array.from({ length: 5000 }, (_, i) => `{"text":"line ${i * 7919}"}\n`).join(""));
    writeFileSync(path("cut.jsonl.gz"), whole.subarray(0, whole.length / 2));
    const { code, stdout } = await inspect(path("cut.jsonl.gz"), "-n", "0");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^damaged: .*cut\.jsonl\.gz: .*(truncated|ends|end)/m);
  });

  it.each([
    [["nothing-*.tar"], /no file matches "nothing-\*\.tar"/],
    [["package.json"], /package\.json is not a shard: expected \.tar or \.jsonl/],
  ])("%j is a usage error", async (args, message) => {
    const { code, stderr } = await inspect(...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});

describe("lengths", () => {
  it("are counted exactly, and quantiles are right to a ninth", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (values, share) => {
          const distribution = new Distribution();
          for (const value of values) distribution.add(value);
          const sorted = [...values].sort((a, b) => a - b);
          expect([distribution.count, distribution.min, distribution.max]).toEqual([values.length, sorted[0], sorted.at(-1)]);
          expect(distribution.sum).toBe(values.reduce((a, b) => a + b));
          expect(distribution.octaves().reduce((n, octave) => n + octave.count, 0)).toBe(values.length);
          const exact = sorted[Math.max(0, Math.ceil(share * values.length - 1e-9) - 1)] as number;
          const found = distribution.quantile(share);
          expect(Math.abs(found - exact)).toBeLessThanOrEqual(Math.max(1, exact / 9));
        },
      ),
    );
  });

  it("are drawn with one bar an octave", () => {
    const distribution = new Distribution();
    for (const value of [0, 1, 2, 3, 3, 3, 16]) distribution.add(value);
    expect(distributionLines("letters", distribution, 8)).toEqual([
      "letters: least 0, median about 3, mean 4.00, nine in ten below 16, most 16",
      "   0 -  0  ##        1",
      "   1 -  1  ##        1",
      "   2 -  3  ########  4",
      "   4 -  7            0",
      "   8 - 15            0",
      "  16 - 31  ##        1",
    ]);
    expect(distributionLines("letters", new Distribution(), 8)).toEqual([]);
  });
});

describe("token counts", () => {
  it("agree with counting in a map, whatever the ids", () => {
    const id = fc.oneof(fc.nat(20), fc.nat(200_000), fc.integer({ min: 2 ** 23 - 2, max: 2 ** 32 - 1 }));
    fc.assert(
      fc.property(fc.array(id, { minLength: 1, maxLength: 100 }), (ids) => {
        const counts = new TokenCounts();
        counts.add(Uint32Array.from(ids));
        const expected = new Map<number, number>();
        for (const one of ids) if (one < 2 ** 23) expected.set(one, (expected.get(one) ?? 0) + 1);
        const sorted = [...expected].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([id, count]) => ({ id, count }));
        expect(counts.top(1000)).toEqual(sorted);
        expect([counts.total, counts.distinct, counts.largest]).toEqual([ids.length, expected.size, Math.max(...ids)]);
        expect(counts.beyond).toBe(ids.filter((one) => one >= 2 ** 23).length);
      }),
      { numRuns: 50 },
    );
  });

  it("know the entropy", () => {
    const counts = new TokenCounts();
    counts.add([1, 2, 3, 4, 1, 2, 3, 4]);
    expect(counts.entropy).toBeCloseTo(2);
  });
});
