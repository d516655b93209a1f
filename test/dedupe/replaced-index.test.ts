/**
 * A decision that is made again, because the run was killed behind it, although the index it compares with is not the same any more: where
 * the run itself has replaced it (`save` is one of `against`) the decision is that of the first time, else it is refused.
 */
import { copyFileSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Doc, type Fingerprints, from, Scope, type Stage, stage } from "../../src/core/index.ts";
import { type DedupeOptions, dedupe, deduplicateCorpus } from "../../src/dedupe/index.ts";
import { docsOf, edited, generator, randomWords } from "./corpus.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-replaced-"));
});
afterAll(() => rm(folder, { recursive: true }));

const next = generator(8);
const originals = Array.from({ length: 60 }, () => randomWords(next, 40));
const old = docsOf(originals.slice(0, 30).map((words) => words.join(" ")));
const fresh = docsOf([
  ...originals.slice(20).map((words) => words.join(" ")),
  ...originals.map((words) => edited(next, words, 0.01).join(" ")),
]);

type Steps = NonNullable<Stage<Doc, Doc>["corpusWide"]>;
const stepsOf = (options: DedupeOptions<Doc, false>): Steps => dedupe<Doc>(options).corpusWide as Steps;

async function observed(steps: Steps, docs: readonly Doc[]): Promise<Fingerprints> {
  const observe = stage<Doc, Uint8Array>("observe", (input, context) => steps.observe(input, context), { stateless: true });
  const chunks: Uint8Array[] = [];
  for await (const chunk of from(docs).pipe(observe)) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  return {
    bytes: bytes.length,
    async *read() {
      yield bytes;
    },
  };
}

async function decided(steps: Steps, splits: readonly Fingerprints[]): Promise<string[]> {
  const directory = await mkdtemp(join(folder, "decide-"));
  const context = { signal: new AbortController().signal, scope: new Scope(), memoryBytes: 1 << 20, directory, count: () => {} };
  const verdicts: string[] = [];
  for await (const bytes of steps.decide(splits, context)) verdicts.push(Buffer.from(bytes).toString("hex"));
  return verdicts;
}

async function indexOf(docs: readonly Doc[], name: string): Promise<string> {
  const path = join(folder, name);
  for await (const _ of from(docs).pipe(dedupe({ save: path })));
  return path;
}

it("decides as before when the run itself has replaced the index", async () => {
  const [index, second] = [await indexOf(old, "seen"), await indexOf(docsOf([originals[50]?.join(" ") ?? ""]), "second")];
  for (const against of [[index], [index, second]]) {
    const before = readFileSync(index);
    const steps = stepsOf({ against, save: index });
    const splits = [await observed(steps, fresh.slice(0, 70)), await observed(steps, fresh.slice(70))];
    const once = await decided(steps, splits);
    const after = readFileSync(index);
    expect(after.equals(before)).toBe(false);
    expect(await decided(steps, splits)).toEqual(once);
    expect(readFileSync(index).equals(after)).toBe(true);
    copyFileSync(await indexOf(old, "seen-again"), index);
  }
});

it("refuses an index that somebody else has changed", async () => {
  const index = await indexOf(old, "mine");
  const steps = stepsOf({ against: index });
  const first = await observed(steps, fresh.slice(0, 70));
  await indexOf(old.slice(0, 10), "mine");
  await expect(decided(steps, [first])).rejects.toMatchObject({
    kind: "changed",
    message: expect.stringContaining("mine is not what it was"),
  });
  const second = await observed(steps, fresh.slice(70));
  await expect(decided(steps, [first, second])).rejects.toMatchObject({
    kind: "changed",
    message: expect.stringContaining("changed between split 0 and split 1"),
  });
  expect(await decided(steps, [second])).toHaveLength(1);
});

it("refuses an index that replaced another one than `save`", async () => {
  const index = await indexOf(old, "grown");
  const steps = stepsOf({ against: index, save: join(folder, "elsewhere") });
  const splits = [await observed(steps, fresh)];
  for await (const _ of from(fresh).pipe(dedupe({ against: index, save: index })));
  await expect(decided(steps, splits)).rejects.toMatchObject({ kind: "changed" });
});

it("restores deduplicateCorpus behind the replacement of its index", async () => {
  const index = await indexOf(old, "restored");
  const make = () => deduplicateCorpus(() => from(fresh), { against: index, save: index, memoryBytes: 1e6 });
  const run = make().run();
  const ids: string[] = [];
  for (let i = 0; i < 3; i++) ids.push((await run.next()).value?.id ?? "");
  const state = JSON.parse(JSON.stringify(run.state()));
  await run.return();
  for await (const { id } of make().restore(state)) ids.push(id);
  const original = await indexOf(old, "original");
  const whole: string[] = [];
  for await (const { id } of from(fresh).pipe(dedupe({ against: original }))) whole.push(id);
  expect(whole.length).toBeGreaterThan(10);
  expect(ids).toEqual(whole);
});
