/** Runs tasks one after the other in this thread: the inside of every worker, whatever engine it belongs to. */
import { messageOf, PipelineError, type RunReport, Shared } from "../core/index.ts";
import type { TaskEnd, TaskFailure, TaskRef } from "./engine.ts";
import { exclusionsOfPlan } from "./exclusions.ts";
import type { JobReference, RunFolder, WorkFolder } from "./folder.ts";
import { loadPlannedJob } from "./load-job.ts";
import { type Plan, partsOf } from "./plan.ts";
import { Notebook } from "./quarantine.ts";
import { type Attempt, attemptTask } from "./task.ts";
import type { TaskContext } from "./task-context.ts";

export interface RunnerOptions {
  readonly folder: RunFolder;
  readonly plan: Plan;
  readonly job: JobReference;
  readonly memoryBytes: number;
}

type OfWorker = Pick<TaskContext, "plan" | "job" | "exclusions" | "work" | "memoryBytes" | "shared">;

export class TaskRunner {
  readonly #work: WorkFolder;
  readonly #plan: Plan;
  readonly #context: OfWorker;

  private constructor(context: OfWorker) {
    this.#context = context;
    this.#work = context.work;
    this.#plan = context.plan;
  }

  /** Loads the job. Throws what a worker should report and not repeat. */
  static async open({ folder, plan, job, memoryBytes }: RunnerOptions): Promise<TaskRunner> {
    // What is shared goes with the thread or the process: a runner has no end of its own.
    const planned = await loadPlannedJob(job, plan);
    const exclusions = exclusionsOfPlan(partsOf(planned), plan);
    return new TaskRunner({ plan, job: planned, exclusions, work: folder.work(plan), memoryBytes, shared: new Shared() });
  }

  /**
   * Does the work of a task. Settles when its records have gone through all steps: closing its files, which is mostly waiting for the
   * disk, and its commit go on, and `end` tells what became of it. A careful task is waited for to its end.
   */
  async work(ref: TaskRef, signal: AbortSignal, onProgress: (report: RunReport) => void): Promise<{ readonly end: Promise<TaskEnd> }> {
    let onWorked = (): void => {};
    const worked = new Promise<void>((resolve) => {
      onWorked = resolve;
    });
    const end = this.#attempt(ref, { ...this.#context, signal, onProgress, ...(ref.careful === true ? {} : { onWorked }) });
    await Promise.race([worked, end]);
    return { end };
  }

  /** Never throws. */
  async #attempt(ref: TaskRef, context: TaskContext): Promise<TaskEnd> {
    const { phase, task } = ref;
    let attempt: Attempt | undefined;
    try {
      const notebook = ref.careful === true ? new Notebook(this.#work.noteFile(phase, task)) : undefined;
      const note = notebook === undefined ? {} : { note: (source: string, record: number) => notebook.note(source, record) };
      try {
        attempt = await attemptTask({ ...context, ...note }, phase, task);
      } finally {
        notebook?.close();
      }
    } catch (error) {
      return endOf(error, `phase ${phase} (${this.#plan.phases[phase]?.kind}), task ${task}`);
    }
    try {
      await attempt?.commit();
      return { kind: "done" };
    } catch (error) {
      return endOf(error, `the commit of phase ${phase}, task ${task}`);
    }
  }
}

/** Errors of the system that another try may not meet. */
const TRANSIENT: ReadonlySet<unknown> = new Set(["EAGAIN", "EMFILE", "ENFILE", "ETIMEDOUT", "ESTALE", "ECONNRESET"]);

function endOf(error: unknown, where: string): TaskEnd {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (TRANSIENT.has((cause as NodeJS.ErrnoException).code)) return { kind: "lost", reason: messageOf(error) };
  }
  return { kind: "failed", failure: failureOf(error, where) };
}

/** An error as plain data. A message without a place gets that of the task. */
export function failureOf(error: unknown, where?: string): TaskFailure {
  const placed = where === undefined || (error instanceof PipelineError && error.origin !== undefined);
  const message = placed ? messageOf(error) : `${messageOf(error)} (${where})`;
  const kind = error instanceof PipelineError ? error.kind : "stage-failed";
  return { kind, message, ...(error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {}) };
}
