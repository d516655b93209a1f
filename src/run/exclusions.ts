/**
 * What a planned run keeps of the records that leave it on the way: a second sink beside the one that ends the pipeline. Tasks write
 * its parts under names of their attempt, the commit record names them, and publishing numbers them over all tasks in order, phase
 * by phase. Every step counts in one phase only (`isCounted`), and its exclusions are kept in that one.
 */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type Excluded, type Job, type Json, messageOf, PipelineError, type Sink } from "../core/index.ts";
import { linkIfAbsent } from "../store/index.ts";
import { jsonlShards } from "../write/index.ts";
import { isCounted, type ObservePhase, type WritePhase } from "./phases.ts";
import type { Plan } from "./plan.ts";
import type { AttemptPlace } from "./task-context.ts";

/** The sink that `--exclusions` stands for. The job's own shards may lie in the same folder, with a manifest.json of their own. */
export function exclusionShards(pattern: string): Sink<Excluded> {
  return jsonlShards(pattern, { manifest: "exclusions-manifest.json" });
}

/** The exclusions sink of a run: of the pattern it was asked for with, else the one the job itself was made with. */
export function exclusionsOf(parts: Job["parts"], pattern: string | null | undefined): Sink<Excluded> | undefined {
  return typeof pattern === "string" ? exclusionShards(pattern) : parts.options.exclusions;
}

/** The same in a worker: of a run that was begun without exclusions there are none. */
export function exclusionsOfPlan(parts: Job["parts"], plan: Plan): Sink<Excluded> | undefined {
  return plan.exclusions === undefined ? undefined : exclusionsOf(parts, plan.exclusions.pattern);
}

/** The exclusions of one attempt. */
export interface AttemptExclusions {
  /** What the engine is given; undefined for a run that keeps none. */
  readonly sink: Sink<Excluded> | undefined;
  /** What the sink wrote, once the steps have ended; null for nothing. */
  part(): Json | null;
}

export function attemptExclusions(
  plan: Plan,
  sink: Sink<Excluded> | undefined,
  phase: ObservePhase | WritePhase,
  place: AttemptPlace,
): AttemptExclusions {
  let part: Json | null = null;
  const planned = sink?.planned;
  if (sink === undefined || planned === undefined) return { sink: undefined, part: () => null };
  const { directory, prefix, task } = place;
  // A split has tasks in several phases: names in the shards tell them apart by this number.
  const number = task + plan.phases.slice(0, place.phase).reduce((sum, { tasks }) => sum + tasks, 0);
  const write: Sink<Excluded>["write"] = async (input, context) => {
    // Steps that run again in the next phase drop the same records there. They must still know that exclusions are kept.
    if (!isCounted(phase)) {
      for await (const _record of input); // only so that nobody waits
      return;
    }
    part = await planned.write(input, { directory, prefix: `${prefix}dropped-`, task: number }, context);
    place.files.push(...planned.files(part));
  };
  return { sink: { name: sink.name, write }, part: () => part };
}

/** Refuses exclusions that no task could write, or that would go over the run's own output. */
export function checkExclusions({ name, planned, config }: Sink<Excluded>, sink: Sink<unknown>): void {
  if (planned === undefined) {
    const message = "cannot keep the exclusions of a planned run: it has no way to put the parts of several tasks together";
    throw new PipelineError({ kind: "unplannable", stage: name, message });
  }
  const own = sink.planned;
  if (own === undefined || resolve(planned.folder) !== resolve(own.folder)) return;
  const [pattern, ownPattern] = [config, sink.config].map((value) => (value as { readonly pattern?: unknown } | undefined)?.pattern);
  if (planned.name !== own.name && (pattern === undefined || pattern !== ownPattern)) return;
  const message = `the exclusions and the output would have the same names in ${own.folder}; give each its own folder, or its own file names and \`manifest\` option`;
  throw new PipelineError({ kind: "busy", stage: name, message });
}

/** Refuses a folder that files of the run cannot be linked to, before there is any work that could not be published. */
export async function checkLinks(output: string, exclusions: string): Promise<void> {
  if (resolve(output) === resolve(exclusions)) return;
  const name = `.millrace-link.tmp-${process.pid}-${Math.floor(Math.random() * 2 ** 32).toString(16)}`;
  const [from, to] = [join(output, name), join(exclusions, name)];
  try {
    for (const folder of [output, exclusions]) await mkdir(folder, { recursive: true });
    await writeFile(from, "");
    await linkIfAbsent(from, to);
  } catch (error) {
    const message = `the exclusions must lie on the file system of the output, since files of the run are linked to both: ${messageOf(error)}`;
    throw new PipelineError({ kind: "unwritable", message, cause: error });
  } finally {
    for (const path of [from, to]) await rm(path, { force: true });
  }
}
