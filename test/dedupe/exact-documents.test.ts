import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Doc, type Excluded, from, type PipelineState, type Sink } from "../../src/core/index.ts";
import { type DedupeExactOptions, dedupe, dedupeExact } from "../../src/dedupe/index.ts";
import { SeenKeys } from "../../src/dedupe/seen-keys.ts";
import { stageLaws } from "../laws/laws.ts";
import { docsOf, generatedCorpus, generator, randomWords } from "./corpus.ts";
import { inOnePass, overWorkers } from "./over-workers.ts";

const few = (): Doc[] => docsOf(Array.from({ length: 40 }, (_, i) => `text number ${(i * i) % 17}`));

stageLaws<Doc, Doc>({ name: "dedupeExact", make: () => dedupeExact(), input: few });
stageLaws<Doc, Doc>({
  name: "dedupeExact, sha256 of normalised text",
  make: () => dedupeExact({ by: "normalised", hash: "sha256" }),
  input: few,
});

const keptIds = async (docs: readonly Doc[], options?: DedupeExactOptions): Promise<string[]> =>
  (await inOnePass(() => dedupeExact<Doc>(options), docs)).passed.map((doc) => doc.id);

describe("dedupeExact", () => {
  it("keeps the first of equal texts, unchanged, and counts the others", async () => {
    const docs = docsOf(["a", "b", "a", "A", "a ", "b", "", ""]);
    const { passed, dropped } = await inOnePass(() => dedupeExact<Doc>(), docs);
    expect(passed).toEqual([docs[0], docs[1], docs[3], docs[4], docs[6]]);
    expect(passed[0]).toBe(docs[0]);
    expect(dropped).toEqual({ "exact-duplicate": 3 });
  });

  it("equals a Set of texts, with either hash, in one pass and over workers", async () => {
    const text = fc.array(fc.constantFrom("a", "b", "ä", "👍", "x".repeat(300)), { maxLength: 3 }).map((parts) => parts.join(""));
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { maxLength: 60 }),
        fc.constantFrom<"xxh3-128" | "sha256">("xxh3-128", "sha256"),
        fc.array(fc.nat(60), { maxLength: 5 }),
        fc.constantFrom(150, 400, 1 << 30),
        fc.constantFrom(1, 7, 4096),
        async (texts, hash, cuts, memoryBytes, chunkBytes) => {
          const docs = docsOf(texts);
          const expected = texts.flatMap((item, i) => (texts.indexOf(item) === i ? [String(i)] : []));
          const make = () => dedupeExact<Doc>({ hash });
          const streamed = await inOnePass(make, docs);
          expect(streamed.passed.map((doc) => doc.id)).toEqual(expected);
          const { files, ...spread } = await overWorkers(make, docs, cuts, { memoryBytes, chunkBytes });
          expect(spread).toEqual(streamed);
          expect(files > 0).toBe(memoryBytes < 48 * texts.length); // keys went through files when memory was short
        },
      ),
      { numRuns: 60 },
    );
  });

  it('by "normalised" makes the decisions of dedupe with duplicates: "exact"', async () => {
    const texts = [
      "The quick brown fox jumps",
      "the QUICK brown, fox jumps!",
      "C++",
      "C#",
      "c++",
      "",
      " \n",
      "Äpfel und Birnen und so",
      "apfel und birnen und so",
    ];
    const docs = docsOf([...texts, ...generatedCorpus()]);
    const expected = (await inOnePass(() => dedupe<Doc>({ duplicates: "exact" }), docs)).passed.map((doc) => doc.id);
    expect(await keptIds(docs, { by: "normalised" })).toEqual(expected);
    expect(await keptIds(docs, { by: "normalised", hash: "sha256" })).toEqual(expected);
  });

  it("by a function compares what it returns, and passes documents without a key", async () => {
    const docs = docsOf(["a1", "a2", "-", "b1", "-", "a3"]);
    const by = (doc: Doc): string | undefined => (doc.text === "-" ? undefined : doc.text[0]);
    const { passed, counters } = await inOnePass(() => dedupeExact<Doc>({ by }), docs);
    expect(passed.map((doc) => doc.text)).toEqual(["a1", "-", "b1", "-"]);
    expect(counters).toEqual({ "without a key": 2 });
  });

  it("reports what the function throws, or returns, as an error of its document", async () => {
    const by = (doc: Doc): string => {
      if (doc.text === "bad") throw new Error("no key for this");
      return doc.text === "odd" ? (7 as unknown as string) : doc.text;
    };
    const docs = docsOf(["good", "bad", "odd", "good"]);
    await expect(inOnePass(() => dedupeExact<Doc>({ by }), docs)).rejects.toMatchObject({
      stage: "dedupeExact",
      message: expect.stringContaining("no key for this (generated: record 1"),
    });
    const run = from(docs).pipe(dedupeExact<Doc>({ by })).run({ onError: "skip" });
    const passed: string[] = [];
    for await (const doc of run) passed.push(doc.text);
    expect(passed).toEqual(["good"]);
    expect(run.report().stages[1]).toMatchObject({ errors: { "stage-failed": 2 }, dropped: { "exact-duplicate": 1 } });
    expect(run.report().errors[1]?.message).toContain("expected `by` to be a function that returns a string or undefined, got 7");
  });

  it("says of which document a dropped one is a copy, also after a restore", async () => {
    const docs = docsOf(["a", "b", "a", "c", "b", "c"]);
    const excluded: Excluded[] = [];
    const exclusions: Sink<Excluded> = {
      name: "keep",
      write: async (input) => {
        for await (const record of input) excluded.push(record);
      },
    };
    const run = from(docs).pipe(dedupeExact<Doc>()).run({ exclusions });
    for (let i = 0; i < 2; i++) await run.next();
    const state = JSON.parse(JSON.stringify(run.state())) as PipelineState;
    await run.return();
    const resumed = from(docs).pipe(dedupeExact<Doc>()).restore(state).run({ exclusions });
    for await (const _ of resumed);
    expect(excluded.map(({ id, detail }) => [id, detail?.["of"]])).toEqual([
      ["2", "0"],
      ["4", "1"],
      ["5", "3"],
    ]);
    expect(excluded[0]?.detail).toEqual({ of: "0", origin: { source: "generated", record: 0, offset: 0 } });
  });

  it("goes on without names where the run before had kept none", async () => {
    const docs = docsOf(["a", "b", "a", "c", "c"]);
    const run = from(docs).pipe(dedupeExact<Doc>()).run();
    for (let i = 0; i < 2; i++) await run.next();
    const state = JSON.parse(JSON.stringify(run.state())) as PipelineState;
    await run.return();
    const excluded: unknown[] = [];
    const exclusions: Sink<Excluded> = {
      name: "keep",
      write: async (input) => {
        for await (const { id, detail } of input) excluded.push([id, detail?.["of"]]);
      },
    };
    for await (const _ of from(docs).pipe(dedupeExact<Doc>()).restore(state).run({ exclusions }));
    expect(excluded).toEqual([
      ["2", undefined],
      ["4", "3"],
    ]);
  });

  it("refuses verdicts that were made for other records", async () => {
    const { corpusWide } = dedupeExact<Doc>();
    const run = async (verdicts: Uint8Array): Promise<unknown> => {
      const { stage } = await import("../../src/core/index.ts");
      const apply = stage<Doc, Doc>("apply", (input, context) => corpusWide?.apply(input, verdicts, context) as AsyncIterable<Doc>, {
        stateless: true,
      });
      for await (const _ of from(docsOf(["a", "b"])).pipe(apply));
      return "passed";
    };
    expect(await run(new Uint8Array(1))).toBe("passed");
    await expect(run(new Uint8Array(0))).rejects.toMatchObject({ kind: "changed" });
    await expect(run(new Uint8Array(2))).rejects.toMatchObject({ kind: "changed" });
  });

  it.each<[unknown, string]>([
    [{ By: "text" }, "unknown option `By`; known options are by, hash"],
    [{ by: "words" }, 'expected `by` to be "text", "normalised" or a function, got "words"'],
    [{ hash: "md5" }, 'expected `hash` to be "xxh3-128" or "sha256", got "md5"'],
  ])("%j is refused when the stage is made", (options, message) => {
    expect(() => dedupeExact(options as DedupeExactOptions)).toThrow(`dedupeExact: ${message}`);
  });
});

describe("SeenKeys", () => {
  it.each([2, 4] as const)("with %d words behaves as a Map of counts, however it grows and wherever keys lie", (words) => {
    const next = generator(words);
    for (const limit of [1, 3]) {
      let seen = new SeenKeys(words, limit);
      const counts = new Map<string, number>();
      const key = new Int32Array(words);
      for (let round = 0; round < 8_000; round++) {
        for (let w = 0; w < words; w++) key[w] = next() % 3 === 0 ? 0 : (next() << 16) | (next() % 4);
        // Many keys of a kind: homes at both ends of the table, and chains that go round its end.
        if (round % 4 === 0) key[1] = -1 - (next() % 64);
        const text = key[0] === 0 && key[1] === 0 ? `1,${[...key].slice(1)}` : String(key);
        const before = counts.get(text) ?? 0;
        if (seen.admit(key, 0) !== before < limit) throw new Error(`round ${round}: key ${text} was counted ${before} times`);
        counts.set(text, before + 1);
        if (round === 3000) {
          const copy = new SeenKeys(words, limit);
          copy.load(seen.save());
          expect(copy.count).toBe(seen.count);
          seen = copy;
        }
      }
      expect(seen.count).toBe(counts.size);
    }
  });

  it.each([
    [2, 1, false],
    [2, 3, false],
    [4, 1, false],
    [4, 1, true],
  ] as const)("admits many keys (%d words, limit %d, numbered: %s) as it does one after the other", (words, limit, numbered) => {
    const next = generator(words + limit);
    const together = new SeenKeys(words, limit, numbered);
    const single = new SeenKeys(words, limit, numbered);
    const repeated = new Uint8Array(400);
    for (let round = 0; round < 300; round++) {
      const count = next() % (round % 10 === 0 ? 400 : 40);
      const keys = new Int32Array(words * 400);
      for (let i = 0; i < words * count; i++) keys[i] = next() % 5 === 0 ? 0 : (next() << 18) | (next() % 3);
      // Homes at the table's end, equal keys in one call, and the key that is all zeros.
      if (count > 3) keys.copyWithin(words, 0, words);
      if (round % 3 === 0 && count > 0) keys[words * (count - 1) + 1] = -1;
      if (round % 50 === 0) keys.fill(0, 0, words);
      const expected = Array.from({ length: count }, (_, i) => (single.admit(keys, i * words, round) ? 0 : 1));
      expect(together.admitAll(keys, count, repeated, round)).toBe(expected.filter((gone) => gone === 1).length);
      expect([...repeated.subarray(0, count)]).toEqual(expected);
    }
    expect(together.count).toBe(single.count);
    expect(together.save()).toEqual(single.save());
  });

  it("writes nothing for no keys", () => {
    const repeated = new Uint8Array(4).fill(7);
    expect(new SeenKeys(2).admitAll(Int32Array.of(1, 2, 1, 2), 0, repeated)).toBe(0);
    expect(new SeenKeys(2).admitAll(Int32Array.of(1, 2, 1, 2), 2, repeated)).toBe(1);
    expect([...repeated]).toEqual([0, 1, 7, 7]);
  });

  it("takes the bytes for a key that the documentation promises", () => {
    for (const [words, limit, most] of [
      [2, 1, 12.6],
      [4, 1, 25.1],
      [2, 2, 18.8],
    ] as const) {
      const seen = new SeenKeys(words, limit);
      const key = new Int32Array(words);
      let worst = 0;
      for (let i = 0; i < 300_000; i++) {
        for (let w = 0; w < words; w++) key[w] = Math.imul(i + 1, 0x9e3779b1 + 2 * w) ^ (i << 7);
        seen.admit(key, 0);
        if (seen.count > 50_000) worst = Math.max(worst, seen.bytes / seen.count);
      }
      expect(worst).toBeLessThanOrEqual(most);
    }
  });

  it("holds many different documents apart", async () => {
    const next = generator(5);
    const texts = Array.from({ length: 20_000 }, (_, i) => `${randomWords(next, 3).join(" ")} ${i}`);
    expect((await keptIds(docsOf([...texts, ...texts]))).length).toBe(20_000);
  });
});
