import { createHash } from "node:crypto";
import type { Entry, Store, StreamOptions } from "../store/index.ts";

/**
 * A store that takes the SHA-256 of what is streamed from it. Bytes that are read again, as a reader does that closes in on
 * damage, count once.
 */
export class HashingStore implements Store {
  readonly #store: Store;
  #hash = createHash("sha256");
  #hashed = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Forgets what was read; the next stream begins at `start`. */
  begin(start: number): void {
    this.#hash = createHash("sha256");
    this.#hashed = start;
  }

  /** The digest, when everything up to `end` was read. */
  digest(end: number): string | undefined {
    return this.#hashed === end ? this.#hash.digest("hex") : undefined;
  }

  list(patterns: readonly string[]): Promise<readonly Entry[]> {
    return this.#store.list(patterns);
  }

  async *stream(entry: Entry, options: StreamOptions = {}): AsyncGenerator<Buffer, void> {
    let position = options.start ?? 0;
    for await (const chunk of this.#store.stream(entry, options)) {
      const end = position + chunk.length;
      if (position <= this.#hashed && end > this.#hashed) {
        this.#hash.update(chunk.subarray(this.#hashed - position));
        this.#hashed = end;
      }
      position = end;
      yield chunk;
    }
  }
}
