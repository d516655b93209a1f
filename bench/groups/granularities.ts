/**
 * Deduplication of other sizes than near-duplicate documents: paragraphs and lines, against a plain loop with a Set of strings that does the same work. What
 * stays is compared first, text by text.
 */
import { type Doc, from, type Stage, stage } from "../../src/core/index.ts";
import { dedupeExact, dedupeLines, dedupeParagraphs } from "../../src/dedupe/index.ts";
import { documents, sha, textBytesOf } from "../corpus.ts";
import type { Contender, Group } from "../harness.ts";

type Kept = string[];

function contender(name: string, work: (docs: readonly Doc[]) => Promise<Kept> | Kept, form: (text: string) => string): Contender {
  return {
    name,
    prepare: async (corpus) => {
      const docs = documents(corpus, 64e6);
      return async () => {
        const kept = await work(docs);
        const digest = async (): Promise<string> => sha(kept.map(form).join("\0"));
        return { bytes: textBytesOf(docs), documents: docs.length, digest };
      };
    },
  };
}

async function texts(docs: readonly Doc[], stage: Stage<Doc, Doc>): Promise<Kept> {
  const kept: Kept = [];
  for await (const doc of from(docs).pipe(stage)) kept.push(doc.text);
  return kept;
}

/** What one would write without a library: split, trim, look up, join. Undefined when nothing stays. */
function setOfStrings(separator: RegExp, joint: string): (text: string) => string | undefined {
  const seen = new Set<string>();
  return (text) => {
    const parts: string[] = [];
    let units = 0;
    for (const part of text.split(separator)) {
      const content = part.trim();
      if (content === "") continue;
      units++;
      if (seen.has(content)) continue;
      seen.add(content);
      parts.push(content);
    }
    return parts.length > 0 || units === 0 ? parts.join(joint) : undefined;
  };
}

/** The same in a plain loop, and as a stage of a pipeline, which is what ours is. */
function loop(docs: readonly Doc[], separator: RegExp, joint: string): Kept {
  const keep = setOfStrings(separator, joint);
  return docs.flatMap((doc) => keep(doc.text) ?? []);
}

function asStage(separator: RegExp, joint: string): Stage<Doc, Doc> {
  const keep = setOfStrings(separator, joint);
  return stage(
    "set",
    async function* (input, context) {
      for await (const doc of input) {
        const text = keep(doc.text);
        if (text === undefined) context.drop(doc, "nothing-left");
        else yield { ...doc, text };
      }
    },
    { stateless: true },
  );
}

const BLANK_LINES = /\n(?:[\t\v\f\r ]*\n)+/;
/** Separators differ: ours keeps the ones of the text. Compared is what stands between them. */
const paragraphs = (text: string): string =>
  text
    .split(BLANK_LINES)
    .map((part) => part.trim())
    .filter(Boolean)
    .join("\n\n");
const lines = (text: string): string =>
  text
    .split("\n")
    .map((part) => part.trim())
    .filter(Boolean)
    .join("\n");

export const paragraphGroup: Group = {
  title: "dedupe paragraphs (MB of text)",
  contenders: [
    contender("dedupeParagraphs() stage", (docs) => texts(docs, dedupeParagraphs()), paragraphs),
    contender("Set of strings, as a stage", (docs) => texts(docs, asStage(BLANK_LINES, "\n\n")), paragraphs),
    contender("Set of strings, a plain loop", (docs) => loop(docs, BLANK_LINES, "\n\n"), paragraphs),
  ],
};

export const lineGroup: Group = {
  title: "dedupe lines (MB of text)",
  contenders: [
    contender("dedupeLines() stage", (docs) => texts(docs, dedupeLines()), lines),
    contender("dedupeLines(), filter of 64 MiB", (docs) => texts(docs, dedupeLines({ filterBytes: 2 ** 26 })), lines),
    contender("Set of strings, as a stage", (docs) => texts(docs, asStage(/\n/, "\n")), lines),
    contender("Set of strings, a plain loop", (docs) => loop(docs, /\n/, "\n"), lines),
  ],
};

export const exactGroup: Group = {
  title: "dedupe equal documents (MB of text)",
  contenders: [
    contender("dedupeExact() stage", (docs) => texts(docs, dedupeExact()), String),
    contender("dedupeExact(), sha256", (docs) => texts(docs, dedupeExact({ hash: "sha256" })), String),
    contender(
      "Set of strings",
      (docs) => {
        const seen = new Set<string>();
        for (const { text } of docs) seen.add(text);
        return [...seen];
      },
      String,
    ),
  ],
};
