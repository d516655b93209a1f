/**
 * Removes what attempts left behind: files that no commit record names. Those of tasks that have committed, and of processes of
 * this machine that are dead, go at once; the others, whose attempt may be at work on another machine, when they have not been
 * touched for a while.
 */
import type { Stats } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { committedTasks, ownerOf, taskRecord } from "./commit.ts";
import type { WorkFolder } from "./folder.ts";
import type { Plan } from "./plan.ts";

export interface Removed {
  readonly files: number;
  readonly bytes: number;
}

/** Removes all that no attempt can need. `graceSeconds`: how long a file of an attempt that may be alive is left alone. */
export async function collectGarbage(plan: Plan, work: WorkFolder, graceSeconds: number): Promise<Removed> {
  let [files, bytes] = [0, 0];
  for (const phase of plan.phases.keys()) {
    const folder = work.data(phase);
    const committed = (await committedTasks(work, phase).catch(throwUnlessMissing)) ?? new Set<number>();
    const named = new Map<number, ReadonlySet<string>>();
    for (const name of (await readdir(folder).catch(throwUnlessMissing)) ?? []) {
      const owner = ownerOf(name);
      if (owner === undefined) continue;
      const path = join(folder, name);
      const facts = await stat(path).catch(() => undefined);
      if (facts === undefined) continue;
      const isYoung = async (): Promise<boolean> => (Date.now() - (await lastTouched(path, facts))) / 1000 < graceSeconds;
      if (!committed.has(owner.task) && isAlive(owner.pid) && (await isYoung())) continue;
      // Read behind the look at the process: it may have committed since the listing, and ended.
      const own = named.get(owner.task) ?? new Set((await taskRecord(plan, work, phase, owner.task))?.files);
      if (own.size > 0) named.set(owner.task, own);
      if (own.has(name)) continue;
      await rm(path, { recursive: true, force: true });
      files++;
      bytes += facts.size;
    }
  }
  return { files, bytes };
}

/** A folder that is not there holds nothing. One that cannot be read may hold the records that name what would be removed. */
function throwUnlessMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
}

/** Milliseconds since the epoch. A folder's own time says when a name in it came or went, not when its files were written to. */
async function lastTouched(path: string, facts: Stats): Promise<number> {
  if (!facts.isDirectory()) return facts.mtimeMs;
  const times = await Promise.all(
    (await readdir(path).catch(() => [])).map((name) =>
      stat(join(path, name)).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  return Math.max(facts.mtimeMs, ...times);
}

/** Removes the files of dead processes of this machine: what a run does that continues one that was killed. */
export async function removeDead(plan: Plan, work: WorkFolder): Promise<void> {
  for (const phase of plan.phases.keys()) {
    const committed = await committedTasks(work, phase);
    for (const name of await readdir(work.data(phase))) {
      const owner = ownerOf(name);
      if (owner === undefined || committed.has(owner.task) || isAlive(owner.pid)) continue;
      if ((await taskRecord(plan, work, phase, owner.task))?.files.includes(name)) continue; // it committed since, and ended
      await rm(join(work.data(phase), name), { recursive: true, force: true });
    }
  }
}

/** Whether the process may be alive: one of another machine may. */
function isAlive(pid: number | undefined): boolean {
  if (pid === undefined) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
