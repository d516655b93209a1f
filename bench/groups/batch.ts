/** Padding into batches against the loop one writes by hand. */

import { padBatch } from "../../src/batch/index.ts";
import { from, type Tokenized } from "../../src/core/index.ts";
import { Digest, documents, textBytesOf } from "../corpus.ts";
import type { Group } from "../harness.ts";

const ROWS = 32;

/** Code units stand in for tokens: padding does not care, and nothing has to be tokenized first. */
function records(corpus: readonly string[]): ({ id: string; origin: { source: string; record: number; offset: number } } & Tokenized)[] {
  return documents(corpus).map(({ id, text, origin }) => ({
    id,
    origin,
    tokens: Uint32Array.from({ length: text.length >> 2 }, (_, i) => text.charCodeAt(4 * i)),
  }));
}

export const batchGroup: Group = {
  title: `batch: ${ROWS} rows padded to the longest (MB of text at 4 characters a token)`,
  contenders: [
    {
      name: `padBatch({ rows: ${ROWS} })`,
      prepare: async (corpus) => {
        const docs = records(corpus);
        const bytes = textBytesOf(documents(corpus));
        return async () => {
          const digest = new Digest();
          for await (const batch of from(docs).pipe(padBatch({ rows: ROWS, padId: 0 }))) {
            digest.number(batch.width);
            digest.number(batch.input_ids[batch.width - 1] as number);
            digest.number(batch.labels.at(-1) as number);
          }
          return { bytes, documents: docs.length, digest: digest.text() };
        };
      },
    },
    {
      name: "hand-written loop",
      prepare: async (corpus) => {
        const docs = records(corpus);
        const bytes = textBytesOf(documents(corpus));
        return () => {
          const digest = new Digest();
          for (let at = 0; at < docs.length; at += ROWS) {
            const rows = docs.slice(at, at + ROWS);
            const width = Math.max(...rows.map((row) => row.tokens.length));
            const ids = new Int32Array(rows.length * width);
            const labels = new Int32Array(rows.length * width).fill(-100);
            const mask = new Uint8Array(rows.length * width);
            for (const [i, { tokens }] of rows.entries()) {
              ids.set(tokens, i * width);
              labels.set(tokens, i * width);
              mask.fill(1, i * width, i * width + tokens.length);
            }
            digest.number(width);
            digest.number(ids[width - 1] as number);
            digest.number(labels.at(-1) as number);
          }
          return { bytes, documents: docs.length, digest: digest.text() };
        };
      },
    },
  ],
};
