/** Killed at any instant and continued, a run gives the bytes of one that was left alone. */
import { spawnSync } from "node:child_process";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Engine } from "../../src/run/index.ts";
import { type ChildRun, corpus, folder, killedRuns, processes, run, startChild, threads, tree } from "./fixtures.ts";
import type { Recipe } from "./job-module.ts";

/** Two phases with kept records and verdicts, several shards a task, small delays so that a kill finds something under way. */
function recipe(dir: string, output: string): Recipe {
  return { input: `${dir}/in/*`, output: join(dir, output), stages: ["third", "once"], sink: "tar", maxRecords: 20, delay: 2 };
}

function files(path: string): Record<string, string> {
  return Object.fromEntries(Object.entries(tree(path)).filter(([name]) => !name.startsWith(".millrace/")));
}

function expectTidy(path: string): void {
  expect(readdirSync(path).filter((name) => name.startsWith(".") && name !== ".millrace")).toEqual([]);
  expect(readdirSync(join(path, ".millrace", "manifest")).sort()).toEqual(["finished.json", "plan.json"]);
}

describe("SIGKILL", () => {
  it("of the whole run, again and again, loses and doubles nothing", async () => {
    const dir = folder();
    corpus(join(dir, "in"), 400);
    const reference = recipe(dir, "reference");
    await run(reference, { splitBytes: 6000, engine: threads(2) });
    const killed = recipe(dir, "killed");
    const kills = await killedRuns({ recipe: killed, engine: "threads", workers: 2, splitBytes: 6000 }, 8);
    expect(kills).toBeGreaterThanOrEqual(4);
    expect(files(killed.output)).toEqual(files(reference.output));
    expectTidy(killed.output);
  });

  it("of workers at random records, threads and processes, neither", async () => {
    const dir = folder();
    corpus(join(dir, "in"), 200);
    const mortal = (name: string, most: number): Recipe => {
      return { ...recipe(dir, name), delay: 0, mortal: { deaths: join(dir, `${name}.deaths`), most, every: 10 } };
    };
    const reference = mortal("none", 0);
    await run(reference, { splitBytes: 12_000, engine: threads(2) });
    for (const [name, engine, most] of [
      ["threads", threads(2), 5],
      ["processes", processes(2), 2],
    ] as const) {
      const mortals = mortal(name, most);
      // A task that happens to lose too many workers ends a run; the next one goes on.
      await run(mortals, { splitBytes: 12_000, engine }).catch(() => run(mortals, { splitBytes: 12_000, engine }));
      expect(statSync(mortals.mortal?.deaths ?? "").size).toBeGreaterThanOrEqual(1);
      expect(files(mortals.output)).toEqual(files(reference.output));
      expectTidy(mortals.output);
    }
  });
});

describe("a process that died while it published", () => {
  it("leaves nothing beside the shards, once another has published", async () => {
    const dir = folder();
    corpus(join(dir, "in"), 40);
    const dead = spawnSync(process.execPath, ["-e", ""]).pid;
    const alive = process.ppid;
    const killed = recipe(dir, "out");
    const engine = threads(1);
    const names = [`.manifest.lineage.tmp-${dead}-4805d5`, `.t-000000.tar.tmp-${dead}-0`, `.manifest.json.tmp-${dead}-1f`];
    const another = `.manifest.lineage.tmp-${alive}-1f`;
    // Behind the beginning, which has removed what was there, and before the end.
    const late: Engine = {
      name: "late",
      open: (opened) => {
        for (const name of [...names, another]) writeFileSync(join(killed.output, name), "half");
        return engine.open(opened);
      },
    };
    await run(killed, { engine: late });
    expect(readdirSync(killed.output).filter((name) => name.includes(".tmp-"))).toEqual([another]);
  });
});

describe("two runs at once", () => {
  it("of one plan help each other, and both end with the whole result", async () => {
    const dir = folder();
    corpus(join(dir, "in"), 300);
    const reference = recipe(dir, "reference");
    await run(reference, { splitBytes: 5000, engine: threads(2) });
    const shared = recipe(dir, "shared");
    const child: ChildRun = { recipe: shared, engine: "threads", workers: 1, splitBytes: 5000 };
    const ends = await Promise.all([startChild(child).ended, startChild(child).ended]);
    expect(ends.map(({ code, text }) => (code === 0 ? 0 : text))).toEqual([0, 0]);
    expect(files(shared.output)).toEqual(files(reference.output));
    expectTidy(shared.output);
  });

  it("of different plans: one wins, the other is told what differs", async () => {
    const dir = folder();
    corpus(join(dir, "in"), 300);
    const one: ChildRun = { recipe: recipe(dir, "out"), engine: "threads", workers: 1, splitBytes: 5000 };
    const other: ChildRun = { ...one, recipe: { ...one.recipe, stages: ["upper", "once"] } };
    const ends = await Promise.all([startChild(one).ended, startChild(other).ended]);
    const lost = ends.findIndex(({ code }) => code !== 0);
    expect(ends.filter(({ code }) => code === 0)).toHaveLength(1);
    expect(ends[lost]?.text).toMatch(/"kind":"changed","message":".*holds a run of another plan: the stages were .* and are now /);
    const winner = [one, other][1 - lost] as ChildRun;
    const alone = { ...winner.recipe, output: join(dir, "alone") };
    await run(alone, { splitBytes: 5000, engine: threads(2) });
    expect(files(winner.recipe.output)).toEqual(files(alone.output));
  });
});
