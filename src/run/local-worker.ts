/**
 * The thread of the local engine. It works on one task at a time; while the files of a task go to the disk and it commits, it begins
 * the next. So after a `kill -9` at most one task a worker was in the middle of its work, and a few whose records had all gone
 * through may lack their commit.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { RunReport } from "../core/index.ts";
import type { TaskEnd, TaskFailure, TaskRef } from "./engine.ts";
import { type JobReference, RunFolder } from "./folder.ts";
import type { Plan } from "./plan.ts";
import { failureOf, TaskRunner } from "./runner.ts";

/** What the thread is started with. */
export interface WorkerSetup {
  readonly output: string;
  readonly name: string;
  readonly plan: Plan;
  readonly job: JobReference;
  readonly memoryBytes: number;
}

/** What it says. "worked": the task waits for its commit, the next may begin. */
export type WorkerMessage =
  | { readonly type: "broken"; readonly failure: TaskFailure }
  | { readonly type: "started" | "worked"; readonly ref: TaskRef }
  | { readonly type: "progress"; readonly ref: TaskRef; readonly report: RunReport }
  | { readonly type: "ended"; readonly ref: TaskRef; readonly end: TaskEnd };

/** Tasks that wait for the disk at once: for their files, or for their commit. */
const COMMITS = 4;

async function main(setup: WorkerSetup): Promise<void> {
  const say = (message: WorkerMessage): void => parentPort?.postMessage(message);
  const { signal } = new AbortController();
  let runner: TaskRunner;
  try {
    runner = await TaskRunner.open({ ...setup, folder: new RunFolder(setup.output, setup.name) });
  } catch (error) {
    say({ type: "broken", failure: failureOf(error) });
    return;
  }
  const queue: TaskRef[] = [];
  const commits = new Set<Promise<void>>();
  let busy = false;
  const drainQueue = async (): Promise<void> => {
    busy = true;
    for (let ref = queue.shift(); ref !== undefined; ref = queue.shift()) {
      const current = ref;
      say({ type: "started", ref: current });
      const { end: ended } = await runner.work(current, signal, (report) => say({ type: "progress", ref: current, report }));
      const committing = ended.then((end) => {
        commits.delete(committing);
        say({ type: "ended", ref: current, end });
      });
      commits.add(committing);
      say({ type: "worked", ref: current });
      if (commits.size >= COMMITS) await Promise.race(commits);
    }
    busy = false;
  };
  parentPort?.on("message", (ref: TaskRef) => {
    queue.push(ref);
    if (!busy) void drainQueue();
  });
}

await main(workerData as WorkerSetup);
