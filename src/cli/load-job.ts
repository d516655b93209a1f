/** How a worker of a planned run gets the job: the module is loaded as `millrace run` loads it, TypeScript and all. */
import { resolve } from "node:path";
import type { Job } from "../core/index.ts";
import type { JobReference } from "../run/index.ts";
import { UsageError } from "./command.ts";
import { loadDefault, runnableOf } from "./load-module.ts";

/** A module of the command line, as a plan keeps it for its workers. */
export function jobReference(file: string, args: readonly string[]): JobReference {
  const loader = new URL(`./load-job${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url).href;
  return { module: resolve(file), args, loader };
}

export async function loadJob({ module, args }: JobReference): Promise<Job> {
  const { signal } = new AbortController();
  const runnable = await runnableOf(await loadDefault(module), module, { args, signal });
  if (runnable?.kind === "job") return runnable.job;
  const what = runnable === undefined ? "does its work by itself" : "is a pipeline without a sink";
  throw new UsageError(`the default export of ${module} ${what}; several workers need a job: \`pipeline.write(sink)\``);
}
