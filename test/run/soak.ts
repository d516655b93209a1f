/**
 * `npm run soak [kills]`: random corpora and pipelines, on both engines, killed at random instants, whole runs and workers, until
 * there were so many kills (default 60). Every one must end with the bytes of a run that was left alone.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { localEngine } from "../../src/run/index.ts";
import { corpus, killedRuns, run, tree } from "./fixtures.ts";
import type { Recipe, StageName } from "./job-module.ts";

const wanted = Number(process.argv[2] ?? 60);
const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T;
const PIPELINES: readonly (readonly StageName[])[] = [
  ["third"],
  ["once"],
  ["third", "once", "upper"],
  ["split", "once", "upper", "once-again"],
  ["upper", "once", "tokens", "batch"],
];

let [kills, rounds, deaths] = [0, 0, 0];
while (kills + deaths < wanted) {
  const dir = mkdtempSync(join(tmpdir(), "millrace-soak-"));
  const stages = pick(PIPELINES);
  const engine = pick(["threads", "processes"] as const);
  const workers = pick([1, 2, 3, 5]);
  const splitBytes = 2000 + Math.floor(Math.random() * 8000);
  const mortal = Math.random() < 0.5;
  const recipe: Recipe = {
    input: corpus(join(dir, "in"), 100 + Math.floor(Math.random() * 300), Math.floor(Math.random() * 2 ** 31)),
    output: join(dir, "out"),
    stages,
    sink: stages.includes("batch") ? "tar" : pick(["tar", "jsonl", "jsonl.gz"] as const),
    maxRecords: 1 + Math.floor(Math.random() * 40),
    delay: pick([0, 1, 3]),
    ...(mortal ? { mortal: { deaths: join(dir, "deaths"), most: 4, every: 40 } } : {}),
  };
  const alone = { ...recipe, output: join(dir, "alone"), ...(mortal ? { mortal: { deaths: "/dev/null", most: 0, every: 40 } } : {}) };
  await run(alone, { splitBytes, engine: localEngine({ workers: 2 }) });
  const hit = await killedRuns({ recipe, engine, workers, splitBytes }, 6);
  const died = mortal ? (statSync(join(dir, "deaths"), { throwIfNoEntry: false })?.size ?? 0) : 0;
  const files = (path: string): string => JSON.stringify(Object.entries(tree(path)).filter(([name]) => !name.startsWith(".millrace/")));
  if (files(recipe.output) !== files(alone.output))
    throw new Error(`the trees differ; ${dir} holds both: ${JSON.stringify({ recipe, engine, workers, splitBytes })}`);
  [kills, rounds, deaths] = [kills + hit, rounds + 1, deaths + died];
  console.log(`round ${rounds}: ${stages.join(" > ")}, ${workers} ${engine}: ${hit} kills of the run, ${died} of workers, same bytes`);
  rmSync(dir, { recursive: true, force: true });
}
console.log(`${rounds} rounds, ${kills} kills of whole runs, ${deaths} of workers: every tree the same`);
