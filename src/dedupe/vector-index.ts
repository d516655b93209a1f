/** The vectors of the documents kept so far, by bucket: blocks of numbers that grow, and the number of each vector's document. */
import { inner } from "./embedding.ts";
import type { SemanticBuckets } from "./semantic-buckets.ts";

/** A kept document that is near enough. */
export interface VectorMatch {
  /** How many vectors were added before it. */
  readonly id: number;
  readonly cosine: number;
}

interface Bucket {
  numbers: Float32Array;
  ids: Int32Array;
  count: number;
}

/** What a checkpoint holds: the vectors in the order in which they were added. */
export interface SavedVectors {
  readonly dimensions: number;
  readonly vectors: readonly Float32Array[];
}

const FIRST_VECTORS = 4;
/** Vectors have single precision: the cosine of equal ones may come out this far below 1. */
const ROUNDING = 1e-6;

export class VectorIndex {
  /** Vectors added. */
  count = 0;
  /** Pairs compared so far. */
  compared = 0;
  readonly #threshold: number;
  readonly #probes: number;
  readonly #centroids: SemanticBuckets | undefined;
  readonly #buckets: Map<number, Bucket> = new Map();
  #dimensions = 0;

  constructor(threshold: number, centroids: SemanticBuckets | undefined, probes: number) {
    this.#threshold = threshold - ROUNDING;
    this.#centroids = centroids;
    this.#probes = probes;
  }

  /** Numbers in a vector, once one was added. */
  get dimensions(): number | undefined {
    return this.#dimensions === 0 ? undefined : this.#dimensions;
  }

  /** Bytes of memory held. */
  get bytes(): number {
    let sum = 0;
    for (const { numbers, ids } of this.#buckets.values()) sum += numbers.byteLength + ids.byteLength;
    return sum;
  }

  /** The nearest of the kept vectors in the buckets looked into, if its cosine reaches the threshold; of equally near ones the first. */
  find(vector: Float32Array): VectorMatch | undefined {
    let best: VectorMatch | undefined;
    for (const number of this.#near(vector, this.#probes)) {
      const bucket = this.#buckets.get(number);
      if (bucket === undefined) continue;
      this.compared += bucket.count;
      for (let i = 0; i < bucket.count; i++) {
        const cosine = Math.min(1, inner(vector, 0, bucket.numbers, i * this.#dimensions, this.#dimensions));
        if (cosine < this.#threshold) continue;
        const id = bucket.ids[i] as number;
        if (best === undefined || cosine > best.cosine || (cosine === best.cosine && id < best.id)) best = { id, cosine };
      }
    }
    return best;
  }

  /** Adds a unit vector and returns its number. */
  add(vector: Float32Array): number {
    this.#dimensions = vector.length;
    const number = this.#near(vector, 1)[0] as number;
    let bucket = this.#buckets.get(number);
    if (bucket === undefined) {
      bucket = { numbers: new Float32Array(FIRST_VECTORS * vector.length), ids: new Int32Array(FIRST_VECTORS), count: 0 };
      this.#buckets.set(number, bucket);
    }
    if (bucket.count === bucket.ids.length) grow(bucket);
    bucket.numbers.set(vector, bucket.count * vector.length);
    bucket.ids[bucket.count++] = this.count;
    return this.count++;
  }

  save(): SavedVectors {
    const vectors = new Array<Float32Array>(this.count);
    const dimensions = this.#dimensions;
    for (const { numbers, ids, count } of this.#buckets.values()) {
      for (let i = 0; i < count; i++) vectors[ids[i] as number] = numbers.slice(i * dimensions, (i + 1) * dimensions);
    }
    return { dimensions, vectors };
  }

  load(saved: SavedVectors): void {
    for (const vector of saved.vectors) this.add(vector);
  }

  #near(vector: Float32Array, probes: number): readonly number[] {
    return this.#centroids?.nearest(vector, probes) ?? [0];
  }
}

/** By half: buckets are many, and what they have free counts. */
function grow(bucket: Bucket): void {
  const room = Math.ceil(bucket.ids.length * 1.5);
  const dimensions = bucket.numbers.length / bucket.ids.length;
  const numbers = new Float32Array(room * dimensions);
  numbers.set(bucket.numbers);
  const ids = new Int32Array(room);
  ids.set(bucket.ids);
  bucket.numbers = numbers;
  bucket.ids = ids;
}
