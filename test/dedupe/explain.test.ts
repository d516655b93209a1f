import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CommonRun, commonRuns } from "../../src/dedupe/common-runs.ts";
import { type ExplainOptions, estimateJaccard, explainRemoval, normaliseForDedupe, sketch, trueJaccard } from "../../src/dedupe/index.ts";
import { wordSpans } from "../../src/dedupe/word-spans.ts";
import { edited, generator, jaccard, randomWords, shingleSet } from "./corpus.ts";

/** The longest run first, of equals the first one, by looking everywhere. */
function slowRuns(first: readonly string[], second: readonly string[], least: number): { a: number; length: number }[] {
  const taken = first.map(() => false);
  const runs: { a: number; length: number }[] = [];
  for (;;) {
    let best = { a: 0, length: 0 };
    for (let a = 0; a < first.length; a++) {
      for (let b = 0; b < second.length; b++) {
        let length = 0;
        while (a + length < first.length && b + length < second.length && !taken[a + length] && first[a + length] === second[b + length])
          length++;
        if (length > best.length) best = { a, length };
      }
    }
    if (best.length < Math.max(1, least)) return runs;
    taken.fill(true, best.a, best.a + best.length);
    runs.push(best);
  }
}

describe("commonRuns", () => {
  it("finds the runs that a search everywhere finds", () => {
    const sequence = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 24 });
    fc.assert(
      fc.property(sequence, sequence, fc.integer({ min: 1, max: 4 }), (first, second, least) => {
        const runs = commonRuns(first, second, least);
        expect(runs.map(({ a, length }) => ({ a, length }))).toEqual(slowRuns(first, second, least));
        for (const { a, b, length } of runs) expect(second.slice(b, b + length)).toEqual(first.slice(a, a + length));
      }),
      { numRuns: 400 },
    );
  });

  it("finds passages that changed places", () => {
    const [one, two] = [randomWords(generator(1), 40), randomWords(generator(2), 50)];
    expect(commonRuns([...one, "x", ...two], [...two, "y", ...one], 5)).toEqual<CommonRun[]>([
      { a: 41, b: 0, length: 50 },
      { a: 0, b: 51, length: 40 },
    ]);
  });

  it("takes long repetitive sequences in its stride", () => {
    const words = Array.from({ length: 50_000 }, () => "a");
    expect(commonRuns(words, words.slice(1))).toEqual([
      { a: 0, b: 0, length: 49_999 },
      { a: 49_999, b: expect.any(Number), length: 1 },
    ]);
  });
});

describe("wordSpans", () => {
  it("has the words of the normal form, wherever they stand", () => {
    const letters = fc.constantFrom(
      "a",
      "É",
      "e\u0301",
      "ß",
      "\u00ad",
      " ",
      "\n",
      ",",
      "C++",
      "東",
      "か\u3099",
      "ガ",
      "ส",
      "ำ",
      "क",
      "ि",
      "ﷺ",
      "👍",
      "👍🏽",
      "½",
      "ﬁ",
      "İ",
      "\ud800",
      "한",
      "\u200d",
      "_",
      "9",
      "٣",
    );
    const text = fc.oneof(
      fc.array(letters, { maxLength: 30 }).map((parts) => parts.join("")),
      fc.string({ unit: "binary", maxLength: 20 }),
    );
    fc.assert(
      fc.property(text, fc.constantFrom("drop" as const, "keep" as const), (made, punctuation) => {
        const { words, starts, ends } = wordSpans(made, undefined, punctuation);
        expect(words.join(" ")).toBe(normaliseForDedupe(made, punctuation));
        for (const [i, word] of words.entries()) {
          expect(starts[i]).toBeLessThan(ends[i] as number);
          // What a span cuts out normalises to its word, unless one code point is several words.
          const cut = normaliseForDedupe(made.slice(starts[i], ends[i]), punctuation);
          if (starts[i] !== starts[i + 1] && starts[i] !== starts[i - 1]) expect(cut.split(" ")).toContain(word);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("stops at the limit", () => {
    const text = "one two three ﷺ five";
    for (let limit = 0; limit <= 8; limit++) {
      const { words, starts, ends } = wordSpans(text, limit);
      expect(words).toEqual(normaliseForDedupe(text).split(" ").slice(0, limit));
      expect([starts.length, ends.length]).toEqual([words.length, words.length]);
    }
  });
});

describe("trueJaccard", () => {
  it("is the similarity of the sets of n-grams, as sets of strings have it", () => {
    const next = generator(8);
    for (let i = 0; i < 60; i++) {
      const words = randomWords(next, 5 + (next() % 200), 300);
      const copy = edited(next, words, (i % 10) / 40, 300);
      const ngram = 1 + (i % 6);
      const [a, b] = [shingleSet(words, ngram), shingleSet(copy, ngram)];
      const expected = a.size + b.size === 0 ? undefined : jaccard(a, b);
      expect(trueJaccard(words.join(" "), copy.join(" "), { ngram })).toBe(expected);
    }
  });

  it("of characters counts those of the words", () => {
    expect(trueJaccard("ab cd", "abcd", { ngram: 3, unit: "characters" })).toBe(1);
    expect(trueJaccard("abcde", "abcdx", { ngram: 3, unit: "characters" })).toBe(2 / 4);
  });

  it("is undefined between texts without a shingle, and 0 where one has some", () => {
    expect(trueJaccard("a b", "a b")).toBeUndefined();
    expect(trueJaccard("a b", "a b c d e")).toBe(0);
  });
});

describe("explainRemoval", () => {
  const kept = "The quick brown fox jumps over the lazy dog, while the cat looks on and yawns. Nobody minds.";
  const removed = "Today the quick brown FOX jumps over the lazy dog, while the bird looks on and yawns. Nobody minds.";

  it("gives both similarities, the shared passages with their places, and what differs", () => {
    const why = explainRemoval(removed, kept);
    expect(why.exact).toBe(false);
    expect(why.estimated).toBe(estimateJaccard(sketch(removed) as Uint8Array, sketch(kept) as Uint8Array));
    expect(why.jaccard).toBe(9 / 20);
    expect(why.shingles).toEqual({ removed: 15, kept: 14, common: 9 });
    const cut = (text: string, { start, end }: { start: number; end: number }): string => text.slice(start, end);
    expect(why.shared.map((run) => [run.words, cut(removed, run.removed), cut(kept, run.kept)])).toEqual([
      [11, "the quick brown FOX jumps over the lazy dog, while the", "The quick brown fox jumps over the lazy dog, while the"],
      [6, "looks on and yawns. Nobody minds", "looks on and yawns. Nobody minds"],
    ]);
    expect(why.onlyInRemoved.map((run) => cut(removed, run))).toEqual(["Today", "bird"]);
    expect(why.onlyInKept.map((run) => cut(kept, run))).toEqual(["cat"]);
    expect(why.covered).toEqual({ removed: 17, kept: 17 });
    expect(why.words).toEqual({ removed: 19, kept: 18 });
    expect(why.complete).toBe(true);
  });

  it("says that two texts are exact duplicates", () => {
    expect(explainRemoval(kept, kept.toUpperCase())).toMatchObject({
      exact: true,
      estimated: 1,
      jaccard: 1,
      onlyInKept: [],
      onlyInRemoved: [],
    });
    expect(explainRemoval("Yes!", "yes !")).toMatchObject({ exact: true, estimated: undefined, jaccard: undefined, shared: [] });
    expect(explainRemoval("C++", "C#").exact).toBe(false);
  });

  it("covers each word of the removed text once", () => {
    const words = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 40 });
    fc.assert(
      fc.property(words, words, fc.integer({ min: 1, max: 4 }), (a, b, leastWords) => {
        const why = explainRemoval(a.join(" "), b.join(", "), { ngram: 2, leastWords, passages: 1000 });
        const shared = why.shared.reduce((n, run) => n + run.words, 0);
        const alone = why.onlyInRemoved.reduce((n, run) => n + run.words, 0);
        expect(shared).toBe(why.covered.removed);
        expect(shared + alone).toBe(a.length);
        expect(why.covered.kept + why.onlyInKept.reduce((n, run) => n + run.words, 0)).toBe(b.length);
        for (const run of why.shared) expect(run.words).toBeGreaterThanOrEqual(leastWords);
      }),
      { numRuns: 200 },
    );
  });

  it("looks at the begin of texts that are too long, and says so", () => {
    const words = randomWords(generator(6), 3000);
    const why = explainRemoval(words.join(" "), words.join(" "), { mostWords: 1000 });
    expect(why).toMatchObject({ complete: false, jaccard: 1, words: { removed: 1000, kept: 1000 } });
    expect(why.shared[0]?.words).toBe(1000);
    expect(explainRemoval(words.join(" "), words.join(" "), { mostWords: 3000 }).complete).toBe(true);
  });

  it.each<[unknown, string]>([
    [{ words: 3 }, "unknown option `words`"],
    [{ leastWords: 0 }, "expected `leastWords` to be an integer between 1 and 1000, got 0"],
    [{ passages: -1 }, "expected `passages` to be an integer between 0 and 10000, got -1"],
    [{ ngram: 40 }, "expected `ngram` to be an integer between 1 and 32, got 40"],
  ])("%j is refused", (options, message) => {
    expect(() => explainRemoval("", "", options as ExplainOptions)).toThrow(`explainRemoval: ${message}`);
  });
});
