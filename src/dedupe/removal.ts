/**
 * How often pairs of a given similarity are removed. A pair goes when it shares the key of a band *and* enough of its values
 * are equal for the estimate to reach the threshold; the two are not independent, since a shared band is `rows` equal values.
 *
 * Taking values as independent, each equal with s = J + (1 - J) / 256:
 *
 *   P(removed) = sum over m >= needed of P(m values equal) - P(m values equal, no band wholly equal)
 *
 * The second term is a convolution over the bands of the binomial distribution without its last term. Everything added is
 * positive, so nothing cancels. Cost: bands * values * rows steps for one similarity.
 *
 * One-permutation sketches vary less than independent values do (RMSE 0.029 to 0.036 where these have 0.038), so that real
 * curves are a little steeper: `npm run quality` prints both.
 */
import { matchesNeeded } from "./estimate.ts";

/** The shape of a signature, and the least estimated similarity of a removal. */
export interface RemovalOptions {
  readonly bands: number;
  readonly rows: number;
  readonly threshold: number;
}

/**
 * The share of pairs of true Jaccard similarity `jaccard` (0 to 1) that `dedupe` with these options removes: `detection` says
 * how many are compared, this how many of them also pass verification. 14 bands of 8 rows, threshold 0.7: 0.37 at 0.7, 0.92
 * at 0.8, 0.9996 at 0.9.
 */
export function removal(jaccard: number, { bands, rows, threshold }: RemovalOptions): number {
  const s = jaccard + (1 - jaccard) / 256;
  const size = bands * rows;
  const needed = matchesNeeded(threshold, size);
  const all = binomial(size, s);
  const none = withoutFullBand(bands, binomial(rows, s).slice(0, rows));
  let share = 0;
  for (let equal = needed; equal <= size; equal++) share += Math.max(0, (all[equal] as number) - (none[equal] ?? 0));
  return Math.min(1, share);
}

/** P(m of n) for m from 0 to n. In logarithms, because 0.004^512 is no double. */
function binomial(n: number, s: number): Float64Array {
  const out = new Float64Array(n + 1);
  if (s >= 1) {
    out[n] = 1;
    return out;
  }
  let ways = 0; // ln of n over m
  for (let m = 0; m <= n; m++) {
    out[m] = Math.exp(ways + m * Math.log(s) + (n - m) * Math.log1p(-s));
    ways += Math.log((n - m) / (m + 1));
  }
  return out;
}

/** P(m values equal in all, no band wholly equal), for m from 0 to bands * (rows - 1). */
function withoutFullBand(bands: number, band: Float64Array): Float64Array {
  const step = band.length - 1;
  const sum = new Float64Array(bands * step + 1);
  sum[0] = 1;
  for (let i = 0; i < bands; i++) {
    // From the top down, so that what is read is still the sum without this band.
    for (let m = (i + 1) * step; m >= 0; m--) {
      let p = 0;
      for (let q = Math.max(0, m - i * step); q <= Math.min(step, m); q++) p += (band[q] as number) * (sum[m - q] as number);
      sum[m] = p;
    }
  }
  return sum;
}
