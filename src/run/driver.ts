/**
 * Drives one phase after the other: hands the tasks that have not committed to the engine, follows what becomes of them, tries
 * lost ones again, and puts records that kill their workers into quarantine. It holds no state that the run's folder does not:
 * after a crash, or beside another driver, it goes on from the commit records.
 */
import { PipelineError, type RunReport } from "../core/index.ts";
import { committedTasks } from "./commit.ts";
import type { Engine, EngineSession, TaskEnd, TaskRef } from "./engine.ts";
import type { JobReference, RunFolder, WorkFolder } from "./folder.ts";
import type { Plan } from "./plan.ts";
import { forgetNote, notedRecord, quarantine, quarantined, type RecordPlace } from "./quarantine.ts";
import { splitOf } from "./task.ts";

/** Workers a task may lose before it is given up, those laid to a record in quarantine not counted. */
const MAX_LOST = 4;
/** Records of one split that may be in quarantine: more than that is no accident of the data. */
const MAX_QUARANTINED = 5;

export interface DriverOptions {
  readonly folder: RunFolder;
  readonly plan: Plan;
  readonly job: JobReference;
  readonly engine: Engine;
  readonly memoryBytes: number;
  readonly signal: AbortSignal;
  readonly watch: Watch;
}

/** What a driver tells whoever shows progress. */
export interface Watch {
  /** A phase begins; so many of its tasks are done already. */
  phase(phase: number, done: ReadonlySet<number>): void;
  begun(ref: TaskRef): void;
  progress(ref: TaskRef, report: RunReport): void;
  ended(ref: TaskRef, end: TaskEnd): void;
}

/** Runs all phases. Throws when a task failed, or was lost too often; what has committed stays. */
export async function drive(options: DriverOptions): Promise<void> {
  const { folder, plan, job, engine, memoryBytes, signal, watch } = options;
  const work = folder.work(plan);
  let current: PhaseRun | undefined;
  let session: EngineSession | undefined;
  try {
    for (const phase of plan.phases.keys()) {
      signal.throwIfAborted();
      const done = await committedTasks(work, phase);
      watch.phase(phase, done);
      const missing = byWeight(plan, phase, done);
      if (missing.length === 0) continue;
      session ??= await engine.open({
        folder,
        plan,
        job,
        memoryBytes,
        ended: (ref, end) => current?.ended(ref, end),
        progress: (ref, report) => watch.progress(ref, report),
      });
      current = new PhaseRun(plan, work, session, watch);
      await current.run(missing, signal);
    }
  } finally {
    await session?.close();
  }
}

/** The tasks that are not done, those with the most input first: a long task begun last would be waited for alone. */
function byWeight(plan: Plan, phase: number, done: ReadonlySet<number>): TaskRef[] {
  const missing = Array.from({ length: plan.phases[phase]?.tasks ?? 0 }, (_, task) => task).filter((task) => !done.has(task));
  const weight = (task: number): number => {
    const split = splitOf(plan, phase, task);
    return split === undefined ? 0 : (plan.splits[split] ?? []).reduce((sum, { start, end }) => sum + end - start, 0);
  };
  const weights = new Map(missing.map((task) => [task, weight(task)]));
  return missing.sort((a, b) => (weights.get(b) ?? 0) - (weights.get(a) ?? 0) || a - b).map((task) => ({ phase, task }));
}

/** What is known of a task that lost workers. */
interface Losses {
  count: number;
  /** The record that the worker before was at. */
  place: RecordPlace | undefined;
}

class PhaseRun {
  readonly #plan: Plan;
  readonly #work: WorkFolder;
  readonly #session: EngineSession;
  readonly #watch: Watch;
  readonly #losses = new Map<number, Losses>();
  #waiting: TaskRef[] = [];
  #running = 0;
  #settle: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | undefined;

  constructor(plan: Plan, work: WorkFolder, session: EngineSession, watch: Watch) {
    this.#plan = plan;
    this.#work = work;
    this.#session = session;
    this.#watch = watch;
  }

  run(tasks: readonly TaskRef[], signal: AbortSignal): Promise<void> {
    this.#waiting = [...tasks].reverse();
    return new Promise((resolve, reject) => {
      const abort = (): void => this.#settle?.reject(signal.reason);
      const settled = (): void => {
        signal.removeEventListener("abort", abort);
        this.#settle = undefined;
      };
      this.#settle = {
        resolve: () => {
          settled();
          resolve();
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      };
      signal.addEventListener("abort", abort, { once: true });
      this.#submit();
    });
  }

  ended(ref: TaskRef, end: TaskEnd): void {
    if (this.#settle === undefined) return;
    this.#watch.ended(ref, end);
    if (end.kind === "failed") {
      const { kind, message, stack } = end.failure;
      const error = new PipelineError({ kind, message });
      if (stack !== undefined) error.stack = stack;
      this.#settle.reject(error);
    } else if (end.kind === "done") {
      this.#running--;
      this.#submit();
    } else {
      this.#again(ref, end.reason).then(
        () => {
          this.#running--;
          this.#waiting.push({ ...ref, careful: true });
          this.#submit();
        },
        (error: unknown) => this.#settle?.reject(error),
      );
    }
  }

  #submit(): void {
    while (this.#running < this.#session.slots && this.#settle !== undefined) {
      const ref = this.#waiting.pop();
      if (ref === undefined) break;
      this.#running++;
      this.#watch.begun(ref);
      this.#session.submit(ref);
    }
    if (this.#running === 0 && this.#waiting.length === 0) this.#settle?.resolve();
  }

  /** Decides what a lost worker means: another try, a record in quarantine, or the end of the run. */
  async #again(ref: TaskRef, reason: string): Promise<void> {
    const { phase, task } = ref;
    const losses = this.#losses.get(task) ?? { count: 0, place: undefined };
    this.#losses.set(task, losses);
    losses.count++;
    const noteFile = this.#work.noteFile(phase, task);
    const place = ref.careful === true ? await notedRecord(noteFile) : undefined;
    await forgetNote(noteFile);
    const repeated = place !== undefined && losses.place?.source === place.source && losses.place.record === place.record;
    losses.place = place;
    const split = splitOf(this.#plan, phase, task);
    if (repeated && split !== undefined) {
      const at = `record ${place.record} of ${place.source}`;
      if (this.#plan.onError === "throw") {
        const message = `a worker died twice at ${at}: ${reason}; with \`onError: "skip"\` the record is left out`;
        throw new PipelineError({ kind: "poison", message });
      }
      if ((await quarantined(this.#work, split)) >= MAX_QUARANTINED) {
        const message = `${MAX_QUARANTINED} records of task ${task} killed their workers, the last one ${at}: ${reason}`;
        throw new PipelineError({ kind: "poison", message });
      }
      await quarantine(this.#work, split, phase, place);
      this.#losses.delete(task);
    } else if (losses.count >= MAX_LOST) {
      const kind = this.#plan.phases[phase]?.kind ?? "";
      const message = `task ${task} of phase ${phase} (${kind}) lost ${losses.count} workers, the last one: ${reason}`;
      throw new PipelineError({ kind: "worker-lost", message });
    }
  }
}
