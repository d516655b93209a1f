import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DemoShard, demoData } from "../../scripts/demo-data.ts";

interface Record {
  readonly id: string;
  readonly text: string;
  readonly [field: string]: unknown;
}

describe("the demo's data", () => {
  const base = mkdtempSync(join(tmpdir(), "millrace-demo-"));
  const folder = join(base, "demo");
  let shards: readonly DemoShard[] = [];
  const records = (name: string): Record[] =>
    gunzipSync(readFileSync(join(folder, `${name}.jsonl.gz`)))
      .toString()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));

  beforeAll(() => {
    shards = demoData(folder);
  });
  afterAll(() => rmSync(base, { recursive: true, force: true }));

  it("holds every document of the three packages, under unique ids", () => {
    expect(Object.fromEntries(shards.map(({ file, records }) => [file, records]))).toEqual({
      "mail-easy-ham-1.jsonl.gz": 2500,
      "mail-easy-ham-2.jsonl.gz": 1400,
      "mail-hard-ham-1.jsonl.gz": 250,
      "mail-spam-1.jsonl.gz": 500,
      "mail-spam-2.jsonl.gz": 1396,
      "speeches.jsonl.gz": 233,
      "declarations.jsonl.gz": 532,
    });
    const ids = shards.flatMap(({ file }) => records(file.replace(".jsonl.gz", "")).map((record) => record.id));
    expect(ids).toHaveLength(6811);
    expect(new Set(ids).size).toBe(6811);
  });

  it("lists sizes and hashes that are true", () => {
    for (const { file, bytes, uncompressed, sha256 } of shards) {
      const packed = readFileSync(join(folder, file));
      const jsonl = gunzipSync(packed);
      expect([packed.length, jsonl.length]).toEqual([bytes, uncompressed]);
      expect(createHash("sha256").update(jsonl).digest("hex")).toBe(sha256);
    }
  });

  it("keeps a mail's body as it was sent, and takes the subject out of its header", () => {
    const [mail] = records("mail-spam-2");
    expect(mail).toMatchObject({ id: "mail/spam-2/00001", group: "spam", subject: "[ILUG] STOP THE MLM INSANITY" });
    expect(mail?.text).toMatch(/^Greetings!\n\nYou are receiving this letter/);
    expect(mail?.text).not.toContain("Return-Path:");
  });

  it("reads bytes that are not UTF-8 as Latin-1, so that no text holds a replacement character that the mail does not", () => {
    const all = ["easy-ham-1", "easy-ham-2", "hard-ham-1", "spam-1", "spam-2"].flatMap((group) => records(`mail-${group}`));
    const odd = all.filter((mail) => /[\u0080-\u009f]/.test(mail.text)); // Windows-1252 punctuation, read as Latin-1
    expect(odd.length).toBeGreaterThan(20);
    expect(all.filter((mail) => mail.text.includes("\ufffd")).length).toBeLessThan(5);
  });

  it("makes paragraphs of the declarations, without tags or entities", () => {
    const declarations = records("declarations");
    const english = declarations.find((record) => record.id === "declaration/eng");
    expect(english).toMatchObject({ language: "en", name: "English" });
    expect(english?.text.split("\n").slice(0, 2)).toEqual(["Universal Declaration of Human Rights", "Preamble"]);
    expect(declarations.filter((record) => /<\/?\w+>|&(?:#x?[0-9a-f]+|amp);/i.test(record.text))).toEqual([]);
    expect(new Set(declarations.map((record) => record.language)).size).toBeGreaterThan(400);
  });

  it("is left alone when it is up to date, made again when a shard is damaged, with the same bytes", () => {
    const file = join(folder, "speeches.jsonl.gz");
    const { mtimeMs } = statSync(file);
    expect(demoData(folder)).toEqual(shards);
    expect(statSync(file).mtimeMs).toBe(mtimeMs);
    const before = readFileSync(file);
    truncateSync(file, 100);
    expect(demoData(folder)).toEqual(shards);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it("leaves nothing half-made beside it", () => {
    expect(readdirSync(base)).toEqual(["demo"]);
  });
});
