import { count, digits } from "./format.ts";

/** Steps of an octave: a quantile is right to 1/8 of an octave, 9 %. */
const STEPS = 8;

/**
 * How large numbers from 0 to 2^53 are spread, in constant memory: exact count, sum, least and greatest, and a histogram in
 * eighths of octaves, from which quantiles are read and a bar chart is drawn.
 */
export class Distribution {
  count = 0;
  sum = 0;
  min: number = Number.POSITIVE_INFINITY;
  max = 0;
  #zeros = 0;
  readonly #buckets = new Float64Array(53 * STEPS);

  add(value: number): void {
    this.count++;
    this.sum += value;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    if (value < 1) this.#zeros++;
    else {
      const bucket = Math.floor(Math.log2(value) * STEPS);
      this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
    }
  }

  get mean(): number {
    return this.count === 0 ? 0 : this.sum / this.count;
  }

  /** The value below which a share of the numbers lies, to 9 %. */
  quantile(share: number): number {
    let left = share * this.count - this.#zeros;
    if (left <= 0) return 0;
    for (const [i, n] of this.#buckets.entries()) {
      left -= n;
      if (left <= 0) return Math.min(this.max, Math.max(this.min, Math.round(2 ** ((i + 0.5) / STEPS))));
    }
    return this.max;
  }

  /** Numbers per octave, from the lowest that has any to the highest: [from, to] inclusive. */
  octaves(): readonly { readonly from: number; readonly to: number; readonly count: number }[] {
    const rows = this.#zeros > 0 ? [{ from: 0, to: 0, count: this.#zeros }] : [];
    const octave = (i: number): number => this.#buckets.subarray(i * STEPS, (i + 1) * STEPS).reduce((a, b) => a + b, 0);
    const counts = Array.from({ length: 53 }, (_, i) => octave(i));
    const first = counts.findIndex((n) => n > 0);
    const last = counts.findLastIndex((n) => n > 0);
    if (first < 0) return rows;
    for (let i = first; i <= last; i++) rows.push({ from: 2 ** i, to: 2 ** (i + 1) - 1, count: counts[i] ?? 0 });
    return rows;
  }

  toJSON(): unknown {
    const { count, sum, mean, max } = this;
    const median = this.quantile(0.5);
    return { count, sum, min: count === 0 ? 0 : this.min, median, p90: this.quantile(0.9), max, mean, octaves: this.octaves() };
  }
}

/** A line of figures and a bar an octave. */
export function distributionLines(title: string, distribution: Distribution, barWidth: number): string[] {
  if (distribution.count === 0) return [];
  const { min, max, mean } = distribution;
  const [median, p90] = [distribution.quantile(0.5), distribution.quantile(0.9)];
  const figures = `least ${count(min)}, median about ${count(median)}, mean ${digits(mean)}, nine in ten below ${count(p90)}, most ${count(max)}`;
  const rows = distribution.octaves();
  const highest = Math.max(...rows.map((row) => row.count));
  const [fromWidth, toWidth] = [
    Math.max(...rows.map((row) => count(row.from).length)),
    Math.max(...rows.map((row) => count(row.to).length)),
  ];
  const bars = rows.map((row) => {
    const bar = "#".repeat(row.count === 0 ? 0 : Math.max(1, Math.round((barWidth * row.count) / highest)));
    return `  ${count(row.from).padStart(fromWidth)} - ${count(row.to).padStart(toWidth)}  ${bar.padEnd(barWidth)}  ${count(row.count)}`;
  });
  return [`${title}: ${figures}`, ...bars];
}
