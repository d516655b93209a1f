/**
 * Honest timing: every implementation of a group runs in a process of its own, the implementations take turns over the
 * rounds (this kind of machine drifts), and nothing is timed before all of them were shown to give the same result. What
 * is timed is process CPU time, user and system, so a busy neighbour does not count; peak memory is the process's.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { styleText } from "node:util";

/** What one timed run reports. */
export interface Sample {
  /** UTF-8 bytes of text that went in. */
  readonly bytes: number;
  readonly documents: number;
  /** Equal for all implementations that did the same work; the harness compares it. A function is called after the clock stopped. */
  readonly digest: string | (() => Promise<string>);
  /** Of work done in another process: what was measured there. */
  readonly own?: { readonly cpuSeconds: number; readonly peakMiB: number };
}

/** One implementation in a group. `prepare` is not timed; what it returns is what is. */
export interface Contender {
  readonly name: string;
  /** The rival is slow: it gets this share of the documents, and only its speed is compared (its digest on that share is checked by `sameAs`). */
  readonly prepare: (corpus: readonly string[]) => Promise<() => Promise<Sample> | Sample>;
  /** Why its result may differ from the others; printed beside the number. Only for rivals that cannot do the same. */
  readonly differs?: string;
}

/** Implementations of one task on one text. The first contender is ours. */
export interface Group {
  readonly title: string;
  readonly contenders: readonly Contender[];
  /** A statement to check before timing, beyond equal digests; throws when it does not hold, returns what was shown. */
  readonly verify?: (corpus: readonly string[]) => Promise<string>;
}

interface Timed extends Sample {
  readonly digest: string;
  readonly cpuSeconds: number;
  readonly peakMiB: number;
}

const CHILD = fileURLToPath(new URL("./child.ts", import.meta.url));
const HOOKS = new URL("../scripts/register-ts.mjs", import.meta.url).href;

function runOnce(group: string, contender: string, corpus: readonly string[]): Timed {
  const args = ["--import", HOOKS, CHILD, group, contender, ...corpus];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", maxBuffer: 1 << 24 });
  if (status !== 0) throw new Error(`${group}/${contender} failed:\n${stderr}`);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Timed;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** Median and extremes. */
export function spread(values: readonly number[], digits: number): string {
  return `${median(values).toFixed(digits)} [${Math.min(...values).toFixed(digits)}..${Math.max(...values).toFixed(digits)}]`;
}

/** Runs one group and prints its table; returns false when the results were not equal. */
export async function runGroup(key: string, group: Group, corpus: readonly string[], rounds: number): Promise<boolean> {
  console.log(`\n${styleText("bold", group.title)}`);
  if (group.verify !== undefined) console.log(`  shown first: ${await group.verify(corpus)}`);
  const samples = new Map<string, Timed[]>(group.contenders.map(({ name }) => [name, []]));
  // The first round doubles as the proof of equality: it is printed only when every digest agrees.
  for (let round = 0; round < rounds; round++) {
    for (const { name } of group.contenders) samples.get(name)?.push(runOnce(key, name, corpus));
    if (round === 0) {
      const same = group.contenders.filter((contender) => contender.differs === undefined);
      const digests = new Set(same.map(({ name }) => samples.get(name)?.[0]?.digest));
      if (digests.size > 1) {
        console.log(styleText("red", "  NOT EQUAL, so nothing is timed:"));
        for (const { name } of same) console.log(`    ${name}: ${samples.get(name)?.[0]?.digest}`);
        return false;
      }
      if (same.length > 1) console.log(`  equal results: ${same.map(({ name }) => name).join(" = ")}`);
    }
  }
  const ours = samples.get(group.contenders[0]?.name ?? "") ?? [];
  const rows = group.contenders.map(({ name, differs }): string[] => {
    const all = samples.get(name) ?? [];
    const speed = all.map((s) => s.bytes / 1e6 / s.cpuSeconds);
    const ratios = all.map((s, i) => (ours[i] as Timed).bytes / (ours[i] as Timed).cpuSeconds / (s.bytes / s.cpuSeconds));
    const docs = median(all.map((s) => s.documents / s.cpuSeconds));
    const memory = Math.max(...all.map((s) => s.peakMiB));
    return [name, spread(speed, 1), docs.toFixed(0), memory.toFixed(0), all === ours ? "" : `${spread(ratios, 1)}x`, differs ?? ""];
  });
  printTable([["", "MB/s of CPU time", "docs/s", "peak MiB", "ours is", "note"], ...rows]);
  return true;
}

export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows)
    console.log(`  ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  ")}`);
}
