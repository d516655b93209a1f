import type { Stage } from "millrace";

/** Options of {@link shuffle}. */
export interface ShuffleOptions {
  /** Records the buffer holds, at least 1. Larger mixes better and holds more memory. Default 1000. */
  readonly buffer?: number;
}

/**
 * A third-party stage: yields the records in random order, mixing within a buffer. It fills the buffer, then gives out one
 * of its records at random for each that comes in, and empties it at the end.
 *
 * What makes it the equal of a built-in stage:
 *
 * - it is an ordinary factory that returns `{ name, run }`, generic in the record, so types flow through it;
 * - `config` says what it was made with: manifests record it, and a restore with another buffer is refused;
 * - `lookAhead` is how many records it holds back at most while the consumer has one;
 * - `context.random()` is seeded by the run, and its position is part of every checkpoint;
 * - `context.checkpoint` hands over the buffer and `context.restored` gets it back, so a run can be continued anywhere.
 */
export function shuffle<T>(options: ShuffleOptions = {}): Stage<T, T> {
  const { buffer: size = 1000 } = options;
  if (!Number.isSafeInteger(size) || size < 1) throw new RangeError(`shuffle: expected \`buffer\` to be at least 1, got ${size}`);
  return {
    name: "shuffle",
    config: { buffer: size },
    lookAhead: size - 1,
    async *run(input, context) {
      const held: T[] = context.restored<T[]>() ?? [];
      // Called only while the consumer holds a record, so between two `yield`s nothing has to be consistent. A copy,
      // because what is saved must not change afterwards.
      context.checkpoint(() => [...held]);
      const takeOne = (): T => {
        const i = Math.floor(context.random() * held.length);
        const record = held[i] as T;
        held[i] = held[held.length - 1] as T; // the last one fills the hole: no shifting
        held.pop();
        return record;
      };
      for await (const record of input) {
        held.push(record);
        if (held.length === size) yield takeOne();
      }
      while (held.length > 0) yield takeOne();
    },
  };
}
