import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Doc } from "../../src/core/index.ts";
import { type DedupeSubstringsOptions, dedupeSubstrings } from "../../src/dedupe/index.ts";
import { stageLaws } from "../laws/laws.ts";
import { docsOf, generator, randomWords } from "./corpus.ts";
import { inOnePass } from "./over-workers.ts";

const few = (): Doc[] => {
  const next = generator(21);
  const passages = Array.from({ length: 6 }, () => randomWords(next, 12).join(" "));
  return docsOf(Array.from({ length: 30 }, () => [...randomWords(next, 8), passages[next() % 6], ...randomWords(next, 5)].join(" ")));
};

stageLaws<Doc, Doc>({ name: "dedupeSubstrings", make: () => dedupeSubstrings({ length: 10 }), input: few });
stageLaws<Doc, Doc>({
  name: "dedupeSubstrings, masking",
  make: () => dedupeSubstrings({ unit: "character", length: 30, sample: 7, mask: "[...]" }),
  input: few,
});

const run = (texts: readonly string[], options?: DedupeSubstringsOptions) =>
  inOnePass<Doc, Doc>(() => dedupeSubstrings<Doc>(options), docsOf(texts));
const texts = async (input: readonly string[], options?: DedupeSubstringsOptions): Promise<string[]> =>
  (await run(input, options)).passed.map((doc) => doc.text);

/** For each document, which tokens lie in a window of `size` that occurs, whole, before the window: found by comparing all of them. */
function naive(documents: readonly (readonly string[])[], size: number): boolean[][] {
  return documents.map((tokens, d) => {
    const goes = tokens.map(() => false);
    for (let i = 0; i + size <= tokens.length; i++) {
      const window = tokens.slice(i, i + size).join("\0");
      const known = documents.slice(0, d + 1).some((other, o) => {
        for (let j = 0; j + size <= (o === d ? i : other.length); j++) if (other.slice(j, j + size).join("\0") === window) return true;
        return false;
      });
      if (known) goes.fill(true, i, i + size);
    }
    return goes;
  });
}

describe("dedupeSubstrings", () => {
  it("cuts out a passage that was there before, wherever it stands", async () => {
    const passage = "one two three four five";
    expect(
      await texts([`a b ${passage} c`, `d  ${passage}\n e`, `${passage} f`, `g ${passage}.`, "one two three four"], { length: 5 }),
    ).toEqual([
      `a b ${passage} c`,
      "d  e",
      "f",
      `g ${passage}.`, // "five." is another word
      "one two three four",
    ]);
    expect(await texts([`a ${passage} b`, `c ${passage}`, `d ${passage} \n`], { length: 5 })).toEqual([`a ${passage} b`, "c", "d \n"]);
  });

  it("takes the longest stretch, and puts a mask in its place", async () => {
    const long = "p q r s t u v w";
    expect(await texts([long, `x ${long} y p q r s z`], { length: 4, mask: "[cut]" })).toEqual([long, "x [cut] y [cut] z"]);
    const counted = await run([long, `x ${long} y p q r s z`], { length: 4 });
    expect(counted.counters).toEqual({ repeats: 2, "words removed": 12 });
  });

  it("drops a document of which nothing stays", async () => {
    const { passed, dropped } = await run(["a b c d", " a b c d ", "a b c d e"], { length: 4 });
    expect(passed.map((doc) => doc.text)).toEqual(["a b c d", "e"]);
    expect(dropped).toEqual({ "nothing-left": 1 });
  });

  it("never takes a first copy for its own repeat", async () => {
    expect(await texts(["ha ha ha ha ha ha ha"], { length: 4 })).toEqual(["ha ha ha ha ha ha ha"]);
    expect(await texts(["ha ha ha ha ha ha ha ha"], { length: 4 })).toEqual(["ha ha ha ha"]);
    expect(await texts(["x".repeat(1000)], { unit: "character", length: 10 })).toEqual(["x".repeat(10)]);
  });

  it("counts characters where words mean nothing, and never cuts one in two", async () => {
    const first = "0我輩は猫である。名前はまだ無い。";
    expect(await texts([first, "吾は猫である。名前はまだ無い！"], { unit: "character", length: 8 })).toEqual([first, "吾！"]);
    const out = await texts(["ab👍cdefgh", "x👎cdefgh👍", "👍cdefg👎"], { unit: "character", length: 6 });
    expect(out.join("")).not.toContain("\ufffd");
    for (const text of out) expect(Buffer.from(text).toString()).toBe(text);
  });

  it("finds what comparing all windows finds", async () => {
    const word = fc.constantFrom("a", "b", "c");
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(word, { maxLength: 30 }), { maxLength: 6 }),
        fc.integer({ min: 2, max: 6 }),
        async (documents, length) => {
          const goes = naive(documents, length);
          const expected = documents.flatMap((tokens, d) => {
            const kept = tokens.filter((_, i) => !goes[d]?.[i]);
            return tokens.length > 0 && kept.length === 0 ? [] : [kept.join(" ")];
          });
          const joined = documents.map((tokens) => tokens.join(" "));
          expect(await texts(joined, { length })).toEqual(expected);
          const characters = documents.map((tokens) => tokens.join(""));
          expect(await texts(characters, { length, unit: "character" })).toEqual(expected.map((text) => text.replaceAll(" ", "")));
        },
      ),
      { numRuns: 200 },
    );
  });

  it("with a sample finds every repeat of the full length, loses its edges at most, and takes nothing that is no repeat", async () => {
    const word = fc.constantFrom("a", "b", "c", "d", "e", "f");
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(word, { maxLength: 40 }), { minLength: 1, maxLength: 4 }),
        fc.array(word, { minLength: 12, maxLength: 20 }),
        fc.integer({ min: 2, max: 6 }),
        async (documents, passage, sample) => {
          const length = 12;
          const all = [...documents, [...(documents[0] ?? []), ...passage], ["x", ...passage, "y"]];
          const marked = async (tokens: readonly (readonly string[])[]): Promise<boolean[][]> => {
            // Numbered words would not repeat, so what was cut is read from a mask in its place.
            const out = await inOnePass<Doc, Doc>(
              () => dedupeSubstrings<Doc>({ length, sample, mask: "_" }),
              docsOf(tokens.map((list) => list.join(" "))),
            );
            return out.passed.map((doc) => doc.text.split(" ").map((token) => token === "_"));
          };
          const last = (await marked(all)).at(-1) as boolean[];
          // The planted passage is found: what stays of it are x, y and its edges.
          expect(last).toContain(true);
          expect(last.indexOf(true)).toBeLessThanOrEqual(sample);
          expect(last.length - 1 - last.lastIndexOf(true)).toBeLessThanOrEqual(sample);
          // Nothing goes but what repeats over length - sample + 1 words.
          const loose = naive(all, length - sample + 1);
          const { counters } = await run(
            all.map((list) => list.join(" ")),
            { length, sample, mask: "_" },
          );
          expect(counters["words removed"] ?? 0).toBeLessThanOrEqual(loose.flat().filter(Boolean).length);
        },
      ),
      { numRuns: 100 },
    );
  });

  it("with a sample finds all planted repeats in a large text", async () => {
    const next = generator(8);
    const sources = Array.from({ length: 100 }, () => randomWords(next, 400));
    const copies = sources.map((words) => [...randomWords(next, 100), ...words.slice(37, 87), ...randomWords(next, 100)]);
    const input = [...sources, ...copies].map((words) => words.join(" "));
    for (const [sample, least] of [
      [1, 5000],
      [10, 4100],
      [25, 2600],
    ] as const) {
      const { counters } = await run(input, { sample });
      expect(counters["repeats"]).toBe(100);
      expect(counters["words removed"]).toBeGreaterThanOrEqual(least);
      expect(counters["words removed"]).toBeLessThanOrEqual(5000);
    }
  });

  it("takes linear time for a text of one letter, and of one word", async () => {
    expect((await texts(["a".repeat(2_000_000)], { unit: "character" }))[0]?.length).toBe(200);
    expect((await texts(["a ".repeat(1_000_000)]))[0]?.trim().split(" ").length).toBe(50);
  });

  it.each<[unknown, string]>([
    [{ n: 50 }, "unknown option `n`; known options are unit, length, sample, mask"],
    [{ unit: "byte" }, 'expected `unit` to be "word" or "character", got "byte"'],
    [{ length: 1 }, "expected `length` to be an integer between 2 and 10000, got 1"],
    [{ length: 10, sample: 6 }, "expected `sample` to be an integer between 1 and 5, got 6"],
    [{ mask: 1 }, "expected `mask` to be a string, got 1"],
  ])("%j is refused when the stage is made", (options, message) => {
    expect(() => dedupeSubstrings(options as DedupeSubstringsOptions)).toThrow(`dedupeSubstrings: ${message}`);
  });
});
