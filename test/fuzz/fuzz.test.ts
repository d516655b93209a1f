/** The fuzzer itself: it must see a wrong encoder, and say shortly what is wrong. */
import { describe, expect, it } from "vitest";
import { fuzz } from "./fuzz.ts";
import { minimise } from "./minimise.ts";
import type { Encoder, Subject } from "./subject.ts";

const ids = (text: string): number[] => [...text].map((character) => character.codePointAt(0) ?? 0);

function subjectWith(...encoders: readonly Encoder[]): Subject {
  return {
    name: "code points",
    reference: "codePointAt",
    expected: (text) => ({ ids: ids(text), text }),
    encoders,
    generate: (dice) => Array.from({ length: 1 + dice.below(60) }, () => dice.pick([..."abc xé中😀"])).join(""),
  };
}

const right: Encoder = { name: "right", encode: (text) => ({ ids: ids(text), text }) };

describe("fuzz", () => {
  it("finds nothing wrong with what is right, and counts what it compared", async () => {
    const seldom: Encoder = { ...right, name: "seldom", every: 10 };
    const picky: Encoder = { ...right, name: "picky", encode: (text) => (text.includes("x") ? undefined : right.encode(text)) };
    const report = await fuzz(subjectWith(right, seldom, picky), 200, 1);
    expect(report).toMatchObject({ strings: 200, mismatches: 0, first: undefined, compared: { right: 200, seldom: 20 } });
    expect(report.compared["picky"]).toBeGreaterThan(0);
    expect(report.compared["picky"]).toBeLessThan(200);
  });

  it.each<[string, Encoder, string]>([
    ["wrong ids", { name: "wrong", encode: (text) => ({ ids: ids(text.replace("b中", "b")) }) }, "b中"],
    ["a wrong decoding", { name: "wrong", encode: (text) => ({ ids: ids(text), text: text.replace("😀", "?") }) }, "😀"],
    ["ids that are missing at the end", { name: "wrong", encode: (text) => ({ ids: ids(text.replace(/ $/, "")) }) }, " "],
    [
      "an encoder that throws",
      {
        name: "wrong",
        encode: (text) => {
          if (text.includes("é")) throw new Error("no é");
          return { ids: ids(text) };
        },
      },
      "é",
    ],
  ])("finds %s and reduces the string to what is needed", async (_, wrong, shortest) => {
    const report = await fuzz(subjectWith(right, wrong), 300, 7);
    expect(report.mismatches).toBeGreaterThan(0);
    expect(report.first).toMatchObject({ encoder: "wrong", text: shortest });
  });

  it("makes the same strings of the same seed", async () => {
    const seen: string[][] = [[], [], []];
    for (const [i, seed] of [5, 5, 6].entries()) {
      await fuzz(subjectWith({ name: "note", encode: (text) => void seen[i]?.push(text) }), 30, seed);
    }
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]).not.toEqual(seen[0]);
  });
});

describe("minimise", () => {
  it("leaves out all that is not needed, and makes the rest plain", async () => {
    const text = `${"lorem ".repeat(50)}<${"ipsum ".repeat(50)}>${"dolor ".repeat(20)}`;
    expect(await minimise(text, async (t) => /<.*>/.test(t))).toBe("<>");
    expect(await minimise(text, async (t) => /<.{3}/.test(t))).toBe("<aaa");
  });

  it("asks no more often than it may, and never proposes an empty string", async () => {
    let asked = 0;
    const short = await minimise("abc".repeat(1_000), async (text) => {
      asked++;
      return text.length > 0;
    }, 10); // biome-ignore format: one call
    expect(asked).toBeLessThanOrEqual(10);
    expect(short.length).toBeGreaterThan(0);
  });
});
