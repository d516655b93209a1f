/**
 * Deduplication: the whole stage, the sketch alone, and npm `minhash` making signatures of the same length from the same word
 * 5-grams. Sketches of different algorithms have different values, so what is shown first is that both estimate the same
 * similarities; the rival's LSH index is left out, because its query throws on a document that shares no band.
 */
import minhash from "minhash";
import { from } from "../../src/core/index.ts";
import { dedupe, estimateJaccard, sketch } from "../../src/dedupe/index.ts";
import { documents, textBytesOf } from "../corpus.ts";
import type { Contender, Group } from "../harness.ts";

const { Minhash } = minhash;
const HASHES = 112;

function words(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

function shinglesOf(text: string): Set<string> {
  const list = words(text);
  const shingles = new Set<string>();
  for (let i = 0; i + 5 <= list.length; i++) shingles.add(list.slice(i, i + 5).join(" "));
  return shingles;
}

function rival(text: string): InstanceType<typeof Minhash> {
  const sketched = new Minhash({ numPerm: HASHES });
  for (const shingle of shinglesOf(text)) sketched.update(shingle);
  return sketched;
}

/** A text with every n-th word replaced, and the true Jaccard similarity of the two. */
function edited(text: string, every: number): { text: string; jaccard: number } {
  const copy = words(text)
    .map((word, i) => (i % every === every - 1 ? `edit${i}` : word))
    .join(" ");
  const [a, b] = [shinglesOf(text), shinglesOf(copy)];
  const both = [...a].filter((shingle) => b.has(shingle)).length;
  return { text: copy, jaccard: both / (a.size + b.size - both) };
}

function contender(
  name: string,
  limit: number,
  work: (docs: ReturnType<typeof documents>) => Promise<void> | void,
  differs?: string,
): Contender {
  return {
    name,
    prepare: async (corpus) => {
      const docs = documents(corpus, limit);
      return async () => {
        await work(docs);
        return { bytes: textBytesOf(docs), documents: docs.length, digest: "" };
      };
    },
    ...(differs === undefined ? {} : { differs }),
  };
}

export const dedupeGroup: Group = {
  title: `dedupe: word 5-grams, ${HASHES} hashes (MB of text)`,
  verify: async (corpus) => {
    const errors = { ours: 0, theirs: 0, pairs: 0 };
    for (const { text } of documents(corpus, 1e6)) {
      if (words(text).length < 60 || errors.pairs >= 60) continue;
      const other = edited(text, 20 + (errors.pairs % 5) * 30);
      const [a, b] = [sketch(text), sketch(other.text)];
      if (a === undefined || b === undefined) continue;
      errors.ours += (estimateJaccard(a, b) - other.jaccard) ** 2;
      errors.theirs += (rival(text).jaccard(rival(other.text)) - other.jaccard) ** 2;
      errors.pairs++;
    }
    const rmse = (sum: number): number => Math.sqrt(sum / errors.pairs);
    if (errors.pairs < 10 || rmse(errors.ours) > 0.06)
      throw new Error(`the estimates are off: RMSE ${rmse(errors.ours)} on ${errors.pairs} pairs`);
    return `RMSE of the estimate on ${errors.pairs} edited pairs: ours ${rmse(errors.ours).toFixed(3)}, minhash ${rmse(errors.theirs).toFixed(3)}`;
  },
  contenders: [
    contender("dedupe() stage", 32e6, async (docs) => {
      for await (const _ of from(docs).pipe(dedupe()));
    }),
    contender("minhash signatures", 1e6, (docs) => docs.forEach(({ text }) => void rival(text)), "signatures only, 1 MB"),
  ],
};
