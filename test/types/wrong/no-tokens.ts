import { bucketByLength, clean, dedupe, padBatch, read } from "../../../src/index.ts";

// `tokenize` is left out: the batcher must say that it misses the tokens.
export const batches: unknown = read("corpus/*.jsonl.gz")
  .pipe(clean({ languages: ["en"] }))
  .pipe(dedupe({ threshold: 0.8 }))
  .pipe(padBatch({ maxTokens: 65_536 }));

export const buckets: unknown = read("corpus/*.jsonl.gz").pipe(bucketByLength({ edges: [256] }));
