/**
 * What a run asks of an engine: begin tasks, say how each ended, stop. An engine carries no records and decides nothing about
 * retries; the driver does. Tasks exchange files only, so an engine may run them in threads, in processes or on other machines
 * that see the same folder.
 */
import type { RunReport } from "../core/index.ts";
import type { JobReference, RunFolder } from "./folder.ts";
import type { Plan } from "./plan.ts";

export interface TaskRef {
  readonly phase: number;
  readonly task: number;
  /** The task has lost a worker: note each record, so that a second crash can be laid to one. */
  readonly careful?: boolean;
}

/** What went wrong, as plain data: it comes from another thread, process or machine. */
export interface TaskFailure {
  readonly kind: string;
  readonly message: string;
  readonly stack?: string;
}

/**
 * How a task ended. "done": it has committed, by whichever attempt. "failed": it said why, and would fail again in the same way.
 * "lost": its worker is gone without a word, or asked for another try.
 */
export type TaskEnd =
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly failure: TaskFailure }
  | { readonly kind: "lost"; readonly reason: string };

/** One run, as an engine sees it. */
export interface EngineRun {
  readonly folder: RunFolder;
  readonly plan: Plan;
  readonly job: JobReference;
  /** Bytes of memory that the step over the whole corpus may take. */
  readonly memoryBytes: number;
  /** Called once for each task submitted, unless it was cancelled. */
  ended(ref: TaskRef, end: TaskEnd): void;
  /** Called now and then with the counters of a task that runs. */
  progress(ref: TaskRef, report: RunReport): void;
}

export interface EngineSession {
  /** Tasks that it can have in hand without leaving a worker idle; more are for it to hold. */
  readonly slots: number;
  submit(ref: TaskRef): void;
  /** Stops all tasks, begun or not; none of them is heard of again. Settles when the workers are gone. */
  close(): Promise<void>;
}

export interface Engine {
  readonly name: string;
  open(run: EngineRun): Promise<EngineSession>;
}
