/** A planned run from beginning to end: plan, phases, publishing; or what is left of it. */
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import {
  canonicalJson,
  type Excluded,
  type InputFacts,
  type Job,
  type Json,
  knownOptions,
  numberOption,
  PipelineError,
  type PlannedSink,
  type RunReport,
  wordOption,
} from "../core/index.ts";
import { createIfAbsent } from "../store/index.ts";
import { Books } from "./books.ts";
import { moduleCode } from "./code.ts";
import { allRecords, type TaskRecord } from "./commit.ts";
import { drive } from "./driver.ts";
import type { Engine } from "./engine.ts";
import { checkLinks, exclusionsOfPlan } from "./exclusions.ts";
import { type JobReference, RunFolder, readJson, type WorkFolder } from "./folder.ts";
import { removeDead } from "./gc.ts";
import { loadJob } from "./load-job.ts";
import { localEngine } from "./local-engine.ts";
import { makePlan, type Plan, type PlanOptions, partsOf, planDifferences } from "./plan.ts";
import { ProgressBoard, type RunProgress } from "./progress.ts";
import type { Decided, Observed } from "./task-context.ts";

export interface RunPlannedOptions extends PlanOptions {
  /** Who runs the tasks. Default: {@link localEngine} with as many threads as processors. No result depends on it. */
  readonly engine?: Engine;
  /** Begin anew, whatever was begun or finished in the output folder. Default false. */
  readonly force?: boolean;
  /** Bytes of memory that a step over the whole corpus may take, from 1 MiB; default 256 MiB. */
  readonly memoryBytes?: number;
  /** Called with the state of all workers about every `progressInterval` milliseconds, and at the end of each phase. */
  readonly onProgress?: (progress: RunProgress) => void;
  /** Milliseconds. Default 500. */
  readonly progressInterval?: number;
}

export interface PlannedResult {
  readonly plan: Plan;
  /** What the sink published: for shards, their manifest. */
  readonly output: unknown;
  /** Counters of the whole run, earlier attempts included; `seconds` are those of all workers together. Null when nothing was left to do. */
  readonly report: RunReport | null;
}

const OPTIONS = [
  "seed",
  "onError",
  "splitBytes",
  "exclusions",
  "signal",
  "engine",
  "force",
  "memoryBytes",
  "onProgress",
  "progressInterval",
];

/**
 * Runs the job that a module makes, on all workers of an engine, or finishes what an earlier call has begun. The result depends on
 * inputs, configuration, seed and version alone: not on workers, engine, timing or interruptions (`docs/run.md`).
 *
 * Throws `TypeError` or `RangeError` for options, and `PipelineError`: "unplannable" for a job that cannot be spread, "changed" when
 * the output folder holds a run of another plan, "exists" when it holds other finished work, and what a task failed with.
 */
export async function runPlanned(module: string | JobReference, options: RunPlannedOptions = {}): Promise<PlannedResult> {
  checkOptions(options);
  const reference = typeof module === "string" ? { module: resolve(module), args: [] } : module;
  const job = await loadJob(reference);
  const plan = await makePlan(job, options, await moduleCode(reference.module));
  const parts = partsOf(job);
  const sink = parts.sink.planned as PlannedSink<unknown>;
  const ends: Ends = { sink, exclusions: exclusionsOfPlan(parts, plan)?.planned };
  const folder = new RunFolder(sink.folder, sink.name);
  const { force = false, signal = new AbortController().signal } = options;

  const finished = await begin(folder, plan, ends, force);
  if (finished !== undefined) return { plan, output: finished, report: null };
  await writeFile(folder.jobFile, `${JSON.stringify(reference)}\n`);
  const board = new ProgressBoard(plan, options.onProgress, options.progressInterval ?? 500);
  try {
    const { engine = localEngine(), memoryBytes = DEFAULT_MEMORY } = options;
    await drive({ folder, plan, job: reference, engine, memoryBytes, signal, watch: board });
    const report = await publish(folder, plan, ends, signal);
    return { plan, ...report };
  } catch (error) {
    // Another process may have finished the same run, and tidied up under our hands.
    const output = await finishedOutput(folder, plan, ends);
    if (output === undefined) throw error;
    return { plan, output, report: null };
  } finally {
    board.close();
  }
}

const DEFAULT_MEMORY = 256 * 1024 * 1024;

function checkOptions(options: RunPlannedOptions): void {
  const name = "runPlanned";
  knownOptions(name, options, OPTIONS);
  numberOption(name, "splitBytes", options.splitBytes ?? 1, { min: 1, max: Number.MAX_SAFE_INTEGER, integer: true });
  numberOption(name, "memoryBytes", options.memoryBytes ?? DEFAULT_MEMORY, { min: 2 ** 20, max: Number.MAX_SAFE_INTEGER, integer: true });
  numberOption(name, "seed", options.seed ?? 0, { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER, integer: true });
  wordOption(name, "onError", options.onError ?? "throw", ["throw", "skip"]);
}

/** Where the records of a run end: in the sink, or in that of the exclusions. */
interface Ends {
  readonly sink: PlannedSink<unknown>;
  readonly exclusions: PlannedSink<Excluded> | undefined;
}

/** Makes this plan the one of the folder. Returns the output when there is nothing left to do. */
async function begin(folder: RunFolder, plan: Plan, ends: Ends, force: boolean): Promise<unknown> {
  const { sink, exclusions } = ends;
  if (force) await folder.remove();
  let begun = await folder.plan();
  if (begun === undefined) {
    if (!force) {
      await sink.check(identityOf(plan));
      await exclusions?.check({ ...identityOf(plan), exclusions: true });
    }
    if (exclusions !== undefined) await checkLinks(sink.folder, exclusions.folder);
    if (!(await folder.claim(plan))) begun = await folder.plan();
  }
  if (begun !== undefined && begun.hash !== plan.hash) {
    const what = planDifferences(begun, plan).join("; ");
    const message = `${folder.path} holds a run of another plan: ${what}; choose another folder, or begin anew with \`force\` (--force)`;
    throw new PipelineError({ kind: "changed", message });
  }
  const output = await finishedOutput(folder, plan, ends);
  if (output !== undefined) {
    await folder.tidy(); // an earlier call may have died while it did
    return output;
  }
  const work = folder.work(plan);
  await folder.reopen();
  await work.make(plan.phases.length);
  await removeDead(plan, work);
  // Until this file is there nobody has published, so there is no manifest of ours that `begin` could remove.
  if ((await readJson(work.begunFile)) === undefined) {
    await exclusions?.begin();
    await sink.begin();
    await createIfAbsent(work.begunFile, Buffer.from("{}\n"));
  }
  return undefined;
}

/** The word that a run is finished: digests of what its sinks published. */
interface Finished {
  readonly plan: string;
  readonly output: string;
  readonly exclusions?: string;
}

async function finishedOutput(folder: RunFolder, plan: Plan, { sink, exclusions }: Ends): Promise<unknown> {
  const finished = await readJson<Finished>(folder.finishedFile);
  if (finished?.plan !== plan.hash) return undefined;
  const output = await sink.published();
  if (exclusions !== undefined && digestOf(await exclusions.published()) !== finished.exclusions) return undefined;
  // Another run, a streaming one say, may have replaced what this one published.
  return output !== undefined && digestOf(output) === finished.output ? output : undefined;
}

function digestOf(output: unknown): string {
  return createHash("sha256")
    .update(canonicalJson(JSON.parse(JSON.stringify(output ?? null)) as Json))
    .digest("hex");
}

/** Gives everything its final name, says that the run is finished, and removes what only the run needed. */
async function publish(
  folder: RunFolder,
  plan: Plan,
  { sink, exclusions }: Ends,
  signal: AbortSignal,
): Promise<Pick<PlannedResult, "output" | "report">> {
  const { report, parts, excluded, inputs } = await bookkeeping(plan, folder.work(plan));
  const about = { ...identityOf(plan), report, signal };
  // The run's own manifest comes last: where it is, the exclusions are whole.
  const kept = await exclusions?.publish(excluded, { ...about, exclusions: true });
  const output = await sink.publish(parts, { ...about, inputs });
  const finished: Finished = { plan: plan.hash, output: digestOf(output), ...(kept === undefined ? {} : { exclusions: digestOf(kept) }) };
  await createIfAbsent(folder.finishedFile, Buffer.from(`${JSON.stringify(finished)}\n`));
  await folder.tidy();
  return { output, report };
}

/** What a manifest is told of the plan. The plan's own field `exclusions` is another thing than that of a sink's context. */
function identityOf({ seed, stages }: Plan): Pick<Plan, "seed" | "stages"> {
  return { seed, stages };
}

interface Part {
  readonly directory: string;
  readonly part: Json;
}

interface Summed {
  readonly report: RunReport;
  readonly inputs: readonly InputFacts[];
  /** What the sink wrote, in the order of the tasks, and before that what it kept of records that departed earlier. */
  readonly parts: readonly Part[];
  /** What the exclusions sink wrote, in the order of phases and tasks. */
  readonly excluded: readonly Part[];
}

/** What the records of all tasks come to. */
async function bookkeeping(plan: Plan, work: WorkFolder): Promise<Summed> {
  const books = new Books(plan.stages);
  const [parts, kept]: [Part[], Part[]] = [[], []];
  let inputs: readonly InputFacts[] = [];
  for (const [number, phase] of plan.phases.entries()) {
    if (phase.kind === "count") continue;
    const records = await allRecords(plan, work, number);
    if (phase.kind !== "decide" && phase.records === "input") inputs = inputFacts(plan, records);
    for (const { report, output, excluded, seconds } of records) {
      if (phase.kind === "decide") books.addDecision(phase.step, (output as unknown as Decided).counters, seconds);
      else if (report !== null) books.add(phase, report);
      const part = phase.kind === "write" ? output : phase.kind === "observe" ? (output as unknown as Observed).departures : null;
      if (part !== null) parts.push({ directory: work.data(number), part });
      if (excluded !== undefined) kept.push({ directory: work.data(number), part: excluded });
    }
  }
  return { report: books.report(), parts, excluded: kept, inputs };
}

/** Size and digest of every input: of one that was cut, the digests of its pieces. */
function inputFacts(plan: Plan, records: readonly TaskRecord[]): readonly InputFacts[] {
  const pieces = plan.inputs.map((): { readonly end: number; readonly sha256: string | null }[] => []);
  for (const { task, digests } of records) {
    for (const [i, { input, end }] of (plan.splits[task] ?? []).entries()) pieces[input]?.push({ end, sha256: digests[i] ?? null });
  }
  return plan.inputs.map(({ name, size }, i): InputFacts => {
    const own = pieces[i] ?? [];
    const facts = { source: name, bytes: size };
    return own.length > 1 ? { ...facts, sha256: null, pieces: own } : { ...facts, sha256: own[0]?.sha256 ?? null };
  });
}

/** A job of this process as a run would plan it, for a dry run. */
export async function planOf(
  module: string | JobReference,
  options: PlanOptions = {},
): Promise<{ readonly plan: Plan; readonly job: Job }> {
  const reference = typeof module === "string" ? { module: resolve(module), args: [] } : module;
  const job = await loadJob(reference);
  return { plan: await makePlan(job, options, await moduleCode(reference.module)), job };
}
