import type { Pending } from "./outcome.ts";
import type { Scope } from "./scope.ts";
import type { StageContext } from "./stage.ts";

/** What the observation of one split left behind: bytes that can be read any number of times. */
export interface Fingerprints {
  /** Size in bytes. */
  readonly bytes: number;
  read(): AsyncIterable<Uint8Array>;
}

/** What the step over the whole corpus may use. */
export interface DecideContext {
  readonly signal: AbortSignal;
  readonly scope: Scope;
  /** Bytes of working memory it may take. What does not fit goes to files in `directory`. */
  readonly memoryBytes: number;
  /** An empty folder on a local disk, for temporary files; whoever called removes it afterwards. */
  readonly directory: string;
  /** Adds to a counter that appears in the report under this stage. */
  count(counter: string, by?: number): void;
  /** As that of a stage. Absent where the decision is an end of its own, which is then the moment to commit. */
  whenDone?(pending: Pending): void;
}

/**
 * How a stage that decides over the whole corpus (deduplication) runs when the corpus is spread over workers, in three steps:
 * every worker reduces its splits to fingerprints; one task decides over all fingerprints; every worker goes through its splits
 * again with the verdicts. Only fingerprints and verdicts travel, never documents.
 *
 * The law: over the splits of a corpus in order, the three steps pass on the same records, and drop the others for the same
 * reasons, as `run` does over the whole corpus in one pass. Records of a split are known by their number in it, from 0.
 */
export interface CorpusWide<in In, out Out> {
  /** Reduces the records of one split, in order. Takes no more memory than `run` would for one record. */
  observe(input: AsyncIterable<In>, context: StageContext): AsyncIterable<Uint8Array>;
  /** Yields the verdicts of each split, one array a split, in the order of the splits. */
  decide(splits: readonly Fingerprints[], context: DecideContext): AsyncIterable<Uint8Array>;
  /** Takes the records of one split once more, in the same order, and passes on or drops them as the verdicts say. */
  apply(input: AsyncIterable<In>, verdicts: Uint8Array, context: StageContext): AsyncIterable<Out>;
}
