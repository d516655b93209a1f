/** What a run did, as tables: where the time went, what was dropped and why, what was skipped, what was written. */
import type { RunReport } from "../core/index.ts";
import { bytes, count, countOrDash, digits, duration, megabytesPerSecond, percent, plural } from "./format.ts";
import { sum } from "./progress.ts";
import { type Column, table } from "./table.ts";
import { clip, printable } from "./text-width.ts";

/** Options of {@link summary}. */
export interface SummaryOptions {
  /** Columns of the terminal. */
  readonly width: number;
  /** What the job's end is called: the sink's name, or "consumer". */
  readonly end: string;
  /** What the sink returned. */
  readonly output?: unknown;
}

const COLUMNS: readonly Column[] = [
  { title: "stage", align: "left" },
  { title: "in", align: "right" },
  { title: "out", align: "right" },
  { title: "dropped", align: "right" },
  { title: "errors", align: "right" },
  { title: "seconds", align: "right", optional: 1 },
  { title: "time", align: "right" },
  { title: "MB/s", align: "right", optional: 2 },
];

/** Messages that are printed of each kind of skipped error. */
const MESSAGES_A_KIND = 3;

/** Lines of the summary that ends a run. */
export function summary(report: RunReport, options: SummaryOptions): string[] {
  const { width } = options;
  return [
    ...stageTable(report, options),
    "",
    `${plural(report.delivered, "record")} delivered in ${duration(report.seconds)}`,
    ...slowest(report, options.end).map((line) => clip(line, width)),
    ...section("dropped", dropReasons(report, width)),
    ...section("skipped errors", skippedErrors(report)),
    ...section("counted", counters(report, width)),
    ...section("written", writtenFiles(options.output, width)),
  ];
}

/**
 * One line a stage. "seconds" is spent in the stage alone, without waiting for the ones before it; "MB/s" is the text that
 * entered the stage by those seconds (for the source: that left it), so it is the stage's own speed.
 */
function stageTable(report: RunReport, { width, end }: SummaryOptions): string[] {
  const total = report.seconds;
  const rows = report.stages.map((stage, i) => [
    printable(stage.name),
    i === 0 ? "-" : count(stage.in),
    count(stage.out),
    countOrDash(sum(stage.dropped)),
    countOrDash(sum(stage.errors)),
    digits(stage.seconds),
    percent(stage.seconds, total),
    megabytesPerSecond(report.stages[i - 1]?.bytes ?? stage.bytes, stage.seconds),
  ]);
  const last = report.stages.at(-1);
  const sinkRate = megabytesPerSecond(last?.bytes ?? 0, report.consumerSeconds);
  rows.push([
    printable(end),
    count(report.delivered),
    "-",
    "-",
    "-",
    digits(report.consumerSeconds),
    percent(report.consumerSeconds, total),
    sinkRate,
  ]);
  const dropped = report.stages.reduce((n, stage) => n + sum(stage.dropped), 0);
  const errors = report.stages.reduce((n, stage) => n + sum(stage.errors), 0);
  const first = report.stages[0];
  const rate = megabytesPerSecond(first?.bytes ?? 0, total);
  rows.push([
    "total",
    count(first?.out ?? 0),
    count(report.delivered),
    countOrDash(dropped),
    countOrDash(errors),
    digits(total),
    "100 %",
    rate,
  ]);
  return table(COLUMNS, rows, width);
}

/** "slowest: tokenize, 71 % of the time": the stage, or the job's end, that took the most time of its own. */
export function slowest(report: RunReport, end: string): string[] {
  if (report.seconds <= 0) return [];
  const parts = [...report.stages.map(({ name, seconds }) => ({ name, seconds })), { name: end, seconds: report.consumerSeconds }];
  const worst = parts.reduce((a, b) => (b.seconds > a.seconds ? b : a));
  return [`slowest: ${printable(worst.name)}, ${percent(worst.seconds, report.seconds)} of the time`];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", title, ...lines.map((line) => `  ${line}`)];
}

function dropReasons(report: RunReport, width: number): string[] {
  const rows = report.stages.flatMap((stage) =>
    Object.entries(stage.dropped)
      .sort((a, b) => b[1] - a[1])
      .map(([reason, n]) => [printable(stage.name), printable(reason), count(n), percent(n, stage.in)]),
  );
  return bare(rows, ["left", "left", "right", "right"], width);
}

function counters(report: RunReport, width: number): string[] {
  const rows = report.stages.flatMap((stage) =>
    Object.entries(stage.counters).map(([name, n]) => [printable(stage.name), printable(name), count(n)]),
  );
  return bare(rows, ["left", "left", "right"], width);
}

/** Messages are not cut to the width: the place they name is at their end. */
function skippedErrors(report: RunReport): string[] {
  const kinds = new Map<string, number>();
  for (const stage of report.stages) {
    for (const [kind, n] of Object.entries(stage.errors)) kinds.set(kind, (kinds.get(kind) ?? 0) + n);
  }
  return [...kinds].flatMap(([kind, n]) => {
    const listed = report.errors.filter((error) => error.kind === kind).slice(0, MESSAGES_A_KIND);
    const more = n - listed.length;
    return [
      `${printable(kind)}: ${count(n)}`,
      ...listed.map((error) => `  ${printable(error.message)}`),
      ...(more > 0 && listed.length > 0 ? [`  and ${count(more)} more`] : []),
    ];
  });
}

/** A table without its header line. */
function bare(rows: readonly (readonly string[])[], align: readonly ("left" | "right")[], width: number): string[] {
  if (rows.length === 0) return [];
  return table(
    align.map((side) => ({ title: "", align: side })),
    rows,
    width - 2,
  ).slice(1);
}

/** The part of a shard writer's manifest that is shown; sinks of other kinds return what they like. */
interface Written {
  readonly name: string;
  readonly bytes?: number;
  readonly records?: number;
  readonly tokens?: number;
}

function writtenFiles(output: unknown, width: number): string[] {
  const shards = (output as { readonly shards?: unknown } | null | undefined)?.shards;
  if (!Array.isArray(shards)) return [];
  const files = shards.filter((shard): shard is Written => typeof (shard as Partial<Written> | null)?.name === "string");
  const cells = (name: string, { bytes: size = 0, records = 0, tokens = 0 }: Omit<Written, "name">): string[] => [
    printable(name),
    bytes(size),
    plural(records, "record"),
    tokens > 0 ? plural(tokens, "token") : "",
  ];
  const rows = files.slice(0, MAX_FILES).map((file) => cells(file.name, file));
  if (files.length > rows.length) rows.push([`and ${count(files.length - rows.length)} more`, "", "", ""]);
  const total = (pick: (file: Written) => number | undefined): number => files.reduce((n, file) => n + (pick(file) ?? 0), 0);
  const sums = { bytes: total((f) => f.bytes), records: total((f) => f.records), tokens: total((f) => f.tokens) };
  if (files.length !== 1) rows.push(cells(plural(files.length, "file"), sums));
  return bare(rows, ["left", "right", "right", "right"], width);
}

/** Files that are listed by name; the rest is one line. */
const MAX_FILES = 8;
