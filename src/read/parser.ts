import type { Origin, PipelineError } from "../core/index.ts";

/**
 * Bytes to records, without any waiting: pieces of one input go in, cut anywhere, records come out. Being synchronous keeps
 * promises out of the loop over records, and lets a test cut the input wherever it likes.
 *
 * A bad record is handed to `report` and left out; `next` goes on behind it. What makes the rest of the input unreadable is
 * thrown as a `PipelineError` without origin: the source adds the place.
 */
export interface Parser<out T> {
  /** Number of the record that comes next: the one an error of the whole input is about, and the cursor to resume from. */
  readonly record: number;
  /** Offset at which that record begins. */
  readonly offset: number;
  /** Takes the next piece, which must stay as it is until `next` has returned undefined. */
  push(chunk: Buffer): void;
  /** No piece will follow: what is left is the last record. */
  end(): void;
  /** The next good record of this worker, or undefined when more bytes are needed. */
  next(): T | undefined;
}

/** What a parser is told about its input. */
export interface ParserInput {
  /** Name of the input, for origins. */
  readonly source: string;
  /** Where to begin: 0 and 0, or a cursor taken from a parser of the same input. */
  readonly record: number;
  readonly offset: number;
  /** Largest record in bytes. */
  readonly maxBytes: number;
  /** Whether this worker yields the record with that number, which begins at that offset; the others are counted and passed over. */
  readonly mine: (record: number, offset: number) => boolean;
  /** Reports the record at `origin`: throws, or counts it, as the run's `onError` says. */
  readonly report: (error: PipelineError, origin: Origin) => void;
  /** Adds one to a counter of the report: for what is passed over by rule. */
  readonly count: (counter: string) => void;
}
