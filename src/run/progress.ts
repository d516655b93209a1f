/** The state of a run over all workers, as data: what a progress line, a status page and a metrics endpoint are made of. */
import type { RunReport } from "../core/index.ts";
import { Books } from "./books.ts";
import type { Watch } from "./driver.ts";
import type { TaskEnd, TaskRef } from "./engine.ts";
import { isCounted, phaseName } from "./phases.ts";
import type { Plan } from "./plan.ts";

export interface RunProgress {
  /** Number of the phase, from 0, of how many, and its name ("observe dedupe"). */
  readonly phase: number;
  readonly phases: number;
  readonly name: string;
  readonly tasks: {
    readonly total: number;
    /** Committed, by this run or an earlier one. */
    readonly done: number;
    /** Handed to the engine. */
    readonly running: number;
    readonly waiting: number;
    /** Workers lost so far, in all phases. */
    readonly lost: number;
  };
  /** Seconds since this call began. */
  readonly seconds: number;
  /** Bytes of input of the phase's tasks, done and to do, as they lie on disk; only this call's share counts for rates. */
  readonly bytesDone: number;
  readonly bytesTotal: number;
  /** Bytes of tasks that were done before this call. */
  readonly bytesBefore: number;
  /** Seconds until the phase is done at the pace so far; undefined while nobody can know. */
  readonly secondsLeft: number | undefined;
  /** Counters of this call's tasks, of the phases so far and this one; their seconds are those of all workers together. */
  readonly report: RunReport;
}

export class ProgressBoard implements Watch {
  readonly #plan: Plan;
  readonly #notify: ((progress: RunProgress) => void) | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #begun = performance.now();
  readonly #books: Books;
  /** What was counted by steps that run again in a later phase, so that the books do not count it yet. */
  readonly #passing: Books;
  readonly #running = new Map<string, { readonly ref: TaskRef; report: RunReport | undefined }>();
  #phase = 0;
  #phaseBegun = performance.now();
  #done = 0;
  #lost = 0;
  #bytesBefore = 0;
  #bytesDone = 0;
  #bytesTotal = 0;

  constructor(plan: Plan, notify: ((progress: RunProgress) => void) | undefined, interval: number) {
    this.#plan = plan;
    this.#notify = notify;
    this.#books = new Books(plan.stages);
    this.#passing = new Books(plan.stages);
    if (notify === undefined) return;
    this.#timer = setInterval(() => notify(this.state()), interval);
    this.#timer.unref();
  }

  phase(phase: number, done: ReadonlySet<number>): void {
    if (phase > 0) this.#notify?.(this.state());
    this.#phase = phase;
    this.#phaseBegun = performance.now();
    this.#done = done.size;
    const tasks = Array.from({ length: this.#plan.phases[phase]?.tasks ?? 0 }, (_, task) => task);
    this.#bytesTotal = tasks.reduce((sum, task) => sum + this.#bytesOf({ phase, task }), 0);
    this.#bytesBefore = [...done].reduce((sum, task) => sum + this.#bytesOf({ phase, task }), 0);
    this.#bytesDone = 0;
  }

  begun(ref: TaskRef): void {
    this.#running.set(keyOf(ref), { ref, report: undefined });
  }

  progress(ref: TaskRef, report: RunReport): void {
    const task = this.#running.get(keyOf(ref));
    if (task !== undefined) task.report = report;
  }

  ended(ref: TaskRef, end: TaskEnd): void {
    const task = this.#running.get(keyOf(ref));
    this.#running.delete(keyOf(ref));
    if (end.kind === "lost") this.#lost++;
    if (end.kind !== "done") return;
    this.#done++;
    this.#bytesDone += this.#bytesOf(ref);
    this.#add(this.#books, this.#passing, ref, task?.report);
  }

  state(): RunProgress {
    const { tasks: total = 0 } = this.#plan.phases[this.#phase] ?? {};
    const books = new Books(this.#plan.stages);
    const passing = new Books(this.#plan.stages);
    books.addAll(this.#books);
    passing.addAll(this.#passing);
    let reading = 0;
    for (const { ref, report } of this.#running.values()) {
      this.#add(books, passing, ref, report);
      reading += Math.min(this.#bytesOf(ref), report?.bytesRead ?? 0);
    }
    books.atLeast(passing);
    const bytesDone = this.#bytesBefore + this.#bytesDone + reading;
    const elapsed = (performance.now() - this.#phaseBegun) / 1000;
    const here = bytesDone - this.#bytesBefore;
    const running = this.#running.size;
    return {
      phase: this.#phase,
      phases: this.#plan.phases.length,
      name: phaseName(this.#plan.phases[this.#phase] as Plan["phases"][number], this.#plan.stages),
      tasks: { total, done: this.#done, running, waiting: total - this.#done - running, lost: this.#lost },
      seconds: (performance.now() - this.#begun) / 1000,
      bytesDone,
      bytesTotal: this.#bytesTotal,
      bytesBefore: this.#bytesBefore,
      secondsLeft: here > 0 && elapsed > 1 ? ((this.#bytesTotal - bytesDone) / here) * elapsed : undefined,
      report: books.report(),
    };
  }

  close(): void {
    clearInterval(this.#timer);
    this.#notify?.(this.state());
  }

  #bytesOf({ phase, task }: TaskRef): number {
    const facts = this.#plan.phases[phase];
    const split = facts?.kind === "count" ? facts.splits[task] : facts?.kind === "decide" ? undefined : task;
    return split === undefined ? 0 : (this.#plan.splits[split] ?? []).reduce((sum, { start, end }) => sum + end - start, 0);
  }

  #add(books: Books, passing: Books, { phase }: TaskRef, report: RunReport | undefined): void {
    const facts = this.#plan.phases[phase];
    if (report === undefined || (facts?.kind !== "observe" && facts?.kind !== "write")) return;
    books.add(facts, report);
    if (!isCounted(facts)) passing.addCounts(facts, report);
  }
}

function keyOf({ phase, task }: TaskRef): string {
  return `${phase}/${task}`;
}
