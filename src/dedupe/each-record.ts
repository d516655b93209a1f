/**
 * The loop of a stage that turns each record into one other or none, without waiting for anything: what
 * `for await (const record of input) { const out = handle(record); if (out !== undefined) yield out; }` does, for half a microsecond
 * less a record. An async generator makes about eight promises a record that such a stage has no use for; here it is one.
 */

const DONE: IteratorResult<never> = { done: true, value: undefined };

/** `start` is called at the first pull and gives the function that handles a record; undefined from it means that nothing is passed on. */
export function eachRecord<In, Out>(input: AsyncIterable<In>, start: () => (record: In) => Out | undefined): AsyncIterableIterator<Out> {
  return new EachRecord(input, start);
}

class EachRecord<In, Out> implements AsyncIterableIterator<Out> {
  readonly #input: AsyncIterable<In>;
  readonly #start: () => (record: In) => Out | undefined;
  #handle: ((record: In) => Out | undefined) | undefined;
  #source: AsyncIterator<In> | undefined;
  /** The pull that is not answered yet. */
  #pending: Promise<IteratorResult<Out>> | undefined;
  #finished = false;

  constructor(input: AsyncIterable<In>, start: () => (record: In) => Out | undefined) {
    this.#input = input;
    this.#start = start;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Out>> {
    if (this.#pending !== undefined) return this.#pending.then(this.#again, this.#again); // one after the other, as in a generator
    if (this.#finished) return Promise.resolve(DONE);
    try {
      this.#handle ??= this.#start();
      this.#source ??= this.#input[Symbol.asyncIterator]();
      this.#pending = this.#source.next().then(this.#arrived, this.#broke);
      return this.#pending;
    } catch (error) {
      return Promise.reject(this.#ended(error));
    }
  }

  readonly #again = (): Promise<IteratorResult<Out>> => this.next();

  readonly #arrived = (pulled: IteratorResult<In>): IteratorResult<Out> | Promise<IteratorResult<Out>> => {
    if (pulled.done === true) return this.#ended(DONE);
    let out: Out | undefined;
    try {
      out = (this.#handle as (record: In) => Out | undefined)(pulled.value);
    } catch (error) {
      return this.#leave(error);
    }
    if (out === undefined) return this.#search();
    this.#pending = undefined;
    // A record that is passed on as it is needs no new result.
    return Object.is(out, pulled.value) ? (pulled as IteratorResult<unknown> as IteratorResult<Out>) : { done: false, value: out };
  };

  readonly #broke = (error: unknown): never => {
    throw this.#ended(error);
  };

  /** Pulls until a record is passed on. A loop, since promises that wait for each other would pile up where nothing is for long. */
  async #search(): Promise<IteratorResult<Out>> {
    const source = this.#source as AsyncIterator<In>;
    const handle = this.#handle as (record: In) => Out | undefined;
    for (;;) {
      let pulled: IteratorResult<In>;
      try {
        pulled = await source.next();
      } catch (error) {
        throw this.#ended(error);
      }
      if (pulled.done === true) return this.#ended(DONE);
      let out: Out | undefined;
      try {
        out = handle(pulled.value);
      } catch (error) {
        return this.#leave(error);
      }
      if (out === undefined) continue;
      this.#pending = undefined;
      return { done: false, value: out };
    }
  }

  /** The handler threw: the source is closed, and the error goes on. */
  async #leave(error: unknown): Promise<never> {
    await this.#source?.return?.().catch(() => {});
    throw this.#ended(error);
  }

  #ended<X>(last: X): X {
    this.#finished = true;
    this.#pending = undefined;
    return last;
  }

  async return(): Promise<IteratorResult<Out>> {
    await this.#pending?.catch(() => {});
    const source = this.#finished ? undefined : this.#source;
    this.#ended(undefined);
    await source?.return?.();
    return DONE;
  }
}
