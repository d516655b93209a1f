/** What `millrace inspect` found, as lines of text. Pure functions. */

import type { SourceReport } from "../core/index.ts";
import type { FoundManifest } from "../trace/index.ts";
import { distributionLines } from "./distribution.ts";
import { bytes, count, countOrDash, digits, percent, plural } from "./format.ts";
import type { Inspection, ShownSample } from "./inspection.ts";
import { sum } from "./progress.ts";
import type { Verdict } from "./shard-manifest.ts";
import { table } from "./table.ts";
import { clip, printable } from "./text-width.ts";

/** One of the most frequent ids, with its text where the tokenizer is known. */
export interface TopId {
  readonly id: number;
  readonly count: number;
  readonly text: string | undefined;
}

/** Sources that are listed by name; the rest is one line. */
const MAX_SOURCES = 20;

export function inspectionLines(found: Inspection, top: readonly TopId[], width: number): string[] {
  const { shards, characters, rowTokens, ids } = found;
  const bar = Math.max(10, Math.min(40, width - 50));
  // Messages are not cut: the place they name is at their end.
  const damage = shards.flatMap(({ problems, messages }) => [
    ...messages.map((message) => `damaged: ${printable(message)}`),
    ...(problems > messages.length ? [`damaged: and ${count(problems - messages.length)} more`] : []),
  ]);
  const figures = [
    ...blank(distributionLines("characters of a text", characters, bar)),
    ...blank(distributionLines(found.batches > 0 ? "tokens of a row" : "tokens of a sample", rowTokens, bar)),
    ...blank(ids.total === 0 ? [] : idLines(found, top, bar)),
  ];
  return [
    ...found.shown.flatMap((sample) => sampleLines(sample, width)),
    clip(totals(found), width),
    ...damage,
    ...figures.map((line) => clip(line, width)),
  ];
}

function blank(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", ...lines];
}

function sampleLines({ key, id, characters, tokens, rows, parts, excerpt }: ShownSample, width: number): string[] {
  const facts = [
    ...(id === undefined ? [] : [`id ${printable(id)}`]),
    ...(characters === undefined ? [] : [plural(characters, "character")]),
    ...(tokens === undefined ? [] : [rows > 1 ? `${plural(tokens, "token")} in ${rows} rows` : plural(tokens, "token")]),
    `(${printable(parts)})`,
  ];
  return [clip(`${printable(key)}  ${facts.join(", ")}`, width), ...(excerpt === undefined ? [] : [clip(`  ${excerpt}`, width)]), ""];
}

function totals({ shards, textBytes, ids, padding }: Inspection): string {
  const size = shards.reduce((n, shard) => n + shard.bytes, 0);
  const samples = shards.reduce((n, shard) => n + shard.samples, 0);
  return [
    `${plural(shards.length, "shard")} of ${bytes(size)}: ${plural(samples, "sample")}`,
    ...(textBytes > 0 ? [`${bytes(textBytes)} of text`] : []),
    ...(ids.total > 0 ? [plural(ids.total, "token")] : []),
    ...(padding > 0 ? [`${percent(padding, padding + ids.total)} of the cells are padding`] : []),
  ].join(", ");
}

function idLines({ ids }: Inspection, top: readonly TopId[], barWidth: number): string[] {
  const highest = top[0]?.count ?? 1;
  const rows = top.map(({ id, count: times, text }) => [
    String(id),
    text === undefined ? "" : clip(printable(JSON.stringify(text)), 20),
    "#".repeat(Math.max(1, Math.round((barWidth * times) / highest))),
    count(times),
    `${digits((100 * times) / ids.total)} %`,
  ]);
  const columns = (["right", "left", "left", "right", "right"] as const).map((align) => ({ title: "", align }));
  const spread = `${count(ids.distinct)} distinct, the largest ${count(ids.largest)}, ${digits(ids.entropy)} bits a token`;
  return [
    `token ids: ${spread}; the most frequent:`,
    ...table(columns, rows, 200)
      .slice(1)
      .map((line) => `  ${line}`),
  ];
}

/** What became of the input, by source and by stage. */
export function manifestLines({ folder, file, manifest, unfinished }: FoundManifest, width: number): string[] {
  const note = unfinished ? ["", `${folder}: a run has begun here and not finished; run it again`] : [];
  if (manifest === undefined) return note;
  const names = Object.keys(manifest.sources);
  const row = (name: string, source: SourceReport): string[] => [
    printable(name),
    count(source.in),
    count(source.out),
    countOrDash(sum(source.dropped)),
    countOrDash(sum(source.errors)),
    percent(source.out, source.in),
  ];
  const rows = names.slice(0, MAX_SOURCES).map((name) => row(name, manifest.sources[name] as SourceReport));
  if (names.length > MAX_SOURCES) rows.push([`and ${count(names.length - MAX_SOURCES)} more`]);
  if (names.length > 1) rows.push(row("all sources", total(Object.values(manifest.sources))));
  const columns = [
    { title: "source", align: "left" },
    { title: "in", align: "right" },
    { title: "out", align: "right" },
    { title: "dropped", align: "right" },
    { title: "errors", align: "right" },
    { title: "kept", align: "right" },
  ] as const;
  const reasons = manifest.stages.flatMap((stage) =>
    [...Object.entries(stage.dropped), ...Object.entries(stage.errors).map(([kind, n]) => [`error: ${kind}`, n] as const)]
      .sort((a, b) => b[1] - a[1])
      .map(([reason, n]) => [printable(stage.name), printable(reason), count(n)]),
  );
  const bare = (["left", "left", "right"] as const).map((align) => ({ title: "", align }));
  return [
    ...note,
    "",
    clip(
      `${folder}/${file}: ${manifest.stages.map((stage) => stage.name).join(" > ")} > ${manifest.sink.name}, seed ${manifest.seed}`,
      width,
    ),
    ...table(columns, rows, width),
    ...(reasons.length === 0
      ? []
      : [
          "",
          "dropped",
          ...table(bare, reasons, width - 2)
            .slice(1)
            .map((line) => `  ${line}`),
        ]),
  ];
}

function total(sources: readonly SourceReport[]): SourceReport {
  const all: { in: number; out: number; dropped: Record<string, number>; errors: Record<string, number> } = {
    in: 0,
    out: 0,
    dropped: {},
    errors: {},
  };
  for (const source of sources) {
    all.in += source.in;
    all.out += source.out;
    all.dropped["all"] = (all.dropped["all"] ?? 0) + sum(source.dropped);
    all.errors["all"] = (all.errors["all"] ?? 0) + sum(source.errors);
  }
  return all;
}

/** The outcome of `--verify`. */
export function verdictLines(verdicts: readonly Verdict[]): string[] {
  if (verdicts.length === 0) return [];
  const bad = verdicts.filter((verdict) => !verdict.ok);
  const good = verdicts.length - bad.length;
  return [
    "",
    ...bad.map(({ name, what }) => `verify: ${printable(name)} ${what}`),
    bad.length === 0
      ? `verify: all ${plural(good, "shard")} are as the manifest says`
      : `verify: ${bad.length} of ${verdicts.length} differ`,
  ];
}
