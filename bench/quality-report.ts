/**
 * How often planted near duplicates are found, by their true similarity: against the formulas, with confidence intervals. Each pair has
 * an original of its own, so that pairs are independent; the sketch is seeded anew for every tenth of them.
 */
import { bandKeys, detection, estimateJaccard, removal, sketch, trueJaccard } from "../src/dedupe/index.ts";

export interface QualityOptions {
  readonly pairs: number;
  readonly seed: number;
  readonly threshold: number;
  readonly bands: number;
  readonly rows: number;
  readonly ngram: number;
}

/** What was measured in one interval of true similarity. */
export interface QualityRow {
  readonly from: number;
  readonly to: number;
  readonly pairs: number;
  readonly compared: Share;
  /** 1 - (1 - s^rows)^bands with s = J + (1 - J) / 256, averaged over the pairs. */
  readonly detection: number;
  readonly removed: Share;
  /** `removal`, averaged over the pairs. */
  readonly removal: number;
  /** Of the estimate. */
  readonly bias: number;
  readonly rmse: number;
}

/** A share and the interval that holds the true one with 95 % confidence. */
export interface Share {
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

/** Edges of the intervals. Below 0.3 nothing is found anyway. */
const EDGES = [0.3, 0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0001];

interface Pair {
  readonly jaccard: number;
  readonly estimate: number;
  readonly compared: boolean;
}

export function measureQuality(options: QualityOptions): QualityRow[] {
  const { bands, rows, threshold } = options;
  const pairs = [...planted(options)];
  return EDGES.slice(1).map((to, i): QualityRow => {
    const from = EDGES[i] as number;
    const inside = pairs.filter(({ jaccard }) => jaccard >= from && jaccard < to);
    const mean = (of: (pair: Pair) => number): number =>
      inside.length === 0 ? 0 : inside.reduce((sum, pair) => sum + of(pair), 0) / inside.length;
    return {
      from,
      to: Math.min(1, to),
      pairs: inside.length,
      compared: wilson(inside.filter(({ compared }) => compared).length, inside.length),
      detection: mean(({ jaccard }) => detection(jaccard, bands, rows)),
      removed: wilson(inside.filter(({ compared, estimate }) => compared && estimate >= threshold).length, inside.length),
      removal: mean(({ jaccard }) => removal(jaccard, { bands, rows, threshold })),
      bias: mean(({ jaccard, estimate }) => estimate - jaccard),
      rmse: Math.sqrt(mean(({ jaccard, estimate }) => (estimate - jaccard) ** 2)),
    };
  });
}

/** Pairs of an original of 30 to 1,000 words and its edit; 0.1 to 12 % of the words are replaced, doubled or deleted. */
function* planted({ pairs, seed, bands, rows, ngram }: QualityOptions): Generator<Pair> {
  const next = generator(seed);
  const uniform = (): number => (next() * 0x1_0000 + next()) / 2 ** 32;
  for (let i = 0; i < pairs; i++) {
    const length = Math.round(30 * (1000 / 30) ** uniform());
    const rate = 0.001 * 120 ** uniform();
    const words = Array.from({ length }, () => word(next));
    const copy = words.flatMap((original) => {
      if (uniform() >= rate) return [original];
      const kind = next() % 100;
      return kind < 70 ? [word(next)] : kind < 85 ? [original, word(next)] : [];
    });
    const [a, b] = [words.join(" "), copy.join(" ")];
    const options = { bands, rows, ngram, seed: 1 + Math.floor((10 * i) / pairs) };
    const [first, second, jaccard] = [sketch(a, options), sketch(b, options), trueJaccard(a, b, { ngram })];
    if (first === undefined || second === undefined || jaccard === undefined) continue;
    yield {
      jaccard,
      estimate: estimateJaccard(first, second),
      compared: sharesKey(bandKeys(first, bands, rows), bandKeys(second, bands, rows)),
    };
  }
}

function sharesKey(a: Uint32Array, b: Uint32Array): boolean {
  for (let i = 0; i < a.length; i += 2) if (a[i] === b[i] && a[i + 1] === b[i + 1]) return true;
  return false;
}

/** Wilson's interval for a share: right also near 0 and 1, where the usual one is not. */
export function wilson(hits: number, of: number): Share {
  if (of === 0) return { share: 0, low: 0, high: 1 };
  const z = 1.96;
  const share = hits / of;
  const middle = (share + z ** 2 / (2 * of)) / (1 + z ** 2 / of);
  const half = (z / (1 + z ** 2 / of)) * Math.sqrt((share * (1 - share)) / of + z ** 2 / (4 * of ** 2));
  return { share, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/** Numerical Recipes' generator; the upper 16 bits of each state. */
function generator(seed: number): () => number {
  let x = seed >>> 0;
  return () => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return x >>> 16;
  };
}

/** One of 65,536 words of four letters. */
function word(next: () => number): string {
  const number = next();
  return [12, 8, 4, 0].map((shift) => String.fromCharCode(97 + ((number >>> shift) & 15))).join("");
}
