/** Gets the job in the process, or the thread, that will work on it, and makes sure that it is the plan's. */
import { pathToFileURL } from "node:url";
import { type Job, messageOf, PipelineError } from "../core/index.ts";
import type { JobReference } from "./folder.ts";
import { describeJob, type Plan, stageDifferences } from "./plan.ts";

/** What a loader module exports, see `JobReference.loader`. */
export interface JobLoader {
  loadJob(reference: JobReference): Promise<Job>;
}

/** The job of a reference: the default export of its module, called with `{ args }` when it is a function. */
export async function loadJob(reference: JobReference): Promise<Job> {
  if (reference.loader !== undefined) {
    const { loadJob: load } = (await import(reference.loader)) as JobLoader;
    return load(reference);
  }
  const { default: exported } = (await import(pathToFileURL(reference.module).href)) as { readonly default?: unknown };
  const { signal } = new AbortController();
  const value: unknown = typeof exported === "function" ? await exported({ args: reference.args, signal }) : await exported;
  if (typeof (value as Partial<Job> | null | undefined)?.run === "function" && (value as Partial<Job>).parts !== undefined)
    return value as Job;
  const message = `the default export of ${reference.module} is no job (\`pipeline.write(sink)\`), nor a function that returns one`;
  throw new PipelineError({ kind: "unplannable", message });
}

/** Loads the job in a worker. What is wrong there is told as such: in the main thread the same module worked. */
export async function loadPlannedJob(reference: JobReference, plan: Plan): Promise<Job> {
  let job: Job;
  try {
    job = await loadJob(reference);
  } catch (error) {
    const message = `the pipeline ${reference.module} cannot be loaded in a worker: ${messageOf(error)}`;
    throw new PipelineError({ kind: "unloadable", message, cause: error });
  }
  const changed = stageDifferences(plan, describeJob(job, plan));
  if (changed.length === 0) return job;
  const why = "every worker makes the pipeline anew, and its options must not depend on time, chance or the environment";
  const message = `the pipeline that a worker made of ${reference.module} is not the one of the plan: ${changed.join("; ")} (${why})`;
  throw new PipelineError({ kind: "changed", message });
}
