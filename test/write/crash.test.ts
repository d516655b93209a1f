/** What is left on the disk when a run does not end well, and that the same command then simply works. */
import { spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type Doc, from, pipeline, type Source } from "../../src/core/index.ts";
import { readManifest } from "../../src/trace/index.ts";
import { tarShards } from "../../src/write/index.ts";
import { childDocs, SHARD } from "./child-docs.ts";
import { docs, files, folder, names, offsets, untar, until, write } from "./fixtures.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CHILD = ["--import", `${ROOT}/scripts/register-ts.mjs`, fileURLToPath(new URL("writer-child.ts", import.meta.url))];
const DOCUMENTS = 400;

const isShard = (name: string): boolean => /^t-\d{6}\.tar$/.test(name);
const isTemporary = (name: string): boolean => /\.tmp-\d+-[0-9a-f]+$/.test(name);

/** Every file under a final name must be whole: the archive reads to its end, and its index agrees. */
async function expectWholeShards(dir: string): Promise<number> {
  const all = files(dir);
  const shards = [...all.keys()].filter(isShard);
  for (const name of shards) {
    const bytes = all.get(name) as Buffer;
    const entries = await untar(bytes);
    const index = offsets(all.get(`${name}.idx`) as Buffer);
    expect(entries.length).toBe(2 * (index.length - 1));
    expect(index.length - 1).toBe(SHARD.maxRecords);
    expect(bytes.subarray(index.at(-1)).every((byte) => byte === 0)).toBe(true);
  }
  return shards.length;
}

async function reference(): Promise<Map<string, Buffer>> {
  const dir = folder();
  await write(childDocs(DOCUMENTS), tarShards(join(dir, "t-{shard}.tar"), SHARD), {});
  return files(dir);
}

describe("kill -9", () => {
  it("leaves whole shards only and no manifest, and the same command then writes the same bytes", async () => {
    const dir = folder();
    const expected = await reference();
    // Each round kills a later run over the remains of the one before.
    for (const atLeast of [1, 4, 9]) {
      const child = spawn(process.execPath, [...CHILD, dir, String(DOCUMENTS), "4"], { stdio: "ignore" });
      const ended = new Promise((resolve) => child.once("exit", (code, signal) => resolve([code, signal])));
      // The shard it is writing, or -1: seen by the temporary file that carries its pid.
      const writing = (): number =>
        Math.max(-1, ...names(dir).map((name) => Number(new RegExp(`t-(\\d{6})\\.tar\\.tmp-${child.pid}-`).exec(name)?.[1] ?? -1)));
      await until(() => writing() >= atLeast, `shard ${atLeast} of the child`);
      child.kill("SIGKILL");
      expect(await ended).toEqual([null, "SIGKILL"]);
      expect(await expectWholeShards(dir)).toBeGreaterThanOrEqual(atLeast - 1);
      expect(names(dir)).not.toContain("manifest.json");
      expect(names(dir)).toContain(".manifest.json.unfinished");
      await expect(readManifest(dir)).rejects.toThrow("has not finished, or was interrupted; run it again");
    }
    expect(names(dir).filter(isTemporary).length).toBeGreaterThan(0); // only the last killed run's: each run tidies up
    expect(names(dir).filter(isTemporary).length).toBeLessThanOrEqual(3);

    const rerun = spawnSync(process.execPath, [...CHILD, dir, String(DOCUMENTS), "0"], { encoding: "utf8" });
    expect([rerun.status, rerun.stdout, rerun.stderr]).toEqual([0, "", ""]);
    const actual = files(dir);
    expect([...actual.keys()]).toEqual([...expected.keys()]);
    // The child's source has the same name and options, so the manifests agree to the byte as well.
    for (const [name, bytes] of expected) expect(actual.get(name)?.equals(bytes), name).toBe(true);
  });
});

describe("kill -9 while lineage is put aside", () => {
  it("leaves no lineage that anybody would trust, and the same command then writes the same bytes", async () => {
    const [dir, other] = [folder(), folder()];
    const command = [...CHILD.slice(0, -1), fileURLToPath(new URL("lineage-child.ts", import.meta.url))];
    const child = spawn(process.execPath, [...command, dir, "5"], { stdio: "ignore" });
    const ended = new Promise((resolve) => child.once("exit", (code, signal) => resolve([code, signal])));
    const aside = (): string[] => names(dir).filter((name) => name.startsWith(`.manifest.lineage.tmp-${child.pid}-`));
    await until(() => aside().length > 0 && names(dir).includes("t-000000.tar"), "lineage put aside and a shard");
    child.kill("SIGKILL");
    expect(await ended).toEqual([null, "SIGKILL"]);
    expect(aside()).toHaveLength(1);
    expect(names(dir)).not.toContain("manifest.lineage");
    for (const path of [dir, other]) {
      const rerun = spawnSync(process.execPath, [...command, path, "0"], { encoding: "utf8" });
      expect([rerun.status, rerun.stdout, rerun.stderr]).toEqual([0, "", ""]);
    }
    expect(files(dir)).toEqual(files(other));
    expect((await readManifest(dir)).lineage?.rows).toBe(70_300);
    expect(names(dir).filter(isTemporary)).toEqual([]);
  });
});

describe("a disk that takes no more", () => {
  it("ends the run with one clear error and removes what it could not finish", async ({ skip }) => {
    skip(spawnSync("bash", ["-c", "ulimit -f 100"]).status !== 0, "no bash to set a file size limit with");
    const dir = folder();
    // 100 KiB a file is the kernel's limit here; the shards of 20 documents are larger after the first few.
    const command = `trap '' XFSZ; ulimit -f 100; exec "$0" "$@"`;
    const child = spawnSync("bash", ["-c", command, process.execPath, ...CHILD, dir, String(DOCUMENTS), "0"], { encoding: "utf8" });
    expect(child.status).toBe(3);
    const { kind, stage, message } = JSON.parse(child.stdout) as { kind: string; stage: string; message: string };
    expect([kind, stage]).toEqual(["unwritable", "tarShards"]);
    expect(message).toMatch(/^tarShards: cannot write .*t-\d{6}\.tar: EFBIG: file too large, write$/);
    expect(names(dir).filter(isTemporary)).toEqual([]);
    expect(names(dir)).not.toContain("manifest.json");
    await expectWholeShards(dir);
  });

  it("names the folder that cannot be made", async () => {
    const dir = folder();
    writeFileSync(join(dir, "file"), "");
    const failing = write(docs(1), tarShards(join(dir, "file", "deep", "t-{shard}.tar")));
    await expect(failing).rejects.toMatchObject({
      kind: "unwritable",
      message: expect.stringMatching(/^tarShards: cannot write .*ENOTDIR/) as string,
    });
  });
});

describe("a run that ends early", () => {
  it("removes the shard it was writing when a stage fails, and says which record it was", async () => {
    const dir = folder();
    async function* failing(): AsyncGenerator<Doc> {
      yield* docs(25);
      throw new Error("the disk was pulled out");
    }
    await expect(write(failing(), tarShards(join(dir, "t-{shard}.tar"), { maxRecords: 10 }))).rejects.toThrow("the disk was pulled out");
    expect(names(dir)).toEqual([".manifest.json.unfinished", "t-000000.tar", "t-000000.tar.idx", "t-000001.tar", "t-000001.tar.idx"]);
  });

  it("settles promptly on an abort, though the source hangs", async () => {
    const dir = folder();
    const stop = new AbortController();
    const hanging: Source<Doc> = {
      name: "hanging",
      async *run(context) {
        context.checkpoint(() => null);
        yield* docs(25);
        stop.abort(new Error("enough"));
        await new Promise(() => {});
      },
    };
    const job = pipeline(hanging).write(tarShards(join(dir, "t-{shard}.tar"), { maxRecords: 10 }));
    await expect(job.run({ signal: stop.signal })).rejects.toThrow("enough");
    expect(names(dir).filter(isTemporary)).toEqual([]);
    expect(names(dir)).not.toContain("manifest.json");
    // The folder is free again, and what the aborted run left is replaced.
    await from(docs(5))
      .write(tarShards(join(dir, "t-{shard}.tar")))
      .run();
    expect(names(dir)).toEqual(["manifest.json", "manifest.lineage", "t-000000.tar", "t-000000.tar.idx"]);
  });
});
