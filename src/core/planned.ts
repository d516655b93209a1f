/**
 * How the two ends of a pipeline take part in a planned run, where the input is cut into splits, tasks work on one split each,
 * and what they wrote is given its final names at the end. Both are optional: a source without `splits` is one split, and a
 * sink without `planned` can only end a run of one process. What they exchange is plain JSON, because it lies in files.
 */
import type { InputFacts, SinkContext, SourceContext } from "./stage.ts";
import type { Json } from "./state.ts";

/** One input as the plan found it. A task refuses an input that looks otherwise. */
export interface PlannedInput {
  /** As the reader names it in origins. */
  readonly name: string;
  /** Bytes as they lie there. */
  readonly size: number;
  /** Last change in milliseconds since 1970; null when the input could not be looked at (opening it will say why). */
  readonly mtime: number | null;
}

/** A stretch of one input that begins with a record and ends behind one: bytes `start` to `end` as they lie there. */
export interface Piece {
  /** Number of the input in the plan's list. */
  readonly input: number;
  readonly start: number;
  readonly end: number;
}

/** What one task reads: pieces in the order of the input. The splits of a plan in order are the whole input in order. */
export type Split = readonly Piece[];

/** What a source is told about the split it reads. */
export interface SplitRun {
  readonly inputs: readonly PlannedInput[];
  /** With the number of the first record of each piece in its input. */
  readonly pieces: readonly (Piece & { readonly record: number })[];
  /** Called before a record is made, so that a crash can be laid to it; false leaves it out, and it counts as an error. */
  admit?(source: string, record: number): boolean;
  /** Called once a piece was read to its end, with the SHA-256 of its bytes as they lie there, in hex. */
  digest?(piece: number, sha256: string): void;
}

/** A source whose input can be cut. */
export interface SplitSource<out Out> {
  /**
   * Lists the inputs and cuts them into splits of about `bytes` each, the same way on every machine: a number, or a function of how
   * many bytes there are in all. It must not read the whole input: a run begins with it.
   */
  plan(options: { readonly bytes: number | ((total: number) => number); readonly signal?: AbortSignal }): Promise<{
    readonly inputs: readonly PlannedInput[];
    readonly splits: readonly Split[];
  }>;
  /** Counts the records of a piece: needed for each piece that another piece of the same input follows. */
  count(input: PlannedInput, piece: Piece, signal: AbortSignal): Promise<number>;
  /** The records of one split, with the same origins as in a run over the whole input. */
  run(split: SplitRun, context: SourceContext): AsyncIterable<Out>;
}

/** Where a task's sink writes: `directory` exists, and every file name must begin with `prefix`, which no other attempt has. */
export interface TaskPlace {
  readonly directory: string;
  readonly prefix: string;
  /** Number of the task, from 0: the order of the parts. */
  readonly task: number;
}

/** What is known of the whole run when its parts are published. */
export interface PublishContext {
  readonly seed: number;
  readonly stages: SinkContext["stages"];
  /** Counters of all tasks together. Times mean nothing here. */
  readonly report: import("./report.ts").RunReport;
  readonly signal: AbortSignal;
  /** What was read, for the manifest. */
  readonly inputs?: readonly InputFacts[];
  /** True for a sink of exclusions: its records are in the lineage of the run's own sink. */
  readonly exclusions?: boolean;
}

/** A sink that can be written by many tasks. */
export interface PlannedSink<in In> {
  /** Folder of the finished files. The run keeps its own files in a folder inside, so that publishing needs no copying. */
  readonly folder: string;
  /** A word for this set of files, unique in the folder. */
  readonly name: string;
  /** Refuses when the folder holds the finished work of another configuration. Changes nothing. */
  check(identity: Pick<PublishContext, "seed" | "stages" | "exclusions">): Promise<void>;
  /** Makes the folder ready: from here until `publish` has ended it looks unfinished. Called once, or again after a crash. */
  begin(): Promise<void>;
  /**
   * Writes the records of one task. What it returns is all that `publish` will know of it. Everything is durable by then. It may be called for
   * the next task while a call whose records have ended is still closing its files.
   */
  write(input: AsyncIterable<In>, place: TaskPlace, context: SinkContext): Promise<Json>;
  /**
   * For a task of an earlier phase, whose records do not reach the sink yet: keeps the lineage of those that depart in it. To be
   * called before the first record is asked for. What `commit` returns is a part like that of `write`, for `files` and `publish`.
   */
  departures?(place: TaskPlace, context: SinkContext): { commit(): Promise<Json>; abort(): Promise<void> };
  /** The names of the files, in the task's directory, that a result of `write` stands for. */
  files(part: Json): readonly string[];
  /**
   * Gives the parts of all tasks, in their order, their final names. Parts of `departures` come with them, at any place. May be killed at any instant and is then called again,
   * with the same parts; may run twice at the same time. Returns what the run's result shows as `output`.
   */
  publish(parts: readonly { readonly directory: string; readonly part: Json }[], context: PublishContext): Promise<unknown>;
  /** What `publish` returned, when everything it made is still there; else undefined. */
  published(): Promise<unknown>;
}
