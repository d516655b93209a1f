/** The stages for other granularities in planned runs: the documents, and the reasons, of one pass over the files in order, whatever the splits and workers. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { runPlanned } from "../../src/run/index.ts";
import { folder, threads } from "../run/fixtures.ts";
import { generator, word } from "./corpus.ts";
import makeJob, { stages } from "./granularity-job.ts";

const MODULE = fileURLToPath(new URL("./granularity-job.ts", import.meta.url));

/** Documents of few passages, so that all of them have repeats. */
function writeCorpus(path: string): string {
  mkdirSync(path, { recursive: true });
  const next = generator(11);
  const sentence = (i: number): string => `Word ${word(i * 7)} ${word(i * 13)} and ${word(i)}.`;
  for (let file = 0; file < 3; file++) {
    const lines = Array.from({ length: 40 }, (_, i) => {
      if (i % 4 === 0) return `${JSON.stringify({ id: `${file}-${i}`, text: sentence(next() % 5), url: `https://example.com/${i}` })}\n`;
      const paragraphs = Array.from({ length: 1 + (next() % 3) }, () =>
        [0, 1, 2].map((k) => sentence((next() % 12) + k)).join(next() % 2 ? " " : "\n"),
      );
      return `${JSON.stringify({ id: `${file}-${i}`, text: paragraphs.join("\n\n"), url: `https://example.com/${next() % 30}#${i}` })}\n`;
    });
    writeFileSync(join(path, `${file}.jsonl`), lines.join(""));
  }
  return `${path}/*.jsonl`;
}

const texts = (path: string): unknown[] =>
  readdirSync(path)
    .filter((name) => name.endsWith(".jsonl"))
    .sort()
    .flatMap((name) => readFileSync(join(path, name), "utf8").trim().split("\n"))
    .map((line) => JSON.parse(line) as unknown);

it.each(Object.keys(stages))("%s", async (name) => {
  const dir = folder();
  const input = writeCorpus(join(dir, "in"));
  const { report } = await makeJob({ args: [input, join(dir, "alone"), name] }).run();
  const alone = texts(join(dir, "alone"));
  const dropped = report?.stages[1]?.dropped;
  const counters = Object.values(report?.stages[1]?.counters ?? {}).reduce((sum, count) => sum + count, 0);
  expect(Object.values(dropped ?? {}).reduce((sum, count) => sum + count, 0) + counters).toBeGreaterThan(5);
  const output = join(dir, "planned");
  const result = await runPlanned({ module: MODULE, args: [input, output, name] }, { splitBytes: 2000, engine: threads(2) });
  expect(texts(output)).toEqual(alone);
  expect(result.report?.stages.find((stage) => stage.name === report?.stages[1]?.name)?.dropped).toEqual(dropped);
});
