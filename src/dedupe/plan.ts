/**
 * `planDedupe`: what a deduplication will find, miss and cost, before it is run.
 *
 * How many pairs of each similarity a corpus has decides what a shape misses, and nobody knows it beforehand. So the
 * assumption is explicit: every document has `related` partners, whose similarities are spread as `similarities` says (by
 * default evenly from 0 to 1, which is also what datasketch's search for parameters assumes). All other pairs are strangers
 * that have nothing in common, and meet by chance alone.
 *
 * The shape: of `hashes` values in bands of r rows, for each r as many bands as fit, the one that compares the fewest pairs
 * below the threshold while leaving out at most `misses` of those above it. Turned down: weighing both alike (datasketch),
 * which for 0.8 of 128 values gives 9 bands of 13 rows and leaves out a third of the pairs at 0.85: verification takes back
 * a pair compared in vain, nothing brings back one that was not compared.
 */
import { knownOptions, numberOption, optionType } from "../core/index.ts";
import { detection } from "./estimate.ts";
import { LARGEST_SIGNATURE, sketchParameters } from "./parameters.ts";
import { outOfCoreCost, type PlanCost, streamingCost } from "./plan-cost.ts";
import { removal } from "./removal.ts";

export interface DedupePlanOptions {
  /** Documents in the corpus, 1 to 10^15. */
  readonly docs: number;
  /** Least similarity of a duplicate, 0 to 1. Default 0.7, as in `dedupe`. */
  readonly threshold?: number;
  /** Values of a signature that may be used, 4 to 512. Default 112. Not beside `bands` and `rows`. */
  readonly hashes?: number;
  /** The shape, when it is given and not searched for: both or none. */
  readonly bands?: number;
  readonly rows?: number;
  /** Largest share of the pairs at or above the threshold that the shape may leave out, 0 to 1. Default 0.02. */
  readonly misses?: number;
  /** Mean UTF-8 bytes of a document. Default 2500. */
  readonly bytesPerDoc?: number;
  /** Related pairs for each document. Default 1. */
  readonly related?: number;
  /** Weights of equal intervals of similarity from 0 to 1, in which the related pairs lie. Default [1]: evenly spread. */
  readonly similarities?: readonly number[];
  /** Bytes of memory for the out-of-core way, 1e6 to 1e15. Default 1e9. */
  readonly memoryBytes?: number;
  /** Cores that sketch at the same time. Default 1. */
  readonly cores?: number;
}

/** A shape and what it does to the assumed pairs. */
export interface PlanShape {
  readonly bands: number;
  readonly rows: number;
  /** The similarity at which half of the pairs are compared. */
  readonly midpoint: number;
  /** Share of the pairs at or above the threshold that are not compared. */
  readonly leftOut: number;
  /** Share of the related pairs below the threshold that are compared. */
  readonly comparedBelow: number;
}

export interface DedupePlan {
  readonly docs: number;
  readonly threshold: number;
  readonly bytesPerDoc: number;
  readonly shape: PlanShape;
  /** Whether the shape was given, meets `misses`, or is only the best there is. */
  readonly chosen: "given" | "meets misses" | "closest";
  /** The best shapes of as many values, one for each number of rows around the chosen one, in order of rows. */
  readonly shapes: readonly PlanShape[];
  /** For similarities 0, 0.01 ... 1: the share of pairs compared, and compared and removed. */
  readonly curve: readonly { readonly similarity: number; readonly compared: number; readonly removed: number }[];
  /** Expected numbers of pairs under the assumption. */
  readonly pairs: {
    readonly related: number;
    readonly similarities: readonly number[];
    readonly above: { readonly all: number; readonly notCompared: number; readonly notRemoved: number };
    readonly below: { readonly all: number; readonly compared: number; readonly removed: number };
    /** Strangers that share a band key by chance, all pairs of the corpus taken as such. */
    readonly strangersCompared: number;
  };
  /** In one pass, in memory. */
  readonly streaming: PlanCost;
  /** In a planned run or with `deduplicateCorpus`, with temporary files. */
  readonly outOfCore: PlanCost;
}

const NAME = "planDedupe";
/** Steps of similarity in the sums; the functions are smooth, so midpoints of 200 are right to three digits. */
const STEPS = 200;

/** Plans a deduplication; a pure function. Throws `TypeError` or `RangeError` for wrong options. */
export function planDedupe(options: DedupePlanOptions): DedupePlan {
  knownOptions(NAME, options, [
    "docs",
    "threshold",
    "hashes",
    "bands",
    "rows",
    "misses",
    "bytesPerDoc",
    "related",
    "similarities",
    "memoryBytes",
    "cores",
  ]);
  const { threshold = 0.7, misses = 0.02, bytesPerDoc = 2500, related = 1, similarities = [1], memoryBytes = 1e9, cores = 1 } = options;
  const docs = numberOption(NAME, "docs", options.docs, { min: 1, max: 1e15, integer: true });
  numberOption(NAME, "threshold", threshold, { min: 0, max: 1 });
  numberOption(NAME, "misses", misses, { min: 0, max: 1 });
  numberOption(NAME, "bytesPerDoc", bytesPerDoc, { min: 1, max: 1e12 });
  numberOption(NAME, "related", related, { min: 0, max: 1e6 });
  numberOption(NAME, "memoryBytes", memoryBytes, { min: 1e6, max: 1e15 });
  numberOption(NAME, "cores", cores, { min: 1, max: 1e6, integer: true });
  const weigh = weights(similarities);
  const { shape, chosen, shapes } = choose(options, threshold, misses, weigh);
  const { bands, rows } = shape;

  const all = docs * related;
  const sums = { above: 0, notCompared: 0, notRemoved: 0, below: 0, compared: 0, removed: 0 };
  for (const { at, weight } of steps(weigh)) {
    const compared = detection(at, bands, rows);
    const removed = removal(at, { bands, rows, threshold });
    if (at >= threshold) {
      sums.above += weight;
      sums.notCompared += weight * (1 - compared);
      sums.notRemoved += weight * (1 - removed);
    } else {
      sums.below += weight;
      sums.compared += weight * compared;
      sums.removed += weight * removed;
    }
  }
  const cost = { docs, bytesPerDoc, bands, rows, cores, memoryBytes };
  return {
    docs,
    threshold,
    bytesPerDoc,
    shape,
    chosen,
    shapes,
    curve: Array.from({ length: 101 }, (_, i) => {
      const similarity = i / 100;
      return { similarity, compared: detection(similarity, bands, rows), removed: removal(similarity, { bands, rows, threshold }) };
    }),
    pairs: {
      related: all,
      similarities,
      above: { all: all * sums.above, notCompared: all * sums.notCompared, notRemoved: all * sums.notRemoved },
      below: { all: all * sums.below, compared: all * sums.compared, removed: all * sums.removed },
      // For so small a chance the sum over the bands is the probability that any of them agrees.
      strangersCompared: (docs * (docs - 1) * bands) / 2 / 256 ** rows,
    },
    streaming: streamingCost(cost),
    outOfCore: outOfCoreCost(cost),
  };
}

type Weigh = (similarity: number) => number;

/** The density of similarities, so that its mean over [0, 1] is 1. */
function weights(similarities: readonly number[]): Weigh {
  const good = Array.isArray(similarities) && similarities.length > 0 && similarities.every((w) => Number.isFinite(w) && w >= 0);
  const sum = good ? similarities.reduce((a, b) => a + b, 0) : 0;
  if (sum <= 0) throw optionType(NAME, "similarities", "a list of weights of at least 0 that are not all 0", similarities);
  const n = similarities.length;
  return (similarity) => ((similarities[Math.min(n - 1, Math.floor(similarity * n))] as number) * n) / sum;
}

function* steps(weigh: Weigh): Generator<{ readonly at: number; readonly weight: number }> {
  for (let i = 0; i < STEPS; i++) {
    const at = (i + 0.5) / STEPS;
    yield { at, weight: weigh(at) / STEPS };
  }
}

function choose(
  { hashes, bands, rows }: DedupePlanOptions,
  threshold: number,
  misses: number,
  weigh: Weigh,
): { readonly shape: PlanShape; readonly chosen: DedupePlan["chosen"]; readonly shapes: readonly PlanShape[] } {
  if ((bands === undefined) !== (rows === undefined)) {
    throw new TypeError(`${NAME}: \`bands\` and \`rows\` are given together or not at all`);
  }
  if (bands !== undefined && rows !== undefined) {
    if (hashes !== undefined) throw new TypeError(`${NAME}: \`hashes\` has no meaning beside \`bands\` and \`rows\``);
    sketchParameters(NAME, { bands, rows });
    const shape = shapeOf(bands, rows, threshold, weigh);
    return { shape, chosen: "given", shapes: around(shapesOf(bands * rows, threshold, weigh), shape) };
  }
  const budget = numberOption(NAME, "hashes", hashes ?? 112, { min: 4, max: LARGEST_SIGNATURE, integer: true });
  const all = shapesOf(budget, threshold, weigh);
  const good = all.filter((shape) => shape.leftOut <= misses);
  const best = (list: readonly PlanShape[], key: "leftOut" | "comparedBelow"): PlanShape =>
    list.reduce((a, b) => (b[key] < a[key] ? b : a), list[0] as PlanShape);
  const shape = good.length > 0 ? best(good, "comparedBelow") : best(all, "leftOut");
  return { shape, chosen: good.length > 0 ? "meets misses" : "closest", shapes: around(all, shape) };
}

/** For each number of rows as many bands as the values allow. */
function shapesOf(hashes: number, threshold: number, weigh: Weigh): PlanShape[] {
  const rows = Array.from({ length: Math.min(64, hashes) - 3 }, (_, i) => i + 4);
  return rows.map((r) => shapeOf(Math.min(128, Math.floor(hashes / r)), r, threshold, weigh));
}

/** The chosen shape, and the next two on either side of it. */
function around(shapes: readonly PlanShape[], chosen: PlanShape): PlanShape[] {
  const others = shapes.filter((shape) => shape.rows !== chosen.rows);
  const before = others.filter((shape) => shape.rows < chosen.rows).slice(-2);
  const after = others.filter((shape) => shape.rows > chosen.rows).slice(0, 2);
  return [...before, chosen, ...after];
}

function shapeOf(bands: number, rows: number, threshold: number, weigh: Weigh): PlanShape {
  const sums = { above: 0, leftOut: 0, below: 0, compared: 0 };
  for (const { at, weight } of steps(weigh)) {
    const compared = detection(at, bands, rows);
    if (at >= threshold) {
      sums.above += weight;
      sums.leftOut += weight * (1 - compared);
    } else {
      sums.below += weight;
      sums.compared += weight * compared;
    }
  }
  return {
    bands,
    rows,
    midpoint: midpoint(bands, rows),
    leftOut: sums.above > 0 ? sums.leftOut / sums.above : 0,
    comparedBelow: sums.below > 0 ? sums.compared / sums.below : 0,
  };
}

/** Where `detection` is one half: s = (1 - 2^(-1/bands))^(1/rows), without the share of values that agree by chance. */
function midpoint(bands: number, rows: number): number {
  const s = (1 - 0.5 ** (1 / bands)) ** (1 / rows);
  return Math.max(0, (256 * s - 1) / 255);
}
