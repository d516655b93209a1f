import { type Pipeline, pipeline } from "./pipeline.ts";
import type { Source } from "./stage.ts";

/**
 * A pipeline over records that are at hand already. `items` is an iterable, or a function that opens one (so that the
 * pipeline can be run more than once when the iterable cannot). A restored run skips what was delivered, so the records
 * must come in the same order again.
 */
export function from<T>(items: Iterable<T> | AsyncIterable<T> | (() => Iterable<T> | AsyncIterable<T>), name = "from"): Pipeline<T> {
  const source: Source<T> = {
    name,
    async *run(context) {
      let delivered = context.restored<number>() ?? 0;
      context.checkpoint(() => delivered);
      let skip = delivered;
      for await (const item of typeof items === "function" ? items() : items) {
        if (skip > 0) {
          skip--;
          continue;
        }
        delivered++;
        yield item;
      }
    },
  };
  return pipeline(source);
}
