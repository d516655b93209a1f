/**
 * Type tests: this file is compiled, never run. What must compile stands here; what must not stands in `wrong/`, where a
 * test pins the compiler's words.
 */
import {
  type Batch,
  bucketByLength,
  clean,
  type Doc,
  dedupe,
  filter,
  from,
  type Job,
  map,
  type Pipeline,
  padBatch,
  read,
  type Stage,
  stage,
  type Tokenized,
  tarShards,
  tokenize,
} from "../../src/index.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <_Yes extends true>(): void => {};

// The example of the design, as it stands.
const job: Job = read("corpus/*.jsonl.gz")
  .pipe(clean({ languages: ["en"] }))
  .pipe(dedupe({ threshold: 0.8 }))
  .pipe(tokenize("cl100k_base"))
  .pipe(bucketByLength({ edges: [256, 512, 1024] }))
  .pipe(padBatch({ maxTokens: 65_536 }))
  .write(tarShards("out/train-{shard}.tar"));
void job;

// Each stage adds what it says and keeps the rest.
const cleaned = read("x").pipe(clean({ languages: ["en"] }));
cleaned.pipe(filter((doc) => doc.language === "en"));
const deduped = cleaned.pipe(dedupe());
is<Equal<typeof cleaned, typeof deduped>>();
const tokens = deduped.pipe(tokenize("o200k_base"));
tokens.pipe(filter((doc) => doc.tokens.length > 1 && doc.language !== "und"));
const batches = tokens.pipe(padBatch({ rows: 8 }));
is<Equal<typeof batches, Pipeline<Batch>>>();

// Documents without cleaning, tokens without deduplication: every stage asks only for what it needs.
const plain: Pipeline<Doc & Tokenized> = read("x").pipe(tokenize("cl100k_base"));
plain.write(tarShards("out/{shard}.tar"));
read("x").write(tarShards("out/{shard}.tar"));

// User code: inferred without annotations, through any number of stages.
const long = from([1, 2, 3])
  .pipe(map((n) => n + 1))
  .pipe(map(async (n) => String(n)))
  .pipe(filter((s) => s.length > 0))
  .pipe(map((s) => ({ s })))
  .pipe(map(({ s }) => ({ s, a: 1 })))
  .pipe(map((r) => ({ ...r, b: 2 })))
  .pipe(map((r) => ({ ...r, c: 3 })))
  .pipe(map((r) => ({ ...r, d: 4 })))
  .pipe(map((r) => ({ ...r, e: 5 })))
  .pipe(filter((r) => r.e > r.a))
  .pipe(
    stage("pair", async function* (input, context) {
      for await (const r of input) yield { ...r, f: context.random() };
    }),
  )
  .pipe(map((r) => ({ ...r, g: 7 })));
is<Equal<typeof long, Pipeline<{ g: number; f: number; e: number; d: number; c: number; b: number; s: string; a: number }>>>();

// A stage written for less fits where there is more.
const anyDoc: Stage<Doc, Doc> = dedupe();
tokens.pipe(anyDoc);
