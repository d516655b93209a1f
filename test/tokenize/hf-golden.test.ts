import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createHfTokenizer } from "../../src/tokenize/hf/index.ts";
import { fixtures } from "./hf-fixtures.ts";
import { texts } from "./hf-texts.ts";

type Row = readonly [ids: string, offsets: string, specials: number, decoded: string];
const golden = JSON.parse(readFileSync(new URL("./golden/hf.json", import.meta.url), "utf8")) as Record<string, readonly Row[]>;
const inputs = texts(20_261, 36);
const numbers = (list: string): number[] => (list === "" ? [] : list.split(" ").map(Number));

describe("a tokenizer.json of each family gives what the native package gave", () => {
  it("has a golden file for every fixture", () => {
    expect(Object.keys(golden).filter((name) => name !== "madeWith")).toEqual(Object.keys(fixtures));
    expect(golden["madeWith"]).toBe("tokenizers 0.23.2");
  });

  for (const [name, json] of Object.entries(fixtures)) {
    it(name, () => {
      const tokenizer = createHfTokenizer(json);
      const rows = golden[name] ?? [];
      expect(rows.length).toBe(inputs.length);
      for (const [i, text] of inputs.entries()) {
        const [ids, offsets, specials, decoded] = rows[i] as Row;
        const expected = numbers(ids);
        const around = JSON.stringify(text);
        expect([...tokenizer.encode(text)], around).toEqual(expected);
        const aligned = tokenizer.encodeWithOffsets(text, { unit: "codePoint" });
        expect([...aligned.ids], around).toEqual(expected);
        expect(
          [...aligned.starts].flatMap((start, k) => [start, aligned.ends[k]]),
          around,
        ).toEqual(numbers(offsets));
        const withSpecials = tokenizer.encode(text, { addSpecialTokens: true });
        expect(withSpecials.length - expected.length, around).toBe(specials);
        expect(tokenizer.decode(expected, { skipSpecialTokens: true }), around).toBe(decoded);
      }
    });
  }
});
