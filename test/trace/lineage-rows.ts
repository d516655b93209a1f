/** Rows of lineage for tests: any, and such as a run makes. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { onTestFinished } from "vitest";
import { type LineageFacts, LineageFile, type LineageRow, LineageWriter } from "../../src/trace/index.ts";
import type { LineageSizes } from "../../src/trace/lineage-writer.ts";

export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "millrace-lineage-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const MOST = 2 ** 52 - 1;
const place = fc.oneof(fc.nat(5), fc.nat(70_000), fc.integer({ min: 0, max: MOST }));
const source = fc.oneof(
  fc.constantFrom("a.jsonl", "corpus/a.jsonl.gz", "corpus/b.jsonl.gz", "", "𝒂", "𝒃", "\u{1d4b3}x"),
  fc.string({ unit: "binary" }),
);
const part = fc.option(fc.record({ index: place, count: place }), { nil: undefined });
const read = { source, record: place, offset: place, part };
const reason = fc.oneof(fc.constantFrom("short", "near-duplicate"), fc.string());

/** Any row at all. */
export const anyRow: fc.Arbitrary<LineageRow> = fc.oneof(
  fc.record({
    ...read,
    outcome: fc.constant("delivered" as const),
    shard: place,
    sample: place,
    row: fc.option(place, { nil: undefined }),
  }),
  fc.record({ ...read, outcome: fc.constantFrom("dropped" as const, "error" as const), stage: reason, reason }),
);

/** Rows as a run of `count` documents makes them, in the order of the input; a third is dropped. */
export function runRows(count: number, perSource = 1000): LineageRow[] {
  let sample = 0;
  return Array.from({ length: count }, (_, i): LineageRow => {
    const record = i % perSource;
    const from = { source: `corpus/part-${String(Math.floor(i / perSource)).padStart(4, "0")}.jsonl`, record, part: undefined };
    const read = { ...from, offset: record * 3001 + ((i * 7919) % 2003) };
    if (i % 3 === 1) return { ...read, outcome: "dropped", stage: "clean", reason: i % 2 === 0 ? "short" : "language" };
    const number = sample++;
    return { ...read, outcome: "delivered", shard: Math.floor(number / 500), sample: number % 500, row: undefined };
  });
}

export async function writeRows(path: string, rows: readonly LineageRow[], sizes: LineageSizes = {}): Promise<LineageFacts> {
  const writer = new LineageWriter(path, sizes);
  for (const row of rows) writer.add(row);
  return writer.commit();
}

export async function readRows(path: string): Promise<LineageRow[]> {
  await using file = await LineageFile.open(path);
  const rows: LineageRow[] = [];
  for await (const row of file) rows.push(row);
  return rows;
}

/** The same rows in an order that has nothing to do with theirs. */
export function shuffled<T>(items: readonly T[], seed = 1): T[] {
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const copy = [...items];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = random(i + 1);
    [copy[i], copy[j]] = [copy[j] as T, copy[i] as T];
  }
  return copy;
}
