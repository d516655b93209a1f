/** What a task is given, and what tasks hand to each other. */
import {
  type CorpusWide,
  type Excluded,
  type Job,
  type Json,
  PipelineError,
  type RunReport,
  type Shared,
  type Sink,
  type Step,
} from "../core/index.ts";
import type { WorkFolder } from "./folder.ts";
import type { Plan } from "./plan.ts";
import type { Quarantine } from "./quarantine.ts";

/** What a task needs of its surroundings. */
export interface TaskContext {
  readonly plan: Plan;
  readonly job: Job;
  /** Keeps what the stages drop; undefined when the run keeps none of it. */
  readonly exclusions: Sink<Excluded> | undefined;
  readonly work: WorkFolder;
  readonly signal: AbortSignal;
  /** What the tasks of this worker share. */
  readonly shared: Shared;
  /** Bytes of memory that the step over the whole corpus may take. */
  readonly memoryBytes: number;
  /** Called a few times a second with the counters of the task. */
  readonly onProgress?: (report: RunReport) => void;
  /** Called when the records have gone through all steps. What is left then is waiting for the disk, or nearly so. */
  readonly onWorked?: () => void;
  /** Called before each record of the source, so that a crash can be laid to it. */
  readonly note?: (source: string, record: number) => void;
}

/** What one attempt has at hand. */
export interface AttemptPlace {
  readonly task: number;
  readonly phase: number;
  readonly prefix: string;
  readonly directory: string;
  /** Names of the files it has made so far. */
  readonly files: string[];
  readonly quarantine: Quarantine;
}

/** Output of `observe`: the file of fingerprints, its bytes, the file of kept records. */
export interface Observed {
  readonly fingerprints: string;
  readonly bytes: number;
  readonly kept: string | null;
  /** What the sink keeps of records that departed in this phase; null when they pass here again. */
  readonly departures: Json | null;
}

/** Output of `decide`: the file of verdicts, one item a split, where each begins in it, and the counters of the step. */
export interface Decided {
  readonly verdicts: string;
  readonly offsets: readonly number[];
  readonly counters: Readonly<Record<string, number>>;
}

/** The three steps of a stage that decides over the whole corpus. */
export function corpusWideOf(stage: Step["stage"], name: string): CorpusWide<unknown, unknown> {
  if (stage?.corpusWide !== undefined) return stage.corpusWide;
  throw new PipelineError({ kind: "changed", stage: name, message: "decides over the whole corpus in the plan, but not in the pipeline" });
}
