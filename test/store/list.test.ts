import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { PipelineError } from "../../src/core/index.ts";
import { storeFor } from "../../src/store/index.ts";
import { expandRanges } from "../../src/store/list.ts";
import { temporaryFolder } from "./fixtures.ts";

function folderWith(...names: string[]): string {
  const folder = temporaryFolder();
  for (const name of names) {
    mkdirSync(dirname(`${folder}/${name}`), { recursive: true });
    writeFileSync(`${folder}/${name}`, name);
  }
  return folder;
}

const list = async (...patterns: string[]): Promise<string[]> => (await storeFor(patterns).list(patterns)).map((entry) => entry.name);

describe("listing", () => {
  it("sorts by code unit, whatever the order of the patterns", async () => {
    const folder = folderWith("b.txt", "a.txt", "B.txt", "é.txt", "a10.txt", "a2.txt", "z/a.txt");
    const sorted = ["B.txt", "a.txt", "a10.txt", "a2.txt", "b.txt", "z/a.txt", "é.txt"].map((name) => `${folder}/${name}`);
    expect(await list(`${folder}/**/*.txt`)).toEqual(sorted);
    expect(await list(`${folder}/z/*`, `${folder}/*.txt`)).toEqual(sorted);
  });

  it("keeps relative names relative and absolute names absolute, and drops `./`", async () => {
    const folder = folderWith("a.txt");
    const inside = relative(process.cwd(), folder).replaceAll("\\", "/");
    expect(await list(`${inside}/*.txt`)).toEqual([`${inside}/a.txt`]);
    expect(await list(`./${inside}//a.txt`)).toEqual([`${inside}/a.txt`]);
    expect(await list(`${folder}/*.txt`)).toEqual([`${folder}/a.txt`]);
  });

  it("names a file once, however often it is matched", async () => {
    const folder = folderWith("a.txt", "b.txt");
    const inside = relative(process.cwd(), folder).replaceAll("\\", "/");
    const twice = await list(`${folder}/a.txt`, `${folder}/*.txt`, `${inside}/a.txt`);
    expect(twice).toHaveLength(2);
    expect(await list(`${inside}/a.txt`, `${folder}/*.txt`, `${folder}/a.txt`)).toEqual(twice);
  });

  it("takes names of existing files as they are, odd characters and all", async () => {
    const odd = ["a[1].txt", "b{x,y}.txt", "c (d)!.txt", "e*.txt", "f?.txt", "+(g).txt", "h i.txt", "{1..3}.txt", "!j.txt", "$k#%20.txt"];
    const folder = folderWith(...odd, "a1.txt", "e1.txt");
    for (const name of odd) expect(await list(`${folder}/${name}`)).toEqual([`${folder}/${name}`]);
  });

  it("takes existing folders literally and globs below them", async () => {
    const folder = folderWith("set[1]/(a)/x.txt", "set1/(a)/y.txt");
    expect(await list(`${folder}/set[1]/(a)/*.txt`)).toEqual([`${folder}/set[1]/(a)/x.txt`]);
    expect(await list(`${folder}/set*/*/*.txt`)).toHaveLength(2);
    expect(await list(`${folder}/set[0-9]/**`)).toEqual([`${folder}/set1/(a)/y.txt`]);
  });

  it("does not match folders or hidden files", async () => {
    const folder = folderWith("a.txt", ".b.txt", ".c/d.txt", "sub.txt/e.dat");
    expect(await list(`${folder}/**/*.txt`)).toEqual([`${folder}/a.txt`]);
  });

  it.skipIf(process.platform === "win32")("follows links to files and survives a circle of links", async () => {
    const folder = folderWith("real/a.txt");
    symlinkSync(`${folder}/real/a.txt`, `${folder}/link.txt`);
    symlinkSync(`${folder}/real`, `${folder}/real/circle`);
    expect(await list(`${folder}/*.txt`)).toEqual([`${folder}/link.txt`]);
    expect(await list(`${folder}/**/*.txt`)).toContain(`${folder}/real/a.txt`);
  });

  it("gives size and time, and keeps what cannot be looked at", async () => {
    const folder = folderWith("abc.txt");
    if (process.platform !== "win32") symlinkSync(`${folder}/nowhere`, `${folder}/broken.txt`);
    const entries = await storeFor(["x"]).list([`${folder}/*.txt`]);
    expect(entries.find((entry) => entry.name.endsWith("/abc.txt"))).toMatchObject({ size: 7, mtime: expect.any(Number) });
    for (const entry of entries.filter(({ name }) => name.endsWith("/broken.txt")))
      expect(entry).toMatchObject({ size: 0, mtime: undefined });
  });

  it("names the pattern that matches nothing", async () => {
    const folder = folderWith("a.txt");
    for (const missing of [`${folder}/*.jsonl`, `${folder}/b.txt`, `${folder}/none/**`, `${folder}/.`.concat("x")]) {
      const error = await list(`${folder}/a.txt`, missing).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(PipelineError);
      expect((error as PipelineError).kind).toBe("empty-match");
      expect((error as PipelineError).message).toContain(JSON.stringify(missing));
    }
  });

  it("expands ranges, of which every name must exist", async () => {
    const folder = folderWith("s-08.tar", "s-09.tar", "s-10.tar");
    expect(await list(`${folder}/s-{08..10}.tar`)).toHaveLength(3);
    await expect(list(`${folder}/s-{08..11}.tar`)).rejects.toThrow(/s-11\.tar.*part of.*\{08\.\.11\}/);
    expect(expandRanges("a{1..2}b{07..08}c{x,y}")).toEqual(["a1b07c{x,y}", "a1b08c{x,y}", "a2b07c{x,y}", "a2b08c{x,y}"]);
    expect(() => expandRanges("{5..4}")).toThrow("must go up");
    expect(() => expandRanges("{0..99999999}")).toThrow("at most");
  });

  it("says that URLs cannot be read", () => {
    expect(() => storeFor(["s3://bucket/a.jsonl"])).toThrow(/s3:\/\/ cannot be read yet/);
    expect(() => storeFor(["c:/data/a.jsonl"])).not.toThrow();
  });
});
