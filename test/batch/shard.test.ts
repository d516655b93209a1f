import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ShardOptions, shard } from "../../src/batch/index.ts";
import { from } from "../../src/core/index.ts";
import { stageLaws } from "../laws/laws.ts";
import { collect, pipelineOf, recordsOf, type TokenDoc } from "./records.ts";

stageLaws<TokenDoc, TokenDoc>({
  name: "shard",
  make: () => shard({ index: 1, count: 3 }),
  input: () => recordsOf(Array.from({ length: 31 }, () => 2)),
});

describe("shard", () => {
  it("gives each record to exactly one share, in order, and shares that differ by at most one record", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 9 }), async (records, count) => {
        const shares: number[][] = [];
        for (let index = 0; index < count; index++) {
          const items = Array.from({ length: records }, (_, i) => i);
          shares.push(await collect(from(items).pipe(shard({ index, count }))));
        }
        expect(shares.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: records }, (_, i) => i));
        for (const share of shares) expect(share).toEqual([...share].sort((a, b) => a - b));
        const sizes = shares.map((share) => share.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("counts the records of other shares, per source as well", async () => {
    const run = pipelineOf([1, 1, 1, 1, 1])
      .pipe(shard({ index: 1, count: 2 }))
      .run();
    expect((await collect(run)).map(({ id }) => id)).toEqual(["d1", "d3"]);
    expect(run.report().stages[1]?.dropped).toEqual({ "other shard": 3 });
    expect(run.report().sources["even"]).toEqual({ in: 3, out: 0, dropped: { "shard: other shard": 3 }, errors: {} });
  });

  it("refuses wrong options before anything runs", () => {
    const wrong =
      (value: unknown): (() => unknown) =>
      () =>
        shard(value as ShardOptions);
    expect(wrong({ index: 2, count: 2 })).toThrow(RangeError);
    expect(wrong({ index: -1, count: 2 })).toThrow(RangeError);
    expect(wrong({ index: 0, count: 0 })).toThrow(RangeError);
    expect(wrong({ index: 0, count: Number.POSITIVE_INFINITY })).toThrow(TypeError);
    expect(wrong({ count: 2 })).toThrow(/`index` to be an integer/);
    expect(wrong({ index: 0, count: 2, of: 3 })).toThrow(/unknown option `of`/);
  });
});
