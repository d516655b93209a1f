import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Doc, type Excluded, from, type PipelineState } from "../../src/core/index.ts";
import { type DedupeSemanticOptions, dedupeSemantic, type Embed, SemanticBuckets, semanticBuckets } from "../../src/dedupe/index.ts";
import { stageLaws } from "../laws/laws.ts";
import { docsOf, generator, randomWords } from "./corpus.ts";
import { inOnePass, overWorkers } from "./over-workers.ts";

const DIMENSIONS = 64;

/** A toy embedding: counts of hashed character 4-grams. Texts that share most of their letters in order lie close together. */
const embed: Embed = async (texts) =>
  texts.map((text) => {
    const vector = new Float32Array(DIMENSIONS);
    for (let i = 0; i + 4 <= text.length; i++) {
      let h = 0x811c9dc5;
      for (let k = i; k < i + 4; k++) h = Math.imul(h ^ text.charCodeAt(k), 0x01000193);
      h ^= h >>> 15;
      const at = (h >>> 8) % DIMENSIONS;
      vector[at] = (vector[at] as number) + ((h & 1) === 0 ? 1 : -1);
    }
    return vector;
  });

/** A text that is its own vector: numbers with spaces between them. */
const literal: Embed = async (texts) => texts.map((text) => Float32Array.from(text.split(" "), Number));

const cosine = (a: readonly number[], b: readonly number[]): number => {
  const inner = a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
  return inner / Math.hypot(...a) / Math.hypot(...b);
};

const planted = (() => {
  const next = generator(41);
  const originals = Array.from({ length: 60 }, () => randomWords(next, 40, 3000));
  const copies = originals.slice(0, 20).map((words, i) => words.with(i, "changed"));
  return docsOf([...originals, ...copies].map((words) => words.join(" ")));
})();
const buckets = await semanticBuckets(planted, { embed, count: 6, seed: 3 });
const few = (): Doc[] => planted.filter((_, i) => i < 15 || (i >= 60 && i < 75));

stageLaws<Doc, Doc>({ name: "dedupeSemantic", make: () => dedupeSemantic({ embed, threshold: 0.9, batch: 7 }), input: few });
stageLaws<Doc, Doc>({
  name: "dedupeSemantic with buckets",
  make: () => dedupeSemantic({ embed, buckets, probes: 2, threshold: 0.9, batch: 1 }),
  input: few,
});

const kept = async (docs: readonly Doc[], options: DedupeSemanticOptions): Promise<string[]> =>
  (await inOnePass<Doc, Doc>(() => dedupeSemantic<Doc>(options), docs)).passed.map((doc) => doc.id);

describe("dedupeSemantic", () => {
  it("drops planted rewordings and nothing else", async () => {
    const expected = Array.from({ length: 60 }, (_, i) => String(i));
    expect(await kept(planted, { embed, threshold: 0.9 })).toEqual(expected);
    expect(await kept(planted, { embed, threshold: 0.9, buckets, probes: 2 })).toEqual(expected);
    expect((await kept(planted, { embed, threshold: 0.9999 })).length).toBe(80);
  });

  it("drops exactly what a comparison of all kept vectors drops", async () => {
    const vector = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 3, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(vector, { maxLength: 25 }),
        fc.constantFrom(0.4917, 0.8123, 0.9519),
        fc.integer({ min: 1, max: 9 }),
        async (vectors, threshold, batch) => {
          const stays: number[] = [];
          for (const [i, item] of vectors.entries()) {
            const zero = item.every((value) => value === 0);
            if (zero || !stays.some((other) => cosine(item, vectors[other] as number[]) >= threshold)) stays.push(i);
          }
          expect(await kept(docsOf(vectors.map((item) => item.join(" "))), { embed: literal, threshold, batch })).toEqual(
            stays.map(String),
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  it("with a threshold of 1 still drops copies, whatever rounding makes of their cosine", async () => {
    const next = generator(6);
    const vectors = Array.from({ length: 50 }, () => Array.from({ length: 7 }, () => next() - 30_000).join(" "));
    expect((await kept(docsOf([...vectors, ...vectors]), { embed: literal, threshold: 1 })).length).toBe(50);
  });

  it("compares with kept documents only: a chain does not remove strangers", async () => {
    const turn = (degrees: number): string => `${Math.cos((degrees * Math.PI) / 180)} ${Math.sin((degrees * Math.PI) / 180)}`;
    expect(await kept(docsOf([0, 20, 40, 60, 80].map(turn)), { embed: literal, threshold: Math.cos((30 * Math.PI) / 180) })).toEqual([
      "0",
      "2",
      "4",
    ]);
  });

  it("with one bucket, or with all of them, decides as without", async () => {
    const one = await semanticBuckets(planted, { embed, count: 1 });
    const without = await inOnePass<Doc, Doc>(() => dedupeSemantic<Doc>({ embed, threshold: 0.8 }), planted);
    expect(await inOnePass<Doc, Doc>(() => dedupeSemantic<Doc>({ embed, threshold: 0.8, buckets: one }), planted)).toEqual(without);
    expect(await inOnePass<Doc, Doc>(() => dedupeSemantic<Doc>({ embed, threshold: 0.8, buckets, probes: 6 }), planted)).toEqual(without);
    const bucketed = await inOnePass<Doc, Doc>(() => dedupeSemantic<Doc>({ embed, threshold: 0.8, buckets }), planted);
    expect(bucketed.counters["pairs compared"]).toBeLessThan((without.counters["pairs compared"] as number) / 3);
  });

  it("decides the same over workers, however the corpus is split and the bytes are cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(80), { maxLength: 5 }),
        fc.constantFrom(1, 5, 300, 1 << 20),
        fc.boolean(),
        async (cuts, chunkBytes, bucketed) => {
          const make = () => dedupeSemantic<Doc>({ embed, threshold: 0.85, batch: 11, ...(bucketed ? { buckets } : {}) });
          const { passed, dropped } = await inOnePass(make, planted);
          expect(await overWorkers(make, planted, cuts, { chunkBytes })).toMatchObject({ passed, dropped });
        },
      ),
      { numRuns: 12 },
    );
  });

  it("passes documents whose vector has no direction, in both ways to run", async () => {
    const docs = docsOf(["", "abc", "", "x"]);
    const make = () => dedupeSemantic<Doc>({ embed });
    const streamed = await inOnePass(make, docs);
    expect([streamed.passed.length, streamed.counters]).toEqual([4, { "without a direction": 4 }]);
    expect((await overWorkers(make, docs, [2])).passed.length).toBe(4);
  });

  it("names the kept document and the similarity in the exclusions, also after a restore", async () => {
    const docs = docsOf(["1 0", "0 1", "1 0.1", "0.1 1"]);
    const excluded: Excluded[] = [];
    const exclusions = {
      name: "keep",
      write: async (input: AsyncIterable<Excluded>) => {
        for await (const record of input) excluded.push(record);
      },
    };
    const stage = () => dedupeSemantic<Doc>({ embed: literal, batch: 3 });
    const run = from(docs).pipe(stage()).run({ exclusions });
    await run.next();
    const state = JSON.parse(JSON.stringify(run.state())) as PipelineState;
    await run.return();
    for await (const _ of from(docs).pipe(stage()).restore(state).run({ exclusions }));
    expect(excluded.map(({ id, detail }) => [id, detail?.["of"], Number(detail?.["similarity"]).toFixed(4)])).toEqual([
      ["2", "0", "0.9950"],
      ["3", "1", "0.9950"],
    ]);
  });

  it("reports an embedding that fails as the error of each document of its batch", async () => {
    const failing: Embed = async (texts) => {
      if (texts.includes("bad")) throw new Error("out of memory");
      return literal(texts);
    };
    const docs = docsOf(["1 0", "bad", "0 1", "1 0"]);
    await expect(kept(docs, { embed: failing, batch: 2 })).rejects.toMatchObject({
      stage: "dedupeSemantic",
      message: expect.stringContaining("out of memory (generated: record 0"),
    });
    const run = from(docs)
      .pipe(dedupeSemantic<Doc>({ embed: failing, batch: 2 }))
      .run({ onError: "skip" });
    const ids: string[] = [];
    for await (const doc of run) ids.push(doc.id);
    expect(ids).toEqual(["2", "3"]);
    expect(run.report().stages[1]?.errors).toEqual({ "stage-failed": 2 });
  });

  it.each<[string, unknown, string]>([
    ["too few", [], "a list of 2 vectors, one a text, got 0 of them"],
    ["no list", 7, "a list of 2 vectors, one a text, got number"],
    ["plain arrays", [[1], [2]], "Float32Arrays, got object"],
    ["of two lengths", [new Float32Array([1]), new Float32Array([1, 2])], "vectors of 1 numbers, got one of 2"],
    ["empty", [new Float32Array(0), new Float32Array(0)], "vectors of at least 1 numbers, got one of 0"],
    ["not finite", [new Float32Array([1]), new Float32Array([Number.NaN])], "finite numbers, got NaN"],
  ])("refuses vectors that are %s", async (_, result, message) => {
    const wrong = (async () => result) as unknown as Embed;
    await expect(kept(docsOf(["a", "b"]), { embed: wrong })).rejects.toMatchObject({
      kind: "bad-embedding",
      message: expect.stringContaining(message),
    });
  });

  it("refuses vectors of another length than before, or than the buckets'", async () => {
    const growing: Embed = async (texts) => texts.map((text) => new Float32Array(text.length).fill(1));
    await expect(kept(docsOf(["ab", "abc"]), { embed: growing, batch: 1 })).rejects.toThrow("vectors of 2 numbers, got one of 3");
    await expect(kept(docsOf(["ab"]), { embed: growing, buckets })).rejects.toThrow("vectors of 64 numbers, got one of 2");
  });

  it.each<[unknown, string]>([
    [{}, "expected `embed` to be a function, got undefined"],
    [{ embed, threshold: 1.5 }, "expected `threshold` to be a number between -1 and 1, got 1.5"],
    [{ embed, buckets: 8 }, "expected `buckets` to be what `await semanticBuckets(sample, ...)` returns, got 8"],
    [{ embed, probes: 0 }, "expected `probes` to be an integer between 1 and 1000, got 0"],
    [{ embed, batch: 0 }, "expected `batch` to be an integer between 1 and 10000, got 0"],
    [{ embed, model: "x" }, "unknown option `model`"],
  ])("%# is refused when the stage is made", (options, message) => {
    expect(() => dedupeSemantic(options as DedupeSemanticOptions)).toThrow(`dedupeSemantic: ${message}`);
  });
});

describe("semanticBuckets", () => {
  it("are the same for the same sample and seed", async () => {
    const again = await semanticBuckets(planted, { embed, count: 6, seed: 3, batch: 9 });
    expect(again.fingerprint()).toBe(buckets.fingerprint());
    expect((await semanticBuckets(planted, { embed, count: 6, seed: 4 })).fingerprint()).not.toBe(buckets.fingerprint());
    expect(new SemanticBuckets(buckets.centroids, DIMENSIONS).fingerprint()).toBe(buckets.fingerprint());
  });

  it("find clusters that are there", async () => {
    const next = generator(2);
    const noise = (): number => next() / 0x1_0000 / 5;
    const axes = Array.from({ length: 90 }, (_, i) => [0, 1, 2].map((axis) => (i % 3 === axis ? 1 : 0) + noise()).join(" "));
    for (let seed = 0; seed < 5; seed++) {
      const found = await semanticBuckets(axes, { embed: literal, count: 3, seed });
      const numbers = await Promise.all(axes.map(async (text) => found.nearest((await literal([text]))[0] as Float32Array, 1)[0]));
      for (const [i, number] of numbers.entries()) expect(number).toBe(numbers[i % 3]);
      expect(new Set(numbers).size).toBe(3);
    }
  });

  it("are no more than the sample has vectors, and need one with a direction", async () => {
    expect((await semanticBuckets(["1 0", "0 1", "0 0"], { embed: literal, count: 10 })).count).toBe(2);
    expect((await semanticBuckets(["1 0", "1 0", "1 0"], { embed: literal, count: 3 })).count).toBe(3);
    await expect(semanticBuckets(["0 0"], { embed: literal, count: 2 })).rejects.toThrow(
      "expected `sample` to hold a text whose vector has a direction",
    );
    await expect(semanticBuckets([], { embed: literal, count: 2 })).rejects.toThrow("got 0 without");
  });

  it("are read from a pipeline too, and part of what a saved state is compared with", async () => {
    const same = await semanticBuckets(from(planted).run(), { embed, count: 6, seed: 3 });
    expect(same.fingerprint()).toBe(buckets.fingerprint());
    const run = from(few()).pipe(dedupeSemantic({ embed, buckets })).run();
    await run.next();
    const state = run.state();
    await run.return();
    expect(() => from(few()).pipe(dedupeSemantic({ embed })).restore(state)).toThrow("the options of dedupeSemantic were");
  });

  it("nearest lists buckets by cosine, of equal ones the lower number first", () => {
    const four = new SemanticBuckets(Float32Array.of(1, 0, 0, 1, 1, 0, -1, 0), 2);
    expect(four.nearest(Float32Array.of(1, 0), 3)).toEqual([0, 2, 1]);
    expect(four.nearest(Float32Array.of(0, 1), 9)).toEqual([1, 0, 2, 3]);
    expect(() => new SemanticBuckets(Float32Array.of(1, 2, 3), 2)).toThrow("expected whole vectors of 2 numbers, got 3 numbers");
  });
});
