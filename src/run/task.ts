/**
 * One task: a pure function of the plan, its phase and number, and what the phases before have committed. It runs in a worker
 * and knows neither engine nor driver.
 */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  drain,
  Execution,
  type Fingerprints,
  type Json,
  messageOf,
  PipelineError,
  type RunReport,
  Scope,
  type Step,
} from "../core/index.ts";
import { allRecords, attemptPrefix, commitTask, removeFiles, type TaskRecord, taskName, taskRecord } from "./commit.ts";
import { type AttemptExclusions, attemptExclusions } from "./exclusions.ts";
import { KeptWriter } from "./kept.ts";
import type { CountPhase, DecidePhase, ObservePhase, WritePhase } from "./phases.ts";
import { type Plan, partsOf } from "./plan.ts";
import { readQuarantine } from "./quarantine.ts";
import { segmentSteps } from "./segment.ts";
import { SpoolWriter, spoolItems } from "./spool.ts";
import { type AttemptPlace, corpusWideOf, type Decided, type Observed, type TaskContext } from "./task-context.ts";

/** An attempt that has done its work and written its files, and waits to be committed. */
export interface Attempt {
  readonly record: TaskRecord;
  commit(): Promise<"won" | "lost">;
}

type Outcome = Pick<TaskRecord, "output"> & Partial<Pick<TaskRecord, "report" | "digests">> & { readonly excluded?: Json | null };

/**
 * Does the work of a task; undefined when it is committed already. Nothing is visible before `commit`. When it throws, its files
 * are removed.
 */
export async function attemptTask(context: TaskContext, phase: number, task: number): Promise<Attempt | undefined> {
  const { plan, work } = context;
  const begun = performance.now();
  if ((await taskRecord(plan, work, phase, task)) !== undefined) return undefined;
  const split = splitOf(plan, phase, task);
  const place: AttemptPlace = {
    task,
    phase,
    prefix: attemptPrefix(task),
    directory: work.data(phase),
    files: [],
    quarantine: split === undefined ? new Map() : await readQuarantine(work, split),
  };
  try {
    const { output, report = null, digests = [], excluded = null } = await outcomeOf(context, place);
    const seconds = (performance.now() - begun) / 1000;
    const own = excluded === null ? {} : { excluded };
    const record = { plan: plan.hash, phase, task, files: [...place.files], report, digests, output, ...own, seconds };
    return { record, commit: () => commitTask(work, record) };
  } catch (error) {
    await removeFiles(work, phase, place.files);
    throw error;
  }
}

/** The split a task works on; undefined for the step over the whole corpus. */
export function splitOf(plan: Plan, phase: number, task: number): number | undefined {
  const facts = plan.phases[phase];
  if (facts === undefined || task < 0 || task >= facts.tasks || !Number.isInteger(task)) {
    throw new RangeError(`run: the plan has no task ${task} in phase ${phase}`);
  }
  if (facts.kind === "decide") return undefined;
  return facts.kind === "count" ? facts.splits[task] : task;
}

async function outcomeOf(context: TaskContext, place: AttemptPlace): Promise<Outcome> {
  const phase = context.plan.phases[place.phase] as Plan["phases"][number];
  switch (phase.kind) {
    case "count":
      return count(context, phase, place);
    case "observe":
      return observe(context, phase, place);
    case "decide":
      return decide(context, phase, place);
    case "write":
      return write(context, phase, place);
  }
}

/** Output: for each piece of the split, the number of its records; null where no later piece needs it. */
async function count({ plan, job, signal }: TaskContext, phase: CountPhase, { task }: AttemptPlace): Promise<Outcome> {
  const source = partsOf(job).steps[0]?.source?.splits;
  const counts: (number | null)[] = [];
  for (const piece of plan.splits[phase.splits[task] as number] ?? []) {
    const input = plan.inputs[piece.input];
    const needed = source !== undefined && input !== undefined && piece.end < input.size;
    counts.push(needed ? await source.count(input, piece, signal).catch((error: unknown) => failCounting(error, input.name)) : null);
  }
  return { output: counts };
}

/** Counting makes no records, so there is no place that the engine could add to what went wrong. */
function failCounting(error: unknown, name: string): never {
  const kind = error instanceof PipelineError ? error.kind : "unreadable";
  throw new PipelineError({ kind, message: `${name}: ${messageOf(error)}`, cause: error });
}

async function observe(context: TaskContext, phase: ObservePhase, place: AttemptPlace): Promise<Outcome> {
  const { name, config, stage } = partsOf(context.job).steps[phase.step] as Step;
  const corpusWide = corpusWideOf(stage, name);
  const open = async (kind: string): Promise<{ readonly file: string; readonly spool: SpoolWriter }> => {
    const file = `${place.prefix}${kind}`;
    place.files.push(file);
    return { file, spool: await SpoolWriter.create(join(place.directory, file)) };
  };
  const kept = phase.keeps ? await open("kept") : undefined;
  const fingerprints = await open("fingerprints");
  const records = kept && new KeptWriter(kept.spool, context.exclusions !== undefined, name);
  const exclusions = attemptExclusions(context.plan, context.exclusions, phase, place);
  const observer: Step = {
    name,
    config,
    stage: {
      name,
      run: (input, stageContext) => corpusWide.observe(records === undefined ? input : keeping(input, records), stageContext),
    },
  };
  try {
    const { steps, digests } = await segmentSteps(context, phase, place);
    const execution = executionOf(context, phase, [...steps, observer], place.task, exclusions);
    // Records that are not kept go through these steps again, and depart again.
    const sink = phase.keeps ? partsOf(context.job).sink : undefined;
    const departures = await drain(execution, sink?.name ?? name, async (chunks, sinkContext) => {
      const lineage = sink?.planned?.departures?.(place, sinkContext);
      try {
        for await (const chunk of chunks) {
          const full = fingerprints.spool.add(chunk as Uint8Array);
          if (full !== undefined) await full;
        }
        const part = (await lineage?.commit()) ?? null;
        if (part !== null) place.files.push(...(sink?.planned?.files(part) ?? []));
        return part;
      } finally {
        await lineage?.abort();
      }
    });
    await kept?.spool.commit();
    await fingerprints.spool.commit();
    const facts: Observed = { fingerprints: fingerprints.file, bytes: fingerprints.spool.bytes, kept: kept?.file ?? null, departures };
    const output = facts as unknown as Json;
    return { output, report: ownReport(execution.report(), phase), digests, excluded: exclusions.part() };
  } catch (error) {
    await kept?.spool.abort();
    await fingerprints.spool.abort();
    throw error;
  }
}

/** Passes records on and keeps a copy of each. */
async function* keeping(input: AsyncIterable<unknown>, records: KeptWriter): AsyncGenerator<unknown, void> {
  for await (const record of input) {
    const full = records.add(record);
    if (full !== undefined) await full;
    yield record;
  }
  await records.flush();
}

async function decide(context: TaskContext, phase: DecidePhase, place: AttemptPlace): Promise<Outcome> {
  const { plan, job, work, signal, memoryBytes } = context;
  const { name, stage } = partsOf(job).steps[phase.step] as Step;
  const observed = (await allRecords(plan, work, phase.observed)).map((record) => record.output as unknown as Observed);
  const splits = observed.map(({ fingerprints, bytes }): Fingerprints => {
    const path = join(work.data(phase.observed), fingerprints);
    return { bytes, read: () => spoolItems(path) };
  });
  const verdicts = `${place.prefix}verdicts`;
  place.files.push(verdicts);
  const directory = join(place.directory, `${place.prefix}scratch`);
  await mkdir(directory);
  const spool = await SpoolWriter.create(join(place.directory, verdicts));
  const scope = new Scope();
  const counters: Record<string, number> = {};
  const counted = (counter: string, by = 1): void => {
    counters[counter] = (counters[counter] ?? 0) + by;
  };
  const offsets: number[] = [0];
  try {
    for await (const verdict of corpusWideOf(stage, name).decide(splits, { signal, scope, memoryBytes, directory, count: counted })) {
      signal.throwIfAborted();
      const full = spool.add(verdict);
      if (full !== undefined) await full;
      offsets.push(spool.bytes + 4 * offsets.length);
    }
    if (offsets.length !== splits.length + 1) {
      const message = `decided about ${offsets.length - 1} splits, there are ${splits.length}`;
      throw new PipelineError({ kind: "stage-failed", stage: name, message });
    }
    await spool.commit();
  } catch (error) {
    await spool.abort();
    throw error;
  } finally {
    await scope.close();
    await rm(directory, { recursive: true, force: true });
  }
  return { output: { verdicts, offsets, counters } satisfies Decided as unknown as Json };
}

/** Output: what the sink returned. */
async function write(context: TaskContext, phase: WritePhase, place: AttemptPlace): Promise<Outcome> {
  const { sink } = partsOf(context.job);
  const { planned } = sink;
  if (planned === undefined) throw new TypeError(`run: ${sink.name} cannot end a planned run`);
  const { steps, digests } = await segmentSteps(context, phase, place);
  const exclusions = attemptExclusions(context.plan, context.exclusions, phase, place);
  const execution = executionOf(context, phase, steps, place.task, exclusions);
  const output = await drain(execution, sink.name, async (input, sinkContext) => {
    const { directory, prefix, task } = place;
    const part = await planned.write(input, { directory, prefix, task }, sinkContext);
    place.files.push(...planned.files(part));
    return part;
  });
  return { output, report: ownReport(execution.report(), phase), digests, excluded: exclusions.part() };
}

function executionOf(
  { plan, signal, shared, onProgress, onWorked }: TaskContext,
  phase: ObservePhase | WritePhase,
  steps: readonly Step[],
  task: number,
  { sink }: AttemptExclusions,
): Execution<unknown> {
  const { seed, onError } = plan;
  const progress =
    onProgress === undefined
      ? {}
      : { onProgress: (report: RunReport) => onProgress(ownReport(report, phase)), progressInterval: PROGRESS_MS };
  const options = { seed, onError, signal, ...progress, ...(sink === undefined ? {} : { exclusions: sink }) };
  const execution = new Execution<unknown>(steps, options, `/${taskName(task)}`, shared);
  execution.onEnd = onWorked;
  return execution;
}

const PROGRESS_MS = 500;

/** The report without the step that stands for an earlier phase: kept records. */
function ownReport(report: RunReport, phase: ObservePhase | WritePhase): RunReport {
  return phase.records === "input" ? report : { ...report, stages: report.stages.slice(1) };
}
