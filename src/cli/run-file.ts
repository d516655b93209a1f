import { inspect } from "node:util";
import { messageOf, type RunOptions, type RunReport } from "../core/index.ts";
import { type Terminal, UsageError } from "./command.ts";
import { exclusionsSink } from "./exclusions-flag.ts";
import { abortOnSignals, Interrupted } from "./interrupts.ts";
import { type Live, showProgress } from "./live.ts";
import { loadDefault, type Runnable, runnableOf } from "./load-module.ts";
import type { RunSettings } from "./run.ts";
import { summary } from "./summary.ts";
import { printable } from "./text-width.ts";

/** Milliseconds between two looks at the counters. */
const INTERVAL = 250;

/** Runs a module's default export with progress, summary and a clean end; returns the exit code. */
export async function runFile(file: string, settings: RunSettings, terminal: Terminal): Promise<number> {
  const controller = new AbortController();
  const live = showProgress(settings.progress, terminal);
  const say = (text: string): void => void terminal.stderr.write(`millrace: ${text}\n`);
  const release = abortOnSignals(controller, say);
  let last: RunReport | undefined;
  let end = "sink";
  try {
    const exported = await loadDefault(file);
    const runnable = await runnableOf(exported, file, { args: settings.args, signal: controller.signal });
    if (runnable === undefined) return 0;
    end = runnable.kind === "job" ? runnable.job.sink : "consumer";
    const options = await runOptions(settings, controller.signal, live, (report) => {
      last = report;
    });
    const { report, output } = await execute(runnable, options);
    live.end();
    if (settings.json) terminal.out(`${JSON.stringify({ report, output }, null, 2)}\n`);
    else terminal.out(`${summary(report, { width: width(terminal), end, output }).join("\n")}\n`);
    return 0;
  } catch (error) {
    live.end();
    if (error instanceof UsageError) throw error;
    // What was done until then tells where to look; nothing was if the job did not begin.
    if (last !== undefined && !settings.json && last.seconds > 0) {
      terminal.stderr.write(`${summary(last, { width: width(terminal), end }).join("\n")}\n\n`);
    }
    if (controller.signal.aborted && controller.signal.reason instanceof Interrupted) {
      say(`${controller.signal.reason.message}; the job is not complete`);
      return controller.signal.reason.exitCode;
    }
    say(settings.stack ? inspect(error) : printable(messageOf(error)));
    if (!settings.stack) say("the run failed (--stack shows where in the code)");
    return 1;
  } finally {
    live.end();
    release();
  }
}

async function runOptions(settings: RunSettings, signal: AbortSignal, live: Live, keep: (report: RunReport) => void): Promise<RunOptions> {
  const { seed, onError, exclusions } = settings;
  return {
    signal,
    progressInterval: INTERVAL,
    onProgress: (report) => {
      keep(report);
      live.update(report);
    },
    // A flag that was not given must not be a key: it would hide what the module itself chose.
    ...(seed === undefined ? {} : { seed }),
    ...(onError === undefined ? {} : { onError }),
    ...(exclusions === undefined ? {} : { exclusions: await exclusionsSink(exclusions) }),
  };
}

async function execute(runnable: Runnable, options: RunOptions): Promise<{ readonly report: RunReport; readonly output: unknown }> {
  if (runnable.kind === "job") return runnable.job.run(options);
  const pass = runnable.pipeline.run(options);
  for await (const _record of pass); // consuming is all there is to do: the counters are the result
  return { report: pass.report(), output: undefined };
}

/** Columns of the terminal; a file has as many as a table needs. */
function width({ stdout }: Terminal): number {
  return stdout.isTTY ? stdout.columns || 80 : 120;
}
