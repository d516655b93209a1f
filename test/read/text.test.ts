import { rmSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { read } from "../../src/read/index.ts";
import { temporaryFolder } from "../store/fixtures.ts";
import { COMPRESSIONS, collect, failureOf } from "./fixtures.ts";

describe("text files", () => {
  it("are one document each, as they are but for a byte order mark", async () => {
    const folder = temporaryFolder();
    const contents = { a: "one\r\ntwo\n", b: "", c: "\ufeffmarked é", d: "x".repeat(1_500_000) };
    for (const [name, text] of Object.entries(contents)) {
      for (const [suffix, pack] of COMPRESSIONS) writeFileSync(`${folder}/${name}.txt${suffix}`, pack(Buffer.from(text)));
    }
    const docs = await collect(read(`${folder}/*`));
    expect(docs).toHaveLength(12);
    for (const doc of docs) {
      const name = doc.origin.source.slice(folder.length + 1);
      expect(doc.id).toBe(doc.origin.source);
      expect(doc.text).toBe(contents[name[0] as keyof typeof contents].replace("\ufeff", ""));
      expect(doc).toMatchObject({ meta: {}, origin: { record: 0, offset: 0 } });
    }
  });

  it("are .txt, .text and .md by name, and anything by option", async () => {
    const folder = temporaryFolder();
    for (const name of ["a.text", "b.md", "c.TXT", "d.html"]) writeFileSync(`${folder}/${name}`, name);
    expect((await collect(read(`${folder}/{a,b,c}.*`))).map((doc) => doc.text)).toEqual(["a.text", "b.md", "c.TXT"]);
    expect((await collect(read(`${folder}/d.html`, { format: "text" })))[0]?.text).toBe("d.html");
    const error = await failureOf(read(`${folder}/d.html`));
    expect(error).toMatchObject({ kind: "unreadable", message: expect.stringContaining("set the option `format`") });
    expect(error.origin?.source).toBe(`${folder}/d.html`);
  });

  it("must be UTF-8 and not longer than the limit", async () => {
    const folder = temporaryFolder();
    writeFileSync(`${folder}/a.txt`, Buffer.from("\ufeffcaf\xe9", "latin1"));
    writeFileSync(`${folder}/b.txt`, Buffer.concat([Buffer.from("\ufeffcaf"), Buffer.from([0xe9, 0x21])]));
    writeFileSync(`${folder}/c.txt`, "x".repeat(101));
    writeFileSync(`${folder}/d.txt`, "x".repeat(100));
    expect(await failureOf(read(`${folder}/b.txt`))).toMatchObject({
      kind: "invalid-utf8",
      message: expect.stringContaining("its byte 6"),
    });
    expect(await failureOf(read(`${folder}/c.txt`, { maxLineBytes: 100 }))).toMatchObject({ kind: "too-long" });
    // Said at the first piece, not at the end of the file.
    writeFileSync(`${folder}/big.log`, Buffer.alloc(8 << 20, 0x61));
    const early = read(`${folder}/big.log`, { maxLineBytes: 100, format: "text" }).run();
    await expect(early.next()).rejects.toMatchObject({ kind: "too-long" });
    expect(early.report().bytesRead).toBeLessThanOrEqual(2 * 512 * 1024);
    rmSync(`${folder}/big.log`);
    const run = read(`${folder}/*`, { maxLineBytes: 100, onError: "skip" }).run();
    const texts: string[] = [];
    for await (const doc of run) texts.push(doc.text);
    expect(texts).toEqual(["x".repeat(100)]);
    expect(run.report().stages[0]?.errors).toEqual({ "invalid-utf8": 2, "too-long": 1 });
  });
});
