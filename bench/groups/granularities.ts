/**
 * Deduplication of other sizes than near-duplicate documents: paragraphs and lines, against a plain loop with a Set of strings that does the same work. What
 * stays is compared first, text by text.
 *
 * Each is timed twice: in a process that has done nothing before ("fresh"), where compiling JavaScript is a third of the time of a corpus of 50 MB, and
 * after passes over other documents ("warm"), which is what a long run sees.
 */
import { type Doc, from, type Stage, stage } from "../../src/core/index.ts";
import { dedupeExact, dedupeLines, dedupeParagraphs } from "../../src/dedupe/index.ts";
import { documents, sha, textBytesOf } from "../corpus.ts";
import type { Contender, Group } from "../harness.ts";

type Kept = string[];
type Work = (docs: readonly Doc[]) => Promise<Kept> | Kept;

/** The share of the documents that only warms up, and how often. */
const OTHERS = 0.2;
const WARMING_PASSES = 5;

function contender(name: string, work: Work, form: (text: string) => string, warm: boolean): Contender {
  return {
    name,
    prepare: async (corpus) => {
      const all = documents(corpus, 64e6);
      const others = Math.floor(all.length * OTHERS);
      const docs = all.slice(others);
      const bytes = textBytesOf(docs);
      for (let pass = 0; warm && pass < WARMING_PASSES; pass++) await work(all.slice(0, others));
      return async () => {
        const kept = await work(docs);
        const digest = async (): Promise<string> => sha(kept.map(form).join("\0"));
        return { bytes, documents: docs.length, digest };
      };
    },
  };
}

/** The same work in a fresh process and in a warm one, by the name of the group. */
function twice(key: string, what: string, form: (text: string) => string, works: Readonly<Record<string, Work>>): Record<string, Group> {
  const group = (warm: boolean): Group => ({
    title: `${what}, ${warm ? "warmed up on other documents" : "fresh process"} (MB of text)`,
    contenders: Object.entries(works).map(([name, work]) => contender(name, work, form, warm)),
  });
  return { [key]: group(false), [`${key}-warm`]: group(true) };
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

export const granularityGroups: Record<string, Group> = {
  ...twice("dedupe-exact", "dedupe equal documents", String, {
    "dedupeExact() stage": (docs) => texts(docs, dedupeExact()),
    "dedupeExact(), sha256": (docs) => texts(docs, dedupeExact({ hash: "sha256" })),
    "Set of strings": (docs) => [...new Set(docs.map(({ text }) => text))],
  }),
  ...twice("dedupe-paragraphs", "dedupe paragraphs", paragraphs, {
    "dedupeParagraphs() stage": (docs) => texts(docs, dedupeParagraphs()),
    "Set of strings, as a stage": (docs) => texts(docs, asStage(BLANK_LINES, "\n\n")),
    "Set of strings, a plain loop": (docs) => loop(docs, BLANK_LINES, "\n\n"),
  }),
  ...twice("dedupe-lines", "dedupe lines", lines, {
    "dedupeLines() stage": (docs) => texts(docs, dedupeLines()),
    "dedupeLines(), filter of 64 MiB": (docs) => texts(docs, dedupeLines({ filterBytes: 2 ** 26 })),
    "Set of strings, as a stage": (docs) => texts(docs, asStage(/\n/, "\n")),
    "Set of strings, a plain loop": (docs) => loop(docs, /\n/, "\n"),
  }),
};
