import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { from } from "../../src/core/index.ts";
import {
  ALGORITHM,
  bandKeys,
  dedupe,
  exactKeyOf,
  normaliseForDedupe,
  type SketchParameters,
  shingles,
  sketch,
} from "../../src/dedupe/index.ts";
import { docsOf, generatedCorpus } from "./corpus.ts";
import { type Golden, makeGolden } from "./golden/make.ts";

const golden = JSON.parse(readFileSync(new URL("golden/golden.json", import.meta.url), "utf8")) as Golden;
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function keysInHex(signature: Uint8Array, bands?: number, rows?: number): string[] {
  const halves = [...bandKeys(signature, bands, rows)].map((half) => half.toString(16).padStart(8, "0"));
  return Array.from({ length: halves.length / 2 }, (_, i) => `${halves[2 * i]}${halves[2 * i + 1]}`);
}

describe(`goldens of ${ALGORITHM}`, () => {
  it("are what the naive implementation gives", () => {
    expect(golden).toEqual(JSON.parse(JSON.stringify(makeGolden())));
  });

  it("are of this version", () => {
    expect(ALGORITHM).toBe(golden.algorithm);
  });

  it.each(golden.texts)("text $text", (expected) => {
    expect(normaliseForDedupe(expected.text)).toBe(expected.normal);
    expect(exactKeyOf(expected.text)).toBe(expected.exactKey);
    const pairs = shingles(expected.text);
    expect(expected.shingles).toEqual(expected.shingles.map((_, i) => ({ value: pairs[2 * i], place: pairs[2 * i + 1] })));
    const signature = sketch(expected.text);
    expect(signature === undefined ? null : hex(signature)).toBe(expected.signature);
    expect(signature === undefined ? null : keysInHex(signature)).toEqual(expected.bandKeys);
  });

  it.each(golden.corpus.parameters)("generated corpus, ngram $ngram, $bands x $rows, seed $seed", async (expected) => {
    const texts = generatedCorpus();
    expect(sha256(texts.join("\n"))).toBe(golden.corpus.sha256);
    const { ngram, bands, rows, seed } = expected;
    const parameters: SketchParameters = { ngram, unit: "words", bands, rows, seed };
    const signatures = texts.map((text) => sketch(text, parameters) as Uint8Array);
    expect(sha256(signatures.map(hex).join("\n"))).toBe(expected.signatures);
    expect(sha256(signatures.flatMap((signature) => keysInHex(signature, bands, rows)).join("\n"))).toBe(expected.bandKeys);
    for (const { threshold, count, sha256: hash } of expected.kept) {
      const kept: string[] = [];
      for await (const doc of from(docsOf(texts)).pipe(dedupe({ ...parameters, threshold }))) kept.push(doc.id);
      expect(kept.length).toBe(count);
      expect(sha256(kept.join(","))).toBe(hash);
    }
  });
});
