/**
 * `npm run quality -- [--pairs 20000] [--threshold 0.7] [--bands 14] [--rows 8] [--ngram 5] [--seed 1]`: the detection of planted near
 * duplicates by true similarity, next to the formulas, with 95 % confidence intervals. Takes about a minute.
 */
import { parseArgs } from "node:util";
import { measureQuality, type QualityRow, type Share } from "./quality-report.ts";

const { values } = parseArgs({
  options: {
    pairs: { type: "string", default: "20000" },
    threshold: { type: "string", default: "0.7" },
    bands: { type: "string", default: "14" },
    rows: { type: "string", default: "8" },
    ngram: { type: "string", default: "5" },
    seed: { type: "string", default: "1" },
  },
});
const options = {
  pairs: Number(values.pairs),
  threshold: Number(values.threshold),
  bands: Number(values.bands),
  rows: Number(values.rows),
  ngram: Number(values.ngram),
  seed: Number(values.seed),
};

const number = (value: number): string => value.toFixed(3);
const interval = ({ share, low, high }: Share): string => `${number(share)} [${number(low)}, ${number(high)}]`;

function cells(row: QualityRow): string[] {
  const place = `${row.from.toFixed(2)} - ${row.to.toFixed(2)}`;
  return [
    place,
    String(row.pairs),
    interval(row.compared),
    number(row.detection),
    interval(row.removed),
    number(row.removal),
    number(row.bias),
    number(row.rmse),
  ];
}

const { bands, rows, threshold, pairs } = options;
console.log(`${pairs} pairs with planted edits, ${bands} bands of ${rows} rows, threshold ${threshold}, 95 % intervals`);
const table = [
  ["true Jaccard", "pairs", "compared", `1-(1-s^${rows})^${bands}`, "removed", "by formula", "bias", "RMSE"],
  ...measureQuality(options)
    .filter((row) => row.pairs > 0)
    .map(cells),
];
const widths = (table[0] as string[]).map((_, column) => Math.max(...table.map((line) => (line[column] as string).length)));
for (const line of table) console.log(line.map((cell, column) => cell.padStart(widths[column] as number)).join("  "));
