/**
 * The commit of a task: one record, created if absent, that names the files of the attempt that won. Readers look at nothing
 * else, so what torn, slow and repeated attempts leave behind cannot be seen.
 */
import { createHash } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { type Json, PipelineError, type RunReport } from "../core/index.ts";
import { createIfAbsent } from "../store/index.ts";
import { readJson, type WorkFolder } from "./folder.ts";
import type { Plan } from "./plan.ts";

/** What is known of one finished task. */
export interface TaskRecord {
  /** Hash of the plan. */
  readonly plan: string;
  readonly phase: number;
  readonly task: number;
  /** Files of the attempt, in the data folder of the phase. */
  readonly files: readonly string[];
  /** The counters of the steps that ran, in their order; null for a phase that runs none. */
  readonly report: RunReport | null;
  /** SHA-256 of each piece of the split that was read to its end, as it lies on disk. */
  readonly digests: readonly (string | null)[];
  /** What later phases read: see the task of each kind of phase. */
  readonly output: Json;
  /** What the exclusions sink wrote of the records that left in this task; absent for nothing. */
  readonly excluded?: Json;
  /** Seconds it took, for status; no result depends on it. */
  readonly seconds: number;
}

let attempts = 0;
const HOST = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);

/** What the names of one attempt's files begin with: no other attempt has it, on this machine or another. */
export function attemptPrefix(task: number): string {
  const random = Math.floor(Math.random() * 2 ** 32).toString(16);
  return `${taskName(task)}.${HOST}-${process.pid}-${(attempts++).toString(36)}${random}.`;
}

/** The process that made a file of an attempt, when it ran on this machine. */
export function ownerOf(file: string): { readonly task: number; readonly pid: number | undefined } | undefined {
  const parts = /^\.?(\d{6,})\.([0-9a-f]{8})-(\d+)-[0-9a-z]+\./.exec(file);
  if (parts === null) return undefined;
  return { task: Number(parts[1]), pid: parts[2] === HOST ? Number(parts[3]) : undefined };
}

export function taskName(task: number): string {
  return String(task).padStart(6, "0");
}

/** Commits an attempt. When another was faster its own files are removed; either way the task is done. */
export async function commitTask(work: WorkFolder, record: TaskRecord): Promise<"won" | "lost"> {
  const path = join(work.commits(record.phase), `${taskName(record.task)}.json`);
  if (await createIfAbsent(path, Buffer.from(`${JSON.stringify(record)}\n`))) return "won";
  await removeFiles(work, record.phase, record.files);
  return "lost";
}

export async function removeFiles(work: WorkFolder, phase: number, files: readonly string[]): Promise<void> {
  for (const file of files) await rm(join(work.data(phase), file), { force: true });
}

/** Numbers of the tasks that have committed. */
export async function committedTasks(work: WorkFolder, phase: number): Promise<Set<number>> {
  const names = await readdir(work.commits(phase));
  return new Set(names.filter((name) => /^\d{6,}\.json$/.test(name)).map((name) => Number(name.slice(0, -".json".length))));
}

/** The record of a task, or undefined when it has not committed. */
export async function taskRecord(plan: Plan, work: WorkFolder, phase: number, task: number): Promise<TaskRecord | undefined> {
  return readJson<TaskRecord>(join(work.commits(phase), `${taskName(task)}.json`), (record) => {
    if (record.plan === plan.hash && record.phase === phase && record.task === task) return;
    throw new PipelineError({ kind: "corrupt", message: "it is the record of another task" });
  });
}

/** The records of all tasks of a phase that is done, in order. */
export async function allRecords(plan: Plan, work: WorkFolder, phase: number): Promise<readonly TaskRecord[]> {
  const tasks = plan.phases[phase]?.tasks ?? 0;
  const records: TaskRecord[] = [];
  for (let task = 0; task < tasks; task += BATCH) {
    const numbers = Array.from({ length: Math.min(BATCH, tasks - task) }, (_, i) => task + i);
    for (const [i, record] of (await Promise.all(numbers.map((number) => taskRecord(plan, work, phase, number)))).entries()) {
      if (record === undefined) {
        const message = `task ${task + i} of phase ${phase} has not committed, though a later phase needs it`;
        throw new PipelineError({ kind: "incomplete", message });
      }
      records.push(record);
    }
  }
  return records;
}

/** Records read side by side. */
const BATCH = 64;
