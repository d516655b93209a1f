import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Doc, from, type PipelineState, pipeline } from "../../src/core/index.ts";
import { type DedupeOptions, dedupe, NearIndex, sketch } from "../../src/dedupe/index.ts";
import { stageLaws } from "../laws/laws.ts";
import { docsOf, edited, generatedCorpus, generator, jaccard, randomWords, shingleSet, word } from "./corpus.ts";
import * as naive from "./naive.ts";

interface Result {
  readonly kept: string[];
  readonly dropped: Readonly<Record<string, number>>;
  readonly counters: Readonly<Record<string, number>>;
}

async function run(docs: readonly Doc[], options?: DedupeOptions): Promise<Result> {
  const pass = from(docs).pipe(dedupe(options)).run();
  const kept: string[] = [];
  for await (const doc of pass) kept.push(doc.id);
  const stage = pass.report().stages[1];
  return { kept, dropped: { ...stage?.dropped }, counters: { ...stage?.counters } };
}

const keptTexts = async (texts: readonly string[], options?: DedupeOptions): Promise<string[]> =>
  (await run(docsOf(texts), options)).kept.map((id) => texts[Number(id)] as string);

const mixed = (): Doc[] =>
  docsOf([...generatedCorpus().filter((_, i) => i < 20 || (i >= 120 && i < 150)), "short", "Short!", "short", "", " "]);

stageLaws<Doc, Doc>({ name: "dedupe", make: () => dedupe(), input: mixed });
stageLaws<Doc, Doc>({ name: "dedupe, exact only", make: () => dedupe({ duplicates: "exact" }), input: mixed });
stageLaws<Doc, Doc>({
  name: "dedupe, other options",
  make: () => dedupe({ threshold: 0.5, bands: 25, rows: 5, ngram: 2, seed: 9 }),
  input: mixed,
});

describe("dedupe", () => {
  const fox = "The quick brown fox jumps over the lazy dog while the cat looks on and yawns";

  it("keeps the first of equal documents, whatever their case, accents, punctuation and spacing", async () => {
    const again = fox.toUpperCase().replaceAll(" ", ",\n ");
    expect(await run(docsOf([fox, again, `${fox}.`, "something else that has more than five words"]))).toEqual({
      kept: ["0", "3"],
      dropped: { "exact-duplicate": 2 },
      counters: {},
    });
  });

  it("keeps the first of nearly equal documents, and says so", async () => {
    const words = randomWords(generator(3), 200);
    const near = words.with(100, "different").join(" ");
    const far = [...words.slice(0, 100), ...randomWords(generator(4), 100)].join(" ");
    expect(await run(docsOf([words.join(" "), near, far]))).toEqual({
      kept: ["0", "2"],
      dropped: { "near-duplicate": 1 },
      counters: { "pairs compared": 1 },
    });
  });

  it('drops only exact duplicates with duplicates: "exact"', async () => {
    const words = randomWords(generator(3), 200);
    const texts = [words.join(" "), words.with(100, "different").join(" "), words.join("  ")];
    expect(await run(docsOf(texts), { duplicates: "exact" })).toEqual({
      kept: ["0", "1"],
      dropped: { "exact-duplicate": 1 },
      counters: {},
    });
  });

  it("passes documents on unchanged, the same objects", async () => {
    const docs = docsOf(generatedCorpus().slice(0, 5));
    const out: Doc[] = [];
    for await (const doc of from(docs).pipe(dedupe())) out.push(doc);
    for (const [i, doc] of out.entries()) expect(doc).toBe(docs[i]);
  });

  it("agrees with the naive implementation on the kept documents and on every reason", async () => {
    const passage = fc.array(fc.nat(40).map(word), { minLength: 1, maxLength: 40 });
    const corpus = fc.array(passage, { minLength: 2, maxLength: 6 }).chain((passages) =>
      // Documents are made of few passages, so that they overlap in all degrees; some are short, some empty.
      fc.array(fc.array(fc.constantFrom(...passages), { maxLength: 6 }), { minLength: 2, maxLength: 30 }),
    );
    const shapes = fc.constantFrom({ bands: 14, rows: 8 }, { bands: 25, rows: 5 }, { bands: 4, rows: 4 });
    await fc.assert(
      fc.asyncProperty(
        corpus,
        shapes,
        fc.constantFrom(0.3, 0.5, 0.7, 0.8, 1),
        fc.integer({ min: 1, max: 6 }),
        async (made, shape, threshold, ngram) => {
          const texts = made.map((passages) => passages.flat().join(" "));
          const options = { ...shape, ngram, seed: 5 };
          const verdicts = naive.verdicts(texts, threshold, options);
          const { kept, dropped } = await run(docsOf(texts), { ...options, threshold });
          const counts: Record<string, number> = {};
          for (const verdict of verdicts) if (verdict !== "kept") counts[verdict] = (counts[verdict] ?? 0) + 1;
          expect(kept).toEqual(verdicts.flatMap((verdict, i) => (verdict === "kept" ? [String(i)] : [])));
          expect(dropped).toEqual(counts);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe("short documents", () => {
  it("are compared exactly, and none is collapsed with another or kept unchecked", async () => {
    const texts = [
      "yes",
      "no",
      "Yes",
      "C++",
      "C#",
      "C",
      "-5",
      "5",
      "good 👍",
      "good 👎",
      "yes",
      "東京",
      "大阪",
      "東 京",
      "a b c d",
      "a b d c",
    ];
    const { kept, dropped, counters } = await run(docsOf(texts));
    expect(kept.map((id) => texts[Number(id)])).toEqual([
      "yes",
      "no",
      "C++",
      "C#",
      "C",
      "-5",
      "5",
      "good 👍",
      "good 👎",
      "東京",
      "大阪",
      "a b c d",
      "a b d c",
    ]);
    expect(dropped).toEqual({ "exact-duplicate": 3 });
    expect(counters).toEqual({ "shorter than a shingle": texts.length });
  });

  it("without words differ by their signs; nothing but white space is one document", async () => {
    expect(await keptTexts(["", "???", " ", "!!!", "\n\t", "? ? ?", "…", "..."])).toEqual(["", "???", "!!!", "…"]);
  });

  it("become long by the n of the n-gram", async () => {
    const texts = ["one two, three", "one two three"];
    expect(await keptTexts(texts)).toEqual(texts);
    expect(await keptTexts(texts, { ngram: 3 })).toEqual(["one two, three"]);
  });

  it("are still compared when only exact duplicates go", async () => {
    expect(await keptTexts(["a", "a", "b", "", ""], { duplicates: "exact" })).toEqual(["a", "b", ""]);
  });
});

describe("what is removed", () => {
  const similarity = (a: string, b: string): number => jaccard(shingleSet(a.split(" ")), shingleSet(b.split(" ")));

  it("in a chain resembles a document that was kept; components would remove strangers", async () => {
    // Templates drift: each document is an edit of the one before it, so that the ends of a chain have nothing in common.
    const next = generator(77);
    const texts: string[] = [];
    for (let chain = 0; chain < 5; chain++) {
      let words = randomWords(next, 150);
      for (let i = 0; i < 60; i++) {
        texts.push(words.join(" "));
        words = edited(next, words, 0.025);
      }
    }
    const kept = new Set((await run(docsOf(texts))).kept.map(Number));
    const removed = texts.flatMap((_, i) => (kept.has(i) ? [] : [i]));
    expect(removed.length).toBeGreaterThan(120);
    for (const i of removed) {
      const most = Math.max(...[...kept].filter((k) => k < i).map((k) => similarity(texts[i] as string, texts[k] as string)));
      expect(most).toBeGreaterThanOrEqual(0.55);
    }
    // The same corpus without verification and with transitive closure: the test is worth something.
    const root = texts.map((_, i) => i);
    const find = (i: number): number => (root[i] === i ? i : find(root[i] as number));
    const owners = new Map<string, number>();
    for (const [i, text] of texts.entries()) {
      for (const key of naive.bandKeys([...(sketch(text) as Uint8Array)])) {
        const owner = owners.get(key);
        if (owner === undefined) owners.set(key, i);
        else root[Math.max(find(i), find(owner))] = Math.min(find(i), find(owner));
      }
    }
    const strangers = texts.filter((text, i) => find(i) !== i && similarity(text, texts[find(i)] as string) < 0.4);
    expect(strangers.length).toBeGreaterThan(60);
  });

  it("of pairs with a similarity of 0.9 or more is at least 99.9 %", async () => {
    const next = generator(31);
    const originals = Array.from({ length: 2600 }, () => randomWords(next, 20 + (next() % 200)));
    const copies = originals.map((words) => edited(next, words, 0.004)).map((words) => words.join(" "));
    const texts = [...originals.map((words) => words.join(" ")), ...copies];
    const kept = new Set((await run(docsOf(texts))).kept.map(Number));
    const close = copies.flatMap((copy, i) => (similarity(copy, texts[i] as string) >= 0.9 ? [i + originals.length] : []));
    expect(close.length).toBeGreaterThan(2000);
    expect(close.filter((i) => !kept.has(i)).length / close.length).toBeGreaterThanOrEqual(0.999);
    for (let i = 0; i < originals.length; i++) expect(kept.has(i)).toBe(true);
  });

  it("is found in a family of templates too, where band keys of the boilerplate have owners already", async () => {
    const next = generator(13);
    const boilerplate = randomWords(next, 150);
    const family = Array.from({ length: 600 }, () => [...boilerplate, ...randomWords(next, 150)]);
    const copies = family.map((words) => words.with(200 + (next() % 90), "changed"));
    const { kept, counters } = await run(docsOf([...family, ...copies].map((words) => words.join(" "))));
    const keptCopies = kept.filter((id) => Number(id) >= family.length);
    expect(kept.length - keptCopies.length).toBe(family.length); // a similarity of 1/3 among themselves
    expect(keptCopies.length).toBeLessThanOrEqual(family.length * 0.01);
    expect(counters["pairs compared"]).toBeLessThan(14 * 2 * family.length);
  });

  it("by different thresholds follows the estimate", async () => {
    const next = generator(99);
    const words = randomWords(next, 400);
    const texts = [0, 0.01, 0.02, 0.03, 0.04].map((rate) => edited(next, words, rate).join(" "));
    const first = sketch(texts[0] as string) as Uint8Array;
    for (const threshold of [0, 0.6, 0.7, 0.75, 0.8, 0.9, 1]) {
      const kept = new Set((await run(docsOf(texts), { threshold, bands: 28, rows: 4 })).kept);
      const index = new NearIndex({ bands: 28, rows: 4, threshold });
      index.add(first);
      // Only the verdict against the first document is predicted here, hence only removals.
      for (const [i, text] of texts.entries()) {
        if (i > 0 && index.find(sketch(text) as Uint8Array) !== undefined) expect(kept.has(String(i)), `${threshold}, ${i}`).toBe(false);
      }
    }
  });
});

describe("a saved state", () => {
  async function stateAfter(items: number, options?: DedupeOptions): Promise<PipelineState> {
    const pass = from(mixed()).pipe(dedupe(options)).run();
    for (let i = 0; i < items; i++) await pass.next();
    const state = JSON.parse(JSON.stringify(pass.state())) as PipelineState;
    await pass.return();
    return state;
  }

  it("of another Unicode version is refused, by name", async () => {
    const text = JSON.stringify(await stateAfter(7)).replace(`"unicode":"${process.versions["unicode"]}"`, '"unicode":"3.2"');
    expect(text).toContain('"3.2"');
    const resumed = from(mixed())
      .pipe(dedupe())
      .restore(JSON.parse(text) as PipelineState);
    await expect(resumed.run().next()).rejects.toMatchObject({
      name: "PipelineError",
      kind: "changed",
      stage: "dedupe",
      message: expect.stringContaining("made with Unicode 3.2 and this Node has Unicode"),
    });
  });

  it.each<DedupeOptions>([{ threshold: 0.8 }, { seed: 2 }, { ngram: 4 }, { bands: 13 }, { duplicates: "exact" }])(
    "is refused by other options: %o",
    async (options) => {
      const state = await stateAfter(7);
      expect(() => from(mixed()).pipe(dedupe(options)).restore(state)).toThrow("the options of dedupe were");
    },
  );

  it("names the algorithm and its version", async () => {
    expect((await stateAfter(1)).stages[1]?.config).toEqual({
      algorithm: "minhash@millrace/1",
      duplicates: "near",
      threshold: 0.7,
      match: "verified",
      keep: "first",
      groups: false,
      giant: 10_000,
      ngram: 5,
      unit: "words",
      bands: 14,
      rows: 8,
      seed: 1,
    });
  });

  it("holds 128 bytes of index for each kept document, 16 for a short one", async () => {
    const size = (state: PipelineState): number => JSON.stringify(state.stages[1]?.state).length;
    const grown = size(await stateAfter(20)) - size(await stateAfter(5));
    expect(grown).toBeGreaterThan(15 * 128);
    expect(grown).toBeLessThan(15 * 128 * 1.4); // base64
  });
});

describe("options", () => {
  it.each<[unknown, string]>([
    [
      { treshold: 0.8 },
      "unknown option `treshold`; known options are duplicates, threshold, match, keep, score, groups, giant, expected, against, save, ngram, unit, bands, rows, seed",
    ],
    [{ threshold: "0.8" }, 'expected `threshold` to be a number, got "0.8"'],
    [{ threshold: 1.1 }, "expected `threshold` to be a number between 0 and 1, got 1.1"],
    [{ threshold: Number.NaN }, "expected `threshold` to be a number"],
    [{ duplicates: "all" }, 'expected `duplicates` to be "near" or "exact", got "all"'],
    [{ duplicates: "exact", threshold: 0.8 }, '`threshold` has no meaning with `duplicates: "exact"`'],
    [{ duplicates: "exact", bands: 20 }, '`bands` has no meaning with `duplicates: "exact"`'],
    [{ ngram: 33 }, "expected `ngram` to be an integer between 1 and 32, got 33"],
    [{ rows: 2 }, "expected `rows` to be an integer between 4 and 64, got 2"],
    [{ bands: 64, rows: 9 }, "expected `bands` * `rows` to be at most 512, got 64 * 9 = 576"],
    [null, "expected `options` to be an object, got null"],
  ])("%j is refused when the stage is made", (options, message) => {
    expect(() => dedupe(options as DedupeOptions)).toThrow(`dedupe: ${message}`);
  });
});

describe("order and timing", () => {
  it("depend on the order of the documents only, however they arrive", async () => {
    const docs = docsOf(generatedCorpus());
    const expected = (await run(docs)).kept;
    // Bursts of all sizes with pauses between them.
    for (const burst of [1, 7, 64]) {
      const source = {
        name: "bursts",
        async *run(context: { checkpoint(save: () => unknown): void }): AsyncGenerator<Doc> {
          context.checkpoint(() => null);
          for (const [i, doc] of docs.entries()) {
            if (i % burst === 0) await new Promise((resolve) => setImmediate(resolve));
            yield doc;
          }
        },
      };
      const kept: string[] = [];
      for await (const doc of pipeline(source).pipe(dedupe())) kept.push(doc.id);
      expect(kept).toEqual(expected);
    }
  });

  it("two stages in one process do not disturb each other", async () => {
    const docs = docsOf(generatedCorpus());
    const [a, b] = await Promise.all([run(docs), run(docs, { threshold: 0.95, seed: 3 })]);
    expect(a).toEqual(await run(docs));
    expect(b).toEqual(await run(docs, { threshold: 0.95, seed: 3 }));
  });

  it("a document of 10 MB passes, and its copy goes", async () => {
    const huge = `${randomWords(generator(2), 50_000).join(" ")} `.repeat(40);
    const changed = `${huge.slice(0, 5_000_000)}changed${huge.slice(5_000_000)}`;
    expect(huge.length).toBe(10_000_000);
    const texts = [huge, changed, "a ".repeat(5_000_000), "b ".repeat(5_000_000)];
    expect((await run(docsOf(texts))).kept).toEqual(["0", "2", "3"]);
  });
});
