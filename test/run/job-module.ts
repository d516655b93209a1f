/** The pipelines of these tests, as a module that every worker loads. `args[0]` is a {@link Recipe} as JSON. */
import { createHash } from "node:crypto";
import { appendFileSync, statSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { padBatch } from "../../src/batch/index.ts";
import {
  type CorpusWide,
  type Doc,
  filter,
  flatMap,
  type Job,
  map,
  type Pipeline,
  pipeline,
  type Sink,
  type Source,
  type Stage,
  stage,
  type Tokenized,
} from "../../src/core/index.ts";
import { dedupe } from "../../src/dedupe/index.ts";
import { read } from "../../src/read/index.ts";
import { exclusionShards } from "../../src/run/index.ts";
import { jsonlShards, tarShards } from "../../src/write/index.ts";

export interface Recipe {
  readonly input: string | readonly string[];
  readonly output: string;
  readonly stages: readonly StageName[];
  readonly sink: "tar" | "jsonl" | "jsonl.gz";
  readonly maxRecords?: number;
  /** Milliseconds each record takes, so that a kill finds something under way. */
  readonly delay?: number;
  /** Ids of records that kill their worker, and how. */
  readonly poison?: { readonly ids: readonly string[]; readonly how: "exit" | "memory" | "throw" };
  /** Workers die at random records: once in `every`, `most` times in all, each noted in the file `deaths`. */
  readonly mortal?: { readonly deaths: string; readonly most: number; readonly every: number };
  /** A file to which a line is added for each record that the last map sees. */
  readonly log?: string;
  /** Pattern of an exclusions sink that the job itself brings along. */
  readonly exclusions?: string;
}

export type StageName = "third" | "upper" | "split" | "once" | "once-again" | "near" | "mine" | "tokens" | "batch";

/** Drops what was seen before, in the whole corpus: the plainest stage that needs all of it. */
export function once(name: string): Stage<Doc, Doc> {
  const keyOf = (doc: Doc): string => createHash("sha1").update(doc.text).digest("hex");
  const corpusWide: CorpusWide<Doc, Doc> = {
    async *observe(input) {
      for await (const doc of input) yield Buffer.from(keyOf(doc), "hex");
    },
    async *decide(splits, context) {
      const seen = new Set<string>();
      for (const split of splits) {
        const verdicts: number[] = [];
        for await (const key of split.read()) {
          const text = Buffer.from(key).toString("hex");
          verdicts.push(seen.has(text) ? 0 : 1);
          seen.add(text);
        }
        context.count("decided", verdicts.length);
        yield Uint8Array.from(verdicts);
      }
    },
    async *apply(input, verdicts, context) {
      let number = 0;
      for await (const doc of input) {
        if (verdicts[number++] === 1) yield doc;
        else context.drop(doc, "seen");
      }
      if (number !== verdicts.length) throw new Error(`${number} records came, ${verdicts.length} were decided about`);
    },
  };
  return {
    name,
    config: { of: "text" },
    corpusWide,
    async *run(input, context) {
      const seen = new Set<string>(context.restored<string[]>() ?? []);
      context.checkpoint(() => [...seen]);
      for await (const doc of input) {
        const key = keyOf(doc);
        if (seen.has(key)) context.drop(doc, "seen");
        else yield doc;
        seen.add(key);
      }
    },
  };
}

/** 40 documents of 10 texts, from a source that cannot be cut and that drops every third one itself. */
const numbers: Source<Doc> = {
  name: "numbers",
  async *run(context) {
    for (let i = 0; i < 40; i++) {
      const doc: Doc = { id: `n${i}`, text: `number ${i % 10}`, meta: {}, origin: { source: "numbers", record: i, offset: i } };
      if (i % 3 === 0) context.drop(doc, "third");
      else yield doc;
    }
  },
};

export function pipelineOf(recipe: Recipe): Pipeline<Doc> {
  const { delay = 0, poison, log } = recipe;
  let docs: Pipeline<Doc> = recipe.input === "numbers" ? pipeline(numbers) : read(recipe.input);
  if (delay > 0) docs = docs.pipe(map((doc) => new Promise<Doc>((resolve) => setTimeout(() => resolve(doc), delay)), { name: "slow" }));
  for (const name of recipe.stages) {
    if (name === "third") docs = docs.pipe(filter((doc) => doc.text.length % 3 !== 0));
    if (name === "upper") docs = docs.pipe(map((doc) => ({ ...doc, text: doc.text.toUpperCase() })));
    if (name === "split")
      docs = docs.pipe(flatMap((doc) => doc.text.split(" ").map((text, i) => ({ ...doc, id: `${doc.id}/${i}`, text }))));
    if (name === "once" || name === "once-again") docs = docs.pipe(once(name));
    if (name === "near") docs = docs.pipe(dedupe<Doc>({ threshold: 0.6 }));
    // Throws for some, which a run that skips errors keeps among its exclusions.
    if (name === "mine")
      docs = docs.pipe(map((doc) => (doc.text.length % 7 === 1 ? die(doc, { ids: [doc.id], how: "throw" }) : doc), { name: "mine" }));
    if (name === "tokens") {
      docs = docs.pipe(
        map((doc): Doc & Tokenized => ({ ...doc, tokens: Uint32Array.from(Buffer.from(`${doc.text}.`)) }), { name: "bytes" }),
      );
    }
  }
  if (poison !== undefined) docs = docs.pipe(map((doc) => die(doc, poison), { name: "mine" }));
  if (recipe.mortal !== undefined) {
    const { deaths, most, every } = recipe.mortal;
    const gamble = (doc: Doc): Doc => {
      if (Math.random() * every >= 1 || deathsIn(deaths) >= most) return doc;
      appendFileSync(deaths, "x");
      if (isMainThread) process.kill(process.pid, "SIGKILL");
      return process.exit(9); // of the thread
    };
    docs = docs.pipe(map(gamble, { name: "mortal" }));
  }
  if (log !== undefined) {
    const note = (doc: Doc): Doc => {
      appendFileSync(log, `${doc.id}\n`);
      return doc;
    };
    docs = docs.pipe(map(note, { name: "log" }));
  }
  return docs;
}

function deathsIn(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function die(doc: Doc, { ids, how }: NonNullable<Recipe["poison"]>): Doc {
  if (!ids.includes(doc.id)) return doc;
  if (how === "throw") throw new Error("a mine");
  if (how === "exit") process.exit(7);
  const held: unknown[] = [];
  for (;;) held.push(Array.from({ length: 1_000_000 }, (_, i) => ({ i })));
}

export function jobOf(recipe: Recipe): Job {
  const piped = pipelineOf(recipe);
  const docs = recipe.exclusions === undefined ? piped : piped.with({ exclusions: exclusionShards(recipe.exclusions) });
  const { output, maxRecords = 1000 } = recipe;
  if (recipe.stages.includes("batch")) {
    return (docs as Pipeline<Doc & Tokenized>).pipe(padBatch({ rows: 4 })).write(tarShards(`${output}/t-{shard}.tar`, { maxRecords }));
  }
  const sink =
    recipe.sink === "tar"
      ? tarShards(`${output}/t-{shard}.tar`, { maxRecords })
      : jsonlShards(`${output}/t-{shard}.${recipe.sink}`, { maxRecords });
  return docs.write(sink as Sink<Doc>);
}

/** A stage of whatever it is told, for plans that are refused. */
export function anyStage(options: { readonly splittable?: boolean; readonly stateless?: boolean }): Stage<Doc, Doc> {
  return stage<Doc, Doc>("any", (input) => input, options);
}

export default ({ args }: { readonly args: readonly string[] }): Job => jobOf(JSON.parse(args[0] as string) as Recipe);
