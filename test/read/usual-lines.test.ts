import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
import { LineKernel } from "../../src/kernels/json/index.ts";
import { JsonlParser } from "../../src/read/jsonl.ts";
import type { ParserInput } from "../../src/read/parser.ts";
import { fuzz } from "../fuzz/fuzz.ts";
import { jsonSubject } from "../fuzz/json.ts";
import { corpora, hasCorpora } from "../kernels/documents.ts";
import { jsonl, parse } from "./fixtures.ts";
import { report } from "./line-backends.ts";

const FIELDS = { text: "text", id: "id" } as const;
const make = (input: ParserInput): JsonlParser => new JsonlParser(input, FIELDS);
const input = (over: Partial<ParserInput> = {}): ParserInput => ({
  source: "s",
  record: 0,
  offset: 0,
  maxBytes: 1 << 22,
  mine: () => true,
  report: (error) => {
    throw error;
  },
  count: () => {},
  ...over,
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe("lines read by the kernel", () => {
  it("are the documents, errors, cursors and bytes of JSON.parse, whatever the lines are and wherever they are cut", async () => {
    const { mismatches, first, compared } = await fuzz(jsonSubject(), 5000, 11);
    expect(first).toBeUndefined();
    expect(mismatches).toBe(0);
    expect(compared["kernel"]).toBeGreaterThan(1000);
  });

  it("are the same when the input is cut at any byte", () => {
    const bytes = Buffer.from(
      `\ufeff{"id":"é","text":"中 \\n"}\r\n\n{"text":"a","n":[1,"]"]}\n{"text":"\\ud83d"}\n{oops\n{"text":"😀","id":5}\n{"text":1}\n{"text":"z"}`,
    );
    const whole = report(bytes, FIELDS, "plain");
    expect(whole).toContain("bad-json");
    for (let piece = 1; piece <= bytes.length; piece++) expect(report(bytes, FIELDS, "auto", piece)).toBe(whole);
  });

  it.each([
    ["long", 300, 119, 120],
    ["short", 0, 4, 30],
  ])("are read when two parsers take turns, with %s lines, the kernel changing hands where that pays", (_, length, least, most) => {
    const lines = (name: string): Buffer =>
      Buffer.from(jsonl(...Array.from({ length: 60 }, (_, i) => ({ id: `${name}${i}`, text: `${name} ${i}`, n: "n".repeat(length) }))));
    const claim = vi.spyOn(LineKernel.prototype, "claim");
    const parsers = [
      { parser: new JsonlParser(input(), FIELDS), bytes: lines("a") },
      { parser: new JsonlParser(input(), { text: "id", id: "text" }), bytes: lines("b") },
    ];
    const cut = 333;
    const docs: string[] = [];
    for (const half of [0, 1]) {
      for (const { parser, bytes } of parsers) parser.push(half === 0 ? bytes.subarray(0, cut) : bytes.subarray(cut));
      for (let left = true; left; ) {
        const found = parsers.map(({ parser }) => parser.next());
        left = found.some((doc) => doc !== undefined);
        for (const doc of found) if (doc !== undefined) docs.push(`${doc.id}=${doc.text}`);
      }
    }
    expect(docs.sort()).toEqual(
      Array.from({ length: 60 }, (_, i) => [`a${i}=a ${i}`, `b ${i}=b${i}`])
        .flat()
        .sort(),
    );
    expect(claim.mock.calls.length).toBeGreaterThanOrEqual(least);
    expect(claim.mock.calls.length).toBeLessThanOrEqual(most);
  });

  it("need no JSON.parse once their keys are known, `__proto__` among them, and are the same objects", () => {
    const line = (i: number): string => `{"id":"${i}","7":"中","url":"u${i}","__proto__":"p","text":"t${i}","title":"\\ud83d"}\n`;
    const bytes = Buffer.from(Array.from({ length: 100 }, (_, i) => line(i)).join(""));
    const wanted = report(bytes, FIELDS, "plain");
    const parseJson = vi.spyOn(JSON, "parse");
    const got = report(bytes, FIELDS, "auto");
    expect(parseJson.mock.calls.length).toBeLessThan(4);
    expect(got).toBe(wanted);
  });

  it("are rarely tried while none is usual, and again when they are", () => {
    const read = vi.spyOn(LineKernel.prototype, "read");
    const odd = Array.from({ length: 1000 }, (_, i) => `{"text":"a","t\\u0065xt":"${i}"}\n`).join("");
    expect(parse(make, Buffer.from(odd)).records.map(({ text }) => text)).toEqual(Array.from({ length: 1000 }, (_, i) => String(i)));
    expect(read.mock.calls.length).toBeLessThan(25);
    read.mockClear();
    const usual = jsonl(...Array.from({ length: 200 }, (_, i) => ({ text: String(i) })));
    expect(parse(make, Buffer.from(odd + usual)).records).toHaveLength(1200);
    expect(read.mock.calls.length).toBeGreaterThan(100);
  });

  it("are those that this reader owns, no other", () => {
    const read = vi.spyOn(LineKernel.prototype, "read");
    const bytes = Buffer.from(jsonl(...Array.from({ length: 100 }, (_, i) => ({ text: String(i) }))));
    const { records } = parse(make, bytes, [], { mine: (record) => record % 10 === 3 });
    expect(records.map(({ text }) => text)).toEqual(Array.from({ length: 10 }, (_, i) => String(10 * i + 3)));
    expect(read).toHaveBeenCalledTimes(10);
  });

  it("are left alone where there is no text to be found, or no name that a line has as it is", () => {
    const read = vi.spyOn(LineKernel.prototype, "read");
    const bytes = Buffer.from('{"a\\"b":"c","text":"t"}\n');
    expect(parse((i) => new JsonlParser(i, { text: false, id: "id" }), bytes).records).toHaveLength(1);
    expect(parse((i) => new JsonlParser(i, { text: 'a"b', id: "id" }), bytes).records[0]?.text).toBe("c");
    expect(parse((i) => new JsonlParser(i, FIELDS, "plain"), bytes).records[0]?.text).toBe("t");
    vi.spyOn(LineKernel, "shared").mockReturnValue(undefined); // as without WebAssembly SIMD
    expect(parse(make, bytes).records[0]?.text).toBe("t");
    expect(read).not.toHaveBeenCalled();
  });

  it("may be longer than a window, than all windows, or end where one does", () => {
    const lengths = [131_050, 131_060, 131_072, 131_080, 300_000, 999_990, 1_000_010, 3_000_000, 10];
    const records = lengths.flatMap((length, i) => [
      { id: `long ${i}`, text: "é ab".repeat(length / 5).padEnd(length - 40, "x") },
      { id: `short ${i}`, text: "ab" },
    ]);
    const bytes = Buffer.from(jsonl(...records));
    for (const cuts of [[], [200_000, 200_001, 700_000, 1_500_000]]) {
      const { records: docs } = parse(make, bytes, cuts, { maxBytes: 1 << 22 });
      expect(docs.map(({ id, text }) => `${id} ${text.length}`)).toEqual(records.map(({ id, text }) => `${id} ${text.length}`));
      expect(docs.every(({ text }, i) => text === records[i]?.text)).toBe(true);
    }
  });

  it.skipIf(!hasCorpora)("are those of JSON.parse in all corpora", { timeout: 300_000 }, () => {
    const files: readonly (readonly [file: string, text: string, id: string])[] = [
      ["en-wiki/enwiki2014-000.jsonl.gz", "text", "id"],
      ["multi/zhwiki2024.jsonl.gz", "text", "id"],
      ["multi/tldr-pages.jsonl.gz", "text", "id"],
      ["en-web/dolma-cc_en_head-0091.jsonl.gz", "text", "id"],
      ["en-misc/boolq.jsonl.gz", "query", "gold"],
      ["html/readability-pages.jsonl.gz", "html", "id"],
      ["neardup/scancode-license-rules.jsonl.gz", "text", "id"],
    ];
    for (const [file, text, id] of files) {
      const bytes = gunzipSync(readFileSync(`${corpora}/${file}`));
      const all = (backend: "auto" | "plain") => parse((i) => new JsonlParser(i, { text, id }, backend), bytes, [], { maxBytes: 1 << 24 });
      const [ours, theirs] = [all("auto"), all("plain")];
      // Compared by pieces: a failing comparison of whole documents would print them.
      for (const [i, doc] of theirs.records.entries()) {
        if (JSON.stringify(doc) !== JSON.stringify(ours.records[i])) throw new Error(`${file}: record ${i} differs`);
      }
      expect(ours.cursors).toEqual(theirs.cursors);
      expect(ours.errors.map(String)).toEqual(theirs.errors.map(String));
    }
  });
});
