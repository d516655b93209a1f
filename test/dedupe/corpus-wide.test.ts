/**
 * The law of observe, decide and apply for `dedupe`: the same documents as one pass, however the corpus is cut, with however
 * little memory; and for what one pass cannot do, a plain implementation with maps and sets.
 */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Doc, from, PipelineError, type PipelineState, pipeline, type Stage } from "../../src/core/index.ts";
import { type DedupeOptions, dedupe, deduplicateCorpus, estimateJaccard, exactKeyOf, sketch } from "../../src/dedupe/index.ts";
import { stageLaws } from "../laws/laws.ts";
import { docsOf, edited, generatedCorpus, generator, randomWords, word } from "./corpus.ts";
import { bandKeys } from "./naive.ts";
import { inOnePass, overWorkers } from "./over-workers.ts";

/** Texts made of few passages, so that they overlap in all degrees; some are short, some empty, many are copies. */
const overlapping = fc
  .array(fc.array(fc.nat(40).map(word), { minLength: 1, maxLength: 40 }), { minLength: 2, maxLength: 6 })
  .chain((passages) => fc.array(fc.array(fc.constantFrom(...passages), { maxLength: 6 }), { minLength: 1, maxLength: 60 }))
  .map((made) => made.map((passages) => passages.flat().join(" ")));

const shapes = fc.constantFrom({ bands: 14, rows: 8 }, { bands: 25, rows: 5 }, { bands: 4, rows: 4 });
const cuts = fc.array(fc.nat(60), { maxLength: 6 });
/** So little that everything goes to disk in the smallest of pieces, or plenty. */
const memories = fc.constantFrom(1, 20_000, 1 << 26);
const ngrams = fc.integer({ min: 1, max: 6 });

type Any = DedupeOptions<Doc, boolean>;
const make = (options: Any) => (): Stage<Doc, Doc> => dedupe<Doc, boolean>(options) as Stage<Doc, Doc>;

async function expectLaw(texts: readonly string[], options: Any, at: readonly number[], memoryBytes: number): Promise<void> {
  const docs = docsOf(texts);
  const once = await inOnePass(make(options), docs);
  const spread = await overWorkers(make(options), docs, at, { memoryBytes, chunkBytes: 777 });
  expect(spread.passed).toEqual(once.passed);
  expect(spread.dropped).toEqual(once.dropped);
}

describe("observe, decide and apply", () => {
  it("pass on what one pass does, with verification", async () => {
    const thresholds = fc.constantFrom(0.3, 0.5, 0.7, 0.8, 1);
    await fc.assert(
      fc.asyncProperty(
        overlapping,
        shapes,
        thresholds,
        ngrams,
        cuts,
        memories,
        fc.boolean(),
        (texts, shape, threshold, ngram, at, memory, groups) =>
          expectLaw(texts, { ...shape, threshold, ngram, groups, seed: 5 }, at, memory),
      ),
      { numRuns: 150 },
    );
  });

  it("pass on what one pass does, without verification and for exact copies only", async () => {
    const options = fc.oneof(
      fc.record({ shape: shapes, ngram: ngrams }).map(({ shape, ngram }): Any => ({ ...shape, ngram, match: "unverified" })),
      ngrams.map((ngram): Any => ({ ngram, duplicates: "exact" })),
      ngrams.map((ngram): Any => ({ ngram, duplicates: "exact", groups: true })),
    );
    await fc.assert(
      fc.asyncProperty(overlapping, options, cuts, memories, (texts, chosen, at, memory) => expectLaw(texts, chosen, at, memory)),
      { numRuns: 120 },
    );
  });

  it("do so for thousands of documents in many chunks, with a boilerplate key that most of them share", async () => {
    const next = generator(7);
    const template = randomWords(next, 60);
    const originals = Array.from({ length: 900 }, (_, i) => [
      ...(i % 3 === 0 ? template : randomWords(next, 60)),
      ...randomWords(next, 60),
    ]);
    const copies = originals.flatMap((words) => [edited(next, words, 0.01), edited(next, words, 0.03)]);
    const texts = [...originals, ...copies].map((words) => words.join(" ")).sort((a, b) => (a.slice(-9) < b.slice(-9) ? -1 : 1));
    for (const options of [{}, { bands: 25, rows: 4, threshold: 0.6 }, { match: "unverified" }] satisfies Any[]) {
      await expectLaw(texts, options, [100, 101, 1500], 1);
      await expectLaw(texts, options, [2000], 300_000);
    }
  });

  it("name the document that stays, in exclusions, as one pass does", async () => {
    const docs = docsOf(generatedCorpus());
    const excluded = async (
      run: (exclusions: { name: string; write(input: AsyncIterable<unknown>): Promise<void> }) => AsyncIterable<Doc>,
    ) => {
      const seen: unknown[] = [];
      const sink = {
        name: "seen",
        async write(input: AsyncIterable<unknown>) {
          for await (const record of input) seen.push(record);
        },
      };
      for await (const _ of run(sink));
      return seen;
    };
    const once = await excluded((exclusions) => from(docs).pipe(dedupe()).run({ exclusions }));
    const twice = await excluded((exclusions) => deduplicateCorpus(() => from(docs)).run({ exclusions }));
    expect(once.length).toBeGreaterThan(30);
    expect(once).toContainEqual(
      expect.objectContaining({ detail: { of: expect.any(String), origin: expect.any(Object), similarity: expect.any(Number) } }),
    );
    expect(twice).toEqual(once);
  });

  it("refuse verdicts of other documents, and fingerprints of other options", async () => {
    const docs = docsOf(generatedCorpus().slice(0, 30));
    let calls = 0;
    const shrinking = deduplicateCorpus(() => from(docs.slice(0, 30 - calls++)));
    await expect(
      inOnePass(() => dedupe(), docs).then(async () => {
        for await (const _ of shrinking);
      }),
    ).rejects.toMatchObject({ kind: "changed" });
    const observe = dedupe({ seed: 3 }).corpusWide?.observe;
    const mixed = (): Stage<Doc, Doc> => {
      const stage = dedupe<Doc>();
      return {
        ...stage,
        corpusWide: { ...(stage.corpusWide as NonNullable<typeof stage.corpusWide>), observe: observe as NonNullable<typeof observe> },
      };
    };
    await expect(overWorkers(mixed, docs, [10])).rejects.toThrow("`seed` is 3 there and 1 here");
  });
});

// ---- what one pass cannot do -------------------------------------------------------------------------------------------

/** Documents in the order in which they are decided. */
function decisionOrder(texts: readonly string[], priority: (text: string) => number): number[] {
  return texts.map((_, i) => i).sort((a, b) => priority(texts[b] as string) - priority(texts[a] as string) || a - b);
}

/** Star, in any order, with maps. */
function starOf(texts: readonly string[], order: readonly number[], threshold: number): Set<number> {
  const owners = new Map<string, number>();
  const kept = new Set<number>();
  for (const i of order) {
    const text = texts[i] as string;
    const key = exactKeyOf(text);
    const signature = sketch(text);
    const bands = signature === undefined ? [] : bandKeys([...signature]).map((band, b) => `${b}/${band}`);
    const near = bands.some((band) => {
      const owner = owners.get(band);
      return (
        owner !== undefined && estimateJaccard(sketch(texts[owner] as string) as Uint8Array, signature as Uint8Array) >= threshold - 1e-9
      );
    });
    if (near || owners.has(key)) continue;
    kept.add(i);
    for (const band of [key, ...bands]) if (!owners.has(band)) owners.set(band, i);
  }
  return kept;
}

/** Components over shared keys: for each document the members of its component. */
function componentsOf(texts: readonly string[]): number[][] {
  const members: number[][] = [];
  const owners = new Map<string, number>();
  const merge = (a: number, b: number): void => {
    const [x, y] = [members[a] as number[], members[b] as number[]];
    if (x === y) return;
    const all = [...x, ...y].sort((p, q) => p - q);
    for (const i of all) members[i] = all;
  };
  for (const [i, text] of texts.entries()) {
    members[i] = [i];
    const signature = sketch(text);
    const bands = signature === undefined ? [] : bandKeys([...signature]).map((band, b) => `${b}/${band}`);
    for (const key of [exactKeyOf(text), ...bands]) {
      const owner = owners.get(key);
      if (owner === undefined) owners.set(key, i);
      else merge(owner, i);
    }
  }
  return members;
}

const idsOf = (docs: readonly Doc[]): number[] => docs.map(({ id }) => Number(id));
const drifting = (): string[] => {
  const next = generator(77);
  const texts: string[] = ["short", "Short", ""];
  for (let chain = 0; chain < 4; chain++) {
    let words = randomWords(next, 120);
    for (let i = 0; i < 30; i++) {
      texts.push(words.slice(0, 120 - (next() % 5)).join(" "));
      words = edited(next, words, 0.012);
    }
  }
  return texts;
};

describe('keep: "longest" and "best"', () => {
  it("keep the longest, or the best, of those that would do, whatever the memory and the splits", async () => {
    const texts = [...drifting(), ...generatedCorpus().slice(40, 160)];
    const docs = docsOf(texts);
    const score = ({ text }: Doc): number => (text.charCodeAt(3) || 0) % 5;
    const byScore = (text: string): number => (text.charCodeAt(3) || 0) % 5;
    for (const [options, priority] of [
      [{ keep: "longest" }, (text: string) => text.length],
      [{ keep: "best", score }, byScore],
    ] as const) {
      const expected = [...starOf(texts, decisionOrder(texts, priority), 0.7)].sort((a, b) => a - b);
      expect(expected.length).toBeLessThan(texts.length - 50);
      for (const memoryBytes of [1, 1 << 26]) {
        const { passed } = await overWorkers(make(options), docs, [7, 100, 101], { memoryBytes });
        expect(idsOf(passed)).toEqual(expected);
      }
    }
  });

  it("keep the same documents in whatever order the shards come, and however many there are, when no two scores are equal", async () => {
    const docs = docsOf([...drifting(), ...generatedCorpus().slice(40, 160)]);
    const score = ({ id }: Doc): number => (Number(id) * 7919) % 1009;
    const shards = Array.from({ length: 8 }, (_, i) => docs.slice((i * docs.length) / 8, ((i + 1) * docs.length) / 8));
    for (const match of ["verified", "components"] as const) {
      const options: Any = { keep: "best", score, match };
      const expected = idsOf((await overWorkers(make(options), docs, [])).passed);
      await fc.assert(
        fc.asyncProperty(fc.shuffledSubarray(shards, { minLength: 8 }), cuts, async (shuffled, at) => {
          const { passed } = await overWorkers(make(options), shuffled.flat(), at);
          expect(idsOf(passed).sort((a, b) => a - b)).toEqual(expected);
        }),
        { numRuns: 6 },
      );
    }
  });

  it("a score that is no number is an error of its document, reported once", async () => {
    const docs = docsOf(generatedCorpus().slice(0, 20));
    const score = ({ id }: Doc): number => (id === "7" ? Number.NaN : 1);
    const options = { keep: "best", score } as const;
    const fails = async (): Promise<void> => {
      for await (const _ of deduplicateCorpus(() => from(docs), options));
    };
    await expect(fails()).rejects.toThrow('the score of document "7" is NaN, not a finite number');
    const run = deduplicateCorpus(() => from(docs), options).run({ onError: "skip" });
    const ids: string[] = [];
    for await (const { id } of run) ids.push(id);
    expect(ids).toEqual(docs.map(({ id }) => id).filter((id) => id !== "7"));
    expect(run.report().stages[1]?.errors).toEqual({ "bad-score": 1 });
  });
});

describe('match: "components"', () => {
  it("keeps one of each component, and says how large they are", async () => {
    const texts = [...drifting(), ...generatedCorpus().slice(40, 160)];
    const docs = docsOf(texts);
    const members = componentsOf(texts);
    const roots = texts.map((_, i) => (members[i] as number[])[0] as number);
    const counters: Record<string, number> = {};
    for (const memoryBytes of [1, 1 << 26]) {
      const { passed, dropped } = await overWorkers(make({ match: "components" }), docs, [7, 100, 101], { memoryBytes });
      expect(idsOf(passed)).toEqual([...new Set(roots)].sort((a, b) => a - b));
      expect(Object.values(dropped).reduce((a, b) => a + b)).toBe(texts.length - new Set(roots).size);
    }
    const grouped = deduplicateCorpus(() => from(docs), { match: "components", groups: true, giant: 20 }).run();
    for await (const { id, group } of grouped) {
      const mine = members[Number(id)] as number[];
      expect(group.id).toBe(String(mine[0]));
      expect(group.size).toBe(mine.length);
      expect(group.copy === undefined).toBe(mine[0] === Number(id));
    }
    Object.assign(counters, grouped.report().stages[1]?.counters);
    const sizes = [...new Set(members)].map((list) => list.length);
    const giants = sizes.filter((size) => size > 20);
    expect(giants.length).toBeGreaterThan(1);
    expect(counters).toMatchObject({
      "documents in the largest component": Math.max(...sizes),
      "giant components": giants.length,
      "documents in giant components": giants.reduce((a, b) => a + b),
    });
  });

  it("with keep: longest keeps the longest of each component", async () => {
    const texts = drifting();
    const members = componentsOf(texts);
    const best = new Set(
      members.map((list) => [...list].sort((a, b) => (texts[b] as string).length - (texts[a] as string).length || a - b)[0]),
    );
    const passed: number[] = [];
    for await (const { id } of deduplicateCorpus(() => from(docsOf(texts)), { match: "components", keep: "longest" }))
      passed.push(Number(id));
    expect(passed).toEqual(texts.flatMap((_, i) => (best.has(i) ? [i] : [])));
  });
});

// ---- the stage around it -----------------------------------------------------------------------------------------------

const mixed = (): Doc[] =>
  docsOf([...generatedCorpus().filter((_, i) => i < 20 || (i >= 120 && i < 150)), "short", "Short!", "short", "", " "]);

stageLaws<Doc, Doc>({ name: "dedupe, in groups", make: make({ groups: true }), input: mixed });
stageLaws<Doc, Doc>({ name: "dedupe, unverified", make: make({ match: "unverified", expected: 20 }), input: mixed });

describe("deduplicateCorpus", () => {
  const folder = (): Promise<string> => mkdtemp(join(tmpdir(), "millrace-test-"));

  it("yields exactly the rest when restored at a checkpoint", async () => {
    const open = (): ReturnType<typeof from<Doc>> => from(mixed());
    const options = { keep: "longest", groups: true } as const;
    const whole: unknown[] = [];
    const states: PipelineState[] = [];
    const run = deduplicateCorpus(open, options).run();
    for await (const doc of run) {
      whole.push(doc);
      states.push(JSON.parse(JSON.stringify(run.state())) as PipelineState);
    }
    expect(whole.length).toBe(mixed().length);
    for (const [i, state] of states.entries()) {
      if (i % 9 !== 0 && i + 1 !== states.length) continue;
      const rest: unknown[] = [];
      const resumed = deduplicateCorpus(open, options).restore(state).run();
      for await (const doc of resumed) rest.push(doc);
      expect(rest).toEqual(whole.slice(i + 1));
      expect(resumed.report().stages[1]?.counters).toEqual(run.report().stages[1]?.counters);
    }
  });

  it("leaves no file behind, whether it ends, is left, is aborted or fails", async () => {
    const directory = await folder();
    const options = { match: "components", directory } as const;
    for await (const _ of deduplicateCorpus(() => from(mixed()), options));
    for await (const _ of deduplicateCorpus(() => from(mixed()), options)) break;
    const abort = new AbortController();
    const hanging = {
      name: "hanging",
      async *run(): AsyncGenerator<Doc> {
        yield* mixed();
        abort.abort(new Error("enough"));
        await new Promise(() => {});
      },
    };
    const aborted = deduplicateCorpus(() => pipeline(hanging), options).run({ signal: abort.signal });
    await expect(aborted.next()).rejects.toThrow("enough");
    const failing = deduplicateCorpus(() => from(mixed()), { keep: "best", score: () => Number.NaN, directory });
    await expect(failing.run().next()).rejects.toThrow("not a finite number");
    await expect.poll(() => readdir(directory)).toEqual([]);
    await rm(directory, { recursive: true });
  });
});

describe("policies in one pass", () => {
  it.each<[Any, string]>([
    [{ keep: "longest" }, 'keep: "longest" needs the whole corpus'],
    [{ keep: "best", score: () => 1 }, 'keep: "best" needs the whole corpus'],
    [{ match: "components" }, 'match: "components" needs the whole corpus'],
  ])("that cannot be decided are refused before the first document: %j", async (options, message) => {
    let pulled = 0;
    const source = {
      name: "counting",
      async *run(): AsyncGenerator<Doc> {
        pulled++;
        yield* mixed();
      },
    };
    const failure = await (async () => {
      for await (const _ of pipeline(source).pipe(make(options)()));
    })().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(PipelineError);
    expect((failure as PipelineError).kind).toBe("whole-corpus");
    expect((failure as PipelineError).message).toContain(message);
    expect((failure as PipelineError).message).toContain("deduplicateCorpus()");
    expect(pulled).toBe(0);
  });

  it("groups: every document stays and names the one it is a copy of", async () => {
    const groups: unknown[] = [];
    const words = randomWords(generator(3), 200);
    const texts = [words.join(" "), words.with(100, "different").join(" "), words.join("  "), "yes", "no", "Yes"];
    const run = from(docsOf(texts))
      .pipe(dedupe({ groups: true }))
      .run();
    for await (const { group } of run) groups.push(group);
    expect(groups).toEqual([
      { id: "0" },
      { id: "0", copy: "near", similarity: expect.closeTo(0.95, 1) },
      { id: "0", copy: "exact" },
      { id: "3" },
      { id: "4" },
      { id: "3", copy: "exact" },
    ]);
    expect(run.report().stages[1]).toMatchObject({ in: 6, out: 6, dropped: {} });
  });

  it.each<[unknown, string]>([
    [{ keep: "last" }, 'expected `keep` to be "first" or "longest" or "best", got "last"'],
    [{ match: "star" }, 'expected `match` to be "verified" or "unverified" or "components", got "star"'],
    [{ keep: "best" }, '`keep: "best"` needs a `score`'],
    [{ score: () => 1 }, '`score` has no meaning without `keep: "best"`'],
    [{ keep: "best", score: "length" }, 'expected `score` to be a function, got "length"'],
    [{ giant: 5 }, '`giant` has no meaning without `match: "components"`'],
    [{ match: "components", giant: 1 }, "expected `giant` to be an integer of at least 2, got 1"],
    [{ match: "components", threshold: 0.8 }, '`threshold` has no meaning with `match: "components"`'],
    [{ match: "unverified", groups: true }, '`groups` needs `match: "verified"` or "components"'],
    [{ duplicates: "exact", match: "components" }, '`match` has no meaning with `duplicates: "exact"`'],
    [{ groups: 1 }, "expected `groups` to be true or false, got 1"],
    [{ expected: -1 }, "expected `expected` to be an integer between 0 and 1073741824, got -1"],
  ])("%j is refused when the stage is made", (options, message) => {
    expect(() => dedupe(options as DedupeOptions)).toThrow(`dedupe: ${message}`);
  });

  it.each<[unknown, string]>([
    [{ memoryBytes: 10 }, "expected `memoryBytes` to be a number of at least 1000000, got 10"],
    [{ directory: 3 }, "expected `directory` to be the path of a folder, got 3"],
    [{ keeps: "first" }, "unknown option `keeps`"],
  ])("deduplicateCorpus refuses %j", (options, message) => {
    expect(() => deduplicateCorpus(() => from(mixed()), options as DedupeOptions)).toThrow(`deduplicateCorpus: ${message}`);
  });
});
