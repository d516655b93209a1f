/** What happens to files that are there already. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Doc, filter, from } from "../../src/core/index.ts";
import { readManifest } from "../../src/trace/index.ts";
import { jsonlShards, type TarShardsOptions, tarShards } from "../../src/write/index.ts";
import { docs, files, folder, names, write } from "./fixtures.ts";

const sink = (dir: string, options: TarShardsOptions = {}) => tarShards(join(dir, "t-{shard}.tar"), { maxRecords: 10, ...options });

describe("the same command again", () => {
  it("gives the same bytes in every file, at any time and in any folder", async () => {
    const [a, b] = [folder(), folder()];
    await write(docs(35), sink(a));
    const first = files(a);
    await new Promise((resolve) => setTimeout(resolve, 1100)); // a clock in whole seconds would have moved on
    await write(docs(35), sink(a));
    await write(docs(35), sink(b));
    expect(first.size).toBe(10);
    expect(files(a)).toEqual(first);
    expect(files(b)).toEqual(first);
  });

  it("gives the same bytes for compressed shards", async () => {
    const [a, b] = [folder(), folder()];
    for (const dir of [a, b]) await write(docs(35), jsonlShards(join(dir, "p-{shard}.jsonl.gz"), { maxRecords: 10 }));
    expect(files(a)).toEqual(files(b));
  });

  it("removes the shards of an earlier run that was longer, and nothing else", async () => {
    const dir = folder();
    await write(docs(35), sink(dir));
    const others = ["t-0000012.tar", "t-00001.tar", "x-000001.tar", "t-000003.tar.bak", "t-000003.jsonl", "notes.txt"];
    for (const name of others) writeFileSync(join(dir, name), "mine");
    await write(docs(12), sink(dir));
    const expected = [
      "manifest.json",
      "manifest.lineage",
      "t-000000.tar",
      "t-000000.tar.idx",
      "t-000001.tar",
      "t-000001.tar.idx",
      ...others,
    ];
    expect(names(dir)).toEqual(expected.sort());
    expect((await readManifest(dir)).totals.records).toBe(12);
  });

  it("takes the old manifest away before it touches a shard", async () => {
    const dir = folder();
    await write(docs(35), sink(dir));
    async function* looking(): AsyncGenerator<Doc> {
      expect(names(dir)).not.toContain("manifest.json");
      expect(names(dir)).toContain("t-000003.tar");
      yield* docs(2);
    }
    await write(looking(), sink(dir));
    expect((await readManifest(dir)).totals.records).toBe(2);
  });
});

describe("another command", () => {
  it("is refused, and told what differs, while nothing is touched", async () => {
    const dir = folder();
    const job = (threshold: number) =>
      from(docs(20))
        .pipe({ ...filter((doc: Doc) => doc.origin.record > threshold), config: { threshold } })
        .write(sink(dir));
    await job(3).run({ seed: 1 });
    const before = files(dir);
    await expect(job(4).run({ seed: 2 })).rejects.toMatchObject({
      kind: "exists",
      stage: "tarShards",
      message:
        `tarShards: will not write into ${dir}: it holds the finished shards of another run: the seed was 1 and is now 2; ` +
        'the configuration of filter was {"threshold":3} and is now {"threshold":4}; remove it, choose another folder, or pass `ifExists: "replace"`',
    });
    await expect(write(docs(20), sink(dir), { seed: 1 })).rejects.toThrow("the stages were from, filter and are now from");
    const other = from(docs(20))
      .pipe({ ...filter(() => true), config: { threshold: 3 } })
      .write(sink(dir, { tokenDtype: "uint16" }));
    await expect(other.run({ seed: 1 })).rejects.toThrow(/the sink was .*"tokenDtype":"uint32".* and is now .*"tokenDtype":"uint16"/);
    expect(files(dir)).toEqual(before);
  });

  it("is refused by shards of another version of the library", async () => {
    const dir = folder();
    await write(docs(5), sink(dir));
    const path = join(dir, "manifest.json");
    writeFileSync(path, readFileSync(path, "utf8").replace(/"millrace": "[^"]*"/, '"millrace": "0.0.1"'));
    await expect(write(docs(5), sink(dir))).rejects.toThrow('the version of millrace was "0.0.1" and is now "');
  });

  it("replaces them on demand, and is then the command that may be run again", async () => {
    const dir = folder();
    await write(docs(35), sink(dir), { seed: 1 });
    await write(docs(12), sink(dir, { ifExists: "replace" }), { seed: 2 });
    await write(docs(12), sink(dir), { seed: 2 });
    expect((await readManifest(dir)).seed).toBe(2);
    expect(names(dir)).toHaveLength(6);
  });
});

describe("files of others", () => {
  it("are not overwritten: shards that no manifest speaks of", async () => {
    const dir = folder();
    writeFileSync(join(dir, "t-000007.tar"), "precious");
    await expect(write(docs(5), sink(dir))).rejects.toThrow("t-000007.tar is there already, and no manifest.json tells what it is");
    expect(names(dir)).toEqual(["t-000007.tar"]);
    await write(docs(5), sink(dir, { ifExists: "replace" }));
    expect(names(dir)).toEqual(["manifest.json", "manifest.lineage", "t-000000.tar", "t-000000.tar.idx"]);
  });

  it.each([
    ['{"name": "my web app"}', '`format` is not "millrace-manifest"'],
    ["{", "is not a manifest of millrace"],
  ])("are not overwritten: the manifest %s", async (text, words) => {
    const dir = folder();
    writeFileSync(join(dir, "manifest.json"), text);
    await expect(write(docs(5), sink(dir))).rejects.toThrow(words);
    expect(files(dir)).toEqual(new Map([["manifest.json", Buffer.from(text)]]));
  });

  it("do not stop a run beside them", async () => {
    const dir = folder();
    writeFileSync(join(dir, "README.md"), "hello");
    await write(docs(5), sink(dir));
    await write(docs(5), jsonlShards(join(dir, "dropped-{shard}.jsonl"), { manifest: "dropped.json" }));
    expect(names(dir)).toHaveLength(9);
  });

  it("are noticed when another process finishes in the folder first", async () => {
    const dir = folder();
    const theirs = '{"format": "theirs"}';
    async function* meanwhile(): AsyncGenerator<Doc> {
      yield* docs(5);
      writeFileSync(join(dir, "manifest.json"), theirs);
    }
    await expect(write(meanwhile(), sink(dir))).rejects.toMatchObject({
      kind: "exists",
      message: expect.stringContaining("another run has finished in this folder") as string,
    });
    expect(files(dir).get("manifest.json")?.toString()).toBe(theirs);
  });

  it("stay when they look like temporary files of a process that lives, and go when it is dead", async () => {
    const dir = folder();
    const [alive, dead] = [process.ppid, 2 ** 22 + 7]; // beyond the largest pid of Linux
    const stays = [`.t-000000.tar.tmp-${alive}-0a1b2c`, `.other-000000.tar.tmp-${dead}-0a1b2c`, ".t-000000.tar.tmp-x", ".hidden"];
    const goes = [
      `.t-000000.tar.tmp-${dead}-0a1b2c`,
      `.t-000004.tar.idx.tmp-${process.pid}-00ff`,
      `.manifest.json.tmp-${dead}-1f`,
      `.manifest.lineage.tmp-${dead}-1f`,
      `..manifest.json.unfinished.tmp-${dead}-1f`,
    ];
    for (const name of [...stays, ...goes]) writeFileSync(join(dir, name), "");
    await write(docs(5), sink(dir));
    expect(names(dir)).toEqual([...stays, "manifest.json", "manifest.lineage", "t-000000.tar", "t-000000.tar.idx"].sort());
  });
});

describe("two sinks of one process", () => {
  it("are kept out of one folder, and a finished or failed one lets go of it", async () => {
    const dir = folder();
    async function* meanwhile(): AsyncGenerator<Doc> {
      await expect(write(docs(5), sink(dir))).rejects.toMatchObject({ kind: "busy" });
      await expect(write(docs(5), tarShards(join(dir, "other-{shard}.tar")))).rejects.toMatchObject({ kind: "busy" });
      await expect(write(docs(5), sink(dir, { manifest: "other.json" }))).rejects.toMatchObject({ kind: "busy" });
      await write(docs(5), tarShards(join(dir, "other-{shard}.tar"), { manifest: "other.json" }));
      yield* docs(5);
    }
    await write(meanwhile(), sink(dir));
    await write(docs(5), sink(dir));
    expect(names(dir)).toEqual([
      "manifest.json",
      "manifest.lineage",
      "other-000000.tar",
      "other-000000.tar.idx",
      "other.json",
      "other.lineage",
      "t-000000.tar",
      "t-000000.tar.idx",
    ]);
  });
});
