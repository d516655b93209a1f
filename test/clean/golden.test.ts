/** Our decisions on texts made by rule, against those of datatrove that make-golden.ts wrote down. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Answer, differences } from "./oracle.ts";

const golden = JSON.parse(readFileSync(new URL("golden/datatrove.json", import.meta.url), "utf8")) as { text: string; answer: Answer }[];

describe("datatrove's decisions, as written down", () => {
  it("are ours", async () => {
    const found = await differences(
      golden.map(({ text }) => text),
      golden.map(({ answer }) => answer),
    );
    expect(found).toEqual([]);
  });

  it("are of many kinds", () => {
    const kinds = new Set(
      golden.flatMap(({ answer }) => [answer.repetition, answer.quality, answer.fineweb, answer.c4].map(({ reason }) => reason)),
    );
    expect(kinds.size).toBeGreaterThan(12);
    expect(golden.reduce((sum, { answer }) => sum + answer.words.length, 0)).toBeGreaterThan(5000);
  });
});
