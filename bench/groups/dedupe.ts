/**
 * Deduplication: the whole stage, in a process that has worked on other documents before and in a fresh one, and npm `minhash`
 * making signatures of the same length from the same word 5-grams. Sketches of different algorithms have different values, so what is shown first is that both estimate the same
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
      const bytes = textBytesOf(docs);
      return async () => {
        await work(docs);
        return { bytes, documents: docs.length, digest: "" };
      };
    },
    ...(differs === undefined ? {} : { differs }),
  };
}

/** The documents that are timed, and others on which a process may warm up first. */
function parted(corpus: readonly string[]): { timed: ReturnType<typeof documents>; others: ReturnType<typeof documents> } {
  const all = documents(corpus, 40e6);
  const border = Math.floor(all.length * 0.8);
  return { timed: all.slice(0, border), others: all.slice(border) };
}

/** The whole stage with the engine, from strings. A job of minutes runs as the warm process does, one of a second as the fresh one. */
function stage(name: string, passesBefore: number): Contender {
  return {
    name,
    prepare: async (corpus) => {
      const { timed, others } = parted(corpus);
      const pass = async (docs: typeof timed): Promise<number> => {
        let kept = 0;
        for await (const _ of from(docs).pipe(dedupe())) kept++;
        return kept;
      };
      for (let i = 0; i < passesBefore; i++) await pass(others);
      const bytes = textBytesOf(timed);
      return async () => ({ bytes, documents: timed.length, digest: String(await pass(timed)) });
    },
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
    stage("dedupe() stage, warm", 6),
    stage("dedupe() stage, fresh process", 0),
    contender("minhash signatures", 1e6, (docs) => docs.forEach(({ text }) => void rival(text)), "signatures only, 1 MB"),
  ],
};
