import type { CorpusWide } from "./corpus-wide.ts";
import type { Origin, Part } from "./doc.ts";
import type { Pending } from "./outcome.ts";
import type { PlannedSink, SplitSource } from "./planned.ts";
import type { Scope } from "./scope.ts";
import type { Json } from "./state.ts";

/** What happens when one record cannot be processed: the run ends, or the record is counted, listed and left out. */
export type OnError = "throw" | "skip";

/** What the runtime offers a stage while it runs. */
export interface StageContext {
  /** The stage's name, made unique in its pipeline ("map", "map#2"). */
  readonly stage: string;
  /** Aborted when the run ends early, for whatever reason. It must reach every file, socket and thread. */
  readonly signal: AbortSignal;
  /** Closes what the stage opened, in reverse order, however the run ends. */
  readonly scope: Scope;
  /** The run's seed. */
  readonly seed: number;
  readonly onError: OnError;
  /**
   * A thing that is costly to make and does not depend on the run (a tokenizer's tables), made once for all who ask by the same
   * key; the tasks of a worker share it. It is disposed of when nobody can ask any more.
   */
  shared<T>(key: string, make: () => Promise<T>, dispose: (thing: T) => unknown): Promise<T>;
  /** Uniform in [0, 1), seeded by the run's seed and the stage's name; its position is part of every checkpoint. */
  random(): number;
  /** True when the run keeps its dropped records: a stage may then remember more, to say why it dropped one. */
  readonly keepsExclusions: boolean;
  /**
   * Counts a record that leaves the pipeline here on purpose, and hands it to the exclusions sink when there is one. The
   * reason is a word or two, since it is counted; `detail` is what is particular to this record, for the sink alone.
   */
  drop(record: unknown, reason: string, detail?: ExclusionDetail): void;
  /**
   * Reports a record that could not be processed. Under `onError: "throw"` it throws a `PipelineError`; under `"skip"` it
   * counts and lists the error, and the stage goes on without the record. `where` stands in for a record that could not
   * even be made (a reader's bad line).
   */
  fail(
    error: unknown,
    where?: { readonly record?: unknown; readonly origin?: Origin; readonly kind?: string; readonly onError?: OnError },
  ): void;
  /**
   * Registers the function that returns what the stage holds. The runtime calls it only while the consumer holds an item,
   * so the stage stands at a `yield`. The value is turned into JSON (see `toJson`); it must not be changed afterwards.
   */
  checkpoint(save: () => unknown): void;
  /** What `save` returned in the run that is being continued, or undefined in a fresh run. */
  restored<S>(): S | undefined;
  /** Adds to a counter that appears in the report under this stage. */
  count(counter: string, by?: number): void;
  /**
   * Hands over what is ready but must only be seen if the run succeeds: it is committed when every record has reached its end, which is
   * when the sink has published, or when the loop over the pipeline has come to its end. Else it is aborted. A commit that fails is
   * the run's failure. In a planned run it waits for the end of its task.
   */
  whenDone(pending: Pending): void;
}

/** What a source gets beside: it reports how far it is. */
export interface SourceContext extends StageContext {
  /** Bytes of input read since the last call, as they lie on disk, for progress and ETA. */
  read(bytes: number): void;
  /** Size of all input in bytes, as it lies on disk, once it is known. */
  total(bytes: number): void;
  /** Reports an input that was read, for the manifest; undefined when nobody asks, and hashing would be for nothing. */
  readonly inputRead: ((input: InputFacts) => void) | undefined;
}

/**
 * One step of a pipeline: records in, records out. Pull is the back-pressure: the runtime asks for the next output, the
 * stage asks for as many inputs as it needs for it. A third-party stage is the equal of a built-in one.
 */
export interface Stage<in In, out Out> {
  readonly name: string;
  /** The options, as plain values: part of the configuration that a restore and a manifest compare. */
  readonly config?: unknown;
  /**
   * The largest number of input records the stage holds that it has neither passed on nor dropped, while the consumer
   * holds an item. Default 0. The law suite measures it.
   */
  readonly lookAhead?: number;
  /**
   * True when the stage carries nothing from one record to the next and yields at most once per input: it then needs no
   * checkpoint. A stage that is neither stateless nor registers a checkpoint makes `pipeline.state()` throw.
   */
  readonly stateless?: boolean;
  /**
   * True when the stage passes on the same records whether it sees a corpus whole or split by split: it may hold records back,
   * or group them, but which ones it drops depends on each record alone. Stateless stages are so. A planned run refuses others.
   */
  readonly splittable?: boolean;
  /** How the stage runs over a corpus that is spread over workers, when what it decides depends on all of it. */
  readonly corpusWide?: CorpusWide<In, Out>;
  run(input: AsyncIterable<In>, context: StageContext): AsyncIterable<Out>;
}

/** The first step of a pipeline. It registers a checkpoint: its cursor. */
export interface Source<out Out> {
  readonly name: string;
  readonly config?: unknown;
  /** How the input is cut for a planned run. Without it the whole input is one split. */
  readonly splits?: SplitSource<Out>;
  run(context: SourceContext): AsyncIterable<Out>;
}

/** A document, or a part of one, that left the pipeline before the sink could write it. */
export interface Departure {
  readonly origin: Origin;
  readonly part: Part | undefined;
  readonly outcome: "dropped" | "error";
  /** The stage it left in; the sink's own name for what the sink could not write. */
  readonly stage: string;
  /** The reason of the drop, or the kind of the error. */
  readonly reason: string;
}

/** One input that a source has read. */
export interface InputFacts {
  /** As origins name it. */
  readonly source: string;
  /** Bytes as they lie there, and their SHA-256 in hex; null when they were not read from the first to the last in one go. */
  readonly bytes: number;
  readonly sha256: string | null;
  /** For an input that several tasks read: where each piece ends, in order, and the SHA-256 of its bytes. */
  readonly pieces?: readonly { readonly end: number; readonly sha256: string | null }[];
}

/** What a sink is told while the run goes on, when it asks. It must not throw for want of time or space: nobody waits for it. */
export interface RunObserver {
  departed(departure: Departure): void;
  /** Called behind the last record of the input. */
  inputRead(input: InputFacts): void;
}

/** What the runtime tells a sink about the pipeline it ends, for manifests. */
export interface SinkContext extends StageContext {
  /**
   * From now on tells the observer what does not arrive at the sink; to be called before the first record is asked for.
   * Undefined for an exclusions sink, whose records are what departed.
   */
  readonly observe: ((observer: RunObserver) => void) | undefined;
  /** Name and options of every stage, the source first. */
  readonly stages: readonly { readonly name: string; readonly config: Json }[];
  /** The counters as they stand. */
  report(): import("./report.ts").RunReport;
}

/** Where a pipeline ends: it consumes every record and makes something durable of them. */
export interface Sink<in In> {
  readonly name: string;
  readonly config?: unknown;
  /** How tasks of a planned run write their parts. Without it the sink cannot end one. */
  readonly planned?: PlannedSink<In>;
  /** Consumes the input. What it returns (file names, totals) becomes `output` of the run's result. */
  write(input: AsyncIterable<In>, context: SinkContext): Promise<unknown>;
}

/** Why one record was dropped, in plain JSON: for a duplicate `{ of, origin, similarity }` of the document that stays. */
export type ExclusionDetail = Readonly<Record<string, Json>>;

/** A record that a stage dropped, with the text it had when it was read. */
export interface Excluded {
  readonly id: string;
  /** The ORIGINAL text, before any stage changed it. */
  readonly text: string;
  readonly meta: Readonly<Record<string, unknown>>;
  readonly origin: Origin;
  /** The stage that dropped it. */
  readonly stage: string;
  readonly reason: string;
  /** What the stage said beside the reason; absent when it said nothing. */
  readonly detail?: ExclusionDetail;
}
