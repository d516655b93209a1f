/** Cleaning: all rules, and normalisation alone. There is no peer on npm to compare with. */
import { clean } from "../../src/clean/index.ts";
import { type Doc, from } from "../../src/core/index.ts";
import { Digest, documents, textBytesOf } from "../corpus.ts";
import type { Contender, Group } from "../harness.ts";

function contender(name: string, options: Parameters<typeof clean>[0], differs?: string): Contender {
  return {
    name,
    prepare: async (corpus) => {
      const docs = documents(corpus, 16e6);
      return async () => {
        const digest = new Digest();
        for await (const doc of from(docs).pipe(clean<Doc>(options))) digest.number(doc.text.length);
        return { bytes: textBytesOf(docs), documents: docs.length, digest: digest.text() };
      };
    },
    ...(differs === undefined ? {} : { differs }),
  };
}

export const cleanGroup: Group = {
  title: "clean: all default rules, and none",
  contenders: [contender("clean()", {}), contender("clean({ rules: [] })", { rules: [] }, "normalisation only")],
};
