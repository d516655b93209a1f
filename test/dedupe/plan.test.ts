import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DedupePlanOptions, detection, planDedupe, removal } from "../../src/dedupe/index.ts";
import { generator } from "./corpus.ts";

describe("removal", () => {
  it("agrees with pairs of independent values that are thrown", () => {
    const next = generator(5);
    const uniform = (): number => (next() * 0x1_0000 + next()) / 2 ** 32;
    for (const { bands, rows, threshold, jaccard } of [
      { bands: 14, rows: 8, threshold: 0.7, jaccard: 0.72 },
      { bands: 14, rows: 8, threshold: 0.8, jaccard: 0.76 },
      { bands: 4, rows: 4, threshold: 0.6, jaccard: 0.5 },
      { bands: 20, rows: 5, threshold: 0.7, jaccard: 0.66 },
      { bands: 2, rows: 16, threshold: 0.3, jaccard: 0.8 },
    ]) {
      const s = jaccard + (1 - jaccard) / 256;
      const trials = 20_000;
      let gone = 0;
      for (let trial = 0; trial < trials; trial++) {
        let equal = 0;
        let shared = false;
        for (let band = 0; band < bands; band++) {
          let inBand = 0;
          for (let row = 0; row < rows; row++) if (uniform() < s) inBand++;
          equal += inBand;
          shared ||= inBand === rows;
        }
        const estimate = (256 * equal - bands * rows) / (255 * bands * rows);
        if (shared && estimate >= threshold) gone++;
      }
      const p = removal(jaccard, { bands, rows, threshold });
      expect(Math.abs(gone / trials - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / trials) + 1e-9);
    }
  });

  it("is detection where nothing is verified, and never more than it", () => {
    const shapes = fc.constantFrom([14, 8], [20, 5], [128, 4], [8, 64], [1, 4]);
    fc.assert(
      fc.property(
        shapes,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (shape, jaccard, threshold) => {
          const [bands, rows] = shape as [number, number];
          const compared = detection(jaccard, bands, rows);
          // Without a threshold only pairs with no value in common, whose estimate is below 0, would fail; they share no band.
          expect(removal(jaccard, { bands, rows, threshold: 0 })).toBeCloseTo(compared, 9);
          expect(removal(jaccard, { bands, rows, threshold })).toBeLessThanOrEqual(compared + 1e-9);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("rises with the similarity and falls with the threshold; equal documents always go", () => {
    for (const threshold of [0, 0.5, 0.7, 0.9, 1]) {
      let last = 0;
      for (let i = 0; i <= 50; i++) {
        const share = removal(i / 50, { bands: 14, rows: 8, threshold });
        expect(share).toBeGreaterThanOrEqual(last - 1e-12);
        expect(share).toBeLessThanOrEqual(removal(i / 50, { bands: 14, rows: 8, threshold: threshold / 2 }) + 1e-12);
        last = share;
      }
      expect(last).toBe(1);
    }
  });
});

describe("planDedupe", () => {
  it("chooses 14 bands of 8 rows for a threshold of 0.8, and looser ones for lower thresholds", () => {
    const shape = (threshold: number, hashes?: number): unknown => {
      const { bands, rows } = planDedupe({ docs: 1e6, threshold, ...(hashes === undefined ? {} : { hashes }) }).shape;
      return [bands, rows];
    };
    expect(shape(0.8)).toEqual([14, 8]);
    expect(shape(0.7)).toEqual([18, 6]);
    expect(shape(0.5)).toEqual([28, 4]);
    expect(shape(0.8, 256)).toEqual([23, 11]);
    expect(shape(0.9, 512)).toEqual([22, 23]);
  });

  it("takes the shape that compares least of those that meet `misses`, by trying all", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 4, max: 512 }),
        fc.double({ min: 0.3, max: 0.95, noNaN: true }),
        fc.constantFrom(0.001, 0.02, 0.2),
        (hashes, threshold, misses) => {
          const plan = planDedupe({ docs: 1000, hashes, threshold, misses });
          const all: { readonly leftOut: number; readonly below: number }[] = [];
          for (let rows = 4; rows <= Math.min(64, hashes); rows++) {
            const compared = Array.from({ length: 200 }, (_, i) =>
              detection((i + 0.5) / 200, Math.min(128, Math.floor(hashes / rows)), rows),
            );
            const mean = (of: readonly number[]): number => of.reduce((a, b) => a + b, 0) / of.length;
            const isAbove = (_: number, i: number): boolean => (i + 0.5) / 200 >= threshold;
            all.push({ leftOut: 1 - mean(compared.filter(isAbove)), below: mean(compared.filter((_, i) => !isAbove(_, i))) });
          }
          const good = all.filter(({ leftOut }) => leftOut <= misses);
          expect(plan.chosen).toBe(good.length > 0 ? "meets misses" : "closest");
          if (good.length > 0) expect(plan.shape.comparedBelow).toBeCloseTo(Math.min(...good.map(({ below }) => below)), 9);
          else expect(plan.shape.leftOut).toBeCloseTo(Math.min(...all.map(({ leftOut }) => leftOut)), 9);
          expect(plan.shape.bands * plan.shape.rows).toBeLessThanOrEqual(hashes);
        },
      ),
      { numRuns: 20 },
    );
  });

  it("counts pairs as the curve integrates", () => {
    const { pairs, curve } = planDedupe({ docs: 1e9, threshold: 0.8, related: 2 });
    expect(pairs.related).toBe(2e9);
    expect(pairs.above.all / 2e9).toBeCloseTo(0.2, 6);
    const mean = (from: number, to: number, of: (point: { compared: number; removed: number }) => number): number => {
      // Trapezoids over the hundredths, where the plan takes midpoints of quarters of them.
      const points = curve.filter(({ similarity }) => similarity >= from - 1e-9 && similarity <= to + 1e-9).map(of);
      return points.slice(1).reduce((sum, y, i) => sum + (y + (points[i] as number)) / 2, 0) / (points.length - 1);
    };
    expect(pairs.above.notCompared / pairs.above.all).toBeCloseTo(
      mean(0.8, 1, ({ compared }) => 1 - compared),
      3,
    );
    expect(pairs.above.notRemoved / pairs.above.all).toBeCloseTo(
      mean(0.8, 1, ({ removed }) => 1 - removed),
      3,
    );
    expect(pairs.below.compared / pairs.below.all).toBeCloseTo(
      mean(0, 0.8, ({ compared }) => compared),
      3,
    );
    expect(pairs.below.removed / pairs.below.all).toBeCloseTo(
      mean(0, 0.8, ({ removed }) => removed),
      3,
    );
    expect(pairs.above.notRemoved).toBeGreaterThan(pairs.above.notCompared);
    expect(pairs.below.removed).toBeLessThan(pairs.below.compared);
  });

  it("takes the similarities it is told", () => {
    // All related pairs between 0.9 and 1: next to none is missed.
    const close = planDedupe({ docs: 1e6, threshold: 0.8, bands: 14, rows: 8, similarities: [0, 0, 0, 0, 0, 0, 0, 0, 0, 3] });
    expect(close.pairs.above.all).toBeCloseTo(1e6, 3);
    expect(close.pairs.below.all).toBe(0);
    expect(close.pairs.above.notRemoved / 1e6).toBeLessThan(0.001);
    const far = planDedupe({ docs: 1e6, threshold: 0.8, bands: 14, rows: 8, similarities: [1, 0] });
    expect(far.pairs.above.all).toBe(0);
    expect(far.pairs.below.all).toBeCloseTo(1e6, 3);
  });

  it("says what bands of few values do to strangers", () => {
    expect(planDedupe({ docs: 1e9, bands: 14, rows: 8 }).pairs.strangersCompared).toBeCloseTo((14 * 1e18) / 2 / 2 ** 64, 6);
    expect(planDedupe({ docs: 1e9, bands: 28, rows: 4 }).pairs.strangersCompared).toBeGreaterThan(1e9);
  });

  it("half of the pairs are compared at the midpoint", () => {
    for (const [bands, rows] of [
      [14, 8],
      [20, 5],
      [128, 4],
      [8, 64],
    ] as const) {
      const { midpoint } = planDedupe({ docs: 1, bands, rows }).shape;
      expect(detection(midpoint, bands, rows)).toBeCloseTo(0.5, 9);
    }
  });

  it("costs grow with what they are made of", () => {
    const plan = (more: Partial<DedupePlanOptions>) => planDedupe({ docs: 1e6, bands: 14, rows: 8, ...more }).streaming;
    const one = plan({});
    // 195 to 201 bytes a document were measured (docs/dedupe.md); the formula is an upper bound.
    expect(one.memoryBytes / 1e6).toBeGreaterThan(195);
    expect(one.memoryBytes / 1e6).toBeLessThan(215);
    expect(plan({ docs: 2e6 }).memoryBytes).toBe(2 * one.memoryBytes);
    expect(plan({ cores: 4 }).sketchSeconds).toBeCloseTo(one.sketchSeconds / 4, 9);
    expect(plan({ cores: 4 }).findSeconds).toBe(one.findSeconds);
    expect(plan({ bytesPerDoc: 5000 }).sketchSeconds).toBeGreaterThan(one.sketchSeconds * 1.2);
    expect(one.findSeconds).toBeGreaterThan(0);
    const outOfCore = planDedupe({ docs: 1e6, bands: 14, rows: 8, memoryBytes: 2e9 }).outOfCore;
    expect(outOfCore.memoryBytes).toBe(2e9);
    // 129 bytes of fingerprint and 188 of keys, which fit a third of 2 GB; 317 to 320 were measured where they do not.
    expect(outOfCore.diskBytes).toBe(129e6);
    expect(outOfCore.sketchSeconds).toBe(one.sketchSeconds);
    expect(planDedupe({ docs: 4e6, bands: 14, rows: 8 }).outOfCore).toMatchObject({ memoryBytes: 1e9, diskBytes: 4 * 317e6 });
  });

  it.each<[unknown, string]>([
    [{}, "expected `docs` to be an integer, got undefined"],
    [{ docs: 0 }, "expected `docs` to be an integer between 1 and"],
    [{ docs: 1, bands: 5 }, "`bands` and `rows` are given together or not at all"],
    [{ docs: 1, bands: 5, rows: 5, hashes: 25 }, "`hashes` has no meaning beside `bands` and `rows`"],
    [{ docs: 1, bands: 5, rows: 3 }, "expected `rows` to be an integer between 4 and 64, got 3"],
    [{ docs: 1, hashes: 513 }, "expected `hashes` to be an integer between 4 and 512, got 513"],
    [{ docs: 1, threshold: 2 }, "expected `threshold` to be a number between 0 and 1, got 2"],
    [{ docs: 1, similarities: [0, 0] }, "expected `similarities` to be a list of weights of at least 0 that are not all 0, got [0,0]"],
    [{ docs: 1, documents: 3 }, "unknown option `documents`"],
  ])("%j is refused", (options, message) => {
    expect(() => planDedupe(options as DedupePlanOptions)).toThrow(`planDedupe: ${message}`);
  });
});
