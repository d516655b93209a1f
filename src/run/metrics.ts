/**
 * Counters of a run in the text format of Prometheus, on a port of this machine alone: whoever may scrape it from elsewhere is for
 * a proxy to decide. Turned down: a client library, for a page of `name{label} value` lines.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { RunProgress } from "./progress.ts";

export interface MetricsServer {
  /** `http://127.0.0.1:<port>/metrics`. */
  readonly url: string;
  update(progress: RunProgress): void;
  close(): Promise<void>;
}

/** Serves the last state that it was given. Port 0 takes a free one. */
export async function serveMetrics(port: number): Promise<MetricsServer> {
  let last: RunProgress | undefined;
  const server: Server = createServer((request, response) => {
    const known = request.url === "/metrics" || request.url === "/";
    response.writeHead(known ? 200 : 404, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
    response.end(known && last !== undefined ? metricsText(last) : "");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  server.unref();
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`,
    update: (progress) => {
      last = progress;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

export function metricsText(progress: RunProgress): string {
  const { phase, phases, name, tasks, seconds, bytesDone, bytesTotal, secondsLeft, report } = progress;
  const lines: string[] = [];
  const metric = (id: string, type: "counter" | "gauge", help: string, samples: readonly Sample[]): void => {
    if (samples.length === 0) return;
    lines.push(`# HELP millrace_${id} ${help}`, `# TYPE millrace_${id} ${type}`);
    for (const [labels, value] of samples) {
      const text = Object.entries(labels).map(([key, label]) => `${key}="${escapeLabel(label)}"`);
      lines.push(`millrace_${id}${text.length === 0 ? "" : `{${text.join(",")}}`} ${value}`);
    }
  };
  metric("phase", "gauge", "Number of the phase that runs, from 0.", [[{ name }, phase]]);
  metric("phases", "gauge", "Number of phases.", [[{}, phases]]);
  metric("run_seconds", "gauge", "Seconds since the run was begun or continued.", [[{}, seconds]]);
  metric("phase_tasks", "gauge", "Tasks of the phase by state.", [
    [{ state: "done" }, tasks.done],
    [{ state: "running" }, tasks.running],
    [{ state: "waiting" }, tasks.waiting],
  ]);
  metric("workers_lost_total", "counter", "Workers that died or gave a task back.", [[{}, tasks.lost]]);
  metric("phase_input_bytes", "gauge", "Input of the phase as it lies on disk, by state.", [
    [{ state: "done" }, bytesDone],
    [{ state: "total" }, bytesTotal],
  ]);
  if (secondsLeft !== undefined)
    metric("phase_seconds_left", "gauge", "Seconds to the end of the phase at the pace so far.", [[{}, secondsLeft]]);
  const stages = report.stages;
  metric(
    "stage_records_in_total",
    "counter",
    "Records that entered a stage.",
    stages.map((stage) => [{ stage: stage.name }, stage.in]),
  );
  metric(
    "stage_records_out_total",
    "counter",
    "Records that left a stage.",
    stages.map((stage) => [{ stage: stage.name }, stage.out]),
  );
  metric(
    "stage_bytes_out_total",
    "counter",
    "Bytes of text that left a stage.",
    stages.map((stage) => [{ stage: stage.name }, stage.bytes]),
  );
  metric(
    "stage_seconds_total",
    "counter",
    "Seconds spent in a stage, of all workers.",
    stages.map((stage) => [{ stage: stage.name }, stage.seconds]),
  );
  const by = (label: string, pick: (stage: (typeof stages)[number]) => Readonly<Record<string, number>>): Sample[] =>
    stages.flatMap((stage) => Object.entries(pick(stage)).map(([key, value]): Sample => [{ stage: stage.name, [label]: key }, value]));
  metric(
    "stage_dropped_total",
    "counter",
    "Records dropped, by reason.",
    by("reason", (stage) => stage.dropped),
  );
  metric(
    "stage_errors_total",
    "counter",
    "Records that failed and were skipped, by kind.",
    by("kind", (stage) => stage.errors),
  );
  return `${lines.join("\n")}\n`;
}

function escapeLabel(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
