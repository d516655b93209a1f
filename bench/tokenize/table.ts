/**
 * The rival table: every implementation of every tokenizer on three kinds of text. Ids are shown equal to the reference's first, in
 * a run of their own; what differs, or could not be shown, gets no number. Then each implementation takes its turn in every
 * round, in a fresh process, and ratios are taken within the round.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { styleText } from "node:util";
import { median, printTable, spread } from "../harness.ts";
import type { ChildResult } from "./child.ts";
import { type Contest, type Contestant, contests, filesVariable } from "./contestants.ts";
import { installRivals, isInstalled } from "./rivals.ts";
import { benchText, describeText, textNames } from "./texts.ts";
import { tokenizerJsonOfRanks } from "./tokenizer-json.ts";

export interface TableOptions {
  /** JSONL files in place of the three kinds of text. */
  readonly corpus: readonly string[];
  readonly rounds: number;
  /** Only tokenizers whose name contains this. */
  readonly match: string;
}

/** Slow implementations are stopped after so many seconds, once for the ids and in each round. */
const seconds = { ids: 5, time: 1.5 };
const CHILD = fileURLToPath(new URL("./child.ts", import.meta.url));
const HOOKS = new URL("../../scripts/register-ts.mjs", import.meta.url).href;

/** Prints the table. Returns whether our ids were everywhere the reference's. */
export async function rivalTable({ corpus, rounds, match }: TableOptions): Promise<boolean> {
  const failure = installRivals();
  if (failure !== undefined) console.log(`  rivals are missing: ${failure}`);
  const dir = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  process.env[filesVariable] = dir;
  try {
    const require = createRequire(import.meta.url);
    for (const [name, pattern] of [
      ["r50k_base", "r50k"],
      ["cl100k_base", "cl100k"],
      ["o200k_base", "o200k"],
    ] as const) {
      const { bpe_ranks } = require(`tiktoken/encoders/${name}.json`) as { bpe_ranks: string };
      writeFileSync(join(dir, `${name}.json`), JSON.stringify(tokenizerJsonOfRanks(bpe_ranks, pattern)));
    }
    let equal = true;
    for (const textName of corpus.length > 0 ? ["your corpus"] : textNames) {
      console.log(`\n${styleText("bold", describeText(benchText(textName, corpus)))}`);
      for (const contest of contests.filter(({ name }) => name.toLowerCase().includes(match.toLowerCase()))) {
        if (contest.missing !== undefined) console.log(`  ${contest.name}: left out, ${contest.missing}`);
        else equal = runContest(contest, textName, corpus, rounds) && equal;
      }
    }
    return equal;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function runContest(contest: Contest, text: string, corpus: readonly string[], rounds: number): boolean {
  const run = (contestant: Contestant, mode: "ids" | "time"): ChildResult => {
    const args = ["--import", HOOKS, CHILD, contest.name, contestant.name, text, mode, String(seconds[mode]), ...corpus];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", maxBuffer: 1 << 26 });
    if (status !== 0) throw new Error(`${contest.name}, ${contestant.name} failed:\n${stderr}`);
    return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as ChildResult;
  };

  const notes = new Map<Contestant, string>();
  const fit = new Set<Contestant>();
  const [own, reference] = contest.contestants;
  let expected: readonly number[] | undefined;
  // The reference goes first: the others are compared with it.
  for (const contestant of [reference, ...contest.contestants.filter((one) => one !== reference)]) {
    if (contestant === undefined) continue;
    if (contestant.needs !== undefined && !isInstalled(contestant.needs)) {
      notes.set(contestant, "not installed");
      continue;
    }
    const { digests } = run(contestant, "ids");
    if (contestant === reference) expected = digests;
    const note = expected === undefined ? "no reference to compare with" : verdict(digests, expected);
    notes.set(contestant, note);
    if (note.startsWith("equal")) fit.add(contestant);
  }

  const samples = new Map<Contestant, ChildResult[]>([...fit].map((contestant) => [contestant, []]));
  for (let round = 0; round < rounds; round++) for (const [contestant, list] of samples) list.push(run(contestant, "time"));
  const speeds = (contestant: Contestant | undefined): number[] =>
    (contestant === undefined ? [] : (samples.get(contestant) ?? [])).map(({ bytes, cpuSeconds }) => bytes / 1e6 / cpuSeconds);
  const ownSpeeds = speeds(own);
  const rows = contest.contestants.map((contestant): string[] => {
    const all = samples.get(contestant) ?? [];
    const theirs = speeds(contestant);
    const ratios = theirs.map((speed, round) => (ownSpeeds[round] ?? 0) / speed);
    const numbers =
      theirs.length === 0
        ? ["-", "-", "-", "-"]
        : [
            spread(theirs, 1),
            contestant === own || ownSpeeds.length === 0 ? "" : `${spread(ratios, 1)}x`,
            (1000 * median(all.map(({ loadSeconds }) => loadSeconds))).toFixed(0),
            Math.max(...all.map(({ peakMiB }) => peakMiB)).toFixed(0),
          ];
    return [contestant.name, ...numbers, notes.get(contestant) ?? ""];
  });
  printTable([[contest.name, "MB/s of CPU time", "ours is", "load ms", "peak MiB", "ids"], ...rows]);
  return own === undefined || !(notes.get(own) ?? "").startsWith("DIFFER");
}

/** How the ids of the documents that both have seen compare. */
function verdict(digests: readonly number[], expected: readonly number[]): string {
  const both = Math.min(digests.length, expected.length);
  if (both === 0) return "none compared";
  let different = 0;
  for (let i = 0; i < both; i++) if (digests[i] !== expected[i]) different++;
  return different === 0 ? `equal on ${both} documents` : `DIFFER on ${different} of ${both} documents: not timed`;
}
