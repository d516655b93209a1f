import { knownOptions, numberOption, optionType, type Stage } from "../core/index.ts";

export interface ShardOptions {
  /** Which share this is, 0 to `count - 1`. */
  readonly index: number;
  /** Number of shares, at least 1. */
  readonly count: number;
}

/**
 * Keeps every `count`-th record, beginning with record `index`: record n belongs to share `n % count`, where n counts the
 * records that reach this stage. All shares together are the whole, each record in exactly one, as long as every share runs
 * the same stages before this one over the same input.
 *
 * The records of other shares are counted as dropped with the reason "other shard". Every share reads all of the input; to
 * share the reading as well, use the `worker` option of `read`. Order is kept, nothing is held.
 *
 * @throws TypeError or RangeError on options.
 */
export function shard<T>(options: ShardOptions): Stage<T, T> {
  const name = "shard";
  knownOptions(name, options, ["index", "count"]);
  const count = numberOption(name, "count", options.count, { min: 1, integer: true });
  const index = numberOption(name, "index", options.index, { min: 0, max: count - 1, integer: true });
  if (count === Number.POSITIVE_INFINITY) throw optionType(name, "count", "a finite integer", count);
  return {
    name,
    config: { index, count },
    async *run(input, context) {
      // Position among the records that reached this stage. Which share it belongs to must not depend on where a run resumed.
      let position = context.restored<number>() ?? 0;
      context.checkpoint(() => position);
      for await (const record of input) {
        if (position++ % count === index) yield record;
        else context.drop(record, "other shard");
      }
    },
  };
}
