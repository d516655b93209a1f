/** Saved indexes: a new crawl against an old one gives what both in one run give; damage and mismatch are refused by name. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Doc, from, PipelineError, type PipelineState, pipeline } from "../../src/core/index.ts";
import { type DedupeOptions, dedupe, deduplicateCorpus, describeIndex, mergeIndexes, shrinkIndex } from "../../src/dedupe/index.ts";
import { docsOf, edited, generator, randomWords } from "./corpus.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-index-"));
});
afterAll(() => rm(folder, { recursive: true }));

let names = 0;
const path = (): string => join(folder, `index-${names++}`);

/** 120 documents of all degrees of similarity, some short, shuffled. */
function corpus(seed: number): Doc[] {
  const next = generator(seed);
  const texts = Array.from({ length: 40 }, () => randomWords(next, 30 + (next() % 60)));
  const copies = texts.flatMap((words) => [edited(next, words, 0.01), edited(next, words, 0.04)]);
  const all = [...texts, ...copies].map((words) => words.join(" "));
  all.push("yes", "no", "Yes", "", " ");
  return docsOf(
    all
      .map((text) => ({ text, at: next() }))
      .sort((a, b) => a.at - b.at)
      .map(({ text }) => text),
  );
}

const idsOf = async (docs: AsyncIterable<Doc>): Promise<string[]> => {
  const ids: string[] = [];
  for await (const { id } of docs) ids.push(id);
  return ids;
};
const streaming = (docs: readonly Doc[], options: DedupeOptions<Doc, false>): Promise<string[]> => idsOf(from(docs).pipe(dedupe(options)));
const outOfCore = (docs: readonly Doc[], options: DedupeOptions<Doc, false>): Promise<string[]> =>
  idsOf(deduplicateCorpus(() => from(docs), { ...options, memoryBytes: 1e6 }));

describe("deduplicating against a saved index", () => {
  it("keeps what one run over both would, and saves the same index, in one pass and out of core", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 1000 }), fc.nat(125), fc.boolean(), fc.boolean(), async (seed, cut, first, second) => {
        const docs = corpus(seed);
        const [before, whole, after] = [path(), path(), path()];
        const all = await streaming(docs, { save: whole });
        const old = await (first ? streaming : outOfCore)(docs.slice(0, cut), { save: before });
        const fresh = await (second ? streaming : outOfCore)(docs.slice(cut), { against: before, save: after });
        expect([...old, ...fresh]).toEqual(all);
        expect(readFileSync(after).equals(readFileSync(whole))).toBe(true);
        expect((await describeIndex(after)).documents).toBe(all.length);
      }),
      { numRuns: 12 },
    );
  });

  it("is saved when the run has succeeded: a sink that fails leaves the index as it was, and the same command begins alike", async () => {
    const index = path();
    const docs = corpus(5);
    await streaming(docs.slice(0, 60), { save: index });
    const before = readFileSync(index);
    const expected = await streaming(docs.slice(60), { against: index });
    const fresh = () => from(docs.slice(60));
    const options = { against: index, save: index };
    for (const make of [() => fresh().pipe(dedupe(options)), () => deduplicateCorpus(fresh, { ...options, memoryBytes: 1e6 })]) {
      const delivered: string[] = [];
      const job = (fails: boolean) =>
        make().write({
          name: "shards",
          async write(input) {
            for await (const { id } of input) delivered.push(id);
            if (fails) throw new Error("the disk is full");
          },
        });
      await expect(job(true).run()).rejects.toThrow("the disk is full");
      expect(readFileSync(index).equals(before)).toBe(true);
      expect((await readdir(folder)).filter((name) => name.includes("tmp"))).toEqual([]);
      delivered.length = 0;
      await job(false).run();
      expect(delivered).toEqual(expected);
      expect((await describeIndex(index)).documents).toBeGreaterThan(expected.length);
      writeFileSync(index, before);
    }
  });

  it("takes several indexes, and one for exact copies or without verification", async () => {
    const docs = corpus(3);
    const [a, b, exact] = [path(), path(), path()];
    await streaming(docs.slice(0, 40), { save: a });
    await streaming(docs.slice(40, 80), { save: b });
    const both = await streaming(docs.slice(80), { against: [a, b] });
    expect(both.length).toBeLessThan(30);
    expect(await outOfCore(docs.slice(80), { against: [a, b] })).toEqual(both);
    const unverified = await streaming(docs.slice(80), { against: [a, b], match: "unverified" });
    expect(await outOfCore(docs.slice(80), { against: [a, b], match: "unverified" })).toEqual(unverified);
    expect(await outOfCore(docs.slice(80), { against: [a, b], match: "components" })).not.toContain(
      unverified.find((id) => !both.includes(id)),
    );
    await streaming(docs, { duplicates: "exact", save: exact });
    expect(await streaming(docs, { duplicates: "exact", against: exact })).toEqual([]);
    expect(await outOfCore(docs, { duplicates: "exact", against: exact, keep: "longest" })).toEqual([]);
  });

  it("says whose copy a document is, also when that one is in the index", async () => {
    const docs = corpus(4);
    const index = path();
    const excluded: { readonly id: string; readonly detail?: { readonly of?: unknown } }[] = [];
    const exclusions = {
      name: "seen",
      async write(input: AsyncIterable<{ readonly id: string }>) {
        for await (const record of input) excluded.push(record);
      },
    };
    for await (const _ of from(docs)
      .pipe(dedupe({ save: index }))
      .run({ exclusions }));
    const once = excluded.splice(0);
    expect((await describeIndex(index)).names).toBe(true);
    for await (const _ of from(docs)
      .pipe(dedupe({ against: index }))
      .run({ exclusions }));
    const again = new Map(excluded.splice(0).map(({ id, detail }) => [id, detail?.of]));
    expect(again.size).toBe(docs.length);
    for (const { id, detail } of once) expect(again.get(id)).toBe(detail?.of);
    for await (const _ of deduplicateCorpus(() => from(docs), { against: index }).run({ exclusions }));
    for (const { id, detail } of excluded) expect(detail?.of).toBe(again.get(id));
  });

  it("goes on from a checkpoint that does not hold the index, and refuses another one", async () => {
    const docs = corpus(5);
    const index = path();
    await streaming(docs.slice(0, 60), { save: index });
    const stage = (): ReturnType<typeof dedupe<Doc>> => dedupe({ against: index, save: `${index}-after` });
    const whole = await idsOf(from(docs.slice(60)).pipe(stage()));
    const saved = readFileSync(`${index}-after`);
    const run = from(docs.slice(60)).pipe(stage()).run();
    for (let i = 0; i < 5; i++) await run.next();
    const state = JSON.parse(JSON.stringify(run.state())) as PipelineState;
    await run.return();
    expect(JSON.stringify(state.stages[1]?.state).length).toBeLessThan(5 * 128 * 1.5 + 600);
    expect(await idsOf(from(docs.slice(60)).pipe(stage()).restore(state))).toEqual(whole.slice(5));
    expect(readFileSync(`${index}-after`).equals(saved)).toBe(true);
    await streaming(docs.slice(0, 50), { save: index });
    await expect(idsOf(from(docs.slice(60)).pipe(stage()).restore(state))).rejects.toMatchObject({
      kind: "changed",
      message: expect.stringContaining("the indexes that the run began with have changed"),
    });
  });

  it("says that an index cannot be written before the corpus was read, and which", async () => {
    const nowhere = join(folder, "nowhere", "seen.index");
    const failure = { kind: "unwritable", message: expect.stringContaining(`the index ${nowhere} cannot be written: ENOENT`) as string };
    let read = 0;
    const counted = {
      name: "counted",
      async *run(): AsyncGenerator<Doc> {
        for (const doc of corpus(1)) {
          read++;
          yield doc;
        }
      },
    };
    await expect(idsOf(deduplicateCorpus(() => pipeline<Doc>(counted), { save: nowhere }))).rejects.toMatchObject(failure);
    await expect(idsOf(pipeline<Doc>(counted).pipe(dedupe({ save: nowhere })))).rejects.toMatchObject(failure);
    expect(read).toBe(0);
    await expect(describeIndex(folder)).rejects.toMatchObject({ kind: "unreadable", message: expect.stringContaining(folder) as string });
  });

  it("writes an index whole or not at all", async () => {
    const [index, directory] = [path(), await mkdtemp(join(folder, "whole-"))];
    writeFileSync(index, "what was here before");
    for await (const _ of from(corpus(1)).pipe(dedupe({ save: index }))) break;
    const failing = {
      name: "failing",
      async *run(): AsyncGenerator<Doc> {
        yield* corpus(1);
        throw new Error("enough");
      },
    };
    const { pipeline } = await import("../../src/core/index.ts");
    await expect(idsOf(pipeline(failing).pipe(dedupe({ save: index })))).rejects.toThrow("enough");
    await expect(idsOf(deduplicateCorpus(() => pipeline(failing), { save: join(directory, "x") }))).rejects.toThrow("enough");
    expect(readFileSync(index, "latin1")).toBe("what was here before");
    expect(await readdir(directory)).toEqual([]);
  });
});

describe("an index that does not fit", () => {
  it.each<[DedupeOptions, string]>([
    [{ seed: 2 }, "`seed` is 1 there and 2 here"],
    [{ ngram: 4 }, "`ngram` is 5 there and 4 here"],
    [{ unit: "characters" }, '`unit` is "words" there and "characters" here'],
    [{ bands: 13 }, "`bands` is 14 there and 13 here"],
    [{ duplicates: "exact" }, '`duplicates` is "near" there and "exact" here'],
  ])("is refused with the difference: %j", async (options, message) => {
    const index = path();
    await streaming(corpus(1), { save: index });
    for (const run of [streaming, outOfCore]) {
      const failure = await run(corpus(2), { ...options, against: index } as DedupeOptions<Doc, false>).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(PipelineError);
      expect((failure as PipelineError).message).toContain(`${index} cannot be compared with this corpus: ${message}`);
    }
  });

  it("because of its Unicode version is refused too, even where its checksum is right", async () => {
    const [index, other] = [path(), path()];
    await streaming(corpus(1), { save: index });
    const { createHash } = await import("node:crypto");
    const unicode = process.versions["unicode"] as string;
    const contents = readFileSync(index)
      .subarray(0, -32)
      .toString("latin1")
      .replace(`"unicode":"${unicode}"`, `"unicode":"${"9".repeat(unicode.length)}"`);
    const bytes = Buffer.from(contents, "latin1");
    writeFileSync(other, Buffer.concat([bytes, createHash("sha256").update(bytes).digest()]));
    await expect(streaming(corpus(2), { against: other })).rejects.toThrow(
      `\`unicode\` is "${"9".repeat(unicode.length)}" there and "${unicode}" here`,
    );
  });

  it("is an error when it is missing, cut off anywhere, or changed anywhere", async () => {
    await expect(streaming(corpus(1), { against: join(folder, "nowhere") })).rejects.toMatchObject({ kind: "unreadable" });
    const [index, damaged] = [path(), path()];
    await streaming(corpus(1), { save: index });
    const bytes = readFileSync(index);
    for (let at = 0; at < bytes.length; at += at < 400 ? 7 : 331) {
      writeFileSync(damaged, bytes.subarray(0, at));
      await expect(describeIndex(damaged), `cut at ${at}`).rejects.toMatchObject({
        name: "PipelineError",
        message: expect.stringContaining(damaged),
      });
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ 0x10;
      writeFileSync(damaged, changed);
      await expect(describeIndex(damaged), `changed at ${at}`).rejects.toMatchObject({
        name: "PipelineError",
        message: expect.stringContaining(damaged),
      });
    }
    writeFileSync(damaged, Buffer.concat([bytes, Buffer.alloc(1)]));
    await expect(describeIndex(damaged)).rejects.toThrow("its checksum is wrong: it is damaged, or was cut off");
  });
});

describe("indexes", () => {
  it("are merged: what either would drop goes, and exact copies enter once", async () => {
    const [first, second] = [corpus(8), corpus(9)];
    const [a, b, ab] = [path(), path(), path()];
    const inA = (await streaming(first, { save: a })).length;
    const inB = (await streaming([...second, ...first.slice(0, 50)], { save: b })).length;
    const merged = await mergeIndexes([a, b], ab);
    expect(merged).toBeGreaterThan(inA);
    expect(merged).toBeLessThan(inA + inB);
    expect(await describeIndex(ab)).toMatchObject({ documents: merged, names: false, duplicates: "near" });
    const fresh = [...first, ...second, ...corpus(10)];
    expect(await streaming(fresh, { against: ab })).toEqual(await streaming(fresh, { against: [a, b] }));
    expect(await mergeIndexes([ab, a], ab)).toBe(merged); // onto itself
    const other = path();
    await streaming(first, { save: other, seed: 7 });
    await expect(mergeIndexes([a, other], ab)).rejects.toThrow(`${other} and ${a} cannot be merged: \`seed\` is 7 there and 1 here`);
    expect((await describeIndex(ab)).documents).toBe(merged);
  });

  it("shrink: to the newest documents, or to exact keys", async () => {
    const docs = corpus(11);
    const [index, small, keys] = [path(), path(), path()];
    const kept = await streaming(docs, { save: index });
    expect(await shrinkIndex(index, small, { newest: 10 })).toBe(10);
    const returning = docs.filter(({ id }) => kept.includes(id));
    expect(await streaming(returning, { against: small })).toEqual(kept.slice(0, -10));
    expect(await shrinkIndex(index, keys, { duplicates: "exact" })).toBe(kept.length);
    const [full, shrunk] = [await describeIndex(index), await describeIndex(keys)];
    expect(full.bytes - shrunk.bytes).toBeGreaterThan(112 * (kept.length - 4));
    expect(await streaming(returning, { duplicates: "exact", against: keys })).toEqual([]);
    await expect(streaming(docs, { against: keys })).rejects.toThrow('`duplicates` is "exact" there and "near" here');
    expect(await shrinkIndex(index, index, { names: false })).toBe(kept.length);
  });

  it.each<[unknown, string]>([
    [{}, "shrinkIndex: say what goes: `newest`, `duplicates` or `names`"],
    [{ newest: -1 }, "expected `newest` to be an integer of at least 0, got -1"],
    [{ duplicates: "near" }, 'expected `duplicates` to be "exact", got "near"'],
    [{ oldest: 3 }, "unknown option `oldest`"],
  ])("are not shrunk by %j", async (options, message) => {
    await expect(shrinkIndex("a", "b", options as { newest: number })).rejects.toThrow(message);
    expect(existsSync("b")).toBe(false);
  });

  it.each<[unknown, string]>([
    [{ against: "" }, 'expected `against` to be the path of an index, or an array of paths, got [""]'],
    [{ against: [3] }, "expected `against` to be the path of an index, or an array of paths, got [3]"],
    [{ save: 3 }, "expected `save` to be a path, got 3"],
    [{ save: "x", match: "unverified" }, '`save` needs `match: "verified"`'],
  ])("are refused as options: %j", (options, message) => {
    expect(() => dedupe(options as DedupeOptions)).toThrow(message);
  });
});
