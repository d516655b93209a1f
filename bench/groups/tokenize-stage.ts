/** The tokenize stage, whole pipeline cost included, against a bare loop over `tiktoken`. Both are loaded before the clock starts. */
import { get_encoding } from "tiktoken";
import { from } from "../../src/core/index.ts";
import { loadTokenizer, tokenize } from "../../src/tokenize/index.ts";
import { Digest, documents, textBytesOf } from "../corpus.ts";
import type { Group } from "../harness.ts";

const LIMIT = 12e6;

export const tokenizeGroup: Group = {
  title: "tokenize: cl100k_base, every document",
  contenders: [
    {
      name: 'tokenize("cl100k_base")',
      prepare: async (corpus) => {
        const docs = documents(corpus, LIMIT);
        const stage = tokenize("cl100k_base", { eos: false });
        await loadTokenizer("cl100k_base"); // shared by the whole process
        return async () => {
          const digest = new Digest();
          for await (const doc of from(docs).pipe(stage)) for (const token of doc.tokens) digest.number(token);
          return { bytes: textBytesOf(docs), documents: docs.length, digest: digest.text() };
        };
      },
    },
    {
      name: "tiktoken encode_ordinary",
      prepare: async (corpus) => {
        const docs = documents(corpus, LIMIT);
        const encoding = get_encoding("cl100k_base");
        return () => {
          const digest = new Digest();
          for (const doc of docs) for (const token of encoding.encode_ordinary(doc.text)) digest.number(token);
          return { bytes: textBytesOf(docs), documents: docs.length, digest: digest.text() };
        };
      },
    },
  ],
};
