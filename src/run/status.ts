/** How far a run is, from its folder alone: it needs no word from whoever runs it, and changes nothing. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { committedTasks, taskName } from "./commit.ts";
import type { RunFolder } from "./folder.ts";
import { phaseName } from "./phases.ts";

export interface PhaseStatus {
  readonly name: string;
  readonly tasks: number;
  readonly done: number;
  /** Tasks a minute over the last commits; undefined before the second one. */
  readonly rate: number | undefined;
  /** Bytes of input a second, in the same way, as they lie on disk. */
  readonly bytesPerSecond: number | undefined;
  /** Seconds to the end of the phase at that rate. */
  readonly secondsLeft: number | undefined;
}

export interface RunStatus {
  readonly state: "finished" | "unfinished";
  readonly folder: string;
  readonly hash: string;
  readonly inputs: number;
  readonly bytes: number;
  readonly phases: readonly PhaseStatus[];
  /** Seconds since the last commit; undefined when there is none. */
  readonly idleSeconds: number | undefined;
  /** Records that were left out, because workers died on them. */
  readonly quarantined: number;
}

/** Commits over which a rate is taken. */
const RECENT = 50;

/** The state of a run, or undefined when there is no plan in the folder. */
export async function runStatus(folder: RunFolder): Promise<RunStatus | undefined> {
  const plan = await folder.plan();
  if (plan === undefined) return undefined;
  const work = folder.work(plan);
  const finished = await stat(folder.finishedFile).then(
    () => true,
    () => false,
  );
  const phases: PhaseStatus[] = [];
  let last: number | undefined;
  for (const [number, phase] of plan.phases.entries()) {
    const done = finished ? new Set<number>() : await committedTasks(work, number).catch(() => new Set<number>());
    const times: { readonly task: number; readonly at: number }[] = [];
    for (const task of done) {
      const facts = await stat(join(work.commits(number), `${taskName(task)}.json`)).catch(() => undefined);
      if (facts !== undefined) times.push({ task, at: facts.mtimeMs });
    }
    times.sort((a, b) => a.at - b.at);
    const newest = times.at(-1)?.at;
    if (newest !== undefined) last = Math.max(last ?? 0, newest);
    const recent = times.slice(-RECENT);
    const first = recent[0];
    const seconds = first === undefined || newest === undefined ? 0 : (newest - first.at) / 1000;
    const bytesOf = (task: number): number => {
      const split = phase.kind === "count" ? phase.splits[task] : task;
      return (plan.splits[split ?? -1] ?? []).reduce((sum, { start, end }) => sum + end - start, 0);
    };
    // The first of them began before the time that is measured.
    const rate = seconds > 0 ? ((recent.length - 1) / seconds) * 60 : undefined;
    const read = recent.slice(1).reduce((sum, { task }) => sum + bytesOf(task), 0);
    phases.push({
      name: phaseName(phase, plan.stages),
      tasks: phase.tasks,
      done: finished ? phase.tasks : done.size,
      rate,
      bytesPerSecond: seconds > 0 && phase.kind !== "decide" ? read / seconds : undefined,
      secondsLeft: rate === undefined ? undefined : ((phase.tasks - done.size) / rate) * 60,
    });
  }
  return {
    state: finished ? "finished" : "unfinished",
    folder: folder.path,
    hash: plan.hash,
    inputs: plan.inputs.length,
    bytes: plan.inputs.reduce((sum, { size }) => sum + size, 0),
    phases,
    idleSeconds: last === undefined ? undefined : Math.max(0, (Date.now() - last) / 1000),
    quarantined: (await readdir(work.quarantine).catch(() => [])).length,
  };
}
