/** What the tests of planned runs share: corpora, recipes, runs in this process and in children, trees of files. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { onTestFinished } from "vitest";
import {
  type Engine,
  type JobReference,
  localEngine,
  type PlannedResult,
  processEngine,
  type RunPlannedOptions,
  runPlanned,
} from "../../src/run/index.ts";
import type { Manifest } from "../../src/trace/index.ts";
import { pipelineOf, type Recipe } from "./job-module.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
export const MODULE: string = fileURLToPath(new URL("./job-module.ts", import.meta.url));
const CHILD = fileURLToPath(new URL("./run-child.ts", import.meta.url));
/** Node flags with which a thread or a process loads the project's TypeScript. */
export const HOOKS: readonly string[] = ["--import", `${ROOT}scripts/register-ts.mjs`];
export const CLI: readonly string[] = [process.execPath, ...HOOKS, `${ROOT}src/cli/main.ts`];

export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "millrace-run-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export function threads(workers: number, heapMiB?: number): Engine {
  return localEngine({ workers, execArgv: HOOKS, ...(heapMiB === undefined ? {} : { heapMiB }) });
}

export function processes(workers: number): Engine {
  return processEngine({ workers, command: CLI });
}

/** Files of JSON lines with repeated texts; every third one compressed, the first one larger than the rest together. */
export function corpus(path: string, documents: number, seed = 1): string {
  mkdirSync(path, { recursive: true });
  const random = lcg(seed);
  const doc = (i: number): string => {
    const words = Array.from({ length: 1 + Math.floor(random() * 12) }, () => WORDS[Math.floor(random() * WORDS.length)]);
    return JSON.stringify({ id: `d${i}`, text: words.join(" "), n: i });
  };
  let from = 0;
  for (const [file, share] of [0.55, 0.2, 0.15, 0.1].entries()) {
    const count = Math.round(documents * share);
    const text = Array.from({ length: count }, (_, i) => `${doc(from + i)}\n`).join("");
    from += count;
    if (file === 2) writeFileSync(join(path, `${file}.jsonl.gz`), gzipSync(text));
    else writeFileSync(join(path, `${file}.jsonl`), text);
  }
  return `${path}/*`;
}

const WORDS = ["mill", "race", "wheel", "Wasser", "水車", "🜄", "é", "grain", "stone", "sluice"];

function lcg(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export function referenceOf(recipe: Recipe): JobReference {
  return { module: MODULE, args: [JSON.stringify(recipe)] };
}

export function run(recipe: Recipe, options: RunPlannedOptions = {}): Promise<PlannedResult> {
  return runPlanned(referenceOf(recipe), { splitBytes: 4000, ...options });
}

export interface ChildRun {
  readonly recipe: Recipe;
  readonly engine: "threads" | "processes";
  readonly workers: number;
  readonly splitBytes: number;
  readonly options?: Pick<RunPlannedOptions, "force" | "onError" | "seed" | "exclusions">;
}

/** The same in a process of its own, which can be killed. */
export function startChild(child: ChildRun): {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; text: string }>;
} {
  const started = spawn(process.execPath, [...HOOKS, CHILD, JSON.stringify(child)], { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [started.stdout, started.stderr]) stream.setEncoding("utf8").on("data", (some: string) => (text += some));
  return { child: started, ended: new Promise((resolve) => started.once("close", (code) => resolve({ code, text }))) };
}

/**
 * Runs the child again and again and kills it with SIGKILL, until it was killed so many times; then runs it to its end. A kill
 * comes a moment after a task has committed, so that every run gets somewhere; every fourth one at any time, from the start of
 * the process on. Returns how many kills found it alive.
 */
export async function killedRuns(child: ChildRun, kills: number): Promise<number> {
  let hit = 0;
  for (let i = 0; i < kills * 3 && hit < kills; i++) {
    const before = commits(child.recipe.output);
    const { child: started, ended } = startChild(child);
    let over = false;
    const killing = (async () => {
      if (i % 4 === 3) await sleep(Math.random() * 1500);
      else for (; !over && commits(child.recipe.output) <= before; ) await sleep(3);
      await sleep(Math.random() * 40);
      started.kill("SIGKILL");
    })();
    const { code, text } = await ended;
    over = true;
    await killing;
    if (code === null) hit++;
    // A worker that dies again and again by itself may end a run; the next one goes on.
    else if (code !== 0 && !RETRIED.test(text)) throw new Error(`the run ended with ${code}: ${text}`);
    else if (text.includes('"finishedBefore":true')) break;
  }
  for (;;) {
    const { code, text } = await startChild(child).ended;
    if (code === 0) return hit;
    if (!RETRIED.test(text)) throw new Error(`the run ended with ${code}: ${text}`);
  }
}

const RETRIED = /"kind":"(worker-lost|poison)"/;

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Commit records of a run that is not finished. */
function commits(output: string): number {
  let names: string[];
  try {
    names = readdirSync(join(output, ".millrace"), { recursive: true, encoding: "utf8" });
  } catch {
    return 0; // not there yet, or being tidied up
  }
  return names.filter((name) => /commit[/\\]\d+\.json$/.test(name)).length;
}

/** Every file below a folder by its path, as SHA-256. */
export function tree(path: string): Record<string, string> {
  const out: Record<string, string> = {};
  for (const name of readdirSync(path, { recursive: true, encoding: "utf8" }).sort()) {
    const file = join(path, name);
    if (statSync(file).isFile()) out[name] = createHash("sha256").update(readFileSync(file)).digest("hex");
  }
  return out;
}

/** Ids and texts that the streaming run of a recipe keeps, in order. */
export async function streamed(recipe: Recipe): Promise<readonly string[]> {
  const kept: string[] = [];
  for await (const { id, text, origin } of pipelineOf(recipe))
    kept.push(`${id} ${text} ${origin.source} ${origin.record} ${origin.offset}`);
  return kept;
}

/** The same of what a planned run wrote as plain JSON lines. */
export function written(output: string): readonly string[] {
  const manifest = JSON.parse(readFileSync(join(output, "manifest.json"), "utf8")) as Manifest;
  return manifest.shards.flatMap(({ name }) =>
    readFileSync(join(output, name), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { id: string; text: string; origin: { source: string; record: number; offset: number } })
      .map(({ id, text, origin }) => `${id} ${text} ${origin.source} ${origin.record} ${origin.offset}`),
  );
}
