import type { Execution, RunOptions, Step } from "./execution.ts";
import type { RunReport } from "./report.ts";
import { Scope } from "./scope.ts";
import type { Sink, SinkContext } from "./stage.ts";
import type { Json } from "./state.ts";

/** What a finished job tells. */
export interface JobResult {
  readonly report: RunReport;
  /** What the sink returned: for shards, their manifest. */
  readonly output: unknown;
}

/** What a job is made of, for those who run it in another way than `run` does. */
export interface JobParts {
  readonly steps: readonly Step[];
  readonly sink: Sink<unknown>;
  /** The options the pipeline and the job were made with. */
  readonly options: RunOptions;
}

/** A pipeline with a sink: a runnable job. `millrace run` runs the one a module exports as default. */
export class Job {
  /** Name and options of every stage, the source first. */
  readonly stages: readonly { readonly name: string; readonly config: Json }[];
  /** Name of the sink. */
  readonly sink: string;
  /** @internal */
  readonly parts: JobParts;
  readonly #begin: (options: RunOptions) => Execution<unknown>;
  readonly #sink: Sink<unknown>;

  constructor(begin: (options: RunOptions) => Execution<unknown>, parts: JobParts) {
    this.#begin = begin;
    this.parts = parts;
    this.#sink = parts.sink;
    this.stages = parts.steps.map(({ name, config }) => ({ name, config }));
    this.sink = parts.sink.name;
  }

  /** Runs to the end. When it throws, the sink has published nothing it had not completed. */
  async run(options: RunOptions = {}): Promise<JobResult> {
    const execution = this.#begin(options);
    const output = await drain(execution, this.#sink.name, (input, context) => this.#sink.write(input, context));
    return { report: execution.report(), output };
  }
}

/**
 * Runs a pass to its end into `write`, and closes it however it ends. `name` labels the writer's counters and errors. What stages have
 * ready for a run that succeeds is committed behind everything else.
 */
export async function drain<R>(
  execution: Execution<unknown>,
  name: string,
  write: (input: AsyncIterable<unknown>, context: SinkContext) => Promise<R>,
): Promise<R> {
  execution.awaitsConsumer = true;
  try {
    const result = await drainInto(execution, name, write);
    await execution.settle(true);
    return result;
  } catch (error) {
    await execution.settle(false);
    throw error;
  }
}

async function drainInto<R>(
  execution: Execution<unknown>,
  name: string,
  write: (input: AsyncIterable<unknown>, context: SinkContext) => Promise<R>,
): Promise<R> {
  const scope = new Scope();
  try {
    return await write(withoutReturn(execution), execution.sinkContext(name, scope));
  } catch (error) {
    await execution.fail(error);
    throw error;
  } finally {
    try {
      await scope.close();
    } finally {
      await execution[Symbol.asyncDispose]();
    }
  }
}

/**
 * A sink that throws inside its loop calls `return()` on the way out, before anybody knows that it failed. The job decides
 * how the run ended, so this view leaves the closing to it.
 */
function withoutReturn(execution: Execution<unknown>): AsyncIterable<unknown> {
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => execution.next(),
      return: async () => ({ done: true, value: undefined }),
    }),
  };
}
