/** What `millrace dedupe audit` found, as lines of text. Pure functions. */
import type { KeptDocument, Passage, RemovalSummary } from "../dedupe/index.ts";
import type { Audit, ShownRemoval } from "./audit-run.ts";
import { count, percent, plural } from "./format.ts";
import { placeOf } from "./kept-documents.ts";
import { table } from "./table.ts";
import { clip, displayWidth, excerpt, printable, wrap } from "./text-width.ts";

/** Widths of a bin of the histograms, in hundredths. */
const BIN = 5;
/** Lines of each text that are shown side by side. */
const SIDE_LINES = 8;

export function auditLines(audit: Audit, width: number): string[] {
  const { summary, files } = audit;
  const exclusions = `${plural(summary.records, "excluded record")} in ${plural(files.length, "file")}`;
  const removals = `${count(summary.removals)} of them removed for another one that stayed`;
  const groups = summary.groupCount === undefined ? "more documents than were counted" : plural(summary.groupCount, "document");
  const lines = [
    ...wrap(`${exclusions}, ${removals} (${groups})`, width),
    ...(summary.unnamed > 0
      ? wrap(`${count(summary.unnamed)} do not say for which: it was kept before the run began to keep exclusions`, width)
      : []),
    ...section("reasons", reasonLines(summary, width)),
    ...section("largest groups", groupLines(audit, width)),
    ...section("similarity of near duplicates to the document that stayed", similarityLines(audit, width)),
    ...audit.near.flatMap((shown, i) => section(`near the threshold, ${i + 1}`, sideBySide(shown, width))),
  ];
  // Messages are not cut: what they name is at their end.
  return [...lines.map((line) => clip(line, width)), ...section("not found again", audit.problems.map(printable))];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", title, ...lines.map((line) => (line === "" ? "" : `  ${line}`))];
}

function bare(align: readonly ("left" | "right")[], rows: readonly (readonly string[])[], width: number): string[] {
  if (rows.length === 0) return [];
  const columns = align.map((side) => ({ title: "", align: side }));
  return table(columns, rows, width - 2).slice(1);
}

function reasonLines({ reasons, records }: RemovalSummary, width: number): string[] {
  const rows = reasons.map(({ stage, reason, count: n }) => [printable(stage), printable(reason), count(n), percent(n, records)]);
  return bare(["left", "left", "right", "right"], rows, width);
}

function groupLines({ summary, groupTexts }: Audit, width: number): string[] {
  const { groups, groupError } = summary;
  const sizes = groups.map(({ removed }) => (groupError === 0 ? count(removed) : `${count(removed)} to ${count(removed + groupError)}`));
  const names = groups.map(({ kept }) => clip(nameOf(kept), Math.floor(width / 3)));
  // The text takes what is left: a wider one would cut the first column.
  const left = width - 6 - Math.max(...sizes.map(displayWidth)) - Math.max(...names.map(displayWidth));
  const rows = groups.map(({ kept }, i) => {
    const text = kept.origin && groupTexts.get(placeOf(kept.origin));
    return [sizes[i] as string, names[i] as string, text === undefined ? "" : excerpt(text, Math.max(1, left))];
  });
  return bare(["right", "left", "left"], rows, width);
}

/** The place of a document, and its id where that says more. */
function nameOf({ of, origin }: KeptDocument): string {
  const place = origin === undefined ? "" : placeOf(origin);
  return printable(of === undefined || of === place ? place : place === "" ? of : `${of} (${place})`);
}

function similarityLines({ summary, sampled, before }: Audit, width: number): string[] {
  const { similarities, leastSimilarity } = summary;
  const estimated = bins(similarities);
  const total = estimated.reduce((a, b) => a + b, 0);
  if (total === 0) return [];
  const drawn = new Array<number>(101).fill(0);
  for (const { jaccard } of sampled) drawn[Math.floor(jaccard * 100 + 1e-9)] = (drawn[Math.floor(jaccard * 100 + 1e-9)] ?? 0) + 1;
  const jaccards = bins(drawn);
  const first = Math.min(...[estimated, jaccards].map((list) => list.findIndex((n) => n > 0)).filter((i) => i >= 0));
  const barWidth = Math.max(8, Math.min(40, Math.floor((width - 46) / 2)));
  const bar = (n: number, list: readonly number[]): string =>
    n === 0 ? "" : "#".repeat(Math.max(1, Math.round((barWidth * n) / Math.max(...list))));
  const rows = estimated.flatMap((n, i) => {
    if (i < first) return [];
    const from = (i * BIN) / 100;
    const label = i === 20 ? "1" : `${from.toFixed(2)} - ${(from + BIN / 100).toFixed(2)}`;
    const m = jaccards[i] as number;
    return [[label, count(n), bar(n, estimated), ...(sampled.length > 0 ? [count(m), bar(m, jaccards)] : [])]];
  });
  const columns = [
    { title: "", align: "left" },
    { title: "estimated", align: "right" },
    { title: "", align: "left" },
    ...(sampled.length > 0
      ? ([
          { title: `true, of ${sampled.length}`, align: "right" },
          { title: "", align: "left" },
        ] as const)
      : []),
  ] as const;
  return [...table(columns, rows, width - 2), ...sampleLines(figuresOf(sampled), leastSimilarity, before, width)];
}

/** Figures of the sample. */
function figuresOf(sampled: Audit["sampled"]): {
  readonly n: number;
  readonly least: number;
  readonly rmse: number;
  readonly bias: number;
} {
  const n = sampled.length;
  const errors = sampled.map(({ estimated, jaccard }) => estimated - jaccard);
  return {
    n,
    least: Math.min(...sampled.map(({ jaccard }) => jaccard)),
    rmse: Math.sqrt(errors.reduce((sum, e) => sum + e * e, 0) / n),
    bias: errors.reduce((sum, e) => sum + e, 0) / n,
  };
}

function sampleLines(
  { n, least, rmse, bias }: ReturnType<typeof figuresOf>,
  lowest: number | undefined,
  before: readonly string[],
  width: number,
): string[] {
  const text = [
    `The least estimate is ${(lowest ?? 0).toFixed(2)}.`,
    ...(n === 0 ? ["No true similarity: none of the documents that stayed could be read again."] : []),
    ...(n === 0
      ? []
      : [
          `In the sample the least true similarity is ${least.toFixed(2)}; estimates differ by ${rmse.toFixed(3)} (root mean square), on average by ${bias.toFixed(3)}.`,
        ]),
    ...(n > 0 && before.length > 0
      ? [`True similarities are of the texts as they were read; the run compared what ${before.join(", ")} made of them.`]
      : []),
  ];
  return wrap(text.join(" "), width - 2);
}

function bins(hundredths: readonly number[]): number[] {
  const out = new Array<number>(21).fill(0);
  for (const [i, n] of hundredths.entries()) out[Math.floor(i / BIN)] = (out[Math.floor(i / BIN)] as number) + n;
  return out;
}

/** One removal in full: figures, shared passages with their places, what differs. */
export function explanationLines(shown: ShownRemoval, width: number): string[] {
  const { removal, kept, explanation } = shown;
  if (kept === undefined || explanation === undefined) return sideBySide(shown, width);
  const { record } = removal;
  const { shared, onlyInRemoved, onlyInKept, shingles, words, covered, complete } = explanation;
  const at = (text: string, { start, end }: Passage): string =>
    `${start}-${end}  ${excerpt(text.slice(start, end), Math.max(20, width - 24))}`;
  return [
    ...sideBySide(shown, width),
    "",
    ...wrap(
      `${count(shingles.common)} shingles are in both, of ${count(shingles.removed)} and ${count(shingles.kept)}; ${count(covered.removed)} of ${plural(words.removed, "word")} of the removed text, and ${count(covered.kept)} of ${plural(words.kept, "word")} of the other one, are in shared passages`,
      width,
    ),
    ...section(
      "longest shared passages (characters of each text)",
      shared.flatMap((run) => [
        `${plural(run.words, "word")}`,
        `  removed ${at(record.text, run.removed)}`,
        `  stayed  ${at(kept.text, run.kept)}`,
      ]),
    ),
    ...section(
      "only in the removed text",
      onlyInRemoved.map((run) => at(record.text, run)),
    ),
    ...section(
      "only in the text that stayed",
      onlyInKept.map((run) => at(kept.text, run)),
    ),
    ...(complete
      ? []
      : ["", `Only the first ${count(Math.max(words.removed, words.kept))} words of each text were looked at for passages.`]),
  ].map((line) => clip(line, width));
}

/** The figures of a removal, and the begin of both texts in two columns; what is in one text alone is named below. */
function sideBySide({ removal, kept, explanation }: ShownRemoval, width: number): string[] {
  const { record, similarity } = removal;
  const column = Math.max(16, Math.floor((width - 5) / 2));
  const figures = [
    `${record.reason} by ${record.stage}`,
    ...(similarity === undefined ? [] : [`estimated ${similarity.toFixed(3)}`]),
    ...(explanation?.jaccard === undefined ? [] : [`true ${explanation.jaccard.toFixed(3)}`]),
  ];
  const left = [`removed ${printable(record.id)} (${printable(placeOf(record.origin))})`, ...shownText(record.text, column)];
  const right = [`stayed ${nameOf(removal.kept)}`, ...(kept === undefined ? ["(could not be read again)"] : shownText(kept.text, column))];
  const rows = Array.from({ length: Math.max(left.length, right.length) }, (_, i) => {
    const cell = clip(left[i] ?? "", column);
    return `${cell}${" ".repeat(column - displayWidth(cell))} | ${clip(right[i] ?? "", column)}`.trimEnd();
  });
  return [clip(printable(figures.join(", ")), width - 2), ...rows];
}

/** The begin of a text, in lines of a column. */
function shownText(text: string, column: number): string[] {
  const head = excerpt(text, column * SIDE_LINES);
  const lines: string[] = [];
  for (let rest = [...head]; rest.length > 0 && lines.length < SIDE_LINES; ) {
    let used = 0;
    let length = 0;
    while (length < rest.length && used + displayWidth(rest[length] as string) <= column) used += displayWidth(rest[length++] as string);
    lines.push(rest.slice(0, Math.max(1, length)).join(""));
    rest = rest.slice(Math.max(1, length));
  }
  return lines;
}
