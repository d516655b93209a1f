/** What is removed is what no record names, also when a process commits and ends while the garbage is looked for. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { attemptPrefix, commitTask } from "../../src/run/commit.ts";
import { WorkFolder } from "../../src/run/folder.ts";
import { removeDead } from "../../src/run/gc.ts";
import { collectGarbage } from "../../src/run/index.ts";
import { makePlan, type Plan } from "../../src/run/plan.ts";
import { corpus, folder } from "./fixtures.ts";
import { jobOf } from "./job-module.ts";

/** Lists the commits of a moment ago at the first look, and as they are from then on. */
class LateWork extends WorkFolder {
  looked = false;
  readonly #before: string;

  constructor(path: string, before: string) {
    super(path);
    this.#before = before;
  }

  override commits(phase: number): string {
    if (this.looked) return super.commits(phase);
    this.looked = true;
    return this.#before;
  }
}

/** The name of a file of an attempt whose process has ended. */
function deadName(kind: string): string {
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  return `${attemptPrefix(0)}${kind}`.replace(`-${process.pid}-`, `-${pid}-`);
}

async function setUp(): Promise<{ readonly plan: Plan; readonly work: LateWork; readonly won: string; readonly lost: string }> {
  const dir = folder();
  const whole = await makePlan(
    jobOf({ input: corpus(join(dir, "in"), 20), output: join(dir, "out"), stages: [], sink: "jsonl", maxRecords: 50 }),
  );
  const plan = { ...whole, phases: whole.phases.slice(-1) };
  mkdirSync(join(dir, "before"));
  const work = new LateWork(join(dir, "work"), join(dir, "before"));
  work.looked = true;
  await work.make(1);
  const [won, lost] = [deadName("kept"), deadName("kept")];
  for (const name of [won, lost]) writeFileSync(join(work.data(0), name), "x");
  const record = { plan: plan.hash, phase: 0, task: 0, files: [won], report: null, digests: [], output: null, seconds: 0 };
  await commitTask(work, record);
  work.looked = false;
  return { plan, work, won, lost };
}

it("leaves the files of a process that committed and ended since the commits were listed", async () => {
  const first = await setUp();
  await collectGarbage(first.plan, first.work, 0);
  expect(readdirSync(first.work.data(0))).toEqual([first.won]);
  const second = await setUp();
  await removeDead(second.plan, second.work);
  expect(readdirSync(second.work.data(0))).toEqual([second.won]);
});

it("removes nothing when the commits cannot be listed", async () => {
  const { plan, work, won, lost } = await setUp();
  work.looked = true;
  rmSync(work.commits(0), { recursive: true });
  writeFileSync(work.commits(0), ""); // no folder: ENOTDIR, as an input/output error would be
  await expect(collectGarbage(plan, work, 0)).rejects.toMatchObject({ code: "ENOTDIR" });
  expect(readdirSync(work.data(0)).sort()).toEqual([won, lost].sort());
});
