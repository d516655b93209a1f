/**
 * The main job on real text: `npm run demo`, or `npx millrace run examples/demo/pipeline.ts` once the data is there.
 *
 * 6,046 mails of 2002 (HTML, odd encodings, quoted replies, mass mailings), 233 speeches and one text in 500 languages become
 * batches of token ids in WebDataset shards. `out/demo/manifest.json` says what became of every source.
 */
import { bucketByLength, clean, dedupe, padBatch, read, tarShards, tokenize } from "millrace";

export default read(".cache/demo/*.jsonl.gz")
  .pipe(
    clean({
      // The published thresholds were set for English web pages. Mails are shorter than those, their lines are broken at 72
      // columns and quote other mails, which counts against them as symbols and as repetition; declarations are in 500
      // languages, so that English stop words say nothing.
      rules: [
        { rule: "gopher-repetition", maxTopNgramChars: null },
        { rule: "gopher-quality", minWords: 20, maxMeanWordLength: 12, minAlphabeticWords: 0.6, minStopWords: null },
      ],
    }),
  )
  .pipe(dedupe({ threshold: 0.7 }))
  .pipe(tokenize("cl100k_base", { maxTokens: 2048 })) // longer documents become several records; no token is lost
  .pipe(bucketByLength({ edges: [128, 256, 512, 1024] }))
  .pipe(padBatch({ maxTokens: 32_768 }))
  .write(tarShards("out/demo/train-{shard}.tar", { maxBytes: 16 * 2 ** 20 }));
