/** The lineage file: what is written is read, however the rows come, and damage is an error. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { joinLineage, LineageFile, type LineageRow, LineageWriter } from "../../src/trace/index.ts";
import { compareRows } from "../../src/trace/lineage.ts";
import { decodeBlock, encodeBlock } from "../../src/trace/lineage-block.ts";
import { anyRow, folder, readRows, runRows, shuffled, writeRows } from "./lineage-rows.ts";

const sorted = (rows: readonly LineageRow[]): LineageRow[] => [...rows].sort(compareRows);

describe("a lineage file", () => {
  it("gives back any rows, in order", async () => {
    const path = join(folder(), "a.lineage");
    await fc.assert(
      fc.asyncProperty(fc.array(anyRow, { maxLength: 60 }), async (rows) => {
        const facts = await writeRows(path, rows);
        expect(await readRows(path)).toEqual(sorted(rows));
        expect(facts.rows).toBe(rows.length);
        expect(facts.bytes).toBe(readFileSync(path).length);
      }),
      { numRuns: 200 },
    );
  });

  it("depends on the set of rows only, not on their order nor on what fits into memory", async () => {
    const dir = folder();
    const rows = runRows(9000);
    const expected = await writeRows(join(dir, "a"), rows);
    const ways: [LineageRow[], { runRows?: number; openRuns?: number }][] = [
      [[...rows].reverse(), {}],
      [rows, { runRows: 1000 }],
      [shuffled(rows), { runRows: 500 }],
      [shuffled(rows, 5), { runRows: 100, openRuns: 3 }], // 90 runs that all overlap: five levels
    ];
    for (const [order, sizes] of ways) {
      expect(await writeRows(join(dir, "b"), order, sizes)).toEqual(expected);
      expect(readFileSync(join(dir, "b")).equals(readFileSync(join(dir, "a")))).toBe(true);
    }
    expect(readdirSync(dir).sort()).toEqual(["a", "b"]); // nothing put aside is left
    expect(await readRows(join(dir, "a"))).toEqual(rows);
  });

  it("takes less than 4 bytes for a document", async () => {
    const { bytes, rows } = await writeRows(join(folder(), "a"), runRows(100_000, 10_000));
    expect(bytes / rows).toBeLessThan(4);
  });

  it("finds a record and a sample, whatever the order they were written in", async () => {
    const path = join(folder(), "a");
    const rows = shuffled(runRows(20_000), 3).map((row, i): LineageRow => (row.outcome === "delivered" ? { ...row, sample: i } : row));
    await writeRows(path, rows);
    await using file = await LineageFile.open(path);
    expect(file.rows).toBe(20_000);
    for (const row of rows.slice(0, 40)) {
      expect(await file.of(row)).toEqual([row]);
      if (row.outcome === "delivered") expect(await file.at(row)).toEqual([row]);
    }
    expect(await file.of({ source: "corpus/part-0003.jsonl", record: 1000 })).toEqual([]);
    expect(await file.of({ source: "corpus/part-0003.json", record: 1 })).toEqual([]);
    expect(await file.at({ shard: 99, sample: 0 })).toEqual([]);
  });

  it("keeps the parts of a document and the rows of a batch apart", async () => {
    const path = join(folder(), "a");
    const read = (record: number, index: number) => ({ source: "s", record, offset: record * 10, part: { index, count: 3 } });
    const batch = { outcome: "delivered", shard: 0, sample: 4 } as const;
    const rows: LineageRow[] = [
      { ...read(0, 0), ...batch, row: 1 },
      { ...read(0, 1), outcome: "error", stage: "map", reason: "stage-failed" },
      { ...read(0, 2), ...batch, row: 0 },
      { ...read(1, 0), ...batch, row: 2 },
    ];
    await writeRows(path, rows);
    await using file = await LineageFile.open(path);
    expect(await file.of({ source: "s", record: 0 })).toEqual(rows.slice(0, 3));
    expect(await file.at({ shard: 0, sample: 4 })).toEqual([rows[2], rows[0], rows[3]]);
  });

  it("refuses an origin that it could not give back", () => {
    const writer = new LineageWriter(join(folder(), "a"));
    const row = runRows(1)[0] as LineageRow;
    for (const change of [
      { record: -1 },
      { offset: Number.NaN },
      { offset: 2 ** 52 },
      { record: 0.5 },
      { part: { index: -1, count: 0 } },
    ]) {
      expect(() => writer.add({ ...row, ...change }), JSON.stringify(change)).toThrow("cannot be kept as lineage");
    }
  });

  it("says so when it cannot be written, and leaves nothing", async () => {
    const dir = folder();
    const writer = new LineageWriter(join(dir, "nowhere", "a"), { runRows: 10 });
    for (const row of runRows(35)) writer.add(row);
    await expect(writer.commit()).rejects.toThrow("ENOENT");
    const left = new LineageWriter(join(dir, "b"), { runRows: 10 });
    for (const row of runRows(35)) left.add(row);
    await left.abort();
    expect(readdirSync(dir)).toEqual([]);
  });
});

describe("joining fragments", () => {
  it("gives the file that one writer would have made, however the rows are spread", async () => {
    const dir = folder();
    const rows = runRows(6000, 700);
    const expected = await writeRows(join(dir, "whole"), rows);
    for (const [seed, tasks, openRuns] of [
      [1, 1, 64],
      [2, 7, 64],
      [3, 40, 4],
    ] as const) {
      // A shard belongs to one task, and so do the dropped documents of some sources.
      const owner = (row: LineageRow): number => (row.outcome === "delivered" ? row.shard : row.record + seed) % tasks;
      const fragments = await Promise.all(
        Array.from({ length: tasks }, async (_, task) => {
          const mine = shuffled(
            rows.filter((row) => owner(row) === task),
            seed,
          );
          const shards = [...new Set(mine.flatMap((row) => (row.outcome === "delivered" ? [row.shard] : [])))].sort((a, b) => a - b);
          const path = join(dir, `fragment-${task}`);
          await writeRows(
            path,
            mine.map((row) => (row.outcome === "delivered" ? { ...row, shard: shards.indexOf(row.shard) } : row)),
          );
          return { path, shards };
        }),
      );
      expect(await joinLineage(fragments, join(dir, "joined"), { openRuns })).toEqual(expected);
      expect(readFileSync(join(dir, "joined")).equals(readFileSync(join(dir, "whole")))).toBe(true);
    }
    expect(readdirSync(dir).filter((name) => name.includes("tmp"))).toEqual([]);
  });

  it("names the fragment that is damaged or has a shard without a number", async () => {
    const dir = folder();
    const [path, to] = [join(dir, "f"), join(dir, "joined")];
    await writeRows(path, runRows(2000));
    await expect(joinLineage([{ path, shards: [0] }], to)).rejects.toThrow(`${path}: it names shard 1, but only 1 were given a number`);
    await expect(joinLineage([{ path: join(dir, "gone"), shards: [] }], to)).rejects.toMatchObject({ kind: "vanished" });
    expect(readdirSync(dir)).toEqual(["f"]);
  });

  it("of nothing is an empty file", async () => {
    const path = join(folder(), "joined");
    expect((await joinLineage([], path)).rows).toBe(0);
    expect(await readRows(path)).toEqual([]);
  });
});

describe("a damaged file", () => {
  const whole = async (): Promise<{ path: string; bytes: Buffer }> => {
    const path = join(folder(), "a");
    await writeRows(path, runRows(30));
    return { path, bytes: readFileSync(path) };
  };

  it("is told to be cut, wherever it is cut", async () => {
    const { path, bytes } = await whole();
    for (let length = 0; length < bytes.length; length++) {
      writeFileSync(path, bytes.subarray(0, length));
      await expect(readRows(path), `${length} bytes`).rejects.toMatchObject({ kind: "truncated", message: expect.stringContaining(path) });
    }
  });

  it("is found out, whichever byte is another", async () => {
    const { path, bytes } = await whole();
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (bytes[at] as number) ^ (1 << (at % 8));
      writeFileSync(path, damaged);
      await expect(readRows(path), `byte ${at}`).rejects.toMatchObject({
        name: "PipelineError",
        kind: expect.stringMatching(/^(corrupt|truncated|changed)$/),
        message: expect.stringContaining(path),
      });
    }
  });

  it("gives an error or rows, and never hangs, when a block is any bytes", () => {
    const good = encodeBlock(runRows(50));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(good.length), (noise, at) => {
        for (const bytes of [Buffer.from(noise), Buffer.concat([good.subarray(0, at), noise, good.subarray(at + noise.length)])]) {
          try {
            decodeBlock(bytes);
          } catch (error) {
            expect(error).toMatchObject({ name: "PipelineError", kind: "corrupt" });
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it("tells another kind of file and another version", async () => {
    const { path, bytes } = await whole();
    writeFileSync(path, "{}");
    await expect(LineageFile.open(path)).rejects.toMatchObject({ kind: "corrupt", message: `${path}: this is not a lineage file` });
    const later = Buffer.from(bytes);
    later.set(Buffer.from("millrace lineage 2\n"));
    writeFileSync(path, later);
    await expect(LineageFile.open(path)).rejects.toMatchObject({ kind: "changed" });
    await expect(LineageFile.open(`${path}-gone`)).rejects.toMatchObject({ kind: "vanished" });
  });
});
