import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FieldNames } from "../../src/read/fields.ts";
import { read, readSamples } from "../../src/read/index.ts";
import { SampleParser, sampleName } from "../../src/read/samples.ts";
import { TarDocParser } from "../../src/read/tar-docs.ts";
import { temporaryFolder } from "../store/fixtures.ts";
import { COMPRESSIONS, collect, failureOf, parse, type TarMember, tarOf } from "./fixtures.ts";

describe("the name of a member", () => {
  it("splits at the first dot of the base name", () => {
    const cases: Record<string, readonly [string, string] | undefined> = {
      "a.txt": ["a", "txt"],
      "a.seg.json": ["a", "seg.json"],
      "dir.x/a.txt": ["dir.x/a", "txt"],
      "./a.txt": ["a", "txt"],
      "1.5.jpg": ["1", "5.jpg"],
      "a.TXT": ["a", "txt"],
      "a.": ["a", ""],
      a: undefined,
      "dir/a": undefined,
      "dir.x/a": undefined,
      ".hidden": undefined,
      "dir/.hidden": ["dir/", "hidden"],
      "__meta__/__x__.json": undefined,
      "__a__/f.txt": undefined,
      __x__: undefined,
      "__index__.json": ["__index__", "json"],
      "dir/__x__/a.txt": ["dir/__x__/a", "txt"],
    };
    for (const [name, expected] of Object.entries(cases)) {
      const found = sampleName(name);
      expect(found === undefined ? undefined : [found.key, found.extension], name).toEqual(expected);
    }
  });
});

const view = (samples: readonly { readonly key: string; readonly members: ReadonlyMap<string, Uint8Array> }[]): unknown =>
  samples.map(({ key, members }) => [key, ...[...members].map(([extension, bytes]) => `${extension}=${Buffer.from(bytes).toString()}`)]);

const make = (input: ConstructorParameters<typeof SampleParser>[0]): SampleParser => new SampleParser(input);

describe("samples", () => {
  it("are runs of members with one key", async () => {
    const bytes = await tarOf([
      ["a.txt", "1"],
      ["a.json", "2"],
      ["b.txt", "3"],
      ["readme", "no extension"],
      ["__meta__/__x__.json", "metadata"],
      ["b.json", "4"],
      ["a.txt", "again: a sample of its own"],
    ]);
    const { records, counters, cursors } = parse(make, bytes);
    expect(view(records)).toEqual([
      ["a", "txt=1", "json=2"],
      ["b", "txt=3", "json=4"],
      ["a", "txt=again: a sample of its own"],
    ]);
    expect(records.map(({ origin }) => origin)).toEqual([
      { source: "s", record: 0, offset: 0 },
      { source: "s", record: 1, offset: 2048 },
      { source: "s", record: 2, offset: 6144 },
    ]);
    expect(counters).toEqual({ "members passed over": 2 });
    for (const [i, cursor] of cursors.entries()) expect(view(parse(make, bytes, [], cursor).records)).toEqual(view(records.slice(i + 1)));
  });

  it("are the same wherever the archive is cut, and from every cursor", async () => {
    const key = fc.constantFrom("a", "b", "dir/c", `${"k".repeat(120)}`);
    const extension = fc.constantFrom("txt", "json", "seg.json", "npy");
    const names = fc.uniqueArray(fc.tuple(fc.nat(6), key, extension), { maxLength: 14, selector: ([n, k, e]) => `${n}${k}.${e}` });
    await fc.assert(
      fc.asyncProperty(names, fc.array(fc.nat(30_000), { maxLength: 12 }), async (parts, cuts) => {
        const members = parts.map(([n, k, e], i): TarMember => [`${k}${n}.${e}`, `content ${i} `.repeat(i * 9)]);
        const bytes = await tarOf(members);
        // Samples by hand: neighbours with one key.
        const expected: string[][] = [];
        for (const [name, content] of members as readonly (readonly [string, string])[]) {
          const parsed = sampleName(name) as { key: string; extension: string };
          if (expected.at(-1)?.[0] !== parsed.key) expected.push([parsed.key]);
          expected.at(-1)?.push(`${parsed.extension}=${content}`);
        }
        const duplicate = expected.some((sample) => new Set(sample.map((part) => part.split("=")[0])).size < sample.length);
        fc.pre(!duplicate);
        const { records, cursors } = parse(make, bytes, cuts);
        expect(view(records)).toEqual(expected);
        for (const [i, cursor] of cursors.entries()) expect(view(parse(make, bytes, cuts, cursor).records)).toEqual(expected.slice(i + 1));
      }),
      { numRuns: 120 },
    );
  });

  it("report two members with one extension and too many bytes, and go on with the next sample", async () => {
    const bytes = await tarOf([
      ["a.txt", "1"],
      ["a.TXT", "2"],
      ["a.json", "3"],
      ["b.txt", "x".repeat(60)],
      ["b.bin", "x".repeat(60)],
      ["c.txt", "fine"],
    ]);
    const { records, errors } = parse(make, bytes, [], { maxBytes: 100 });
    expect(view(records)).toEqual([["c", "txt=fine"]]);
    expect(errors.map((error) => [error.kind, error.origin?.record, error.origin?.offset])).toEqual([
      ["bad-field", 0, 0],
      ["too-long", 1, 3072],
    ]);
    expect(errors[0]?.message).toContain("`txt`");
  });
});

describe("documents from samples", () => {
  const docs = (members: readonly TarMember[], fields: FieldNames = { text: "text", id: "id" }) =>
    tarOf(members).then((bytes) => parse((input) => new TarDocParser(input, fields), bytes));

  it("need no text with `text: false`, as long as there is something to read", async () => {
    const messages = [{ role: "user", content: "hi" }];
    const members: TarMember[] = [
      ["a.json", JSON.stringify({ messages })],
      ["b.txt", "a text all the same"],
      ["c.cls", "3"],
    ];
    const { records, errors } = await docs(members, { text: false, id: false });
    expect(records.map(({ id, text, meta }) => [id, text, meta])).toEqual([
      ["s#a", "", { messages, __key__: "a" }],
      ["s#b", "a text all the same", { __key__: "b" }],
    ]);
    expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining("neither a .txt nor a .json member, only .cls")]);
  });

  it("take the text from .txt, the rest from .json, other members as bytes", async () => {
    const { records } = await docs([
      ["a.txt", "from txt"],
      ["a.json", JSON.stringify({ id: 5, text: "stays a field", url: "u" })],
      ["a.cls", "3"],
      ["b.json", JSON.stringify({ text: "from json", lang: "en" })],
    ]);
    expect(records).toEqual([
      {
        id: "5",
        text: "from txt",
        meta: { text: "stays a field", url: "u", cls: new Uint8Array([0x33]), __key__: "a" },
        origin: { source: "s", record: 0, offset: 0 },
      },
      { id: "s#b", text: "from json", meta: { lang: "en", __key__: "b" }, origin: { source: "s", record: 1, offset: 3072 } },
    ]);
  });

  it("map fields as JSON lines do", async () => {
    const { records } = await docs([["a.json", JSON.stringify({ doc: { body: "B" }, key: "K" })]], { text: "doc.body", id: "key" });
    expect(records[0]).toMatchObject({ id: "K", text: "B", meta: { doc: {}, __key__: "a" } });
  });

  it("say what a sample lacks, each under its own kind", async () => {
    const { records, errors } = await docs([
      ["a.jpg", "picture"],
      ["b.json", "{oops"],
      ["c.json", "[1]"],
      ["d.json", JSON.stringify({ text: 1 })],
      ["e.txt", new Uint8Array([0x61, 0xff])],
      ["f.json", new Uint8Array([0x22, 0xff])],
      ["g.json", JSON.stringify({ cls: 1, text: "" })],
      ["g.cls", "2"],
      ["h.txt", ""],
    ]);
    expect(errors.map((error) => error.kind)).toEqual([
      "bad-field",
      "bad-json",
      "bad-json",
      "bad-field",
      "invalid-utf8",
      "invalid-utf8",
      "bad-field",
    ]);
    for (const [i, error] of errors.entries()) {
      expect(error.origin?.record).toBe(i);
      expect(error.message).toContain(`"${"abcdefg"[i]}"`);
    }
    expect(records.map((doc) => doc.text)).toEqual([""]);
  });
});

describe("reading tars", () => {
  it("gives the same samples and documents plain and compressed", async () => {
    const folder = temporaryFolder();
    const bytes = await tarOf(Array.from({ length: 30 }, (_, i) => [`${i}.txt`, `text ${i} `.repeat(i * 20)] as const));
    for (const [suffix, pack] of COMPRESSIONS) writeFileSync(`${folder}/a.tar${suffix}`, pack(bytes));
    writeFileSync(`${folder}/b.tgz`, gzipSync(bytes));
    const docs = await collect(read(`${folder}/*`));
    const samples = await collect(readSamples(`${folder}/*`));
    expect(docs).toHaveLength(120);
    expect(docs.map((doc) => [doc.id, doc.text])).toEqual(
      samples.map(({ key, members, origin }) => [`${origin.source}#${key}`, Buffer.from(members.get("txt") ?? []).toString()]),
    );
    expect(docs.slice(0, 30).map((doc) => doc.text)).toEqual(docs.slice(90).map((doc) => doc.text));
  });

  it("hands out members that stay as they are", async () => {
    const folder = temporaryFolder();
    writeFileSync(`${folder}/a.tar`, await tarOf(Array.from({ length: 400 }, (_, i) => [`${i}.bin`, Buffer.alloc(3000, i)] as const)));
    const samples = await collect(readSamples(`${folder}/a.tar`));
    for (const [i, sample] of samples.entries()) expect(new Set(sample.members.get("bin"))).toEqual(new Set([i & 255]));
  });

  it("yields all whole samples of an archive that was cut, then one error with its place", async () => {
    const folder = temporaryFolder();
    const bytes = await tarOf(Array.from({ length: 10 }, (_, i) => [`${i}.txt`, `text ${i}`] as const));
    writeFileSync(`${folder}/a.tar`, bytes.subarray(0, 7 * 1024 + 515));
    const run = read(`${folder}/a.tar`, { onError: "skip" }).run();
    let records = 0;
    for await (const _ of run) records++;
    expect(records).toBe(7);
    expect(run.report().errors).toHaveLength(1);
    const pairs = await tarOf(["0.txt", "0.cls", "1.txt", "1.cls"].map((name) => [name, "content"] as const));
    writeFileSync(`${folder}/pairs.tar`, pairs.subarray(0, 3 * 1024 + 515));
    // The cut is in the second member; the record that is lost begins at the first.
    expect(await failureOf(read(`${folder}/pairs.tar`))).toMatchObject({ kind: "truncated", origin: { record: 1, offset: 2048 } });
    const error = await failureOf(readSamples(`${folder}/a.tar`));
    expect(error).toMatchObject({ kind: "truncated", origin: { source: `${folder}/a.tar`, record: 7, offset: 7 * 1024 } });
  });
});
