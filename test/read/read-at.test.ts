/** A record read again at its origin is the record that `read` gave, wherever it lies. */
import { createHash } from "node:crypto";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { type Doc, from } from "../../src/core/index.ts";
import { inputDigests, read, readAt } from "../../src/read/index.ts";
import { tarShards } from "../../src/write/index.ts";

const dir = mkdtempSync(join(tmpdir(), "millrace-read-at-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const lines = Array.from({ length: 400 }, (_, i) => {
  const blank = i % 50 === 7 ? "\n" : "";
  return `${blank}${JSON.stringify({ id: `d${i}`, body: `Zeile ${i} 水車 `.repeat(i % 90), url: i })}`;
});
const jsonl = Buffer.from(`${lines.join("\r\n")}\n`);

async function file(name: string): Promise<string> {
  const path = join(dir, name);
  if (name.endsWith(".tar")) {
    const docs = Array.from(
      { length: 50 },
      (_, i): Doc => ({ id: `t${i}`, text: "x".repeat(i * 99), meta: { i }, origin: { source: "s", record: i, offset: i } }),
    );
    await from(docs)
      .write(tarShards(join(dir, name.replace("000000", "{shard}"))))
      .run();
  } else writeFileSync(path, name.endsWith(".gz") ? gzipSync(jsonl) : name.endsWith(".txt") ? "one document\n" : jsonl);
  return path;
}

describe("readAt", () => {
  it.each(["plain.jsonl", "packed.jsonl.gz", "t-000000.tar", "single.txt"])(
    "gives the records of %s, each from its origin",
    async (name) => {
      const path = await file(name);
      const options = name.includes("jsonl") ? { text: "body" } : {};
      let records = 0;
      for await (const doc of read(path, options)) {
        if (records++ % 37 === 0) expect(await readAt(doc.origin, options)).toEqual(doc);
      }
      expect(records).toBe(name.includes("jsonl") ? 400 : name.endsWith(".tar") ? 50 : 1);
    },
  );

  it("finds a file that has moved, and keeps the name the origin has", async () => {
    const path = await file("here.jsonl");
    let doc: Doc | undefined;
    for await (doc of read(path, { text: "body" })) break;
    const moved = join(dir, "there");
    renameSync(path, moved);
    await expect(readAt((doc as Doc).origin, { text: "body" })).rejects.toMatchObject({
      kind: "vanished",
      message: expect.stringContaining(path),
    });
    expect(await readAt((doc as Doc).origin, { text: "body", path: moved })).toEqual(doc);
  });

  it("gives the error of a record that was one, and of a place where none is, with the origin", async () => {
    const path = join(dir, "bad.jsonl");
    writeFileSync(path, '{"text":"a"}\n{broken\n{"text":"c"}\n');
    const at = (record: number, offset: number) => readAt({ source: path, record, offset });
    expect((await at(2, 21)).text).toBe("c");
    await expect(at(1, 13)).rejects.toMatchObject({ kind: "bad-json", origin: { source: path, record: 1, offset: 13 } });
    await expect(at(3, 34)).rejects.toMatchObject({ kind: "changed", origin: { record: 3 } });
    await expect(readAt({ source: `${path}.gz`, record: 0, offset: 0 }, { path })).resolves.toMatchObject({ text: "a" });
    await expect(readAt({ source: path, record: 0, offset: 0 }, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow(
      "enough",
    );
    await expect(readAt({ source: path, record: 0, offset: 0 }, { texts: "a" } as object)).rejects.toThrow("unknown option `texts`");
  });
});

describe("inputDigests", () => {
  it("hashes a file whole or in stretches, and gives its size", async () => {
    const path = await file("digest.jsonl");
    const sha = (from: number, to: number): string => createHash("sha256").update(jsonl.subarray(from, to)).digest("hex");
    expect(await inputDigests(path, [jsonl.length])).toEqual({ bytes: jsonl.length, sha256: [sha(0, jsonl.length)] });
    expect((await inputDigests(path, [100, 5000, jsonl.length])).sha256).toEqual([sha(0, 100), sha(100, 5000), sha(5000, jsonl.length)]);
    expect((await inputDigests(path, [jsonl.length, jsonl.length + 9])).sha256[1]).toBe(sha(0, 0)); // shorter than it was
    expect(await inputDigests(path, [])).toEqual({ bytes: jsonl.length, sha256: [] });
  });
});
