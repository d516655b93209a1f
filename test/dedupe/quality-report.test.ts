import { describe, expect, it } from "vitest";
import { measureQuality, wilson } from "../../bench/quality-report.ts";

describe("the quality report", () => {
  const options = { pairs: 4000, seed: 3, threshold: 0.7, bands: 14, rows: 8, ngram: 5 };

  it("finds planted near duplicates as the formulas say, a little more steeply", () => {
    const rows = measureQuality(options);
    expect(rows.reduce((sum, row) => sum + row.pairs, 0)).toBeGreaterThan(3000);
    for (const row of rows) {
      for (const [measured, expected] of [
        [row.compared.share, row.detection],
        [row.removed.share, row.removal],
      ] as const) {
        // Sampling error, and 0.04 for bins that depend on each other (negatively: the curve is steeper than that of independent ones).
        expect(Math.abs(measured - expected)).toBeLessThan(4.5 * Math.sqrt((expected * (1 - expected)) / row.pairs) + 0.04);
      }
      expect(row.rmse).toBeLessThan(0.045);
      expect(Math.abs(row.bias)).toBeLessThan(0.012);
      if (row.from >= 0.9) expect(row.removed.share).toBeGreaterThanOrEqual(0.999);
    }
  });

  it("says the same for the same seed", () => {
    const few = { ...options, pairs: 200 };
    expect(measureQuality(few)).toEqual(measureQuality(few));
    expect(measureQuality(few)).not.toEqual(measureQuality({ ...few, seed: 4 }));
  });
});

describe("wilson", () => {
  it("gives the intervals of the textbook", () => {
    // Newcombe 1998: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    const cases: [hits: number, of: number, low: number, high: number][] = [
      [81, 263, 0.2553, 0.3662],
      [15, 148, 0.0624, 0.1605],
      [0, 20, 0, 0.1611],
      [1, 29, 0.0061, 0.1718],
    ];
    for (const [hits, of, low, high] of cases) {
      const interval = wilson(hits, of);
      expect(interval.low).toBeCloseTo(low, 4);
      expect(interval.high).toBeCloseTo(high, 4);
    }
    expect(wilson(0, 0)).toEqual({ share: 0, low: 0, high: 1 });
  });
});
