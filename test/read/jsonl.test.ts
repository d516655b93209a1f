import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { read } from "../../src/read/index.ts";
import { JsonlParser } from "../../src/read/jsonl.ts";
import type { ParserInput } from "../../src/read/parser.ts";
import { GOLDEN_ZSTD, goldenText, temporaryFolder } from "../store/fixtures.ts";
import { COMPRESSIONS, collect, jsonl, parse, texts } from "./fixtures.ts";

const make = (input: ParserInput): JsonlParser => new JsonlParser(input, { text: "text", id: "id" });
const lines = (...parts: readonly (string | Buffer)[]): Buffer => Buffer.concat(parts.map((part) => Buffer.from(part)));

describe("a JSON line", () => {
  it("becomes a document with its id, text, other fields and place", () => {
    const first = `{"id":"a","text":"héllo","url":"u","n":{"x":[1,null]}}\n`;
    const { records, cursors } = parse(make, lines(first, `{"text":""}\n`));
    expect(records).toEqual([
      { id: "a", text: "héllo", meta: { url: "u", n: { x: [1, null] } }, origin: { source: "s", record: 0, offset: 0 } },
      { id: "s:1", text: "", meta: {}, origin: { source: "s", record: 1, offset: Buffer.byteLength(first) } },
    ]);
    expect(cursors[0]).toEqual({ record: 1, offset: Buffer.byteLength(first) });
  });

  it("has no text of its own with `text: false`: every field is metadata, one named text as well", () => {
    const lines = '{"id":"a","messages":[{"role":"user","content":"hi"}]}\n{"text":"kept","n":1}\n';
    const { records, errors } = parse((input) => new JsonlParser(input, { text: false, id: "id" }), Buffer.from(lines));
    expect(errors).toEqual([]);
    expect(records.map(({ id, text, meta }) => ({ id, text, meta }))).toEqual([
      { id: "a", text: "", meta: { messages: [{ role: "user", content: "hi" }] } },
      { id: "s:1", text: "", meta: { text: "kept", n: 1 } },
    ]);
  });

  it("may be blank: then it is no record, but its bytes count", () => {
    const { records, errors } = parse(make, lines("\n \t\r\n", `{"text":"a"}\r\n`, "\r\n", `{"text":"b"}`));
    expect(errors).toEqual([]);
    expect(records.map(({ text, origin }) => [text, origin.record, origin.offset])).toEqual([
      ["a", 0, 5],
      ["b", 1, 21],
    ]);
  });

  it("may follow a byte order mark and lack its line end", () => {
    const { records } = parse(make, lines("\ufeff", `{"text":"a"}`));
    expect(records.map(({ text, origin }) => [text, origin.offset])).toEqual([["a", 3]]);
    expect(parse(make, lines("\ufeff")).records).toEqual([]);
    expect(parse(make, lines("")).records).toEqual([]);
  });

  it("keeps what JSON.parse gives: lone surrogates, the last of duplicate keys, `__proto__`", () => {
    const { records } = parse(make, lines(String.raw`{"text":"\ud83d x \u0000","k":1,"k":2,"__proto__":{"polluted":1}}`));
    expect(records[0]?.text).toBe("\ud83d x \0");
    expect(records[0]?.meta["k"]).toBe(2);
    expect(Object.keys(records[0]?.meta ?? {})).toEqual(["k", "__proto__"]);
    const meta: unknown = records[0]?.meta;
    expect(meta).not.toHaveProperty("polluted");
    expect(Object.getPrototypeOf(meta)).toBe(Object.prototype);
  });

  it("takes ids that are strings or exact numbers, and derives the others", () => {
    const ids = ['"x"', "7", "-1.5", "0", "null", '""'].map((id) => `{"id":${id},"text":""}\n`);
    expect(parse(make, lines(...ids)).records.map((doc) => doc.id)).toEqual(["x", "7", "-1.5", "0", "s:4", "s:5"]);
    const bad = parse(make, lines('{"id":true,"text":""}\n{"id":{},"text":""}\n{"id":12345678901234567890,"text":""}\n'));
    expect(bad.errors.map((error) => [error.kind, error.origin?.record])).toEqual([
      ["bad-field", 0],
      ["bad-field", 1],
      ["bad-field", 2],
    ]);
    expect(bad.errors[2]?.message).toContain("2^53");
  });

  it("finds fields by other names and by paths, and leaves everything else in the metadata", () => {
    const line = lines(`{"id":1,"doc":{"body":"B","x":1},"a.b":"dotted","a":{"b":"nested"},"text":"T"}`);
    const doc = (text: string, id: string | false) => parse((input) => new JsonlParser(input, { text, id }), line).records[0];
    expect(doc("doc.body", "id")).toMatchObject({
      id: "1",
      text: "B",
      meta: { doc: { x: 1 }, "a.b": "dotted", a: { b: "nested" }, text: "T" },
    });
    expect(doc("doc.body", "id")?.meta["doc"]).toEqual({ x: 1 });
    expect(doc("a.b", "doc.x")).toMatchObject({ id: "1", text: "dotted", meta: { doc: { body: "B" }, a: { b: "nested" }, id: 1 } });
    expect(doc("doc.body", "doc.x")).toMatchObject({ id: "1", text: "B", meta: { id: 1 } });
    expect(doc("doc.body", "doc.x")?.meta["doc"]).toEqual({});
    expect(doc("text", false)).toMatchObject({ id: "s:0", meta: { id: 1 } });
    expect(doc("text", "none.x")?.id).toBe("s:0");
  });

  it("is the same document wherever the input is cut, and errors stay with their lines", () => {
    const bad = Buffer.from([0x22, 0xff, 0x22, 10]);
    const input = lines(
      `{"text":"é1"}\n`,
      "\n",
      bad,
      `{"text":"ascii"}\r\n`,
      "{oops\n",
      `[1]\n{"text":3}\n{"other":1}\n`,
      `{"text":"${"long ".repeat(30)}"}\n`,
      '{"text":"😀"}',
    );
    const whole = parse(make, input, [], { maxBytes: 100 });
    expect(texts(whole.records)).toEqual(["é1", "ascii", "😀"]);
    expect(whole.errors.map((error) => [error.kind, error.origin?.record])).toEqual([
      ["invalid-utf8", 1],
      ["bad-json", 3],
      ["bad-json", 4],
      ["bad-field", 5],
      ["bad-field", 6],
      ["too-long", 7],
    ]);
    for (const error of whole.errors) expect(input[(error.origin?.offset ?? 0) - 1]).toBe(10);
    fc.assert(
      fc.property(fc.array(fc.nat(input.length), { maxLength: 20 }), (cuts) => {
        const cut = parse(make, input, cuts, { maxBytes: 100 });
        expect(cut.records).toEqual(whole.records);
        expect(cut.cursors).toEqual(whole.cursors);
        expect(cut.errors.map(String)).toEqual(whole.errors.map(String));
      }),
      { numRuns: 500 },
    );
  });

  it("can be begun again at any cursor", () => {
    const input = lines(`\ufeff{"text":"0"}\n\n{"text":"1"}\r\n`, `{"text":"2 é"}\n   \n{"text":"3"}`);
    const { records, cursors } = parse(make, input);
    expect(records).toHaveLength(4);
    for (const [i, cursor] of cursors.entries()) expect(parse(make, input, [], cursor).records).toEqual(records.slice(i + 1));
  });
});

describe("reading JSON lines", () => {
  it("gives the same documents plain and compressed, whatever the suffix, and from many members", async () => {
    const folder = temporaryFolder();
    const content = jsonl(...Array.from({ length: 50 }, (_, i) => ({ id: `d${i}`, text: `text ${i} é` })));
    for (const [suffix, pack] of COMPRESSIONS) {
      for (const kind of ["jsonl", "json", "ndjson", "JSONL"]) writeFileSync(`${folder}/a.${kind}${suffix}`, pack(Buffer.from(content)));
    }
    const half = content.indexOf("\n", content.length / 2) - 3; // a member may end inside a record
    writeFileSync(`${folder}/b.jsonl.gz`, Buffer.concat([gzipSync(content.slice(0, half)), gzipSync(content.slice(half))]));
    const docs = await collect(read(`${folder}/*`));
    const bySource = group(docs);
    expect(bySource.size).toBe(13);
    for (const own of bySource.values()) {
      expect(own.map((doc) => [doc.id, doc.text, doc.origin.record])).toEqual(
        Array.from({ length: 50 }, (_, i) => [`d${i}`, `text ${i} é`, i]),
      );
    }
    expect([...bySource.keys()]).toEqual([...bySource.keys()].sort());
  });

  it("reads what the reference compressor made", async () => {
    const folder = temporaryFolder();
    writeFileSync(`${folder}/a.jsonl.zst`, GOLDEN_ZSTD);
    expect(jsonl(...(await collect(read(`${folder}/a.jsonl.zst`))).map(({ id, text }) => ({ id, text })))).toBe(goldenText());
  });

  it("reads files larger than its buffers, with records across every border", async () => {
    const folder = temporaryFolder();
    const records = Array.from({ length: 900 }, (_, i) => ({ id: String(i), text: `${i}é`.repeat(1 + ((i * 97) % 1500)) }));
    const content = Buffer.from(jsonl(...records));
    expect(content.length).toBeGreaterThan(2_000_000);
    writeFileSync(`${folder}/a.jsonl`, content);
    writeFileSync(`${folder}/b.jsonl.gz`, gzipSync(content));
    for (const own of group(await collect(read(`${folder}/*`))).values()) {
      expect(own.map(({ id, text }) => ({ id, text }))).toEqual(records);
      for (const doc of own) {
        expect(content[doc.origin.offset]).toBe(0x7b);
        expect(JSON.parse(content.toString("utf8", doc.origin.offset, content.indexOf(10, doc.origin.offset)))).toMatchObject({
          id: doc.id,
        });
      }
    }
  });

  it("has nothing to say about an empty file", async () => {
    const folder = temporaryFolder();
    writeFileSync(`${folder}/a.jsonl`, "");
    writeFileSync(`${folder}/b.jsonl.gz`, gzipSync(""));
    writeFileSync(`${folder}/c.jsonl`, "\n\n");
    expect(await collect(read(`${folder}/*`))).toEqual([]);
  });
});

function group<T extends { readonly origin: { readonly source: string } }>(records: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const record of records) groups.set(record.origin.source, [...(groups.get(record.origin.source) ?? []), record]);
  return groups;
}
