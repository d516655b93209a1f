import type { Excluded } from "./stage.ts";

/** Records that may wait before the pipeline stops pulling: the exclusions sink is then the slowest part. */
const HIGH_WATER = 256;

/**
 * The way from `context.drop()`, which cannot wait, to a sink that pulls. The queue grows by at most the records that are
 * in flight when it is full, because the source's link waits at the gate.
 */
export class ExclusionQueue implements AsyncIterable<Excluded> {
  #items: Excluded[] = [];
  #ended = false;
  #failure: { readonly reason: unknown } | undefined;
  #wake: (() => void) | undefined;
  #drained: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  push(record: Excluded): void {
    if (this.#ended) return;
    this.#items.push(record);
    this.#wake?.();
  }

  /** A promise while the queue is full. */
  gate(): Promise<void> | undefined {
    if (this.#items.length < HIGH_WATER || this.#ended) return undefined;
    if (this.#drained === undefined) {
      let resolve = (): void => {};
      const promise = new Promise<void>((done) => {
        resolve = done;
      });
      this.#drained = { promise, resolve };
    }
    return this.#drained.promise;
  }

  /** No more records will come; with a reason, the sink's loop throws it instead of ending. */
  end(failure?: { readonly reason: unknown }): void {
    this.#ended = true;
    this.#failure ??= failure;
    this.#open();
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Excluded, void> {
    for (;;) {
      const batch = this.#items;
      this.#items = [];
      this.#open();
      yield* batch;
      if (this.#items.length > 0) continue;
      if (this.#failure !== undefined) throw this.#failure.reason;
      if (this.#ended) return;
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
      this.#wake = undefined;
    }
  }

  #open(): void {
    this.#drained?.resolve();
    this.#drained = undefined;
  }
}
