/** The steps that one task runs: the source restricted to its split, or kept records, and stages with their verdicts. */
import { open } from "node:fs/promises";
import { join } from "node:path";
import { type Json, originOf, type Piece, PipelineError, type Source, type Stage, type Step } from "../core/index.ts";
import { allRecords, type TaskRecord, taskRecord } from "./commit.ts";
import type { WorkFolder } from "./folder.ts";
import { KeptReader } from "./kept.ts";
import type { CountPhase, ObservePhase, WritePhase } from "./phases.ts";
import { type Plan, partsOf } from "./plan.ts";
import { spoolItems } from "./spool.ts";
import { type AttemptPlace, corpusWideOf, type Decided, type Observed, type TaskContext } from "./task-context.ts";

interface Segment {
  readonly steps: readonly Step[];
  /** Filled while the steps run: digests of the pieces of the split. */
  readonly digests: (string | null)[];
}

export async function segmentSteps(context: TaskContext, phase: ObservePhase | WritePhase, place: AttemptPlace): Promise<Segment> {
  const all = partsOf(context.job).steps;
  const digests: (string | null)[] = [];
  const steps: Step[] = [];
  for (let number = phase.first; number <= phase.last; number++) {
    const step = all[number] as Step;
    const decision = phase.decided[number];
    if (number === 0) steps.push({ ...step, source: await splitOfSource(context, phase, step, place, digests) });
    else if (decision === undefined) steps.push(step);
    else {
      if (number === phase.first) steps.push(await keptStep(context, phase.records as number, place.task));
      steps.push({ ...step, stage: await appliedStage(context, step, decision, place) });
    }
  }
  return { steps, digests };
}

/** The source, restricted to the split of the task. A source that cannot be cut is read whole, by the one task there is. */
async function splitOfSource(
  context: TaskContext,
  phase: ObservePhase | WritePhase,
  step: Step,
  place: AttemptPlace,
  digests: (string | null)[],
): Promise<Source<unknown>> {
  const { plan, note } = context;
  const source = step.source as Source<unknown>;
  const cut = source.splits;
  if (cut === undefined) return source;
  const pieces = await placedPieces(context, place.task);
  digests.push(...pieces.map(() => null));
  const admit = (name: string, record: number): boolean => {
    note?.(name, record);
    const entry = place.quarantine.get(name)?.get(record);
    // Verdicts count the records that were there when they were asked for: what killed since goes behind the stage.
    return entry === undefined || (entry.phase >= place.phase && Object.keys(phase.decided).length > 0);
  };
  const digest = (piece: number, sha256: string): void => {
    digests[piece] = sha256;
  };
  const watched = note !== undefined || place.quarantine.size > 0;
  const run = { inputs: plan.inputs, pieces, digest, ...(watched ? { admit } : {}) };
  return { ...source, run: (sourceContext) => cut.run(run, sourceContext) };
}

/** The pieces of a split, each with the number of its first record. */
async function placedPieces({ plan, work }: TaskContext, split: number): Promise<readonly (Piece & { readonly record: number })[]> {
  const pieces = plan.splits[split] ?? [];
  if (pieces.every((piece) => piece.start === 0)) return pieces.map((piece) => ({ ...piece, record: 0 }));
  const begins = await firstRecords(plan, work);
  return pieces.map((piece) => ({ ...piece, record: piece.start === 0 ? 0 : (begins.get(`${piece.input}:${piece.start}`) ?? 0) }));
}

/** By plan, where records begin: made once in a worker, from the records of the counting phase. */
const FIRST_RECORDS = new WeakMap<Plan, Promise<ReadonlyMap<string, number>>>();

function firstRecords(plan: Plan, work: WorkFolder): Promise<ReadonlyMap<string, number>> {
  let found = FIRST_RECORDS.get(plan);
  if (found === undefined) {
    found = sumCounts(plan, work);
    found.catch(() => FIRST_RECORDS.delete(plan));
    FIRST_RECORDS.set(plan, found);
  }
  return found;
}

async function sumCounts(plan: Plan, work: WorkFolder): Promise<ReadonlyMap<string, number>> {
  const phase = plan.phases.findIndex(({ kind }) => kind === "count");
  const records = await allRecords(plan, work, phase);
  const { splits } = plan.phases[phase] as CountPhase;
  const counts = new Map(splits.map((split, task) => [split, records[task]?.output as readonly (number | null)[]]));
  const begins = new Map<string, number>();
  const next = new Map<number, number>();
  for (const [split, pieces] of plan.splits.entries()) {
    for (const [i, { input, start }] of pieces.entries()) {
      const record = next.get(input) ?? 0;
      begins.set(`${input}:${start}`, record);
      next.set(input, record + (counts.get(split)?.[i] ?? 0));
    }
  }
  return begins;
}

/** The records that the same task of an earlier phase kept, in the place of the source. */
async function keptStep({ plan, work, note }: TaskContext, phase: number, task: number): Promise<Step> {
  const record = await committed(plan, work, phase, task);
  const { kept } = record.output as unknown as Observed;
  const path = join(work.data(phase), kept ?? "");
  const source: Source<unknown> = {
    name: "kept records",
    async *run() {
      const records = new KeptReader();
      for await (const batch of spoolItems(path, true)) {
        for (const one of records.recordsOf(batch)) {
          const origin = originOf(one);
          if (origin !== undefined) note?.(origin.source, origin.record);
          yield one;
        }
      }
    },
  };
  return { name: source.name, config: null, source };
}

/** A corpus-wide stage with its verdicts for this split. What is in quarantine goes behind it, because it counts its records. */
async function appliedStage(context: TaskContext, step: Step, decision: number, place: AttemptPlace): Promise<Stage<unknown, unknown>> {
  const { plan, work } = context;
  const stage = step.stage as Stage<unknown, unknown>;
  const corpusWide = corpusWideOf(stage, step.name);
  const { output } = await committed(plan, work, decision, 0);
  const verdicts = await readVerdicts(work, decision, output, place.task);
  const poisoned = place.quarantine;
  return {
    ...stage,
    async *run(input, stageContext) {
      const passed = corpusWide.apply(input, verdicts, stageContext);
      if (poisoned.size === 0) return yield* passed;
      for await (const record of passed) {
        const origin = originOf(record);
        const entry = origin === undefined ? undefined : poisoned.get(origin.source)?.get(origin.record);
        // What was left out before this phase did not come here.
        if (entry === undefined) yield record;
        else {
          const message = "the worker died on this record every time, so it is left out";
          stageContext.fail(new PipelineError({ kind: "poison", message }), { record });
        }
      }
    },
  };
}

async function readVerdicts(work: WorkFolder, phase: number, output: Json, task: number): Promise<Uint8Array> {
  const { verdicts, offsets } = output as unknown as Decided;
  const [from = 0, to = 0] = offsets.slice(task, task + 2);
  const bytes = Buffer.alloc(to - from - 4);
  const handle = await open(join(work.data(phase), verdicts), "r");
  try {
    // The length of an item stands in front of it.
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, from + 4);
    if (bytesRead !== bytes.length)
      throw new PipelineError({ kind: "truncated", message: `${verdicts} ends inside the verdicts of split ${task}` });
  } finally {
    await handle.close();
  }
  return bytes;
}

async function committed(plan: Plan, work: WorkFolder, phase: number, task: number): Promise<TaskRecord> {
  const record = await taskRecord(plan, work, phase, task);
  if (record !== undefined) return record;
  throw new PipelineError({ kind: "incomplete", message: `task ${task} of phase ${phase} has not committed, though a later one needs it` });
}
