/**
 * Cuts a pipeline into phases. A phase is a set of tasks that need nothing of each other; the next one begins when all have
 * committed.
 *
 *   count     numbers of records in pieces of cut files, where a later piece must know how many came before it
 *   observe   source and stages up to a corpus-wide stage, which reduces what arrives to fingerprints; the records are kept
 *   decide    one task: fingerprints of all splits to verdicts for each
 *   write     the rest of the pipeline, over the kept records and with the verdicts, into the sink
 *
 * Records that reach a corpus-wide stage are kept on disk, because reading them again costs less than making them again: see
 * docs/run.md for the measurement. Directly behind the source nothing was made of them yet, so there the input is read again and
 * no copy is written.
 */
import type { PlannedInput, Split, Step } from "../core/index.ts";

/** Where the records of a phase come from: the input, or what the tasks of an earlier phase kept. */
export type Records = "input" | number;

/** The part of a pipeline that one task runs through. */
interface Segment {
  readonly records: Records;
  /** The first and last step it runs, by number in the pipeline; the source is step 0. */
  readonly first: number;
  readonly last: number;
  /** Corpus-wide stages among them: number of the step, and of the phase that decided. */
  readonly decided: Readonly<Record<number, number>>;
}

export interface CountPhase {
  readonly kind: "count";
  readonly tasks: number;
  /** The split of each task: only splits whose pieces are followed by others of the same input. */
  readonly splits: readonly number[];
}

export interface ObservePhase extends Segment {
  readonly kind: "observe";
  readonly tasks: number;
  /** Number of the corpus-wide stage, the one behind `last`. */
  readonly step: number;
  /** Whether the records are kept for the next phase. */
  readonly keeps: boolean;
}

export interface DecidePhase {
  readonly kind: "decide";
  readonly tasks: 1;
  readonly step: number;
  /** Number of the phase whose fingerprints it reads. */
  readonly observed: number;
}

export interface WritePhase extends Segment {
  readonly kind: "write";
  readonly tasks: number;
}

export type Phase = CountPhase | ObservePhase | DecidePhase | WritePhase;

export function phasesOf(steps: readonly Step[], splits: readonly Split[], inputs: readonly PlannedInput[]): readonly Phase[] {
  const phases: Phase[] = [];
  const counted = [...splits.keys()].filter((split) => splits[split]?.some((piece) => piece.end < (inputs[piece.input]?.size ?? 0)));
  if (counted.length > 0) phases.push({ kind: "count", tasks: counted.length, splits: counted });

  let records: Records = "input";
  let first = 0;
  let decided: Record<number, number> = {};
  const tasks = splits.length;
  for (const [step, { stage }] of steps.entries()) {
    if (stage?.corpusWide === undefined) continue;
    const keeps: boolean = records !== "input" || step > 1;
    const observed: number = phases.push({ kind: "observe", tasks, step, keeps, records, first, last: step - 1, decided }) - 1;
    const decision: number = phases.push({ kind: "decide", tasks: 1, step, observed }) - 1;
    decided = { [step]: decision };
    if (keeps) [records, first] = [observed, step];
  }
  phases.push({ kind: "write", tasks, records, first, last: steps.length - 1, decided });
  return phases;
}

/** Whether what the steps count and drop in this phase stands: steps whose records are not kept run again in the next one. */
export function isCounted(phase: ObservePhase | WritePhase): boolean {
  return phase.kind === "write" || phase.keeps;
}

/** "observe dedupe", for people. */
export function phaseName(phase: Phase, stages: readonly { readonly name: string }[]): string {
  return "step" in phase ? `${phase.kind} ${stages[phase.step]?.name ?? ""}` : phase.kind;
}
