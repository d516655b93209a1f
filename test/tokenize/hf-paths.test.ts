/** The ways through a tokenizer agree, whatever came before, and what goes in comes out. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createHfTokenizer, type HfTokenizer } from "../../src/tokenize/hf/index.ts";
import { fixtures } from "./hf-fixtures.ts";
import { random, texts } from "./hf-texts.ts";

const make = (name: keyof typeof fixtures): HfTokenizer => createHfTokenizer(fixtures[name]);
const anyText = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), fc.constantFrom(...texts(5, 300)));

describe("encode and encodeWithOffsets", () => {
  for (const name of Object.keys(fixtures)) {
    it(`give the same ids: ${name}`, () => {
      const tokenizer = make(name);
      fc.assert(
        fc.property(anyText, (text) => {
          expect([...tokenizer.encode(text)]).toEqual([...tokenizer.encodeWithOffsets(text).ids]);
        }),
        { numRuns: 150, seed: 11 },
      );
    });
  }

  it("give the same ids after the caches were filled with other texts", () => {
    for (const name of ["bertUncased", "xlnet", "t5", "llama2", "mistral", "gpt2"]) {
      const [used, fresh] = [make(name), make(name)];
      const next = random(3);
      const word = (): string =>
        Array.from({ length: 1 + Math.floor(next() * 9) }, () => "abcdefgh中é1."[Math.floor(next() * 12)]).join("");
      // More words than a cache holds, so that every slot changes hands.
      used.encode(Array.from({ length: 120_000 }, word).join(" "));
      for (const text of texts(99, 120)) expect([...used.encode(text)], `${name} ${JSON.stringify(text)}`).toEqual([...fresh.encode(text)]);
    }
  });

  it("do not depend on how a text is cut into words by neighbours in the cache", () => {
    // Each prefix of a long text ends in another chunk.
    const long = texts(31, 40).join(" ");
    for (const name of ["bertCased", "xlmRoberta", "llama2", "albert"]) {
      const tokenizer = make(name);
      for (let end = 0; end < 600; end += 7) {
        const text = long.slice(0, end);
        expect([...tokenizer.encode(text)], `${name} ${end}`).toEqual([...tokenizer.encodeWithOffsets(text).ids]);
      }
    }
  });

  it("count a lone surrogate as U+FFFD", () => {
    const tokenizer = make("gpt2");
    expect([...tokenizer.encode("a\ud800b\udc00")]).toEqual([...tokenizer.encode("a\ufffdb\ufffd")]);
    expect(tokenizer.decode(tokenizer.encode("\ud83d"))).toBe("\ufffd");
  });
});

describe("offsets", () => {
  it("are those of the characters in UTF-16 units and in code points", () => {
    const text = "a𝒜b the";
    const tokenizer = make("bertCased");
    const utf16 = tokenizer.encodeWithOffsets(text);
    const points = tokenizer.encodeWithOffsets(text, { unit: "codePoint" });
    expect(text.slice(utf16.starts.at(-1), utf16.ends.at(-1))).toBe("the");
    expect([...text].slice(points.starts.at(-1), points.ends.at(-1)).join("")).toBe("the");
  });

  it("cover a text that only bytes were made of, in order", () => {
    const tokenizer = make("gpt2");
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const { starts, ends } = tokenizer.encodeWithOffsets(text);
        let reached = 0;
        for (const [i, start] of starts.entries()) {
          expect(start).toBeLessThanOrEqual(reached);
          reached = Math.max(reached, ends[i] ?? 0);
        }
        expect(reached).toBe(text.length);
      }),
      { numRuns: 200, seed: 12 },
    );
  });

  it("are 0 for special tokens that were put around", () => {
    const { ids, starts, ends } = make("bertUncased").encodeWithOffsets("the wheel", { addSpecialTokens: true });
    expect([ids[0], ids.at(-1)]).toEqual([2, 3]);
    expect([starts[0], ends[0], starts.at(-1), ends.at(-1)]).toEqual([0, 0, 0, 0]);
    expect([...make("bertUncased").encode("the wheel", { addSpecialTokens: true })]).toEqual([...ids]);
  });
});

describe("decode", () => {
  it("gives back any text of a byte-level tokenizer", () => {
    for (const name of ["gpt2", "llama3", "gpt4o", "deepseek"]) {
      const tokenizer = make(name);
      fc.assert(
        fc.property(fc.string({ unit: "binary" }), (text) => {
          const clean = new TextDecoder("utf-8", { ignoreBOM: true }).decode(new TextEncoder().encode(text));
          expect(tokenizer.decode(tokenizer.encode(text))).toBe(clean);
        }),
        { numRuns: 150, seed: 13 },
      );
    }
  });

  it("leaves special tokens out on request, and unknown ids always", () => {
    const tokenizer = make("gpt2");
    const id = tokenizer.special.ids["<|endoftext|>"] as number;
    const ids = [...tokenizer.encode("the "), id, ...tokenizer.encode("mill"), 9_999_999];
    expect(tokenizer.decode(ids)).toBe("the <|endoftext|>mill");
    expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe("the mill");
  });
});

describe("time", () => {
  it("grows with the length of a text without a single cut, not with its square", () => {
    for (const name of ["llama2", "mistral", "t5", "bertUncased", "gpt2"]) {
      const tokenizer = make(name);
      // A square would take minutes.
      expect(tokenizer.encode("a".repeat(300_000)).length, name).toBeGreaterThan(0);
      expect(tokenizer.encode("中".repeat(100_000)).length, name).toBeGreaterThan(0);
    }
  });
});
