import { spawnSync } from "node:child_process";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Batch, type Doc, from, type Pipeline, type Tokenized } from "../../src/core/index.ts";
import { type TarShardsOptions, tarShards } from "../../src/write/index.ts";
import { archivePadding, checkSize, fillHeader } from "../../src/write/tar-header.ts";
import { docs, files, folder, names, offsets, readNpy, sha256, untar, write } from "./fixtures.ts";

const origin = { source: "s", record: 0, offset: 0 };

/** Writes records into one shard and gives its bytes and index. */
async function shard(records: readonly (Doc | Batch)[], options: TarShardsOptions = {}): Promise<{ tar: Buffer; index: number[] }> {
  const dir = folder();
  await write(records, tarShards(join(dir, "t-{shard:02}.tar"), options));
  const all = files(dir);
  expect([...all.keys()]).toEqual(["manifest.json", "manifest.lineage", "t-00.tar", "t-00.tar.idx"]);
  return { tar: all.get("t-00.tar") as Buffer, index: offsets(all.get("t-00.tar.idx") as Buffer) };
}

describe("tarShards", () => {
  it("gives tar-stream the same names, bytes and headers, for any text", async () => {
    const record = fc.record({
      text: fc.string({ unit: "binary", maxLength: 3000 }),
      id: fc.string(),
      meta: fc.dictionary(fc.string(), fc.jsonValue()),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 12 }), async (records) => {
        const input = records.map((doc, i): Doc => ({ ...doc, origin: { source: "s", record: i, offset: i } }));
        const { tar, index } = await shard(input);
        const entries = await untar(tar);
        const key = (i: number): string => `t-00-${String(i).padStart(6, "0")}`;
        expect(entries.map(({ name }) => name)).toEqual(input.flatMap((_, i) => [`${key(i)}.txt`, `${key(i)}.json`]));
        for (const [i, doc] of input.entries()) {
          expect(entries[2 * i]?.bytes).toEqual(Buffer.from(doc.text));
          const { text: _, ...rest } = doc;
          expect(entries[2 * i + 1]?.bytes.toString()).toBe(JSON.stringify(rest));
        }
        for (const entry of entries) expect(entry).toMatchObject({ mode: 0o444, mtime: 0, type: "file", uid: 0, gid: 0 });
        expect(tar.length % 10_240).toBe(0);
        // The index leads to the first header of every sample, and then to the end of the archive.
        expect(index).toHaveLength(input.length + 1);
        for (const [i, offset] of index.slice(0, -1).entries()) {
          const name = entries[2 * i]?.name as string;
          expect(tar.toString("latin1", offset, offset + name.length + 1)).toBe(`${name}\0`);
        }
        expect(tar.subarray(index.at(-1)).every((byte) => byte === 0)).toBe(true);
        expect(tar.length - (index.at(-1) as number)).toBeGreaterThanOrEqual(1024);
      }),
      { numRuns: 40 },
    );
  });

  it("writes plain ustar headers whose every byte is fixed", () => {
    const header = Buffer.alloc(512, 0xff);
    fillHeader("train-000003-000017.tokens.npy", 0o1234567, header, 0);
    const field = (from: number, to: number): string => header.toString("latin1", from, to);
    expect(field(0, 100)).toBe("train-000003-000017.tokens.npy".padEnd(100, "\0"));
    expect(field(100, 148)).toBe("0000444\x000000000\x000000000\x0000001234567\x0000000000000\x00");
    expect(field(156, 157)).toBe("0");
    expect(field(257, 265)).toBe("ustar\x0000");
    expect(field(265, 329)).toBe("\0".repeat(64)); // no owner, no group
    expect(field(329, 512)).toBe(`0000000\x000000000\x00${"\0".repeat(167)}`);
    // The checksum is the sum of all bytes with its own field taken as spaces.
    const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
    expect(field(148, 156)).toBe(`${sum.toString(8).padStart(6, "0")}\0 `);
  });

  it("refuses members that a plain header cannot hold", () => {
    const header = Buffer.alloc(512);
    fillHeader("a", 8 ** 11 - 1, header, 0);
    expect(header.toString("latin1", 124, 136)).toBe("77777777777\0");
    expect(() => checkSize(8 ** 11)).toThrow("a member of 8589934592 bytes does not fit");
    expect(() => fillHeader("a", 8 ** 11, header, 0)).toThrow(RangeError);
    expect(() => fillHeader("a".repeat(101), 1, header, 0)).toThrow("longer than 100 bytes");
  });

  it("pads archives to whole records with two zero blocks at least", () => {
    expect([0, 9216, 9217, 10_240, 19_456].map((size) => size + archivePadding(size))).toEqual([10_240, 10_240, 20_480, 20_480, 20_480]);
  });

  it("writes tokens as .npy of the asked dtype", async () => {
    const [doc] = docs(2).slice(1) as [Doc & Tokenized];
    for (const [tokenDtype, descr] of [
      ["uint32", "<u4"],
      ["uint16", "<u2"],
      ["int32", "<i4"],
    ] as const) {
      const entries = await untar((await shard([doc], { tokenDtype })).tar);
      expect(entries.map(({ name }) => name)).toEqual(["t-00-000000.txt", "t-00-000000.json", "t-00-000000.tokens.npy"]);
      expect(readNpy(entries[2]?.bytes as Buffer)).toEqual({ descr, shape: [doc.tokens.length], values: [...doc.tokens] });
      expect(Object.keys(JSON.parse(String(entries[1]?.bytes)))).toEqual(["id", "meta", "origin"]);
    }
  });

  it("reports an id that does not fit the dtype, with its place, instead of wrapping it", async () => {
    const wide: Doc & Tokenized = {
      id: "w",
      text: "x",
      meta: {},
      origin: { source: "a.jsonl", record: 3, offset: 99 },
      tokens: Uint32Array.of(1, 65_536),
    };
    const sink = (): ReturnType<typeof tarShards> => tarShards(join(folder(), "t-{shard}.tar"), { tokenDtype: "uint16" });
    await expect(write([wide], sink())).rejects.toMatchObject({
      kind: "unwritable",
      message: 'tarShards: token id 65536 does not fit `tokenDtype: "uint16"` (a.jsonl: record 3 at byte 99)',
    });
    const manifest = await write([...docs(3, "a.jsonl"), wide], sink(), { onError: "skip" });
    expect(manifest.totals).toMatchObject({ records: 3, documents: 3 });
    expect(manifest.sources["a.jsonl"]).toEqual({ in: 4, out: 3, dropped: {}, errors: { unwritable: 1 } });
    await expect(
      write([{ ...wide, tokens: Uint32Array.of(2 ** 31) }], tarShards(join(folder(), "t-{shard}.tar"), { tokenDtype: "int32" })),
    ).rejects.toThrow("token id 2147483648");
  });

  it("writes batches as two-dimensional arrays with a list of their rows", async () => {
    const rows = [
      { id: "a", length: 3, origin },
      { id: "b", length: 1, origin: { ...origin, record: 1 }, part: { index: 1, count: 2 } },
    ];
    const batch: Batch = {
      width: 3,
      input_ids: Int32Array.of(5, 6, 7, 8, 0, 0),
      attention_mask: Uint8Array.of(1, 1, 1, 1, 0, 0),
      labels: Int32Array.of(5, 6, 7, 8, -100, -100),
      rows,
    };
    const dir = folder();
    const manifest = await write([batch, batch], tarShards(join(dir, "b-{shard}.tar")));
    expect(manifest.totals).toMatchObject({ records: 2, documents: 2, tokens: 8 }); // row b is the second part of its document
    const entries = await untar(files(dir).get("b-000000.tar") as Buffer);
    expect(entries.slice(0, 4).map(({ name }) => name)).toEqual(
      ["input_ids.npy", "attention_mask.npy", "labels.npy", "json"].map((e) => `b-000000-000000.${e}`),
    );
    expect(readNpy(entries[0]?.bytes as Buffer)).toEqual({ descr: "<i4", shape: [2, 3], values: [...batch.input_ids] });
    expect(readNpy(entries[1]?.bytes as Buffer)).toEqual({ descr: "|u1", shape: [2, 3], values: [...batch.attention_mask] });
    expect(readNpy(entries[2]?.bytes as Buffer)).toEqual({ descr: "<i4", shape: [2, 3], values: [...batch.labels] });
    expect(JSON.parse(String(entries[3]?.bytes))).toEqual({ width: 3, rows });
  });

  it("writes the mask of a document beside its tokens, as uint8", async () => {
    const [doc] = docs(2).slice(1);
    const lossMask = Uint8Array.from((doc as Doc & Tokenized).tokens, (_, i) => i % 2);
    const record = { ...(doc as Doc & Tokenized), lossMask };
    const entries = await untar((await shard([record])).tar);
    expect(entries.map(({ name }) => name.slice(name.indexOf(".")))).toEqual([".txt", ".json", ".tokens.npy", ".loss_mask.npy"]);
    expect(entries[1]?.bytes.toString()).not.toContain("lossMask");
    expect(readNpy(entries[3]?.bytes as Buffer)).toEqual({ descr: "|u1", shape: [lossMask.length], values: [...lossMask] });
    const without = await untar((await shard([record], { members: ["text", "tokens"] })).tar);
    expect(without).toHaveLength(2);
    const wrong = { ...record, lossMask: [1, 0] as unknown as Uint8Array };
    await expect(shard([wrong])).rejects.toThrow("expected `lossMask` to be a Uint8Array");
  });

  it("writes only the members that are asked for, and never an empty sample", async () => {
    const entries = await untar((await shard(docs(3), { members: ["tokens", "json"] })).tar);
    expect(entries.map(({ name }) => name.split(".").slice(1).join("."))).toEqual(Array(3).fill(["json", "tokens.npy"]).flat());
    const bare: Doc = { id: "x", text: "t", meta: {}, origin };
    await expect(write([bare], tarShards(join(folder(), "t-{shard}.tar"), { members: ["tokens"] }))).rejects.toThrow(
      "tarShards: the record has none of the members tokens (s: record 0 at byte 0)",
    );
  });

  it("keeps fields that stages added, and makes typed arrays among them lists", async () => {
    const doc = { id: "x", text: "t", meta: {}, origin, language: "en", part: { index: 0, count: 2 }, signature: Uint32Array.of(7, 8) };
    const entries = await untar((await shard([doc])).tar);
    expect(JSON.parse(String(entries[1]?.bytes))).toEqual({ id: "x", meta: {}, origin, language: "en", part: doc.part, signature: [7, 8] });
  });

  it("makes keys that every reader takes, whatever the file is called", async () => {
    const dir = folder();
    await write(docs(2), tarShards(join(dir, "__v1.5 ü-{shard:03}.x.tar")));
    const [entry] = await untar(files(dir).get("__v1.5 ü-000.x.tar") as Buffer);
    expect(entry?.name).toBe("x__v1_5__-000_x-000000.txt");
    expect(() => tarShards(`${"a".repeat(80)}-{shard}.tar`)).toThrow(/expected `pattern` to be a shorter file name .*of 100 bytes/);
  });

  it("writes a sample larger than its buffers whole", async () => {
    const text = "0123456789abcdef".repeat(300_000); // 4.8 MB
    const input: Doc[] = ["small", text, "after"].map((t, i) => ({ id: `${i}`, text: t, meta: {}, origin }));
    const entries = await untar((await shard(input)).tar);
    expect(entries.filter(({ name }) => name.endsWith(".txt")).map(({ bytes }) => sha256(bytes))).toEqual(
      input.map((doc) => sha256(Buffer.from(doc.text))),
    );
  });

  it("is read by the system's own tar without a warning", async ({ skip }) => {
    skip(spawnSync("tar", ["--version"]).status !== 0, "this system has no tar");
    const { tar } = await shard(docs(5));
    const listed = spawnSync("tar", ["-tvf", "-"], { input: tar, encoding: "utf8" });
    expect([listed.status, listed.stderr]).toEqual([0, ""]);
    expect(listed.stdout.trim().split("\n")).toHaveLength(15);
  });

  it("reports records that are neither documents nor batches", async () => {
    const wrong = { hello: 1 } as unknown as Doc;
    await expect(write([wrong], tarShards(join(folder(), "t-{shard}.tar")))).rejects.toMatchObject({
      kind: "unwritable",
      stage: "tarShards",
    });
    const manifest = await write([wrong, ...docs(2)], tarShards(join(folder(), "t-{shard}.tar")), { onError: "skip" });
    expect(manifest.totals.records).toBe(2);
  });

  it.each([
    [{ maxBytes: 0 }, RangeError, "`maxBytes` to be an integer between 1 and"],
    [{ maxRecords: 1_000_001 }, RangeError, "`maxRecords` to be an integer between 1 and 1000000"],
    [{ maxRecords: 1.5 }, RangeError, "`maxRecords`"],
    [{ members: [] }, TypeError, "`members` to be a list of member names"],
    [{ members: ["txt"] }, TypeError, '`members` to be "text" or "json"'],
    [{ tokenDtype: "uint8" }, TypeError, '`tokenDtype` to be "uint16"'],
    [{ ifExists: true }, TypeError, '`ifExists` to be "rerun" or "replace"'],
    [{ manifest: "x/manifest.json" }, TypeError, "`manifest` to be a file name"],
    [{ maxSize: 1 }, TypeError, "unknown option `maxSize`"],
  ])("refuses the options %j", (options, type, words) => {
    const make = (): unknown => tarShards("t-{shard}.tar", options as TarShardsOptions);
    expect(make).toThrow(type);
    expect(make).toThrow(words);
  });

  it("compiles behind documents, tokenized documents and batches", () => {
    const dir = folder();
    const plain: Pipeline<Doc & { readonly language: string }> = from([]);
    const tokenized: Pipeline<Doc & Tokenized> = from([]);
    const batches: Pipeline<Batch> = from([]);
    const numbers: Pipeline<number> = from([]);
    const sink = tarShards(join(dir, "t-{shard}.tar"));
    for (const job of [plain.write(sink), tokenized.write(sink), batches.write(sink)]) expect(job.stages).toHaveLength(1);
    // @ts-expect-error A number is neither a document nor a batch.
    numbers.write(sink);
    expect(names(dir)).toEqual([]); // nothing is touched before a job runs
  });
});
