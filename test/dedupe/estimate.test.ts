/**
 * How good the sketch is, on planted edits: bias and error of the estimate, detection by bands, and npm `minhash` as a
 * second opinion. Everything is seeded, so these tests give the same numbers every time.
 */
import minhash from "minhash";
import { beforeAll, describe, expect, it } from "vitest";
import { bandKeys, detection, estimateJaccard, Normaliser, Sketcher } from "../../src/dedupe/index.ts";
import { edited, generator, jaccard, randomWords, shingleSet } from "./corpus.ts";
import { DEFAULTS } from "./naive.ts";

interface Pair {
  readonly a: string;
  readonly b: string;
  readonly jaccard: number;
  /** Distinct shingles of a. */
  readonly size: number;
}

interface Outcome extends Pair {
  readonly estimate: number;
  /** Share a band key. */
  readonly found: boolean;
}

const SEEDS = [1, 99, 777, 4242, 31337];
const LENGTHS = [
  [10, 60],
  [60, 150],
  [150, 400],
  [400, 1500],
] as const;
const RATES = [0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.07, 0.1, 0.2, 0.3];
const K = 112;

function plantedPairs(count: number): Pair[] {
  const next = generator(20_260_101);
  const pairs: Pair[] = [];
  for (let i = 0; i < count; i++) {
    const [low, high] = LENGTHS[i % 4] as readonly [number, number];
    const words = randomWords(next, low + 4 + (next() % (high - low)));
    const copy = edited(next, words, RATES[Math.floor(i / 4) % RATES.length] as number);
    if (copy.length < 6) continue;
    const [x, y] = [shingleSet(words), shingleSet(copy)];
    pairs.push({ a: words.join(" "), b: copy.join(" "), jaccard: jaccard(x, y), size: x.size });
  }
  return pairs;
}

/** Of values of 8 bits, each equal with probability s = J + (1 - J) / 256. */
function theory(j: number): number {
  const s = j + (1 - j) / 256;
  return ((s * (1 - s)) / K) * (256 / 255) ** 2;
}

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;

describe("the estimate on planted edits", () => {
  let outcomes: Outcome[] = [];

  beforeAll(() => {
    const pairs = plantedPairs(1600);
    const document = new Normaliser();
    outcomes = SEEDS.flatMap((seed) => {
      const sketcher = new Sketcher({ ...DEFAULTS, seed });
      const signatureOf = (text: string): Uint8Array => {
        const signature = new Uint8Array(K);
        document.read(text);
        sketcher.sketch(document, signature);
        return signature;
      };
      return pairs.map((pair): Outcome => {
        const [a, b] = [signatureOf(pair.a), signatureOf(pair.b)];
        const [x, y] = [bandKeys(a), bandKeys(b)];
        const found = x.some((_, i) => i % 2 === 0 && x[i] === y[i] && x[i + 1] === y[i + 1]);
        return { ...pair, estimate: estimateJaccard(a, b), found };
      });
    });
  }, 60_000);

  it.each(LENGTHS)("has no bias and at most the error of MinHash, %i to %i shingles", (low, high) => {
    const group = outcomes.filter(({ size }) => size >= low && size < high);
    expect(group.length).toBeGreaterThan(1800);
    const errors = group.map(({ estimate, jaccard }) => estimate - jaccard);
    const rmse = Math.sqrt(mean(errors.map((e) => e * e)));
    const expected = Math.sqrt(mean(group.map(({ jaccard }) => theory(jaccard))));
    // Four standard errors of the mean; the error itself is known to 3 % at this number of pairs.
    expect(Math.abs(mean(errors))).toBeLessThan((4 * rmse) / Math.sqrt(group.length));
    expect(rmse).toBeLessThan(expected * 1.05);
    expect(rmse).toBeGreaterThan(expected * 0.7);
  });

  it.each(RATES.map((_, i) => [i / 10, (i + 1) / 10] as const))("has no bias for similarities from %d to %d", (low, high) => {
    const group = outcomes.filter(({ jaccard }) => jaccard >= low && jaccard < high);
    expect(group.length).toBeGreaterThan(250);
    const errors = group.map(({ estimate, jaccard }) => estimate - jaccard);
    const deviation = Math.sqrt(mean(group.map(({ jaccard }) => theory(jaccard))));
    expect(Math.abs(mean(errors))).toBeLessThan((4 * deviation) / Math.sqrt(group.length));
  });

  it.each([
    [0, 0.3],
    [0.3, 0.5],
    [0.5, 0.6],
    [0.6, 0.7],
    [0.7, 0.75],
    [0.75, 0.8],
    [0.8, 0.85],
    [0.85, 0.9],
    [0.9, 1],
  ])("is preceded by detection as 1 - (1 - J^8)^14 says, for similarities from %d to %d", (low, high) => {
    const group = outcomes.filter(({ jaccard }) => jaccard >= low && jaccard < high);
    expect(group.length).toBeGreaterThan(200);
    const found = mean(group.map((outcome) => (outcome.found ? 1 : 0)));
    const chances = group.map(({ jaccard }) => detection(jaccard));
    const sampling = Math.sqrt(chances.reduce((sum, p) => sum + p * (1 - p), 0)) / group.length;
    // Bins exclude each other a little, which makes the curve steeper than its formula, by up to 0.02 (in the good direction).
    expect(Math.abs(found - mean(chances))).toBeLessThan(4 * sampling + 0.02);
  });

  it("finds at least 99 % of the pairs of similarity 0.9 or more, and estimates them at 0.7 or more", () => {
    const group = outcomes.filter(({ jaccard }) => jaccard >= 0.9);
    expect(group.length).toBeGreaterThan(800);
    expect(mean(group.map(({ found, estimate }) => (found && estimate >= 0.7 ? 1 : 0)))).toBeGreaterThanOrEqual(0.99);
  });

  it("agrees with npm minhash within the error of both", () => {
    const sample = outcomes.filter(({ size }, i) => size < 150 && i < 160);
    expect(sample.length).toBeGreaterThan(60);
    const differences = sample.map(({ a, b, estimate }) => {
      const [theirs, other] = [a, b].map((text) => {
        const sketch = new minhash.Minhash({ numPerm: K });
        for (const shingle of shingleSet(text.split(" "))) sketch.update(shingle);
        return sketch;
      }) as [InstanceType<typeof minhash.Minhash>, InstanceType<typeof minhash.Minhash>];
      return estimate - theirs.jaccard(other);
    });
    // Two independent estimates differ by the sum of their variances; all pairs of one draw of permutations err alike.
    const expected = Math.sqrt(2 * mean(sample.map(({ jaccard }) => theory(jaccard))));
    expect(Math.sqrt(mean(differences.map((d) => d * d)))).toBeLessThan(expected * 1.25);
    expect(Math.abs(mean(differences))).toBeLessThan(expected / 2);
  });
});

describe("detection", () => {
  it("is the S-curve", () => {
    expect([0.5, 0.6, 0.7, 0.8, 0.9].map((j) => detection(j).toFixed(3))).toEqual(["0.055", "0.215", "0.570", "0.925", "1.000"]);
    expect(detection(1)).toBe(1);
    expect(detection(0)).toBeLessThan(1e-15);
    expect(detection(0.5, 25, 5)).toBeCloseTo(1 - (1 - (0.5 + 0.5 / 256) ** 5) ** 25, 12);
  });
});
