/** What can be seen of a run: progress as data, metrics, status, the command line, garbage. */
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { attemptPrefix } from "../../src/run/commit.ts";
import { collectGarbage, estimate, findRuns, metricsText, type RunProgress, runStatus, serveMetrics } from "../../src/run/index.ts";
import { makePlan } from "../../src/run/plan.ts";
import { inProcess, millrace } from "../cli/process.ts";
import { corpus, folder, run, threads } from "./fixtures.ts";
import { jobOf, type Recipe } from "./job-module.ts";

function setUp(): Recipe {
  const dir = folder();
  return { input: corpus(join(dir, "in"), 160), output: join(dir, "out"), stages: ["third", "once"], sink: "jsonl" };
}

/** The states of a run, and its recipe. */
async function watched(): Promise<readonly RunProgress[]> {
  const states: RunProgress[] = [];
  await run(setUp(), { engine: threads(2), onProgress: (progress) => states.push(progress), progressInterval: 10 });
  return states;
}

describe("progress", () => {
  it("passes through the phases, never goes back, and ends with the counters of the whole run", async () => {
    const states = await watched();
    expect([...new Set(states.map(({ name }) => name))]).toEqual(
      ["count", "observe once", "decide once", "write"].filter((name) => states.some((s) => s.name === name)),
    );
    for (const [i, { phase, tasks, report }] of states.entries()) {
      const before = states[i - 1];
      expect(tasks.done + tasks.running + tasks.waiting).toBe(tasks.total);
      if (before === undefined) continue;
      expect(phase).toBeGreaterThanOrEqual(before.phase);
      if (phase === before.phase) expect(tasks.done).toBeGreaterThanOrEqual(before.tasks.done);
      for (const [s, stage] of report.stages.entries()) expect(stage.out).toBeGreaterThanOrEqual(before.report.stages[s]?.out ?? 0);
    }
    const last = states.at(-1);
    expect(last).toMatchObject({ name: "write", tasks: { running: 0, waiting: 0, lost: 0 } });
    const [source, filter, once] = last?.report.stages ?? [];
    expect([source?.out, once?.in]).toEqual([160, filter?.out]);
    expect(last?.report.delivered).toBe(once?.out);
    expect(last?.bytesDone).toBe(last?.bytesTotal);
  });

  it("counts in a phase whose records are not kept, and never goes back when they are read again", async () => {
    const states: RunProgress[] = [];
    const recipe: Recipe = { ...setUp(), stages: ["once"] };
    await run(recipe, { engine: threads(1), onProgress: (progress) => states.push(progress), progressInterval: 5 });
    const observed = states.filter(({ name }) => name === "observe once" || name === "decide once").at(-1);
    expect(observed?.report.stages.map((stage) => stage.in + stage.out)[0]).toBeGreaterThan(0);
    for (const [i, { report }] of states.entries()) {
      const before = states[i - 1]?.report;
      for (const [s, stage] of report.stages.entries()) expect(stage.out).toBeGreaterThanOrEqual(before?.stages[s]?.out ?? 0);
    }
    expect(states.at(-1)?.report.stages.map((stage) => stage.out)[0]).toBe(160);
  });

  it("is served as text that Prometheus reads, on this machine alone", async () => {
    const states = await watched();
    const server = await serveMetrics(0);
    try {
      expect(await (await fetch(server.url)).text()).toBe("");
      server.update(states.at(-1) as RunProgress);
      const response = await fetch(server.url);
      expect(response.headers.get("content-type")).toContain("version=0.0.4");
      const text = await response.text();
      expect(text).toBe(metricsText(states.at(-1) as RunProgress));
      for (const line of text.trimEnd().split("\n")) {
        expect(line).toMatch(/^(# (HELP|TYPE) millrace_\w+ .+|millrace_\w+(\{\w+="[^"\n]*"(,\w+="[^"\n]*")*\})? [-+.e\d]+)$/);
      }
      expect(text).toContain('millrace_stage_records_out_total{stage="read"} 160\n');
      expect(text).toMatch(/millrace_stage_dropped_total\{stage="once",reason="seen"\} \d+\n/);
      expect((await fetch(server.url.replace("/metrics", "/other"))).status).toBe(404);
      expect(new URL(server.url).hostname).toBe("127.0.0.1");
    } finally {
      await server.close();
    }
  });
});

describe("status, plan and gc", () => {
  it("tell of a run that was interrupted, and remove what it left", async () => {
    const recipe = { ...setUp(), delay: 3 };
    const controller = new AbortController();
    const onProgress = ({ tasks }: RunProgress): void => {
      if (tasks.done >= 3) controller.abort(new Error("enough"));
    };
    await expect(run(recipe, { engine: threads(1), signal: controller.signal, onProgress, progressInterval: 5 })).rejects.toThrow("enough");
    const [found] = await findRuns(recipe.output);
    if (found === undefined) throw new Error("there is no run");
    const status = await runStatus(found);
    expect(status).toMatchObject({ state: "unfinished", inputs: 4, quarantined: 0 });
    expect(status?.phases.map(({ name }) => name)).toEqual(["count", "observe once", "decide once", "write"]);
    const done = status?.phases.reduce((sum, phase) => sum + phase.done, 0) ?? 0;
    expect(done).toBeGreaterThanOrEqual(3);

    const plan = await found.plan();
    if (plan === undefined) throw new Error("there is no plan");
    const work = found.work(plan);
    await collectGarbage(plan, work, 0); // what the aborted attempt left
    const kept = readdirSync(work.data(1));
    // Of a task that has committed, of a dead process, of one of another machine that may be alive.
    writeFileSync(join(work.data(0), "000000.00000000-1-z."), "x".repeat(10));
    writeFileSync(join(work.data(1), "000099.00000000-1-z.kept"), "young");
    expect(await collectGarbage(plan, work, 3600)).toEqual({ files: 1, bytes: 10 });
    expect(await collectGarbage(plan, work, 0)).toEqual({ files: 1, bytes: 5 });
    expect(readdirSync(work.data(1))).toEqual(kept);
    // The folder of a step that is at work in this process: its files are written to long after the last of them came.
    const scratch = join(work.data(2), `${attemptPrefix(0)}scratch`);
    mkdirSync(scratch);
    writeFileSync(join(scratch, "keys"), "");
    utimesSync(scratch, 1000, 1000);
    expect(await collectGarbage(plan, work, 3600)).toEqual({ files: 0, bytes: 0 });
    utimesSync(join(scratch, "keys"), 1000, 1000);
    expect((await collectGarbage(plan, work, 3600)).files).toBe(1);
    await run(recipe, { engine: threads(2) });
    expect(await runStatus(found)).toMatchObject({ state: "finished", hash: plan.hash });
  });

  it("estimate what a plan needs", async () => {
    const recipe = setUp();
    const plan = await makePlan(jobOf(recipe), { splitBytes: 4000 });
    const needs = estimate(plan);
    expect(needs).toMatchObject({ inputs: 4, bytes: plan.inputs.reduce((sum, { size }) => sum + size, 0) });
    expect(needs.textBytes).toBeGreaterThan(needs.bytes); // one of them is compressed
    expect(needs.keptBytes).toBe(needs.textBytes);
    expect(needs.tasks).toBe(plan.phases.reduce((sum, phase) => sum + phase.tasks, 0));
  });

  it("are commands, and so is a run on several workers", async () => {
    const dir = folder();
    mkdirSync(join(dir, "in"));
    writeFileSync(join(dir, "in/a.jsonl"), Array.from({ length: 50 }, (_, i) => `${JSON.stringify({ text: `text ${i}` })}\n`).join(""));
    const file = join(dir, "pipeline.ts");
    writeFileSync(
      file,
      'import { filter, jsonlShards, read, type Doc } from "millrace";\n' +
        'export default read("in/*").pipe(filter((doc: Doc) => !doc.text.endsWith("7"))).write(jsonlShards("out/t-{shard}.jsonl"));\n',
    );
    const at = { cwd: dir };
    const plan = await millrace(["plan", file], at);
    expect(plan.stdout).toMatch(/^plan [0-9a-f]{16}\n1 input, .*; 1 split of about \d[\d.]* k?B\n/);
    expect(plan.stdout).toContain("write      1  read > filter > jsonlShards");
    const first = await millrace(["run", file, "--workers", "1", "--progress", "none"], at);
    expect([first.code, first.stderr]).toEqual([0, ""]);
    expect(first.stdout).toContain("45 records delivered");
    const again = await millrace(["run", file, "--workers", "1", "--json"], at);
    expect(JSON.parse(again.stdout)).toMatchObject({ report: null, output: { totals: { records: 45 } } });
    // What loads no module needs no process of its own.
    const status = await inProcess(["status", join(dir, "out")]);
    expect(status.stdout).toMatch(/finished\nplan [0-9a-f]{16}, 1 input/);
    const task = await inProcess(["task", join(dir, "out"), "--phase", "7", "--tasks", "0"]);
    expect([task.code, task.stderr]).toEqual([65, expect.stringContaining("there is no run in") as string]);
    expect((await inProcess(["run", file, "--split", "3"])).stderr).toContain("--split needs --workers");
    expect((await inProcess(["status", join(dir, "in")])).code).toBe(2);
    expect((await inProcess(["gc", join(dir, "out")])).stdout).toContain("removed 0 files");
  });
});
