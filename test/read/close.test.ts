/** However a run ends, no file stays open, and nothing is read beyond the stated look-ahead. */
import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { map } from "../../src/core/index.ts";
import { read, readSamples } from "../../src/read/index.ts";
import { openFiles, temporaryFolder } from "../store/fixtures.ts";
import { COMPRESSIONS, collect, failureOf, jsonl, tarOf } from "./fixtures.ts";

/** A folder with files larger than the look-ahead, in every format. */
async function bigFiles(): Promise<string> {
  const folder = temporaryFolder();
  const lines = Buffer.from(jsonl(...Array.from({ length: 3000 }, (_, i) => ({ text: `${i} `.repeat(250) }))));
  const tar = await tarOf(Array.from({ length: 500 }, (_, i) => [`${i}.txt`, `${i} `.repeat(1500)] as const));
  for (const [suffix, pack] of COMPRESSIONS) {
    writeFileSync(`${folder}/a.jsonl${suffix}`, pack(lines));
    writeFileSync(`${folder}/a.tar${suffix}`, pack(tar));
  }
  writeFileSync(`${folder}/a.txt`, lines);
  return folder;
}

describe("ending a run", () => {
  it("closes the file when the loop is left, at once and in the middle", async () => {
    const folder = await bigFiles();
    for (const name of ["a.jsonl", "a.jsonl.gz", "a.jsonl.zst", "a.tar", "a.tar.gz", "a.tar.zst", "a.txt"]) {
      for (const stopAfter of [1, 100]) {
        let records = 0;
        for await (const _ of read(`${folder}/${name}`)) if (++records === stopAfter) break;
        expect(openFiles(folder) ?? [], `${name} left after ${stopAfter}`).toEqual([]);
      }
    }
    for await (const _ of readSamples(`${folder}/a.tar`)) break;
    expect(openFiles(folder) ?? []).toEqual([]);
  });

  it("closes the file when a later stage throws, and after the last record", async () => {
    const folder = await bigFiles();
    for (const name of ["a.jsonl", "a.jsonl.gz", "a.tar.zst"]) {
      const failing = read(`${folder}/${name}`).pipe(
        map((doc) => {
          if (doc.origin.record === 5) throw new Error("stop");
          return doc;
        }),
      );
      expect((await failureOf(failing)).message).toContain("stop");
      expect(openFiles(folder) ?? []).toEqual([]);
      await collect(read(`${folder}/${name}`));
      expect(openFiles(folder) ?? []).toEqual([]);
    }
  });

  it("closes the file when aborted, between two records and during a pull", async () => {
    const folder = await bigFiles();
    for (const name of ["a.jsonl", "a.jsonl.gz", "a.jsonl.zst", "a.tar"]) {
      for (const later of [false, true]) {
        const abort = new AbortController();
        const reason = new Error("enough");
        const run = read(`${folder}/${name}`).run({ signal: abort.signal });
        const consumed = (async () => {
          let records = 0;
          for await (const _ of run) {
            if (++records !== 50) continue;
            if (later) setImmediate(() => abort.abort(reason));
            else abort.abort(reason);
          }
        })();
        await expect(consumed).rejects.toBe(reason);
        expect(openFiles(folder) ?? [], `${name}, ${later ? "later" : "at once"}`).toEqual([]);
      }
    }
  });

  it("stops a long search for this worker's record when aborted", async () => {
    const folder = temporaryFolder();
    // Only the first record is this worker's: behind it the source looks through the file without yielding.
    writeFileSync(`${folder}/a.jsonl`, jsonl(...Array.from({ length: 40_000 }, () => ({ text: "x".repeat(200) }))));
    const abort = new AbortController();
    const run = read(`${folder}/a.jsonl`, { worker: { index: 0, count: 1_000_000 } }).run({ signal: abort.signal });
    await run.next();
    const pull = run.next();
    setImmediate(() => abort.abort(new Error("enough")));
    await expect(pull).rejects.toThrow("enough");
    await run.return();
    expect(openFiles(folder) ?? []).toEqual([]);
    expect(run.report().bytesRead).toBeLessThan(40_000 * 200);
  });

  it("has read no more than the look-ahead when it is left after one record", async () => {
    const folder = await bigFiles();
    for (const [name, most] of [
      ["a.jsonl", 2 * 512 * 1024],
      ["a.tar", 2 * 512 * 1024],
    ] as const) {
      const run = read(`${folder}/${name}`).run();
      await run.next();
      expect(run.report().bytesRead).toBeLessThanOrEqual(most);
      expect(run.report().bytesTotal).toBeGreaterThan(most);
      await run.return();
    }
  });

  it("reports every byte on disk once, compressed or not", async () => {
    const folder = await bigFiles();
    const run = read(`${folder}/*`).run();
    for await (const _ of run);
    const report = run.report();
    expect(report.bytesRead).toBe(report.bytesTotal);
    expect(report.finished).toBe(true);
  });
});
