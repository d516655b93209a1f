/**
 * `dedupeSemantic`: keeps the first of documents that mean the same, as far as an embedding can tell: a document goes when the cosine of its vector and a kept
 * one's, of the same bucket, reaches the threshold.
 *
 * SemDeDup (Abbas et al. 2023) clusters the whole corpus and then looks at pairs within a cluster. Here the buckets come from a sample (`semanticBuckets`), so that one pass over a
 * stream and a corpus spread over workers make the same decisions; and documents are compared with kept ones only, so that no chain of neighbours removes strangers. Cost: a document's vector with
 * every centroid, and with the kept vectors of its bucket: about `buckets + documents / buckets` products. Without buckets all kept documents are compared,
 * which is exact, and quadratic.
 *
 * Turned down: a graph index (HNSW), whose result depends on the order of insertion in ways that cannot be stated; vectors of 8 bits, a quarter of the memory, which move a
 * cosine by up to 0.01.
 */
import {
  type CorpusWide,
  type Doc,
  type Fingerprints,
  knownOptions,
  numberOption,
  optionType,
  PipelineError,
  type Stage,
  type StageContext,
} from "../core/index.ts";
import { type Embed, embedAll, hasDirection } from "./embedding.ts";
import { KeptNames, type SavedNames } from "./kept-names.ts";
import { SemanticBuckets } from "./semantic-buckets.ts";
import { type SavedVectors, VectorIndex } from "./vector-index.ts";

/** Options of {@link dedupeSemantic}. */
export interface DedupeSemanticOptions {
  /** Makes the vectors; see {@link Embed}. */
  readonly embed: Embed;
  /** Cosine from which on two documents mean the same: -1 to 1, default 0.95, to within 1e-6. What is right depends on the embedding. */
  readonly threshold?: number;
  /** Buckets from `await semanticBuckets(sample, ...)`. Default none: every kept document is compared. */
  readonly buckets?: SemanticBuckets;
  /** Buckets looked into: the nearest ones, 1 to 1,000, default 1. More find more pairs that a border parts. */
  readonly probes?: number;
  /** Documents in one call of `embed`, held until it returns: 1 to 10,000, default 32. */
  readonly batch?: number;
}

interface State<T> {
  readonly held: readonly T[];
  readonly vectors: SavedVectors;
  readonly names?: SavedNames | undefined;
}

/** What becomes of a document, as a byte of the verdicts. */
const KEEP = 0;
const REPEAT = 1;
const FAILED = 2;

const NAME = "dedupeSemantic";

/**
 * Drops every document whose vector is as near to a kept one's as the threshold asks; the others pass unchanged and in order. Reason: "semantic-duplicate", with `{ of, origin, similarity }` in
 * runs that keep exclusions. A document whose vector has no direction (all zeros) passes ("without a direction"). Counter: "pairs compared".
 *
 * Holds back `batch - 1` documents at most. Memory: 4 bytes a number of every kept vector, a quarter more on average for room to grow (1.5 to 1.9 KB a document at 384 numbers); a checkpoint holds the vectors. Over workers, a
 * split's vectors travel, one byte a document comes back, and the deciding task holds all kept vectors. What `embed` throws, or returns instead of vectors, is the error of each document
 * of its batch. Throws `TypeError` or `RangeError` for wrong options.
 */
export function dedupeSemantic<T extends Doc>(options: DedupeSemanticOptions): Stage<T, T> {
  knownOptions(NAME, options, ["embed", "threshold", "buckets", "probes", "batch"]);
  const { embed, buckets } = options;
  if (typeof embed !== "function") throw optionType(NAME, "embed", "a function", embed);
  const threshold = numberOption(NAME, "threshold", options.threshold ?? 0.95, { min: -1, max: 1 });
  if (buckets !== undefined && !(buckets instanceof SemanticBuckets)) {
    throw optionType(NAME, "buckets", "what `await semanticBuckets(sample, ...)` returns", buckets);
  }
  const probes = numberOption(NAME, "probes", options.probes ?? 1, { min: 1, max: 1000, integer: true });
  const batch = numberOption(NAME, "batch", options.batch ?? 32, { min: 1, max: 10_000, integer: true });
  const newIndex = (): VectorIndex => new VectorIndex(threshold, buckets, probes);
  return {
    name: NAME,
    config: { embed, threshold, probes, batch, buckets: buckets?.fingerprint() ?? null },
    lookAhead: batch - 1,
    corpusWide: corpusWide<T>(embed, batch, buckets?.dimensions, newIndex),
    async *run(input, context) {
      const index = newIndex();
      const names = context.keepsExclusions ? new KeptNames() : undefined;
      const saved = context.restored<State<T>>();
      if (saved !== undefined) {
        index.load(saved.vectors);
        names?.load(saved.names, index.count, 0);
      }
      let held: readonly T[] = [];
      context.checkpoint((): State<T> => ({ held, vectors: index.save(), names: names?.save() }));
      for await (const { doc, vector, rest } of embedded(
        input,
        embed,
        batch,
        () => buckets?.dimensions ?? index.dimensions,
        saved?.held ?? [],
        context,
      )) {
        held = rest;
        if (vector === undefined) continue;
        if (!hasDirection(vector)) {
          context.count("without a direction");
          yield doc;
          continue;
        }
        const before = index.compared;
        const match = index.find(vector);
        if (index.compared > before) context.count("pairs compared", index.compared - before);
        if (match !== undefined) {
          context.drop(doc, "semantic-duplicate", names && { ...names.of(match.id), similarity: match.cosine });
          continue;
        }
        index.add(vector);
        names?.add(doc, false);
        yield doc;
      }
    },
  };
}

/** Documents with their vectors, in order; no vector where embedding failed, after the error was reported. `rest` are those of the batch that come next. */
async function* embedded<T extends Doc>(
  input: AsyncIterable<T>,
  embed: Embed,
  batch: number,
  dimensions: () => number | undefined,
  first: readonly T[],
  context: StageContext,
): AsyncGenerator<{ readonly doc: T; readonly vector: Float32Array | undefined; readonly rest: readonly T[] }> {
  async function* flush(docs: readonly T[]): ReturnType<typeof embedded<T>> {
    let vectors: Float32Array[] | undefined;
    let failure: unknown;
    try {
      vectors = await embedAll(
        embed,
        docs.map((doc) => doc.text),
        dimensions(),
      );
    } catch (error) {
      failure = error;
    }
    for (const [i, doc] of docs.entries()) {
      if (vectors === undefined) context.fail(failure, { record: doc });
      yield { doc, vector: vectors?.[i], rest: docs.slice(i + 1) };
    }
  }
  if (first.length > 0) yield* flush(first);
  let pending: T[] = [];
  for await (const doc of input) {
    pending.push(doc);
    if (pending.length < batch) continue;
    const full = pending;
    pending = [];
    yield* flush(full);
  }
  if (pending.length > 0) yield* flush(pending);
}

function corpusWide<T extends Doc>(
  embed: Embed,
  batch: number,
  dimensions: number | undefined,
  newIndex: () => VectorIndex,
): CorpusWide<T, T> {
  return {
    // A split's fingerprints: how many numbers a vector has, then the vectors; not a number where embedding failed.
    async *observe(input, context) {
      let size = dimensions;
      let begun = false;
      /** Documents that failed before the first vector told how long one is. */
      let failed = 0;
      const silent: StageContext = {
        ...context,
        fail: (error, where) => (context.onError === "throw" ? context.fail(error, where) : undefined),
      };
      for await (const { vector } of embedded(input, embed, batch, () => size, [], silent)) {
        size ??= vector?.length;
        if (size === undefined) {
          failed++;
          continue;
        }
        if (!begun) {
          yield new Uint8Array(Uint32Array.of(size).buffer);
          for (; failed > 0; failed--) yield bytesOf(new Float32Array(size).fill(Number.NaN));
          begun = true;
        }
        yield bytesOf(vector ?? new Float32Array(size).fill(Number.NaN));
      }
      // None of them could be embedded: as many vectors of one number that is none.
      if (!begun && failed > 0) {
        yield new Uint8Array(Uint32Array.of(1).buffer);
        for (; failed > 0; failed--) yield bytesOf(Float32Array.of(Number.NaN));
      }
    },
    async *decide(splits, context) {
      const index = newIndex();
      for (const split of splits) {
        const verdicts: number[] = [];
        for await (const vector of vectorsOf(split)) {
          context.signal.throwIfAborted();
          let verdict = KEEP;
          if (Number.isNaN(vector[0])) verdict = FAILED;
          else if (hasDirection(vector)) {
            if (index.dimensions !== undefined && index.dimensions !== vector.length) {
              throw new PipelineError({ kind: "bad-embedding", message: `vectors of ${index.dimensions} and of ${vector.length} numbers` });
            }
            if (index.find(vector) !== undefined) verdict = REPEAT;
            else index.add(vector);
          }
          verdicts.push(verdict);
        }
        yield Uint8Array.from(verdicts);
      }
      context.count("pairs compared", index.compared);
    },
    async *apply(input, verdicts, context) {
      let at = 0;
      for await (const doc of input) {
        const verdict = verdicts[at++];
        if (verdict === KEEP) yield doc;
        else if (verdict === REPEAT) context.drop(doc, "semantic-duplicate");
        else if (verdict === FAILED)
          context.fail(new PipelineError({ kind: "bad-embedding", message: "no vector could be made" }), { record: doc });
        else break;
      }
      if (at === verdicts.length) return;
      const message = "the verdicts were made for other records than those they are applied to; observe and decide again";
      throw new PipelineError({ kind: "changed", stage: context.stage, message });
    },
  };
}

function bytesOf(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}

/** The vectors of a split, however its bytes are cut. */
async function* vectorsOf(split: Fingerprints): AsyncGenerator<Float32Array> {
  let rest = Buffer.alloc(0);
  let bytes = 0;
  for await (const chunk of split.read()) {
    rest = Buffer.concat([rest, chunk]);
    if (bytes === 0) {
      if (rest.length < 4) continue;
      bytes = 4 * rest.readUInt32LE(0);
      rest = rest.subarray(4);
    }
    while (rest.length >= bytes && bytes > 0) {
      yield new Float32Array(Uint8Array.prototype.slice.call(rest, 0, bytes).buffer, 0, bytes / 4);
      rest = rest.subarray(bytes);
    }
  }
  if (rest.length > 0)
    throw new PipelineError({ kind: "corrupt", message: `the vectors of a split end in the middle of one (${rest.length} bytes)` });
}
