/** What goes wrong while a run is under way: it ends with one clear error, publishes nothing, and the same command goes on. */
import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { from, map, type Origin } from "../../src/core/index.ts";
import { type Engine, localEngine, processEngine, runPlanned } from "../../src/run/index.ts";
import { makePlan } from "../../src/run/plan.ts";
import type { Manifest } from "../../src/trace/index.ts";
import { jsonlShards } from "../../src/write/index.ts";
import { CLI, corpus, folder, HOOKS, MODULE, processes, referenceOf, run, threads, tree, written } from "./fixtures.ts";
import { anyStage, jobOf, pipelineOf, type Recipe } from "./job-module.ts";

function setUp(stages: Recipe["stages"] = ["third"]): Recipe {
  const dir = folder();
  return { input: corpus(join(dir, "in"), 120), output: join(dir, "out"), stages, sink: "jsonl", maxRecords: 50 };
}

function ids(output: string): readonly string[] {
  return written(output).map((line) => line.split(" ")[0] as string);
}

async function keptIds(recipe: Recipe): Promise<string[]> {
  const kept: string[] = [];
  for await (const { id } of pipelineOf(recipe)) kept.push(id);
  return kept;
}

async function originOf(recipe: Recipe, wanted: string): Promise<Origin> {
  for await (const { id, origin } of pipelineOf(recipe)) if (id === wanted) return origin;
  throw new Error(`there is no ${wanted}`);
}

describe("a record that kills its worker", () => {
  it.each([
    ["ends the thread", "exit", ["upper"]],
    ["ends the thread behind a step over the whole corpus", "exit", ["upper", "once"]],
    ["takes all memory", "memory", ["upper"]],
  ] as const)("%s: it is left out and counted, and everything else is there", async (_, how, stages) => {
    const plain = setUp(stages);
    const all = await keptIds(plain);
    const poisoned = all[Math.floor(all.length / 3)] as string;
    const recipe: Recipe = { ...plain, poison: { ids: [poisoned], how } };
    const { report, output } = await run(recipe, { engine: threads(2, how === "memory" ? 64 : undefined), onError: "skip" });
    expect(ids(recipe.output)).toEqual(all.filter((id) => id !== poisoned));
    expect(report?.errors.map(({ kind }) => kind)).toEqual(["poison"]);
    const { source, record, offset } = await originOf(plain, poisoned);
    const place = `(${source}: record ${record} at byte ${offset})`;
    expect(report?.errors[0]?.message).toContain(`the worker died on this record every time, so it is left out ${place}`);
    const { sources } = output as Manifest;
    expect(Object.values(sources).reduce((sum, { errors }) => sum + (errors["poison"] ?? 0), 0)).toBe(1);
  });

  it('ends the run under `onError: "throw"`, and names the record, whatever the engine', async () => {
    for (const engine of [threads(2), processes(1)]) {
      const plain = setUp(["upper"]);
      const id = (await keptIds(plain))[5] as string;
      const failing = run({ ...plain, poison: { ids: [id], how: "exit" } }, { engine, splitBytes: 100_000 });
      await expect(failing).rejects.toMatchObject({
        kind: "poison",
        message: expect.stringMatching(
          /a worker died twice at record 5 of .*0\.jsonl: its (worker|process) ended with exit code 7/,
        ) as string,
      });
      expect(existsSync(join(plain.output, "manifest.json"))).toBe(false);
    }
  });

  it("is told from one that throws: that one is an error of its own, and nothing is tried again", async () => {
    const recipe = setUp(["upper"]);
    const id = (await keptIds(recipe))[7] as string;
    const failing = run({ ...recipe, poison: { ids: [id], how: "throw" } }, { engine: threads(2) });
    await expect(failing).rejects.toThrow(/^mine: a mine \(.*record 7 at byte \d+\)$/);
  });
});

it("takes a line that a dying process could not finish for the death it is", async () => {
  const torn = `process.stderr.write('millrace-task {"type":"ended","ref":{"pha', () => process.exit(9))`;
  const failing = run(setUp(["upper"]), { engine: processEngine({ workers: 1, command: [process.execPath, "-e", torn, "--"] }) });
  await expect(failing).rejects.toMatchObject({
    kind: "worker-lost",
    message: expect.stringContaining("ended with exit code 9") as string,
  });
});

describe("an input that cannot be read", () => {
  it("is named also where its records are only counted", async () => {
    const recipe = setUp();
    const name = join(recipe.output, "../in/0.jsonl");
    const engine = threads(1);
    // Behind the listing and before the first task.
    const late: Engine = {
      name: "late",
      open: (opened) => {
        appendFileSync(name, "\n");
        return engine.open(opened);
      },
    };
    await expect(run(recipe, { engine: late })).rejects.toMatchObject({
      kind: "changed",
      message: expect.stringMatching(/in\/0\.jsonl: the file changed after it was listed.*\(phase 0 \(count\), task \d+\)$/) as string,
    });
  });

  it("ends the run where it is met, and the same command goes on once it is mended", async () => {
    const recipe = setUp(["third", "once"]);
    const path = join(recipe.output, "../in/2.jsonl.gz");
    const whole = readFileSync(path);
    const { atime, mtime } = statSync(path);
    const broken = Buffer.from(whole);
    broken.fill(0, whole.length >> 1, (whole.length >> 1) + 8);
    writeFileSync(path, broken);
    utimesSync(path, atime, mtime); // as a disk would do it
    await expect(run(recipe, { engine: threads(2) })).rejects.toThrow(/2\.jsonl\.gz: record \d+ at byte \d+/);
    expect(existsSync(join(recipe.output, "manifest.json"))).toBe(false);
    writeFileSync(path, whole);
    utimesSync(path, atime, mtime);
    const { report } = await run(recipe, { engine: threads(2) });
    expect(report?.errors).toEqual([]);
    expect(ids(recipe.output)).toEqual(await keptIds(recipe));
  });

  it("that changed since the plan was made is refused, and the refusal names it", async () => {
    const recipe = setUp();
    const id = (await keptIds(recipe)).at(-1) as string;
    await expect(run({ ...recipe, poison: { ids: [id], how: "throw" } }, { engine: threads(1) })).rejects.toThrow("a mine");
    utimesSync(join(recipe.output, "../in/1.jsonl"), 1, 1);
    const again = run({ ...recipe, poison: { ids: [id], how: "throw" } }, { engine: threads(1) });
    await expect(again).rejects.toMatchObject({
      kind: "changed",
      message: expect.stringMatching(/the input .*1\.jsonl was changed/) as string,
    });
  });
});

describe("a disk that takes no more", () => {
  it("ends the run with one clear error, publishes nothing, and the same command goes on when there is room", async ({ skip }) => {
    skip(spawnSync("bash", ["-c", "ulimit -f 100"]).status !== 0, "no bash to set a file size limit with");
    const dir = folder();
    const input = corpus(join(dir, "in"), 3000);
    const recipe: Recipe = { input, output: join(dir, "out"), stages: ["upper"], sink: "tar", maxRecords: 1000 };
    const child = { recipe, engine: "threads", workers: 2, splitBytes: 100_000 };
    // 1 MiB a file is the kernel's limit here.
    const limited = `trap '' XFSZ; ulimit -f 1024; exec "$0" "$@"`;
    const script = new URL("./run-child.ts", import.meta.url).pathname;
    const first = spawnSync("bash", ["-c", limited, process.execPath, ...HOOKS, script, JSON.stringify(child)], { encoding: "utf8" });
    expect(first.stdout).toMatch(/"kind":"unwritable","message":"tarShards: cannot write .*EFBIG/);
    expect(readdirSync(recipe.output).sort()).toEqual([".manifest.json.unfinished", ".millrace"]);
    const second = spawnSync(process.execPath, [...HOOKS, script, JSON.stringify(child)], { encoding: "utf8" });
    expect([second.stdout, second.status]).toEqual(['{"finishedBefore":false}', 0]);
    expect((JSON.parse(readFileSync(join(recipe.output, "manifest.json"), "utf8")) as Manifest).totals.records).toBe(3000);
  });
});

describe("the same command", () => {
  it("on a finished run does nothing; on a damaged one it makes the missing file again", async () => {
    const recipe = setUp(["once"]);
    await run(recipe, { engine: threads(2) });
    const before = tree(recipe.output);
    expect((await run(recipe, { engine: threads(2) })).report).toBeNull();
    expect(tree(recipe.output)).toEqual(before);
    writeFileSync(join(recipe.output, "t-000000.jsonl"), "cut");
    expect((await run(recipe, { engine: threads(1) })).report).not.toBeNull();
    expect(tree(recipe.output)).toEqual(before);
  });

  it("behind a streaming run that replaced its files writes them again", async () => {
    const recipe = setUp(["third"]);
    await run(recipe, { engine: threads(2) });
    const before = tree(recipe.output);
    await jobOf(recipe).run();
    expect(tree(recipe.output)).not.toEqual(before);
    expect((await run(recipe, { engine: threads(1) })).report).not.toBeNull();
    expect(tree(recipe.output)).toEqual(before);
  });

  it("with other options, seed or split is refused and told what changed; `force` begins anew", async () => {
    const recipe = setUp(["third"]);
    const engine = threads(1);
    await run(recipe, { engine });
    await expect(run({ ...recipe, stages: ["third", "upper"] }, { engine })).rejects.toThrow(
      /the stages were read, filter, jsonlShards and are now/,
    );
    await expect(run({ ...recipe, maxRecords: 9 }, { engine })).rejects.toThrow(
      'the options of jsonlShards were {"maxRecords":50} and are now {"maxRecords":9}',
    );
    await expect(run(recipe, { engine, seed: 3 })).rejects.toThrow("the seed was 0 and is now 3");
    await expect(run(recipe, { engine, splitBytes: 999 })).rejects.toThrow("the size of a split was 4000 and is now 999");
    await expect(runPlanned(referenceOf(recipe), { engine })).rejects.toThrow('the size of a split was 4000 and is now "the default"');
    await expect(run(recipe, { engine, onError: "skip" })).rejects.toThrow('`onError` was "throw" and is now "skip"');
    const other = { ...recipe, stages: ["upper"] } as const;
    await run(other, { engine, force: true });
    expect(ids(recipe.output)).toEqual(await keptIds(other));
  });

  it("with other code in the module is refused", async () => {
    const dir = folder();
    corpus(join(dir, "in"), 20);
    const module = join(dir, "job.ts");
    const text = readFileSync(MODULE, "utf8").replaceAll("../../src/", `${join(MODULE, "../../../src")}/`);
    writeFileSync(module, text);
    const recipe: Recipe = { input: `${dir}/in/*`, output: join(dir, "out"), stages: ["upper"], sink: "jsonl" };
    const reference = { module, args: [JSON.stringify(recipe)] };
    await runPlanned(reference, { engine: threads(1) });
    writeFileSync(module, text.replace("held.push", "held.unshift"));
    await expect(runPlanned(reference, { engine: threads(1) })).rejects.toThrow(
      "the code of the pipeline's module, or of a module it imports, has changed",
    );
  });
});

describe("a job that cannot be spread", () => {
  const docs = () => from([{ id: "a", text: "a", meta: {}, origin: { source: "s", record: 0, offset: 0 } }]);
  const sink = () => jsonlShards(join(folder(), "t-{shard}.jsonl"));

  it("is refused with the stage to blame", async () => {
    await expect(makePlan(docs().pipe(anyStage({})).write(sink()))).rejects.toThrow(/^any: cannot take part in a planned run/);
    await expect(
      makePlan(
        docs()
          .pipe(anyStage({ stateless: true, splittable: false }))
          .write(sink()),
      ),
    ).rejects.toThrow(/^any: cannot/);
    await expect(makePlan(docs().write({ name: "mine", write: async () => undefined }))).rejects.toThrow(/^mine: cannot take part/);
    expect(
      (
        await makePlan(
          docs()
            .pipe(anyStage({ splittable: true }))
            .pipe(map((doc) => doc))
            .write(sink()),
        )
      ).splits,
    ).toEqual([[]]);
  });

  it("because a worker makes another one of it, is refused there", async () => {
    const dir = folder();
    corpus(join(dir, "in"), 20);
    const module = join(dir, "job.mjs");
    const src = join(MODULE, "../../../src/index.ts");
    const job = (pattern: string): string =>
      `import { read, jsonlShards } from ${JSON.stringify(src)};\nexport default () => read(${JSON.stringify(`${dir}/in/*`)}).write(jsonlShards(${pattern}));\n`;
    writeFileSync(module, job(`${JSON.stringify(`${dir}/out/`)} + Math.random().toString(36).slice(2) + "-{shard}.jsonl"`));
    await expect(runPlanned(module, { engine: threads(1) })).rejects.toThrow(
      /the pipeline that a worker made of .*job\.mjs is not the one of the plan: the options of jsonlShards were/,
    );
    writeFileSync(
      module,
      `import { isMainThread } from "node:worker_threads";\nif (!isMainThread) throw new Error("not here");\n${job(`"${dir}/o2/t-{shard}.jsonl"`)}`,
    );
    // The process that imported the module before would not see the new text.
    const { stderr, status } = spawnSync(CLI[0] as string, [...CLI.slice(1), "run", module, "--workers", "1", "--progress", "none"], {
      encoding: "utf8",
    });
    expect(stderr).toMatch(/^millrace: the pipeline .*job\.mjs cannot be loaded in a worker: .*not here/);
    expect(status).toBe(1);
  });

  it("options are checked at once", async () => {
    const recipe = referenceOf(setUp());
    await expect(runPlanned(recipe, { splitBytes: 0 })).rejects.toThrow(RangeError);
    await expect(runPlanned(recipe, { memoryBytes: 1 })).rejects.toThrow(RangeError);
    await expect(runPlanned(recipe, { worker: 2 } as never)).rejects.toThrow("unknown option `worker`");
    expect(() => localEngine({ workers: 0 })).toThrow(RangeError);
    expect(() => processEngine({ command: [] })).toThrow(TypeError);
  });
});

describe("an aborted run", () => {
  it("ends with the signal's reason and goes on later", async () => {
    const recipe = { ...setUp(["third", "once"]), delay: 2 };
    mkdirSync(recipe.output, { recursive: true });
    const controller = new AbortController();
    const reason = new Error("enough");
    const onProgress = (): void => controller.abort(reason);
    await expect(run(recipe, { engine: threads(2), signal: controller.signal, onProgress, progressInterval: 20 })).rejects.toBe(reason);
    await run(recipe, { engine: threads(2) });
    expect(ids(recipe.output)).toEqual(await keptIds(recipe));
  });
});
