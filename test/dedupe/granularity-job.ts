/** A pipeline with one of the stages for other granularities, as a module that every worker loads: `args` are input, output and the stage's name. */
import type { Doc, Job, Stage } from "../../src/core/index.ts";
import { dedupeExact, dedupeLines, dedupeParagraphs, dedupeSemantic, dedupeSentences, dedupeUrls } from "../../src/dedupe/index.ts";
import { read } from "../../src/read/index.ts";
import { jsonlShards } from "../../src/write/index.ts";

/** Letters counted: a vector for tests. */
const embed = async (texts: readonly string[]): Promise<Float32Array[]> =>
  texts.map((text) => {
    const counts = new Float32Array(26);
    for (const letter of text.toLowerCase()) {
      const i = letter.charCodeAt(0) - 97;
      if (i >= 0 && i < 26) counts[i] = (counts[i] as number) + 1;
    }
    return counts;
  });

export const stages: Readonly<Record<string, () => Stage<Doc, Doc>>> = {
  exact: () => dedupeExact(),
  urls: () => dedupeUrls(),
  paragraphs: () => dedupeParagraphs(),
  lines: () => dedupeLines({ minLength: 3, keep: 2 }),
  sentences: () => dedupeSentences({ span: 2 }),
  semantic: () => dedupeSemantic({ embed, threshold: 0.97, batch: 5 }),
};

export default ({ args }: { readonly args: readonly string[] }): Job => {
  const [input = "", output = "", name = ""] = args;
  const stage = stages[name];
  if (stage === undefined) throw new Error(`there is no stage ${name}`);
  return read(input)
    .pipe(stage())
    .write(jsonlShards(`${output}/{shard}.jsonl`));
};
