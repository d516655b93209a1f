/** What `millrace dedupe plan` prints. Pure functions. */
import type { DedupePlan, PlanCost, PlanShape } from "../dedupe/index.ts";
import { curvePlot } from "./curve-plot.ts";
import { bytes, count, digits, duration, plural } from "./format.ts";
import { type Column, table } from "./table.ts";
import { clip, wrap } from "./text-width.ts";

/** Lines of a plan for a terminal of `width` columns. */
export function planLines(plan: DedupePlan, width: number): string[] {
  const { docs, bytesPerDoc, threshold } = plan;
  return [
    ...wrap(
      `${plural(docs, "document")} of ${bytes(bytesPerDoc)}, ${bytes(docs * bytesPerDoc)} of text; duplicates from a similarity of ${threshold} on`,
      width,
    ),
    "",
    ...shapeLines(plan, width),
    "",
    ...wrap("share of pairs removed (█) and compared (·), by their true Jaccard similarity", width),
    ...curvePlot({
      width: Math.min(width, 100),
      height: 12,
      filled: (x) => at(plan, x, "removed"),
      dotted: (x) => at(plan, x, "compared"),
      mark: { at: threshold, label: `threshold ${threshold}` },
    }),
    "",
    ...pairLines(plan, width),
    "",
    ...shapeTable(plan, width),
    "",
    ...costLines(plan, width),
  ].map((line) => clip(line, width));
}

function shapeLines({ shape, chosen, threshold }: DedupePlan, width: number): string[] {
  const { bands, rows, midpoint } = shape;
  const why = {
    given: "as given.",
    "meets misses": `the shape that compares the fewest pairs below ${threshold} in vain while leaving out few above it.`,
    closest: `no shape of so many values leaves out few enough pairs above ${threshold}; this one leaves out the fewest.`,
  }[chosen];
  const meaning = `Half of the pairs with a similarity of ${midpoint.toFixed(2)} are compared; those whose estimate reaches ${threshold} are removed.`;
  return [
    ...wrap(`${plural(bands, "band")} of ${plural(rows, "row")}, ${bands * rows} values: ${why} ${meaning}`, width),
    `  dedupe({ threshold: ${threshold}, bands: ${bands}, rows: ${rows} })`,
  ];
}

/** The curve between its hundredths. */
function at({ curve }: DedupePlan, x: number, which: "removed" | "compared"): number {
  const i = Math.min(99, Math.floor(x * 100));
  const [low, high] = [curve[i]?.[which] ?? 0, curve[i + 1]?.[which] ?? 1];
  return low + (high - low) * (x * 100 - i);
}

const COLUMNS: readonly Column[] = [
  { title: "", align: "left" },
  { title: "pairs", align: "right" },
  { title: "share", align: "right" },
];

function pairLines({ pairs, threshold }: DedupePlan, width: number): string[] {
  const { above, below, similarities } = pairs;
  const spread = similarities.length === 1 ? "evenly from 0 to 1" : `as ${similarities.length} weights say`;
  const row = (name: string, n: number, of: number): string[] => [name, expected(n), of > 0 ? share(n / of) : "-"];
  const rows = [
    [`at or above ${threshold}`, expected(above.all), ""],
    row("  missed: not compared", above.notCompared, above.all),
    row("  missed: that, or estimated too low", above.notRemoved, above.all),
    [`below ${threshold}`, expected(below.all), ""],
    row("  compared: removed, were it not verified", below.compared, below.all),
    row("  false hits: removed all the same", below.removed, below.all),
    ["strangers compared by chance", expected(pairs.strangersCompared), ""],
  ];
  return [
    ...wrap(`expected, if ${expected(pairs.related)} pairs are related and their similarities lie ${spread}:`, width),
    ...table(COLUMNS, rows, width).slice(1),
  ];
}

const SHAPE_COLUMNS: readonly Column[] = [
  { title: "", align: "left" },
  { title: "bands", align: "right" },
  { title: "rows", align: "right" },
  { title: "half at", align: "right" },
  { title: "not compared above", align: "right" },
  { title: "compared below", align: "right" },
];

function shapeTable({ shapes, shape }: DedupePlan, width: number): string[] {
  const row = (other: PlanShape): string[] => [
    other.rows === shape.rows ? ">" : "",
    String(other.bands),
    String(other.rows),
    other.midpoint.toFixed(2),
    share(other.leftOut),
    share(other.comparedBelow),
  ];
  return ["more rows are stricter, more bands looser:", ...table(SHAPE_COLUMNS, shapes.map(row), width)];
}

const COST_COLUMNS: readonly Column[] = [
  { title: "cost", align: "left" },
  { title: "memory", align: "right" },
  { title: "disk", align: "right" },
  { title: "signatures", align: "right" },
  { title: "finding", align: "right" },
];

function costLines({ streaming, outOfCore }: DedupePlan, width: number): string[] {
  const row = (name: string, cost: PlanCost): string[] => [
    name,
    bytes(cost.memoryBytes),
    cost.diskBytes === 0 ? "-" : bytes(cost.diskBytes),
    longDuration(cost.sketchSeconds),
    longDuration(cost.findSeconds),
  ];
  return [
    ...table(COST_COLUMNS, [row("one pass", streaming), row("out of core", outOfCore)], width),
    ...wrap("bytes by formula, as if every document were kept; seconds by constants measured on one core of an AMD EPYC, Node 20", width),
  ];
}

/** Numbers of pairs: whole ones where they are small, powers of ten where no one reads the digits. */
function expected(n: number): string {
  return n === 0 ? "0" : n < 0.01 ? n.toExponential(0) : n < 10 ? digits(n) : n < 1e15 ? count(n) : n.toExponential(1);
}

function share(part: number): string {
  const hundredths = 100 * part;
  return part === 0 ? "0 %" : hundredths < 0.001 ? "<0.001 %" : `${hundredths.toFixed(hundredths < 1 ? 3 : 1)} %`;
}

function longDuration(seconds: number): string {
  return seconds < 48 * 3600 ? duration(seconds) : `${digits(seconds / 86_400)} days`;
}
