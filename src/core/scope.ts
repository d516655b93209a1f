/**
 * Closes what a stage opened, in reverse order, once. Node 20 has no `AsyncDisposableStack`; this is the part of it that
 * a pipeline needs.
 */
export class Scope {
  #closers: (() => unknown)[] = [];
  #closing: Promise<void> | undefined;

  /** Registers a closer. After the scope has closed the closer runs at once, so nothing opened late leaks. */
  defer(close: () => unknown): void {
    if (this.#closing === undefined) this.#closers.push(close);
    else this.#closing = this.#closing.then(async () => void (await close()));
  }

  /** Runs every closer, last registered first, even when one throws; then throws the first failure. */
  close(): Promise<void> {
    this.#closing ??= this.#run();
    return this.#closing;
  }

  async #run(): Promise<void> {
    let failure: { readonly error: unknown } | undefined;
    for (const close of this.#closers.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure !== undefined) throw failure.error;
  }
}
