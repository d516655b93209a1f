/**
 * Stages from functions: `map`, `filter`, `flatMap` for per-record work, `stage` for anything else. All keep the order of
 * their input.
 */
import { numberOption } from "./errors.ts";
import type { OnError, Stage, StageContext } from "./stage.ts";

export interface MapOptions {
  /** Name in reports and errors. Default "map". */
  readonly name?: string;
  /** Calls in flight at once, 1 to 1024. Default 1. Results keep the order of the input. */
  readonly concurrency?: number;
  /** Overrides the run's `onError` for this stage. */
  readonly onError?: OnError;
}

function failure(record: unknown, onError: OnError | undefined): { record: unknown; onError?: OnError } {
  return onError === undefined ? { record } : { record, onError };
}

/**
 * One record in, one out. The function may be async; with `concurrency` n it runs for n records at once (memory: n
 * records), and a checkpoint saves the inputs in flight, for which a restored run calls the function again.
 */
export function map<In, Out>(fn: (record: In, context: StageContext) => Out | Promise<Out>, options: MapOptions = {}): Stage<In, Out> {
  const { name = "map", onError } = options;
  const concurrency = numberOption(name, "concurrency", options.concurrency ?? 1, { min: 1, max: 1024, integer: true });
  return {
    name,
    config: { fn, concurrency },
    lookAhead: concurrency - 1,
    splittable: true,
    async *run(input, context) {
      const queue: { readonly record: In; readonly result: Promise<Out> }[] = [];
      const start = (record: In): void => {
        const result = (async () => fn(record, context))();
        result.catch(() => {}); // it is awaited in order; until then it must not count as unhandled
        queue.push({ record, result });
      };
      context.checkpoint(() => queue.map((item) => item.record));
      for (const record of context.restored<In[]>() ?? []) start(record);
      const pulls = input[Symbol.asyncIterator]();
      let open = true;
      for (;;) {
        while (open && queue.length < concurrency) {
          const pulled = await pulls.next();
          if (pulled.done === true) open = false;
          else start(pulled.value);
        }
        const item = queue[0];
        if (item === undefined) return;
        let out: { readonly value: Out } | undefined;
        try {
          out = { value: await item.result };
        } catch (error) {
          context.fail(error, failure(item.record, onError));
        }
        queue.shift();
        if (out !== undefined) yield out.value;
      }
    },
  };
}

export interface FilterOptions {
  /** Name in reports and errors. Default "filter". */
  readonly name?: string;
  /** Why records go, in the report and the exclusions. Default "filtered". */
  readonly reason?: string;
  readonly onError?: OnError;
}

/** Keeps the records for which the function returns true. It may be async, and may return the reason of a drop as a string. */
export function filter<T>(
  keep: (record: T, context: StageContext) => boolean | string | Promise<boolean | string>,
  options: FilterOptions = {},
): Stage<T, T> {
  const { name = "filter", reason = "filtered", onError } = options;
  return {
    name,
    config: { keep, reason },
    stateless: true,
    async *run(input, context) {
      for await (const record of input) {
        let verdict: boolean | string;
        try {
          verdict = await keep(record, context);
        } catch (error) {
          context.fail(error, failure(record, onError));
          continue;
        }
        if (verdict === true) yield record;
        else context.drop(record, typeof verdict === "string" ? verdict : reason);
      }
    },
  };
}

/**
 * One record in, any number out, in order; a record without outputs counts as dropped. A checkpoint in the middle of one record's outputs saves the record and how
 * many were delivered, and a restored run calls the function again: it must be deterministic.
 */
export function flatMap<In, Out>(
  fn: (record: In, context: StageContext) => Iterable<Out> | Promise<Iterable<Out>>,
  options: { readonly name?: string; readonly config?: unknown; readonly onError?: OnError } = {},
): Stage<In, Out> {
  const { name = "flatMap", onError } = options;
  return {
    name,
    config: options.config ?? { fn },
    lookAhead: 1,
    splittable: true,
    async *run(input, context) {
      let current: { readonly record: In; delivered: number } | undefined;
      context.checkpoint(() => (current === undefined ? null : { ...current }));
      async function* outputs(record: In, skip: number): AsyncGenerator<Out> {
        let results: readonly Out[];
        try {
          results = [...(await fn(record, context))];
        } catch (error) {
          context.fail(error, failure(record, onError));
          return;
        }
        if (results.length === 0) context.drop(record, "no output"); // nothing leaves a pipeline uncounted
        for (let i = skip; i < results.length; i++) {
          // After its last output the record is done with: a checkpoint there must not bring it back.
          current = i + 1 < results.length ? { record, delivered: i + 1 } : undefined;
          yield results[i] as Out;
        }
      }
      const held = context.restored<{ record: In; delivered: number } | null>();
      if (held != null) yield* outputs(held.record, held.delivered);
      for await (const record of input) yield* outputs(record, 0);
    },
  };
}

/**
 * A stage from an async generator function. Unless it is declared `stateless` (one output at most per input, nothing
 * carried over) it must call `context.checkpoint`, or `pipeline.state()` throws.
 */
export function stage<In, Out>(
  name: string,
  run: (input: AsyncIterable<In>, context: StageContext) => AsyncIterable<Out>,
  options: { readonly config?: unknown; readonly stateless?: boolean; readonly splittable?: boolean; readonly lookAhead?: number } = {},
): Stage<In, Out> {
  return { name, run, ...options };
}
