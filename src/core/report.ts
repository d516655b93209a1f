/** Counters of a run, as plain data: what progress lines, summaries and manifests are made of. */

/** One error that was skipped. */
export interface ErrorEntry {
  readonly kind: string;
  readonly message: string;
}

/** What one stage has done so far. */
export interface StageReport {
  readonly name: string;
  /** Records pulled and records yielded. */
  readonly in: number;
  readonly out: number;
  /** UTF-8 bytes of the text of the records yielded; for a batch, of its `input_ids`. */
  readonly bytes: number;
  /** Seconds spent in this stage alone: waiting for the stages before it is not counted. */
  readonly seconds: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
  readonly counters: Readonly<Record<string, number>>;
}

/** What became of the records of one input file. `in = out + dropped + errors` once the run is complete. */
export interface SourceReport {
  /** Records read, bad ones included. */
  readonly in: number;
  /** Whole documents that left the last stage (a document cut into parts counts once). */
  readonly out: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
}

export interface RunReport {
  readonly seconds: number;
  /** Seconds spent outside the stages: in the sink, or in the body of the consumer's loop. */
  readonly consumerSeconds: number;
  readonly delivered: number;
  readonly finished: boolean;
  readonly bytesRead: number;
  /** Size of all input on disk, or undefined when the source does not know it. */
  readonly bytesTotal: number | undefined;
  readonly stages: readonly StageReport[];
  /** One entry per input file, about 200 bytes each. */
  readonly sources: Readonly<Record<string, SourceReport>>;
  /** Skipped errors, the first 100 of them; the counts are complete. */
  readonly errors: readonly ErrorEntry[];
}
