import type { StageTally } from "./tally.ts";

const DONE: IteratorResult<never> = { done: true, value: undefined };

/** What a link needs to know of the run it belongs to. */
export interface LinkOwner {
  readonly signal: AbortSignal;
  /** Called with each record before the next stage (or the consumer) gets it. */
  delivered(link: Link, record: unknown): void;
  /** Turns what a stage threw into the error the consumer sees. */
  wrap(link: Link, error: unknown): unknown;
  /** A promise to wait for before the next pull from the source, when something outside the chain needs it. */
  gate(now: number): Promise<void> | undefined;
}

/**
 * The joint between two stages. It meters the stage before it, makes its errors name their place, rejects a pending pull
 * on abort, and closes it exactly once. An async generator's `return()` queues behind a pending `next()`, which is why an
 * abort must reject the pull instead.
 */
export class Link implements AsyncIterableIterator<unknown> {
  readonly tally: StageTally;
  readonly index: number;
  /** True once the first record was asked for. */
  started = false;
  /** The record handed on last: the one the next stage works on, should it throw. */
  last: unknown;
  readonly #owner: LinkOwner;
  readonly #open: () => AsyncIterator<unknown>;
  readonly #guarded: boolean;
  #iterator: AsyncIterator<unknown> | undefined;
  #inFlight: Promise<IteratorResult<unknown>> | undefined;
  #resolve: ((result: IteratorResult<unknown>) => void) | undefined;
  #reject: ((reason: unknown) => void) | undefined;
  #begun = 0;
  #closing: Promise<void> | undefined;
  #finished = false;

  constructor(owner: LinkOwner, index: number, tally: StageTally, guarded: boolean, open: () => AsyncIterator<unknown>) {
    this.#owner = owner;
    this.#guarded = guarded;
    this.index = index;
    this.tally = tally;
    this.#open = open;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<unknown>> {
    if (this.#finished || this.#closing !== undefined) return Promise.resolve(DONE);
    const owner = this.#owner;
    if (owner.signal.aborted) return Promise.reject(owner.signal.reason);
    // One pull at a time: a caller that asks again before the answer waits its turn.
    if (this.#inFlight !== undefined) return this.#inFlight.then(this.#again, this.#again);
    const now = performance.now();
    const gate = this.index === 0 ? owner.gate(now) : undefined;
    if (gate !== undefined) return gate.then(this.#again);
    this.#begun = now;
    this.started = true;
    this.#inFlight = this.#guarded ? this.#guardedPull() : this.#pull().then(this.#settled, this.#failed);
    return this.#inFlight;
  }

  readonly #again = (): Promise<IteratorResult<unknown>> => this.next();

  #pull(): Promise<IteratorResult<unknown>> {
    try {
      this.#iterator ??= this.#open();
      return this.#iterator.next();
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** A pull that an abort can reject; it costs one promise more, so only the ends of the chain pay for it. */
  #guardedPull(): Promise<IteratorResult<unknown>> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#pull().then(this.#guardedSettled, this.#guardedFailed);
    });
  }

  /** Rejects the pending pull, if this link is guarded and one is pending. */
  abort(reason: unknown): void {
    this.#reject?.(reason);
  }

  // The handlers are made once: a closure a record would be a good part of a link's cost.
  readonly #guardedSettled = (result: IteratorResult<unknown>): void => {
    const [resolve, reject] = [this.#resolve, this.#reject];
    this.#reject = undefined;
    try {
      resolve?.(this.#settled(result));
    } catch (error) {
      reject?.(error);
    }
  };

  readonly #guardedFailed = (error: unknown): void => {
    const reject = this.#reject;
    this.#reject = undefined;
    try {
      this.#failed(error);
    } catch (wrapped) {
      reject?.(wrapped);
    }
  };

  readonly #settled = (result: IteratorResult<unknown>): IteratorResult<unknown> => {
    this.#inFlight = undefined;
    this.tally.waited += (performance.now() - this.#begun) / 1000;
    if (result.done === true) {
      this.#finished = true;
      return DONE;
    }
    this.last = result.value;
    this.#owner.delivered(this, result.value);
    return result;
  };

  readonly #failed = (error: unknown): never => {
    this.#inFlight = undefined;
    this.#finished = true;
    throw this.#owner.wrap(this, error);
  };

  /** Closes the stage before this link; safe to call any number of times. */
  async return(): Promise<IteratorResult<unknown>> {
    this.#closing ??= this.#close();
    await this.#closing;
    return DONE;
  }

  async #close(): Promise<void> {
    await this.#iterator?.return?.();
  }
}
