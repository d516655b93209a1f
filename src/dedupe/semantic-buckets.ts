/**
 * Buckets for semantic deduplication: spherical k-means over a sample of the corpus (SemDeDup, Abbas et al. 2023). A document is compared with those of its own bucket
 * only, which is what makes the search affordable.
 *
 * Lloyd's rounds on unit vectors: nearest centroid by cosine, then the mean of each bucket brought to unit length. First centroids by k-means++ (seeded); a bucket that
 * loses all its vectors takes the one that lies farthest from its centroid. Cost: rounds * sample * count * dimensions; all arithmetic in one order, so equal inputs give
 * equal centroids. The centroids come from a sample, given once and before, so that one pass over the corpus and many workers use the same ones.
 */
import { knownOptions, numberOption, optionType, Random } from "../core/index.ts";
import { createHasher } from "../kernels/hash/index.ts";
import { type Embed, embedAll, hasDirection, inner, unit } from "./embedding.ts";

/** Options of {@link semanticBuckets}. */
export interface SemanticBucketsOptions {
  readonly embed: Embed;
  /** Buckets: 1 to 1,000,000. The square root of the number of documents balances the work. Fewer when the sample has fewer vectors. */
  readonly count: number;
  /** Of the choice of the first centroids: any safe integer, default 0. */
  readonly seed?: number;
  /** Rounds at most: 0 to 1,000, default 10. It ends earlier when nothing moves. */
  readonly rounds?: number;
  /** Texts in one call of `embed`: 1 to 10,000, default 32. */
  readonly batch?: number;
}

/** Directions, one a bucket. Make them with `semanticBuckets`, or from `centroids` that were saved. */
export class SemanticBuckets {
  readonly dimensions: number;
  readonly count: number;
  /** `count` vectors of unit length, one after the other; not to be written to. */
  readonly centroids: Float32Array;

  /** Throws a `RangeError` when the numbers are not whole vectors. */
  constructor(centroids: Float32Array, dimensions: number) {
    if (!Number.isInteger(dimensions) || dimensions < 1 || centroids.length === 0 || centroids.length % dimensions !== 0) {
      throw new RangeError(`SemanticBuckets: expected whole vectors of ${dimensions} numbers, got ${centroids.length} numbers`);
    }
    this.dimensions = dimensions;
    this.count = centroids.length / dimensions;
    this.centroids = centroids.slice();
    for (let b = 0; b < this.count; b++) this.centroids.set(unit(centroids.subarray(b * dimensions, (b + 1) * dimensions)), b * dimensions);
  }

  /** The `probes` buckets nearest to a unit vector, the nearest first; of equally near ones the lower number. */
  nearest(vector: Float32Array, probes: number): number[] {
    const best: { bucket: number; cosine: number }[] = [];
    for (let bucket = 0; bucket < this.count; bucket++) {
      const cosine = inner(vector, 0, this.centroids, bucket * this.dimensions, this.dimensions);
      if (best.length === probes && cosine <= (best[probes - 1] as { cosine: number }).cosine) continue;
      let at = best.length;
      while (at > 0 && (best[at - 1] as { cosine: number }).cosine < cosine) at--;
      best.splice(at, 0, { bucket, cosine });
      if (best.length > probes) best.pop();
    }
    return best.map(({ bucket }) => bucket);
  }

  /** A digest of the centroids, for configurations that are compared. */
  fingerprint(): string {
    const key = new Int32Array(4);
    const { buffer, byteOffset, byteLength } = this.centroids;
    createHasher().hash128(new Uint8Array(buffer, byteOffset, byteLength), key, 0);
    return `${this.count}x${this.dimensions}:${Buffer.from(key.buffer).toString("hex")}`;
  }
}

/**
 * Finds buckets from a sample: any iterable of strings or documents, or a pipeline (`take` some of it: all its vectors are held, 4 bytes a number). Throws `TypeError` or
 * `RangeError` for wrong options and for a sample without a vector that has a direction.
 */
export async function semanticBuckets(
  sample: Iterable<string | { readonly text: string }> | AsyncIterable<string | { readonly text: string }>,
  options: SemanticBucketsOptions,
): Promise<SemanticBuckets> {
  const NAME = "semanticBuckets";
  knownOptions(NAME, options, ["embed", "count", "seed", "rounds", "batch"]);
  const { embed } = options;
  if (typeof embed !== "function") throw optionType(NAME, "embed", "a function", embed);
  const wanted = numberOption(NAME, "count", options.count, { min: 1, max: 1e6, integer: true });
  const seed = numberOption(NAME, "seed", options.seed ?? 0, { integer: true });
  const rounds = numberOption(NAME, "rounds", options.rounds ?? 10, { min: 0, max: 1000, integer: true });
  const batch = numberOption(NAME, "batch", options.batch ?? 32, { min: 1, max: 10_000, integer: true });

  const vectors: Float32Array[] = [];
  let texts: string[] = [];
  const flush = async (): Promise<void> => {
    if (texts.length > 0) vectors.push(...(await embedAll(embed, texts, vectors[0]?.length)));
    texts = [];
  };
  for await (const item of sample) {
    texts.push(typeof item === "string" ? item : item.text);
    if (texts.length === batch) await flush();
  }
  await flush();
  const usable = vectors.filter(hasDirection);
  const first = usable[0];
  if (first === undefined)
    throw new RangeError(`${NAME}: expected \`sample\` to hold a text whose vector has a direction, got ${vectors.length} without`);
  const random = new Random(seed, NAME);
  return new SemanticBuckets(
    kMeans(usable, Math.min(wanted, usable.length), rounds, () => random.next()),
    first.length,
  );
}

function kMeans(vectors: readonly Float32Array[], count: number, rounds: number, random: () => number): Float32Array {
  const dimensions = (vectors[0] as Float32Array).length;
  const centroids = firstCentroids(vectors, count, random);
  const bucketOf = new Int32Array(vectors.length).fill(-1);
  const cosines = new Float64Array(vectors.length);
  for (let round = 0; round < rounds; round++) {
    let moved = 0;
    for (const [v, vector] of vectors.entries()) {
      let best = 0;
      let cosine = Number.NEGATIVE_INFINITY;
      for (let b = 0; b < count; b++) {
        const value = inner(vector, 0, centroids, b * dimensions, dimensions);
        if (value > cosine) [best, cosine] = [b, value];
      }
      if (bucketOf[v] !== best) moved++;
      bucketOf[v] = best;
      cosines[v] = cosine;
    }
    if (moved === 0) break;
    const sums = new Float64Array(count * dimensions);
    const sizes = new Int32Array(count);
    for (const [v, vector] of vectors.entries()) {
      const base = (bucketOf[v] as number) * dimensions;
      sizes[bucketOf[v] as number] = (sizes[bucketOf[v] as number] as number) + 1;
      for (let i = 0; i < dimensions; i++) sums[base + i] = (sums[base + i] as number) + (vector[i] as number);
    }
    for (let b = 0; b < count; b++) {
      let sum = 0;
      for (let i = 0; i < dimensions; i++) sum += (sums[b * dimensions + i] as number) ** 2;
      if (sizes[b] === 0 || sum === 0) {
        const farthest = cosines.reduce((worst, cosine, v) => (cosine < (cosines[worst] as number) ? v : worst), 0);
        cosines[farthest] = Number.POSITIVE_INFINITY; // each is taken once
        centroids.set(vectors[farthest] as Float32Array, b * dimensions);
        continue;
      }
      for (let i = 0; i < dimensions; i++) centroids[b * dimensions + i] = (sums[b * dimensions + i] as number) / Math.sqrt(sum);
    }
  }
  return centroids;
}

/** k-means++: each next centroid is a vector, drawn with a probability that grows with its distance from the ones there are. */
function firstCentroids(vectors: readonly Float32Array[], count: number, random: () => number): Float32Array {
  const dimensions = (vectors[0] as Float32Array).length;
  const centroids = new Float32Array(count * dimensions);
  const distances = new Float64Array(vectors.length).fill(2);
  let chosen = Math.floor(random() * vectors.length);
  for (let b = 0; b < count; b++) {
    centroids.set(vectors[chosen] as Float32Array, b * dimensions);
    let total = 0;
    for (const [v, vector] of vectors.entries()) {
      const distance = Math.max(0, 1 - inner(vector, 0, centroids, b * dimensions, dimensions));
      if (distance < (distances[v] as number)) distances[v] = distance;
      total += distances[v] as number;
    }
    let target = random() * total;
    chosen = 0;
    for (let v = 0; v < vectors.length; v++) {
      target -= distances[v] as number;
      chosen = v;
      if (target < 0) break;
    }
  }
  return centroids;
}
