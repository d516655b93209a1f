/** Write failures at every point, and the order in which files get their names: seen through a store that is made to fail. */
import { join } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { AtomicFile } from "../../src/store/index.ts";
import { jsonlShards, tarShards } from "../../src/write/index.ts";
import { docs, files, folder, names, offsets, sha256, write } from "./fixtures.ts";

type Store = typeof import("../../src/store/index.ts");

/** What the sink did to its files, in order, and at which of these steps the disk fails. */
const disk = vi.hoisted(() => ({ steps: [] as string[], failAt: -1, open: 0, slow: false }));

vi.mock("../../src/store/index.ts", async (original) => {
  const store = await original<Store>();
  const step = (what: string): void => {
    disk.steps.push(what);
    if (disk.steps.length - 1 === disk.failAt)
      throw Object.assign(new Error(`ENOSPC: no space left on device, ${what}`), { code: "ENOSPC" });
  };
  return {
    ...store,
    createAtomic: async (path: string): Promise<AtomicFile> => {
      const name = path.split("/").at(-1);
      step(`open ${name}`);
      const file = await store.createAtomic(path);
      disk.open++;
      let ended = false;
      const end = (): void => {
        if (!ended) disk.open--;
        ended = true;
      };
      return {
        write: async (chunk) => {
          step(`write ${name}`);
          // The bytes are taken late, as a busy disk takes them: whoever reuses the chunk too early is found out.
          if (disk.slow) await new Promise((resolve) => setTimeout(resolve, 3));
          await file.write(chunk);
        },
        commit: async () => {
          step(`commit ${name}`);
          await file.commit();
          end();
        },
        abort: async () => {
          await file.abort();
          end();
        },
      };
    },
  };
});

beforeEach(() => Object.assign(disk, { steps: [], failAt: -1, open: 0, slow: false }));

/** Three shards of several chunks each. */
const large = () => docs(9).map((doc) => ({ ...doc, text: "x".repeat(400_000) }));

describe("the order of files", () => {
  it("names every index before its shard, shards in order, and the manifest last", async () => {
    await write(docs(25), tarShards(join(folder(), "t-{shard}.tar"), { maxRecords: 10 }));
    const shards = ["t-000000.tar", "t-000001.tar", "t-000002.tar"].flatMap((name) => [`${name}.idx`, name]);
    expect(disk.steps.filter((step) => step.startsWith("commit"))).toEqual(
      [".manifest.json.unfinished", ...shards, "manifest.lineage", "manifest.json"].map((name) => `commit ${name}`),
    );
    expect(disk.open).toBe(0);
  });

  it("goes on filling the next shard while one is forced to disk", async () => {
    await write(large(), tarShards(join(folder(), "t-{shard}.tar"), { maxRecords: 3 }));
    const opened = disk.steps.indexOf("open t-000001.tar");
    expect(opened).toBeGreaterThan(0);
    expect(opened).toBeLessThan(disk.steps.indexOf("commit t-000000.tar"));
  });
});

describe("a slow disk", () => {
  it("gets the bytes as they were, however small the records are", async () => {
    disk.slow = true;
    const dir = folder();
    const input = Array.from({ length: 12_000 }, (_, i) => ({ line: i, text: `${i} `.repeat(i % 200) }));
    const expected = input.map((record) => `${JSON.stringify(record)}\n`).join("");
    const { shards } = await write(input, jsonlShards(join(dir, "p-{shard}.jsonl")));
    expect(expected.length).toBeGreaterThan(5 << 20);
    expect(sha256(files(dir).get("p-000000.jsonl") as Buffer)).toBe(sha256(Buffer.from(expected)));
    expect(shards[0]?.sha256).toBe(sha256(Buffer.from(expected)));
    const index = offsets(files(dir).get("p-000000.jsonl.idx") as Buffer);
    expect(index).toHaveLength(12_001);
    for (const i of [0, 1023, 1024, 5000, 11_999]) expect(expected.slice(index[i], index[i + 1])).toBe(`${JSON.stringify(input[i])}\n`);
  });
});

describe.each(["tar", "jsonl", "jsonl.gz"])("a disk that is full when %s shards are written", (suffix) => {
  const sink = (dir: string) => {
    const options = { maxRecords: 3 };
    return suffix === "tar" ? tarShards(join(dir, "t-{shard}.tar"), options) : jsonlShards(join(dir, `t-{shard}.${suffix}`), options);
  };

  it("gives one clear error, no manifest and no temporary file, whichever step fails", async () => {
    await write(large(), sink(folder()));
    const steps = disk.steps;
    expect(steps.length).toBeGreaterThan(15);
    for (const [failAt, what] of steps.entries()) {
      Object.assign(disk, { steps: [], failAt, open: 0 });
      const dir = folder();
      const failure = await write(large(), sink(dir)).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(failure, what).toMatchObject({ name: "PipelineError", kind: "unwritable" });
      expect((failure as Error).message, what).toMatch(/^(tar|jsonl)Shards: cannot write .*: ENOSPC: no space left on device, /);
      expect(disk.open, what).toBe(0);
      expect(
        names(dir).filter((name) => name.includes(".tmp-") || name === "manifest.json"),
        what,
      ).toEqual([]);
      // And the same command succeeds once there is room; each time would be slow, so some of the times.
      if (failAt % 6 !== 0) continue;
      Object.assign(disk, { failAt: -1 });
      const { totals } = await write(large(), sink(dir));
      expect(totals.records).toBe(9);
      expect(names(dir).filter((name) => name.startsWith("."))).toEqual([]);
    }
  });
});
