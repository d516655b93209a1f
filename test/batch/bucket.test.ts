import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bucketByLength } from "../../src/batch/index.ts";
import { stageLaws } from "../laws/laws.ts";
import { collect, lengthsArbitrary, pipelineOf, recordsOf, someLengths, type TokenDoc } from "./records.ts";

for (const order of ["length", "arrival"] as const) {
  stageLaws<TokenDoc, TokenDoc>({
    name: `bucketByLength, order ${order}`,
    make: () => bucketByLength({ edges: [4, 8, 16], window: 9, order }),
    input: () => recordsOf(someLengths(60, 40)),
  });
}
stageLaws<TokenDoc, TokenDoc>({
  name: "bucketByLength with a window larger than the input",
  make: () => bucketByLength({ edges: [10] }),
  input: () => recordsOf(someLengths(24, 40)),
});

const options = fc.record({
  edges: fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 5 }).map((edges) => edges.sort((a, b) => a - b)),
  window: fc.integer({ min: 1, max: 50 }),
  order: fc.constantFrom("length" as const, "arrival" as const),
});

/** The rule of the head comment, written down a second time as plainly as possible. */
function model(lengths: readonly number[], edges: readonly number[], window: number, order: "length" | "arrival"): number[][] {
  const groups: number[][] = [];
  const buckets: number[][] = [...edges, 0].map(() => []);
  let last = 0;
  const emit = (b: number): void => {
    let group = buckets[b] as number[];
    buckets[b] = [];
    if (group.length === 0) return;
    const length = (i: number): number => lengths[i] as number;
    if (order === "length") {
      const sizes = group.map(length);
      const up = Math.abs(Math.min(...sizes) - last) <= Math.abs(Math.max(...sizes) - last);
      group = group.sort((i, k) => (up ? length(i) - length(k) : length(k) - length(i)) || i - k);
    }
    last = length(group.at(-1) as number);
    groups.push(group);
  };
  for (const [i, length] of lengths.entries()) {
    const edge = edges.findIndex((e) => length <= e);
    (buckets[edge === -1 ? edges.length : edge] as number[]).push(i);
    const sizes = buckets.map((bucket) => bucket.length);
    if (sizes.reduce((a, b) => a + b) === window) emit(sizes.indexOf(Math.max(...sizes)));
  }
  for (const b of buckets.keys()) emit(b);
  return groups;
}

describe("bucketByLength", () => {
  it("emits what its rule says, record for record", async () => {
    await fc.assert(
      fc.asyncProperty(lengthsArbitrary, options, async (lengths, { edges, window, order }) => {
        const out = await collect(pipelineOf(lengths).pipe(bucketByLength({ edges, window, order })));
        expect(out.map(({ origin }) => origin.record)).toEqual(model(lengths, edges, window, order).flat());
      }),
      { numRuns: 300 },
    );
  });

  it("keeps every record exactly once, unchanged", async () => {
    await fc.assert(
      fc.asyncProperty(lengthsArbitrary, options, async (lengths, choice) => {
        const out = await collect(pipelineOf(lengths).pipe(bucketByLength(choice)));
        expect(out.sort((a, b) => a.origin.record - b.origin.record)).toEqual(recordsOf(lengths));
      }),
    );
  });

  it("keeps the order of arrival inside a bucket, or the order of lengths", async () => {
    await fc.assert(
      fc.asyncProperty(lengthsArbitrary, options, async (lengths, choice) => {
        const out = await collect(pipelineOf(lengths).pipe(bucketByLength(choice)));
        let at = 0;
        for (const group of model(lengths, choice.edges, choice.window, choice.order)) {
          const emitted = out.slice(at, at + group.length);
          at += group.length;
          const keys = emitted.map(({ origin, tokens }) => (choice.order === "length" ? tokens.length : origin.record));
          const sorted = [...keys].sort((a, b) => a - b);
          expect([sorted, sorted.toReversed()].map(String)).toContain(String(keys));
          if (choice.order === "arrival") expect(keys).toEqual(sorted);
        }
      }),
    );
  });

  it("never holds more than its window, and fills it before it emits", async () => {
    await fc.assert(
      fc.asyncProperty(lengthsArbitrary, options, async (lengths, choice) => {
        const stage = bucketByLength<TokenDoc>(choice);
        const run = pipelineOf(lengths).pipe(stage).run();
        let out = 0;
        let most = 0;
        for await (const _ of run) {
          out++;
          most = Math.max(most, (run.report().stages[1]?.in ?? 0) - out);
        }
        expect(most).toBeLessThanOrEqual(stage.lookAhead ?? 0);
        if (lengths.length >= choice.window) expect(most).toBe(choice.window - 1);
      }),
    );
  });

  it("begins a bucket at the end that is closer to the length emitted last", async () => {
    // The first full window emits 1 and 2; the next bucket (9 and 7) is closer at its short end, then 30 and 20 likewise.
    const near = await collect(pipelineOf([1, 9, 30, 2, 7, 20]).pipe(bucketByLength({ edges: [5, 10], window: 4 })));
    expect(near.map(({ tokens }) => tokens.length)).toEqual([1, 2, 7, 9, 20, 30]);
    // Here the long bucket is emitted first, so the next begins at its long end.
    const down = await collect(pipelineOf([30, 20, 9, 7]).pipe(bucketByLength({ edges: [10], window: 2 })));
    expect(down.map(({ tokens }) => tokens.length)).toEqual([20, 30, 9, 7]);
    // At equal distance it begins at the short end.
    const tie = await collect(pipelineOf([5, 13, 17]).pipe(bucketByLength({ edges: [5], window: 2 })));
    expect(tie.map(({ tokens }) => tokens.length)).toEqual([5, 13, 17]);
    const even = await collect(pipelineOf([5, 5, 3, 7]).pipe(bucketByLength({ edges: [10], window: 2 })));
    expect(even.map(({ tokens }) => tokens.length)).toEqual([5, 5, 3, 7]);
  });

  it("refuses wrong options before anything runs", () => {
    const wrong =
      (value: unknown): (() => unknown) =>
      () =>
        bucketByLength(value as Parameters<typeof bucketByLength>[0]);
    expect(wrong({ edges: [] })).toThrow(TypeError);
    expect(wrong({ edges: "256" })).toThrow(TypeError);
    expect(wrong({ edges: [256, 256] })).toThrow(/increase, got 256 before 256/);
    expect(wrong({ edges: [0] })).toThrow(RangeError);
    expect(wrong({ edges: [1.5] })).toThrow(/edges\[0\]/);
    expect(wrong({ window: 0 })).toThrow(RangeError);
    expect(wrong({ order: "size" })).toThrow(/"length" or "arrival"/);
    expect(wrong({ egdes: [1] })).toThrow(/unknown option `egdes`/);
  });

  it("records its resolved options", () => {
    expect(bucketByLength({}).config).toEqual({ edges: [128, 256, 512, 1024, 2048], window: 4096, order: "length" });
  });
});
