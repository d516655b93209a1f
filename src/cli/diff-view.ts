import type { FateChange, RunDiff } from "../trace/index.ts";
import { describeChange } from "../trace/index.ts";
import { count, plural } from "./format.ts";
import { table } from "./table.ts";
import { excerpt, printable } from "./text-width.ts";

/** Names of inputs that are listed of each kind. */
const LISTED = 5;

/** What two runs differ in, for a terminal of `width` columns. */
export function diffLines(found: RunDiff, width: number): string[] {
  const { was, is } = found;
  const head = [`was  ${printable(was)}`, `is   ${printable(is)}`];
  if (found.equal) return [...head, "", found.documents === null ? "equal, as far as the manifests say" : "equal", ...missing(found)];
  return [
    ...head,
    ...section(
      "configuration",
      found.configuration.map((change) => excerpt(describeChange(change), 4 * width)),
    ),
    ...section("inputs", inputLines(found)),
    ...section("totals", table(columns("total"), totalRows(found), width)),
    ...(found.counts.length === 0 ? [] : section("counts", table(columns("stage", "what"), countRows(found), width))),
    ...section("documents", documentLines(found, width)),
  ];
}

function columns(...names: readonly string[]): { readonly title: string; readonly align: "left" | "right" }[] {
  const numbers = ["was", "is", "change"].map((title) => ({ title, align: "right" as const }));
  return [...names.map((title) => ({ title, align: "left" as const })), ...numbers];
}

function numbersOf(was: number, is: number): string[] {
  return [count(was), count(is), is > was ? `+${count(is - was)}` : count(is - was)];
}

function totalRows({ totals, shards }: RunDiff): string[][] {
  const rows = Object.entries(totals).map(([name, { was, is }]) => [name, ...numbersOf(was, is)]);
  return shards === 0 ? rows : [...rows, ["shards that differ", "", "", count(shards)]];
}

function countRows({ counts }: RunDiff): string[][] {
  return counts.map(({ stage, what, was, is }) => [printable(stage), printable(what), ...numbersOf(was, is)]);
}

function inputLines({ inputs }: RunDiff): string[] {
  const lines = (what: string, names: readonly string[]): string[] => {
    if (names.length === 0) return [];
    const more = names.length > LISTED ? ` and ${count(names.length - LISTED)} more` : "";
    return [`${what}: ${names.slice(0, LISTED).map(printable).join(", ")}${more}`];
  };
  const changed = lines("changed", inputs.changed);
  const warning = changed.length === 0 ? [] : ["documents of changed inputs are matched by their number, so they may not be the same ones"];
  return [...lines("only in the first", inputs.removed), ...lines("only in the second", inputs.added), ...changed, ...warning];
}

function documentLines(found: RunDiff, width: number): string[] {
  const { documents } = found;
  if (documents === null) return missing(found);
  if (documents.changed === 0) return [`all ${count(documents.documents)} fared the same`];
  const { changed, changedSide } = documents;
  const sides =
    changedSide === changed ? "all of them from kept to left out or back" : `${count(changedSide)} of them from kept to left out or back`;
  const head = `${count(changed)} of ${count(documents.documents)} fared otherwise, ${changedSide === 0 ? "none of them from kept to left out or back" : sides}`;
  return [head, ...documents.changes.flatMap((change) => changeLines(change, width))];
}

function changeLines({ was, is, changedSide, count: many, listed }: FateChange, width: number): string[] {
  const head = `  ${plural(many, "document")}: ${printable(was)} -> ${printable(is)}`;
  // Of what is left out in both runs, by whatever rule, the numbers are enough; --json has the rest.
  if (!changedSide) return [head];
  const names = listed.map(({ source, record }) => `    ${excerpt(`${source}:${record}`, width - 4)}`);
  const more = many > listed.length && listed.length > 0 ? [`    and ${count(many - listed.length)} more`] : [];
  return [head, ...names, ...more];
}

function missing({ withoutLineage }: RunDiff): string[] {
  return withoutLineage.map((path) => `documents cannot be compared: ${printable(path)} names no lineage file`);
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", title, ...lines.map((line) => `  ${line}`)];
}
