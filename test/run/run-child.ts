/** A planned run in a process of its own, for tests that kill it: `node --import register-ts.mjs run-child.ts <ChildRun as JSON>`. */
import { PipelineError } from "../../src/core/index.ts";
import { localEngine, processEngine, runPlanned } from "../../src/run/index.ts";
import type { ChildRun } from "./fixtures.ts";

const { recipe, engine, workers, splitBytes, options = {} } = JSON.parse(process.argv[2] as string) as ChildRun;
const module = new URL("./job-module.ts", import.meta.url).pathname;
try {
  const result = await runPlanned(
    { module, args: [JSON.stringify(recipe)] },
    { ...options, splitBytes, engine: engine === "threads" ? localEngine({ workers }) : processEngine({ workers }) },
  );
  process.stdout.write(JSON.stringify({ finishedBefore: result.report === null }));
} catch (error) {
  if (!(error instanceof PipelineError)) throw error;
  process.stdout.write(JSON.stringify({ kind: error.kind, message: error.message }));
  process.exitCode = 3;
}
