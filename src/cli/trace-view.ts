import { describeOrigin } from "../core/index.ts";
import type { DeliveredRow, LineageRow, Manifest, Whereabouts } from "../trace/index.ts";
import { count } from "./format.ts";
import { excerpt, printable } from "./text-width.ts";
import type { TracedRecord } from "./trace-record.ts";

/** Rows of a batch that are listed. */
const LISTED = 20;

/** The stages a document went through, in order, up to the one it left in; the sink is the last of those of a written one. */
export function wayOf({ stages, sink }: Manifest, row: LineageRow): readonly string[] {
  const names = [...stages.map(({ name }) => name), sink.name];
  if (row.outcome === "delivered") return names;
  const last = names.indexOf(row.stage);
  return last < 0 ? [row.stage] : names.slice(0, last + 1);
}

/** The record of one sample. */
export function sampleLines(
  name: string,
  manifest: Manifest,
  row: DeliveredRow,
  record: TracedRecord,
  parts: readonly Whereabouts[],
  width: number,
): string[] {
  const place = row.row === undefined ? name : `${name}[${row.row}]`;
  const from = `${printable(describeOrigin(row))}${partOf(row)}`;
  const others = parts.map((part) => field("other", `${partOf(part).slice(2)}: ${fateOf(part)}`));
  return [printable(place), field("from", from), ...recordLines(record, width), field("way", wayText(manifest, row)), ...others];
}

/** The origins of the rows of a batch. */
export function rowLines(name: string, rows: readonly DeliveredRow[], width: number): string[] {
  const shown = rows.slice(0, LISTED).map((row) => field(`[${row.row}]`, excerpt(`${describeOrigin(row)}${partOf(row)}`, width - 10)));
  const more = rows.length > LISTED ? [`  and ${count(rows.length - LISTED)} more`] : [];
  return [
    `${printable(name)}: a batch of ${count(rows.length)} rows`,
    ...shown,
    ...more,
    `  one of them: millrace trace "<folder>/${printable(name)}[0]"`,
  ];
}

/** A record of a source, and where it went. */
export function sourceLines(manifest: Manifest, rows: readonly Whereabouts[], record: TracedRecord, width: number): string[] {
  const [first] = rows as readonly [Whereabouts, ...Whereabouts[]];
  const fates = rows.map((row) => field("became", `${fateOf(row)}${partOf(row)}`));
  // Parts of one document go the same way, as far as they go: the longest is told.
  const ways = rows.map((row) => wayText(manifest, row)).sort((a, b) => b.length - a.length);
  return [printable(describeOrigin(first)), ...recordLines(record, width), ...fates, field("way", ways[0] ?? "")];
}

function recordLines({ input, doc, problem }: TracedRecord, width: number): string[] {
  const state = field("source", input.message);
  if (doc === undefined) return [state, field("record", `cannot be read: ${printable(problem ?? "")}`)];
  const { text, id, meta } = doc;
  const others = Object.keys(meta);
  return [
    state,
    field("id", excerpt(id, width - 10)),
    field("text", `${count(text.length)} UTF-16 units: ${excerpt(text, 2 * width)}`),
    ...(others.length === 0 ? [] : [field("fields", excerpt(others.join(", "), width - 10))]),
  ];
}

function fateOf(row: Whereabouts): string {
  if (row.outcome === "delivered") return printable(`${row.shardName}#${row.sample}${row.row === undefined ? "" : `[${row.row}]`}`);
  return printable(row.outcome === "dropped" ? `dropped by ${row.stage}: ${row.reason}` : `an error in ${row.stage}: ${row.reason}`);
}

function wayText(manifest: Manifest, row: LineageRow): string {
  const way = wayOf(manifest, row).map(printable).join(" > ");
  return row.outcome === "delivered" ? way : `${way}, ${row.outcome === "dropped" ? "dropped" : "an error"}: ${printable(row.reason)}`;
}

function partOf({ part }: LineageRow): string {
  return part === undefined ? "" : `, part ${part.index + 1} of ${part.count}`;
}

function field(name: string, text: string): string {
  return `  ${name.padEnd(7)} ${text}`;
}
