/**
 * `millrace task`: works on some tasks of a plan in this process. It is all that an engine of processes needs to start, on this
 * machine or another that sees the folder; what it says is one JSON line an event on stderr, behind a prefix.
 *
 * Exit codes: 0 when all tasks have committed, 65 when one would fail again in the same way, 75 when another try may succeed.
 */
import { PipelineError, type RunReport } from "../core/index.ts";
import type { TaskEnd, TaskRef } from "./engine.ts";
import { type JobReference, type RunFolder, readJson } from "./folder.ts";
import { failureOf, TaskRunner } from "./runner.ts";

export const EXIT_DONE = 0;
export const EXIT_FAILED = 65;
export const EXIT_AGAIN = 75;

/** Begins every line that is meant for the engine; what a pipeline prints itself has another beginning. */
export const LINE_PREFIX = "millrace-task ";

export type TaskLine =
  | { readonly type: "started"; readonly ref: TaskRef }
  | { readonly type: "progress"; readonly ref: TaskRef; readonly report: RunReport }
  | { readonly type: "ended"; readonly ref: TaskRef; readonly end: TaskEnd };

export interface TaskCommand {
  readonly folder: RunFolder;
  readonly refs: readonly TaskRef[];
  readonly memoryBytes: number;
  readonly signal: AbortSignal;
  say(line: TaskLine): void;
}

/** Runs the tasks one after the other, and returns the exit code. The first one that fails ends it. */
export async function runTasks({ folder, refs, memoryBytes, signal, say }: TaskCommand): Promise<number> {
  let runner: TaskRunner;
  try {
    const plan = await folder.plan();
    const job = await readJson<JobReference>(folder.jobFile);
    if (plan === undefined || job === undefined)
      throw new PipelineError({ kind: "vanished", message: `there is no run in ${folder.path}` });
    runner = await TaskRunner.open({ folder, plan, job, memoryBytes });
  } catch (error) {
    const end: TaskEnd = { kind: "failed", failure: failureOf(error) };
    for (const ref of refs) say({ type: "ended", ref, end });
    return EXIT_FAILED;
  }
  for (const ref of refs) {
    if (signal.aborted) return EXIT_AGAIN;
    say({ type: "started", ref });
    const work = await runner.work(ref, signal, (report) => say({ type: "progress", ref, report }));
    const end = await work.end;
    if (signal.aborted && end.kind !== "done") return EXIT_AGAIN;
    say({ type: "ended", ref, end });
    if (end.kind === "failed") return EXIT_FAILED;
    if (end.kind === "lost") return EXIT_AGAIN;
  }
  return EXIT_DONE;
}
