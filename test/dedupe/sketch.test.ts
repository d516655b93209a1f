import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bandKeys,
  detection,
  estimateJaccard,
  Normaliser,
  SKETCH_PRESETS,
  Sketcher,
  type SketchParameters,
  shingles,
  sketch,
} from "../../src/dedupe/index.ts";
import { word } from "./corpus.ts";
import * as naive from "./naive.ts";

/** Words of all lengths around the block size, repeated often enough that documents have few different shingles. */
const someWord = fc.oneof(
  fc.nat(30).map(word),
  fc.string({ unit: fc.constantFrom("a", "b", "é", "ß", "ж"), minLength: 1, maxLength: 26 }),
  fc.constantFrom("東京", "สวัสดี", "👍", "हिन्दी", "한국어"),
);
const someText = fc.array(someWord, { maxLength: 300 }).map((list) => list.join(" "));
const someParameters: fc.Arbitrary<SketchParameters> = fc
  .record({
    ngram: fc.integer({ min: 1, max: 32 }),
    unit: fc.constantFrom("words" as const, "characters" as const),
    bands: fc.integer({ min: 1, max: 128 }),
    rows: fc.integer({ min: 4, max: 64 }),
    seed: fc.nat({ max: 0xffff_ffff }),
  })
  .filter(({ bands, rows }) => bands * rows <= 512);

describe("sketch", () => {
  it("agrees with the naive implementation: shingles, signatures, band keys", () => {
    fc.assert(
      fc.property(someText, someParameters, (text, parameters) => {
        const { ngram, unit, seed, bands, rows } = parameters;
        const expected = naive.signature(text, parameters);
        const signature = sketch(text, parameters);
        expect([...shingles(text, { ngram, unit, seed })]).toEqual(
          naive.shingles(text, parameters).flatMap(({ value, place }) => [value, place]),
        );
        expect(signature === undefined ? undefined : [...signature]).toEqual(expected);
        if (signature === undefined || expected === undefined) return;
        const keys = [...bandKeys(signature, bands, rows)].map((half) => half.toString(16).padStart(8, "0")).join("");
        expect(keys).toBe(naive.bandKeys(expected, parameters).join(""));
      }),
      { numRuns: 150 },
    );
  });

  it("depends on the set of shingles alone", () => {
    const passage = Array.from({ length: 12 }, (_, i) => word(i * 31));
    const round = [...passage, ...passage.slice(0, 4)]; // every 5-gram of the circle, once
    const often = [...passage, ...passage, ...passage, ...passage.slice(0, 4)];
    expect(sketch(round.join(" "))).toEqual(sketch(often.join(" ")));
  });

  it("needs as many words as a shingle has", () => {
    expect(sketch("one two three four")).toBeUndefined();
    expect(sketch("one two three four five")).toHaveLength(112);
    expect(sketch("one two three four", { ngram: 4, bands: 3, rows: 5 })).toHaveLength(15);
    expect(sketch("... !!! ??? --- +++")).toBeUndefined();
    expect(sketch("東京都の人")).toHaveLength(112);
    expect(shingles("one two")).toHaveLength(0);
  });

  it("can be used again: nothing of the document before shows", () => {
    const normaliser = new Normaliser();
    const sketcher = new Sketcher(naive.DEFAULTS);
    const signature = new Uint8Array(112).fill(77);
    fc.assert(
      fc.property(fc.array(someText, { maxLength: 5 }), (texts) => {
        for (const text of texts) {
          normaliser.read(text);
          const before = [...signature];
          const made = sketcher.sketch(normaliser, signature);
          expect([...signature]).toEqual(made ? [...(sketch(text) ?? [])] : before);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("tells words apart that blocks of eight could confuse", () => {
    const tail = " two three four five";
    const distinct = [
      "a",
      "aa",
      "aaaaaaaa",
      "aaaaaaaaa",
      "aaaaaaaaaaaaaaaa",
      "aaaaaaaaaaaaaaaaa",
      "aaaaaaaab",
      "baaaaaaaa",
      "aaaaaaaa aaaaaaaa",
    ];
    const signatures = distinct.map((first) => Buffer.from(sketch(first + tail) ?? []).toString("hex"));
    expect(new Set(signatures).size).toBe(distinct.length);
  });

  it.each<[string, Partial<SketchParameters>, string]>([
    ["ngram", { ngram: 0 }, "expected `ngram` to be an integer between 1 and 32, got 0"],
    ["rows", { rows: 3 }, "expected `rows` to be an integer between 4 and 64, got 3"],
    ["bands", { bands: 1.5 }, "expected `bands` to be an integer between 1 and 128, got 1.5"],
    ["seed", { seed: -1 }, "expected `seed` to be an integer between 0 and 4294967295, got -1"],
    ["the product", { bands: 100, rows: 8 }, "expected `bands` * `rows` to be at most 512, got 100 * 8 = 800"],
    ["unknown", { band: 3 } as object, "unknown option `band`"],
  ])("refuses a wrong %s", (_name, options, message) => {
    expect(() => sketch("a b c d e f", options)).toThrow(message);
  });
});

describe("SKETCH_PRESETS", () => {
  it.each(Object.entries(SKETCH_PRESETS))("%s is a shape", (name, preset) => {
    const { bands = 0, rows = 0 } = preset;
    expect(sketch("one two three four five six", preset)).toHaveLength(bands * rows);
    // Where half of the pairs are found.
    const middle = { datatrove: 0.68, "text-dedup": 0.7, recall: 0.51 }[name] ?? 0;
    expect(detection(middle, bands, rows)).toBeGreaterThan(0.45);
    expect(detection(middle, bands, rows)).toBeLessThan(0.55);
  });
});

describe("documents at the edges", () => {
  /** Straight from the definition, for texts too long for the naive implementation: the distinct shingles are what counts. */
  const equalTo = (long: string, short: string): void => expect(sketch(long)).toEqual(sketch(short));

  it("10 MB of one word have one shingle", () => equalTo("spam ".repeat(2_000_000), "spam spam spam spam spam"));

  it("10 MB of single letters in turn have 26", () => {
    const alphabet = Array.from({ length: 26 }, (_, i) => String.fromCharCode(97 + i)).join(" ");
    equalTo(`${alphabet} `.repeat(200_000), `${alphabet} ${alphabet}`);
  });

  it("10 MB of a passage repeated have the shingles of the passage", () => {
    const passage = Array.from({ length: 900 }, (_, i) => word(i * 7)).join(" ");
    equalTo(`${passage} `.repeat(2_300), `${passage} ${passage}`);
  });

  it("a word of 10 MB is a word", () => {
    const signature = sketch(`${"x".repeat(10_000_000)} two three four five`);
    expect(signature).toHaveLength(112);
    expect(signature).not.toEqual(sketch(`${"x".repeat(9_999_999)} two three four five`));
  });

  it("512 values of 100 different shingles followed by 20,000 equal ones, where the remembered values are thinned out", () => {
    const passage = Array.from({ length: 100 }, (_, i) => word(i * 3)).join(" ");
    const options = { bands: 64, rows: 8 };
    const end = "end end end end end";
    expect(sketch(`${passage} ${"end ".repeat(20_000)}`, options)).toEqual(sketch(`${passage} ${end}`, options));
  });

  it("and where thinning them out does not help: 4,600 different ones, and yet a bin is empty", () => {
    const text = Array.from({ length: 4600 }, (_, i) => word(i)).join(" ");
    const shape = { ngram: 1, bands: 64, rows: 8 };
    const seed = Array.from({ length: 500 }, (_, i) => i).find((candidate) => {
      const pairs = shingles(text, { ngram: 1, seed: candidate });
      const filled = new Set<number>();
      for (let i = 1; i < pairs.length; i += 2) filled.add((((pairs[i] as number) >>> 16) * 512) >>> 16);
      return filled.size < 512;
    });
    expect(seed).toBeDefined(); // one in thirteen does
    const parameters = { ...shape, seed: seed as number };
    const long = `${text} ${text} ${`${word(0)} `.repeat(20_000)}`;
    expect([...(sketch(long, parameters) ?? [])]).toEqual(naive.signature(text, parameters));
  });
});

describe("estimateJaccard", () => {
  it("is 1 for equal signatures, slightly below 0 for nothing in common", () => {
    const a = Uint8Array.from({ length: 112 }, (_, i) => i);
    const b = Uint8Array.from({ length: 112 }, (_, i) => i + 1);
    expect(estimateJaccard(a, a)).toBe(1);
    expect(estimateJaccard(a, b)).toBe(-1 / 255);
  });

  it("refuses signatures of different lengths", () => {
    expect(() => estimateJaccard(new Uint8Array(112), new Uint8Array(100))).toThrow(
      "expected two signatures of equal length, got 112 and 100",
    );
    expect(() => estimateJaccard(new Uint8Array(0), new Uint8Array(0))).toThrow(RangeError);
  });
});

describe("bandKeys", () => {
  it("change with any value of the band and with its number, and with nothing else", () => {
    const signature = new Uint8Array(112).fill(5);
    const keys = bandKeys(signature);
    expect(keys).toHaveLength(28);
    expect(new Set(keys).size).toBe(28); // equal values, other bands: other keys
    for (let i = 0; i < 112; i++) {
      const other = bandKeys(signature.with(i, 6));
      const changed = Array.from({ length: 14 }, (_, band) => band).filter(
        (band) => other[2 * band] !== keys[2 * band] || other[2 * band + 1] !== keys[2 * band + 1],
      );
      expect(changed).toEqual([Math.floor(i / 8)]);
    }
  });

  it("refuse a signature of another shape", () => {
    expect(() => bandKeys(new Uint8Array(112), 14, 7)).toThrow("expected a signature of 14 * 7 = 98 values, got 112");
  });
});
