/** `millrace run --workers`: the planned run with progress, summary, metrics and a clean end. */
import { inspect } from "node:util";
import { messageOf, type RunReport } from "../core/index.ts";
import { type Engine, localEngine, type MetricsServer, processEngine, type RunProgress, runPlanned, serveMetrics } from "../run/index.ts";
import { type Terminal, UsageError } from "./command.ts";
import { exclusionsSink } from "./exclusions-flag.ts";
import { duration } from "./format.ts";
import { abortOnSignals, Interrupted } from "./interrupts.ts";
import { showProgress } from "./live.ts";
import { jobReference } from "./load-job.ts";
import type { WorkerSettings } from "./run.ts";
import { summary } from "./summary.ts";
import { printable } from "./text-width.ts";

const INTERVAL = 250;

export async function runWorkers(file: string, settings: WorkerSettings, terminal: Terminal): Promise<number> {
  const controller = new AbortController();
  const say = (text: string): void => void terminal.stderr.write(`millrace: ${text}\n`);
  const release = abortOnSignals(controller, say);
  const live = showProgress(settings.progress, terminal);
  const begun = performance.now();
  let metrics: MetricsServer | undefined;
  try {
    const { exclusions } = settings.options;
    if (exclusions !== undefined) await exclusionsSink(exclusions); // a mistake in the command, not a failed run
    if (settings.metrics !== undefined) {
      metrics = await serveMetrics(settings.metrics);
      say(`metrics at ${metrics.url}`);
    }
    const { workers } = settings;
    const engine: Engine = settings.engine === "threads" ? localEngine({ workers }) : processEngine({ workers });
    const result = await runPlanned(jobReference(file, settings.args), {
      ...settings.options,
      engine,
      signal: controller.signal,
      progressInterval: INTERVAL,
      onProgress: (progress) => {
        metrics?.update(progress);
        live.update(shown(progress), heading(progress));
      },
    });
    live.end();
    const { plan, output, report } = result;
    if (settings.json) terminal.out(`${JSON.stringify({ plan: plan.hash, report, output }, null, 2)}\n`);
    else if (report === null) terminal.out(`${plan.sink.name}: this run was finished before; --force begins anew\n`);
    else {
      const width = terminal.stdout.isTTY ? terminal.stdout.columns || 80 : 120;
      terminal.out(`${summary(report, { width, end: plan.sink.name, output }).join("\n")}\n`);
      const seconds = (performance.now() - begun) / 1000;
      terminal.out(
        `\n${workers} ${workers === 1 ? "worker" : "workers"}, ${duration(seconds)}; the times above are those of all workers together\n`,
      );
    }
    return 0;
  } catch (error) {
    live.end();
    if (error instanceof UsageError) throw error;
    if (controller.signal.aborted && controller.signal.reason instanceof Interrupted) {
      say(`${controller.signal.reason.message}; the same command goes on from here`);
      return controller.signal.reason.exitCode;
    }
    say(settings.stack ? inspect(error) : printable(messageOf(error)));
    say("the run failed; once the cause is gone the same command goes on from here");
    return 1;
  } finally {
    live.end();
    release();
    await metrics?.close();
  }
}

/**
 * The counters as the display of a streaming run wants them: seconds of the clock, bytes of the phase. "finished" keeps it from
 * guessing the time left, which the heading knows better.
 */
function shown({ report, seconds, bytesDone, bytesTotal }: RunProgress): RunReport {
  return { ...report, seconds, bytesRead: bytesDone, bytesTotal: bytesTotal === 0 ? undefined : bytesTotal, finished: true };
}

/** "phase 2 of 3 (observe dedupe): 12 of 40 tasks, 2 running; most time in clean (61 %)". */
export function heading(progress: RunProgress): string {
  const { phase, phases, name, tasks, report, secondsLeft } = progress;
  const parts = [
    `phase ${phase + 1} of ${phases} (${name}): ${tasks.done} of ${tasks.total} tasks, ${tasks.running} in hand, ${tasks.waiting} waiting`,
  ];
  if (tasks.lost > 0) parts.push(`${tasks.lost} tried again`);
  const busy = [
    ...report.stages.map((stage) => ({ name: stage.name, seconds: stage.seconds })),
    { name: "sink", seconds: report.consumerSeconds },
  ];
  const total = busy.reduce((sum, { seconds }) => sum + seconds, 0);
  const most = busy.reduce((a, b) => (b.seconds > a.seconds ? b : a));
  if (total > 0) parts.push(`most time in ${printable(most.name)} (${Math.round((100 * most.seconds) / total)} %)`);
  if (secondsLeft !== undefined && secondsLeft > 0) parts.push(`about ${duration(secondsLeft)} left in this phase`);
  return parts.join("; ");
}
