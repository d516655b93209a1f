/** The counters of a running job as lines of text. Pure functions: what draws them is in `live.ts`. */
import type { RunReport, StageReport } from "../core/index.ts";
import { bytes, count, countOrDash, duration, megabytesPerSecond, percent } from "./format.ts";
import { table } from "./table.ts";
import { clip, printable } from "./text-width.ts";

/** Seconds until all input is read at the pace so far, or undefined while nobody can know. */
export function secondsLeft(report: RunReport): number | undefined {
  const { bytesRead, bytesTotal, seconds } = report;
  // In the first second the pace is mostly start-up, and a source that is done reading may still leave work.
  if (bytesTotal === undefined || bytesRead <= 0 || seconds < 1) return undefined;
  return (Math.max(0, bytesTotal - bytesRead) / bytesRead) * seconds;
}

/** How many records a stage dropped or could not process. */
export function lost(stage: StageReport): number {
  return sum(stage.dropped) + sum(stage.errors);
}

export function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, n) => total + n, 0);
}

/**
 * A block for a terminal: one line a stage, then the overall state. Rates are those since `before` (a report of a few
 * seconds ago), so that a stage that hangs shows it.
 */
export function progressBlock(report: RunReport, before: RunReport | undefined, width: number): string[] {
  const seconds = report.seconds - (before?.seconds ?? 0);
  const rows = report.stages.map((stage, i) => {
    const earlier = before?.stages[i];
    return [
      printable(stage.name),
      count(stage.out),
      seconds > 0 ? count((stage.out - (earlier?.out ?? 0)) / seconds) : "-",
      megabytesPerSecond(stage.bytes - (earlier?.bytes ?? 0), seconds),
      countOrDash(lost(stage)),
    ];
  });
  const columns = [
    { title: "stage", align: "left" },
    { title: "kept", align: "right" },
    { title: "records/s", align: "right", optional: 1 },
    { title: "MB/s", align: "right", optional: 2 },
    { title: "dropped", align: "right" },
  ] as const;
  return [...table(columns, rows, width), clip(overall(report, Math.min(24, width - 60)), width)];
}

/** One line for a log: time, share of the input, and what left every stage. */
export function progressLine(report: RunReport, before: RunReport | undefined): string {
  const seconds = report.seconds - (before?.seconds ?? 0);
  const stages = report.stages.map((stage, i) => {
    const gone = lost(stage);
    const rate = i === 0 && seconds > 0 ? ` (${count((stage.out - (before?.stages[i]?.out ?? 0)) / seconds)}/s)` : "";
    return `${printable(stage.name)} ${count(stage.out)}${rate}${gone === 0 ? "" : ` -${count(gone)}`}`;
  });
  return `${overall(report, 0)} | ${stages.join(" > ")}`;
}

/** "[####----] 45 % of 40.1 MB, 12.0 s, about 15.0 s left"; without a bar when `barWidth` is too small for one. */
function overall(report: RunReport, barWidth: number): string {
  const { bytesRead, bytesTotal } = report;
  const parts: string[] = [];
  let bar = "";
  if (bytesTotal !== undefined && bytesTotal > 0) {
    const read = Math.min(bytesRead, bytesTotal);
    const filled = Math.round((barWidth * read) / bytesTotal);
    if (barWidth >= 8) bar = `[${"#".repeat(filled)}${"-".repeat(barWidth - filled)}] `;
    parts.push(`${percent(read, bytesTotal)} of ${bytes(bytesTotal)}`);
  } else if (bytesRead > 0) parts.push(`${bytes(bytesRead)} read`);
  parts.push(duration(report.seconds));
  const left = secondsLeft(report);
  // Buffers may still hold work when the last byte is read, and nobody knows how much.
  if (!report.finished && left !== undefined) parts.push(left > 0 ? `about ${duration(left)} left` : "all input is read");
  return bar + parts.join(", ");
}
