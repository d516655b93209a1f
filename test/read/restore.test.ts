/** A source restored at any record yields exactly the rest, for every format and compression. */
import { rmSync, utimesSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Doc, filter, type Pipeline, type PipelineState, toJson } from "../../src/core/index.ts";
import { type ReadOptions, read, readSamples, type Sample } from "../../src/read/index.ts";
import { openFiles, temporaryFolder } from "../store/fixtures.ts";
import { COMPRESSIONS, collect, failureOf, jsonl, statesOf, tarOf } from "./fixtures.ts";

const view = (record: unknown): string => JSON.stringify(toJson(record));

/** Restores at every state and compares the rest, the counters and the bytes read. */
async function restoresEverywhere<T>(make: () => Pipeline<T>, least: number): Promise<void> {
  const { items, states, report } = await statesOf(make());
  expect(items.length).toBeGreaterThanOrEqual(least);
  expect(report.bytesRead).toBe(report.bytesTotal);
  const whole = items.map(view);
  for (const [done, state] of states.entries()) {
    const run = make().restore(state).run();
    const rest: string[] = [];
    for await (const item of run) rest.push(view(item));
    expect(rest, `restored after ${done}`).toEqual(whole.slice(done));
    const again = run.report();
    expect(again.stages.map(({ seconds: _, ...counts }) => counts)).toEqual(report.stages.map(({ seconds: _, ...counts }) => counts));
    expect(again.sources).toEqual(report.sources);
    expect(again.errors).toEqual(report.errors);
    if (done < items.length) expect(again.bytesRead).toBe(report.bytesRead);
  }
}

const lines = (prefix: string, count: number): Buffer =>
  Buffer.from(
    Array.from({ length: count }, (_, i) => (i % 5 === 3 ? "\n" : jsonl({ id: `${prefix}${i}`, text: `é ${"x".repeat(i * 7)}` }))).join(""),
  );

describe("restoring", () => {
  for (const [suffix, pack] of COMPRESSIONS) {
    it(`works at every record of .jsonl${suffix}`, async () => {
      const folder = temporaryFolder();
      for (const name of ["a", "b", "c"]) writeFileSync(`${folder}/${name}.jsonl${suffix}`, pack(lines(name, 10)));
      writeFileSync(`${folder}/empty.jsonl`, "");
      await restoresEverywhere(() => read(`${folder}/*`), 24);
      expect(openFiles(folder) ?? []).toEqual([]);
    });

    it(`works at every document and every sample of .tar${suffix}`, async () => {
      const folder = temporaryFolder();
      for (const name of ["a", "b"]) {
        const members = Array.from({ length: 8 }, (_, i) => [
          [`${i}.txt`, "x".repeat(i * 300)] as const,
          [`${i}.${"long".repeat(40)}.bin`, `${name}${i}`] as const,
          [`__meta__/${i}.json`, "{}"] as const,
        ]).flat();
        writeFileSync(`${folder}/${name}.tar${suffix}`, pack(await tarOf(members)));
      }
      await restoresEverywhere<Doc>(() => read(`${folder}/*`), 16);
      await restoresEverywhere<Sample>(() => readSamples(`${folder}/*`), 16);
      expect(openFiles(folder) ?? []).toEqual([]);
    });

    it(`works at every file of .txt${suffix}`, async () => {
      const folder = temporaryFolder();
      for (let i = 0; i < 8; i++) writeFileSync(`${folder}/${i}.txt${suffix}`, pack(Buffer.from("x".repeat(i))));
      await restoresEverywhere(() => read(`${folder}/*`), 8);
    });
  }

  it("works between errors that are skipped, and counts each once", async () => {
    const folder = temporaryFolder();
    const broken = Buffer.concat([lines("a", 4), Buffer.from("bad\n"), lines("b", 4), Buffer.from('{"text":1}\n')]);
    const [, gzip] = COMPRESSIONS[1] as (typeof COMPRESSIONS)[number];
    writeFileSync(`${folder}/a.jsonl`, broken);
    writeFileSync(`${folder}/b.jsonl.gz`, gzip(broken).subarray(0, -5));
    writeFileSync(`${folder}/c.dat`, "?");
    writeFileSync(`${folder}/d.jsonl`, broken);
    const make = (options: ReadOptions = {}) => read(`${folder}/*`, { onError: "skip", ...options });
    const { items, states } = await statesOf(make());
    expect(items.length).toBeGreaterThan(15);
    const whole = items.map(view);
    for (const [done, state] of states.entries()) {
      const run = make().restore(state).run();
      const rest: string[] = [];
      for await (const item of run) rest.push(view(item));
      expect(rest).toEqual(whole.slice(done));
      expect(run.report().stages[0]?.errors).toEqual({ "bad-json": 3, "bad-field": 3, truncated: 1, unreadable: 1 });
      expect(run.report().errors).toHaveLength(8);
    }
  });

  it("works for every worker of a shared file, in a pipeline with stages", async () => {
    const folder = temporaryFolder();
    for (const name of ["a", "b", "c", "d"]) writeFileSync(`${folder}/${name}.jsonl`, lines(name, 12));
    for (let index = 0; index < 3; index++) {
      const make = () => read(`${folder}/*`, { worker: { index, count: 3 } }).pipe(filter((doc: Doc) => doc.origin.record % 2 === 0));
      await restoresEverywhere(make, 5);
    }
  });

  it("reports what was read before, and is read again, only once", async () => {
    const folder = temporaryFolder();
    const records = Array.from({ length: 3000 }, (_, i) => ({ text: `${i} ${((i * 2654435761) >>> 0).toString(36).repeat(150)}` }));
    for (const [suffix, pack] of COMPRESSIONS) writeFileSync(`${folder}/a.jsonl${suffix}`, pack(Buffer.from(jsonl(...records))));
    const run = read(`${folder}/*`).run();
    for (let done = 0; done < 8500; done++) {
      await run.next();
      if (done % 1400 !== 700) continue;
      const resumed = read(`${folder}/*`)
        .restore(JSON.parse(JSON.stringify(run.state())) as PipelineState)
        .run();
      let least = run.report().bytesRead;
      for await (const _ of resumed) {
        const { bytesRead } = resumed.report();
        if (bytesRead < least) throw new Error("the bytes read went back");
        least = bytesRead;
      }
      expect(resumed.report().bytesRead).toBe(resumed.report().bytesTotal);
    }
    await run.return();
  });

  it("can be done again and again", async () => {
    const folder = temporaryFolder();
    writeFileSync(`${folder}/a.jsonl`, lines("a", 20));
    const whole = (await collect(read(`${folder}/a.jsonl`))).map(view);
    let state: PipelineState | undefined;
    const found: string[] = [];
    while (found.length < whole.length) {
      const base = read(`${folder}/a.jsonl`);
      const run = (state === undefined ? base : base.restore(state)).run();
      for (let i = 0; i < 3; i++) {
        const { value, done } = await run.next();
        if (done !== true) found.push(view(value));
      }
      state = JSON.parse(JSON.stringify(run.state())) as PipelineState;
      await run.return();
    }
    expect(found).toEqual(whole);
  });

  it("is refused when an input changed, came or went, and says which", async () => {
    const folder = temporaryFolder();
    for (const name of ["a", "b", "c"]) writeFileSync(`${folder}/${name}.jsonl`, lines(name, 5));
    const state = (await statesOf(read(`${folder}/*`))).states[3] as PipelineState;
    const refused = () => failureOf(read(`${folder}/*`).restore(state));
    expect((await collect(read(`${folder}/*`).restore(state))).length).toBeGreaterThan(0);

    writeFileSync(`${folder}/d.jsonl`, "");
    expect(await refused()).toMatchObject({ kind: "changed", message: expect.stringContaining("d.jsonl") });
    rmSync(`${folder}/d.jsonl`);
    rmSync(`${folder}/c.jsonl`);
    expect(await refused()).toMatchObject({ kind: "changed", message: expect.stringContaining("there were 3 files, now 2") });
    writeFileSync(`${folder}/c.jsonl`, lines("c", 5));
    expect(await refused()).toMatchObject({ kind: "changed", message: expect.stringContaining("c.jsonl") });
    writeFileSync(`${folder}/b.jsonl`, lines("b", 6));
    expect(await refused()).toMatchObject({ kind: "changed", message: expect.stringContaining("b.jsonl") });
    utimesSync(`${folder}/a.jsonl`, 1, 1);
    expect(await refused()).toMatchObject({ kind: "changed", message: expect.stringContaining("a.jsonl") });
  });

  it("is refused with other options or another worker, but not with another onError", async () => {
    const folder = temporaryFolder();
    writeFileSync(`${folder}/a.jsonl`, `${lines("a", 5)}bad\n`);
    const state = (await statesOf(read(`${folder}/a.jsonl`, { onError: "skip" }))).states[2] as PipelineState;
    const make = (options: ReadOptions) => () => read(`${folder}/a.jsonl`, options).restore(state);
    expect(make({ worker: { index: 0, count: 2 } })).toThrow("worker");
    expect(make({ id: false })).toThrow("options of read");
    await expect(failureOf(make({ onError: "throw" })())).resolves.toMatchObject({ kind: "bad-json" });
  });

  it("keeps the state small: 4 bytes an input", async () => {
    const folder = temporaryFolder();
    for (let i = 0; i < 300; i++) writeFileSync(`${folder}/${i}.txt`, "x");
    const run = read(`${folder}/*`).run();
    await run.next();
    const stage = run.state().stages[0];
    expect(JSON.stringify(stage?.state).length).toBeLessThan(150 + (300 * 4 * 4) / 3);
    await run.return();
  });
});
