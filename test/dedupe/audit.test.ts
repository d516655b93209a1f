import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Excluded } from "../../src/core/index.ts";
import { Frequent } from "../../src/dedupe/frequent.ts";
import { RemovalAudit, type RemovalAuditOptions, removalOf } from "../../src/dedupe/index.ts";
import { generator } from "./corpus.ts";

function excluded(number: number, more: Partial<Excluded> = {}): Excluded {
  return {
    id: `d${number}`,
    text: `text ${number}`,
    meta: {},
    origin: { source: "a.jsonl", record: number, offset: 10 * number },
    stage: "dedupe",
    reason: "near-duplicate",
    ...more,
  };
}

const of = (
  record: number,
): { of: string; origin: (Excluded["origin"] & Record<string, never>) | { source: string; record: number; offset: number } } => ({
  of: `k${record}`,
  origin: { source: "kept.jsonl", record, offset: record },
});

function audit(records: readonly Excluded[], options?: RemovalAuditOptions): ReturnType<RemovalAudit["result"]> {
  const made = new RemovalAudit(options);
  for (const record of records) made.add(record);
  return made.result();
}

describe("RemovalAudit", () => {
  it("counts by reason, and tells removals from what other stages dropped", () => {
    const result = audit([
      excluded(0, { detail: { ...of(1), similarity: 0.9 } }),
      excluded(1, { detail: { ...of(1), similarity: 0.8 } }),
      excluded(2, { reason: "exact-duplicate", detail: of(2) }),
      excluded(3, { reason: "exact-duplicate" }), // kept while nobody asked for names
      excluded(4, { stage: "clean", reason: "too short" }),
      excluded(5, { stage: "mine", reason: "seen", detail: { of: "k9" } }),
      excluded(6, { stage: "dedupe", reason: "error: stage-failed" }),
    ]);
    expect(result.records).toBe(7);
    expect(result.reasons).toEqual([
      { stage: "dedupe", reason: "near-duplicate", count: 2 },
      { stage: "dedupe", reason: "exact-duplicate", count: 2 },
      { stage: "clean", reason: "too short", count: 1 },
      { stage: "mine", reason: "seen", count: 1 },
      { stage: "dedupe", reason: "error: stage-failed", count: 1 },
    ]);
    expect(result).toMatchObject({ removals: 5, unnamed: 1, groupCount: 3, groupError: 0, leastSimilarity: 0.8, tooLong: 0 });
    expect(result.groups).toEqual([
      { kept: of(1), removed: 2 },
      { kept: of(2), removed: 1 },
      { kept: { of: "k9", origin: undefined }, removed: 1 },
    ]);
    expect(result.similarities[90]).toBe(1);
    expect(result.similarities[80]).toBe(1);
    expect(result.similarities.reduce((a, b) => a + b, 0)).toBe(2);
  });

  it("puts every similarity from a signature of any size into its hundredth", () => {
    const similarities = Array.from({ length: 113 }, (_, equal) => (256 * equal - 112) / (255 * 112));
    const { similarities: bins } = audit(
      [...similarities, 0.29, 0.57, 1].map((similarity, i) => excluded(i, { detail: { ...of(0), similarity } })),
    );
    expect(bins).toHaveLength(101);
    expect(bins[100]).toBe(2);
    expect(bins[29]).toBe(similarities.filter((s) => s >= 0.29 && s < 0.3).length + 1);
    expect(bins[57]).toBe(similarities.filter((s) => s >= 0.57 && s < 0.58).length + 1);
    expect(bins.reduce((a, b) => a + b, 0)).toBe(116);
  });

  it("keeps the removals of least similarity, the least first", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 60 }), fc.integer({ min: 0, max: 8 }), (numbers, near) => {
        const records = numbers.map((n, i) => excluded(i, { detail: { ...of(0), similarity: n / 20 } }));
        const got = audit(records, { near }).nearThreshold.map(({ similarity }) => similarity);
        const sorted = numbers.map((n) => n / 20).sort((a, b) => a - b);
        expect(got).toEqual(sorted.slice(0, near));
      }),
    );
  });

  it("draws a sample in which every removal is as likely, the same for the same seed", () => {
    const records = Array.from({ length: 40 }, (_, i) => excluded(i, { detail: { ...of(0), similarity: 0.9 } }));
    const drawn = (seed: number): string[] => audit(records, { sample: 10, seed }).sample.map(({ record }) => record.id);
    expect(drawn(3)).toEqual(drawn(3));
    expect(drawn(3)).not.toEqual(drawn(4));
    const times = new Map<string, number>();
    for (let seed = 0; seed < 2000; seed++) for (const id of drawn(seed)) times.set(id, (times.get(id) ?? 0) + 1);
    // Each of 40 with probability 1/4, 2,000 times: 500 +- 19.
    for (const { id } of records) expect(Math.abs((times.get(id) ?? 0) - 500)).toBeLessThan(5 * 19.4);
    expect(audit(records.slice(0, 7), { sample: 10 }).sample.map(({ record }) => record.id)).toEqual(
      records.slice(0, 7).map(({ id }) => id),
    );
    expect(audit(records, { sample: 0 }).sample).toEqual([]);
  });

  it("holds no text of many millions of letters", () => {
    const result = audit([excluded(0, { text: "x".repeat(4_000_001), detail: { ...of(0), similarity: 0.7 } })]);
    expect(result).toMatchObject({ tooLong: 1, sample: [], nearThreshold: [], removals: 1, leastSimilarity: 0.7 });
  });

  it("survives details of other shapes", () => {
    for (const detail of [{}, { of: 3 }, { origin: 3 }, { origin: null }, { origin: { source: 1 } }, { similarity: "high", of: "k" }]) {
      expect(() => audit([excluded(0, { detail } as Partial<Excluded>)])).not.toThrow();
    }
    expect(removalOf(excluded(0, { detail: { of: "k", similarity: "high" } }))?.similarity).toBeUndefined();
    expect(removalOf(excluded(0, { stage: "clean", reason: "short" }))).toBeUndefined();
  });

  it.each<[unknown, string]>([
    [{ samples: 3 }, "unknown option `samples`"],
    [{ sample: -1 }, "expected `sample` to be an integer between 0 and 100000, got -1"],
  ])("refuses %j", (options, message) => {
    expect(() => new RemovalAudit(options as RemovalAuditOptions)).toThrow(`RemovalAudit: ${message}`);
  });
});

describe("Frequent", () => {
  it("counts exactly while there is room", () => {
    const frequent = new Frequent<number>(5);
    for (let i = 0; i < 100; i++) frequent.add(String(i % 10), () => i);
    expect(frequent.error).toBe(0);
    expect(frequent.size).toBe(10);
    expect(frequent.top(3)).toEqual([
      { count: 10, value: 0 },
      { count: 10, value: 1 },
      { count: 10, value: 2 },
    ]);
  });

  it("never counts too much, too little by at most its error, and loses nothing more frequent than that", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 400 }), fc.integer(), (capacity, spread, seed) => {
        const next = generator(seed);
        const frequent = new Frequent<string>(capacity);
        const truth = new Map<string, number>();
        for (let i = 0; i < 3000; i++) {
          const key = String(Math.floor((next() / 65536) ** 3 * spread));
          truth.set(key, (truth.get(key) ?? 0) + 1);
          frequent.add(key, () => key);
          expect(frequent.size).toBeLessThanOrEqual(2 * capacity);
        }
        const counted = new Map(frequent.top(1000).map(({ value, count }) => [value, count]));
        for (const [key, count] of truth) {
          expect(counted.get(key) ?? 0).toBeLessThanOrEqual(count);
          expect(counted.get(key) ?? 0).toBeGreaterThanOrEqual(count - frequent.error);
        }
        expect(frequent.error).toBeLessThanOrEqual(3000 / capacity);
      }),
      { numRuns: 60 },
    );
  });
});
