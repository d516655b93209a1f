/**
 * What is costly to make and the same for every pass of a process: a tokenizer's tables. A run of its own keeps such a thing until
 * it ends; the tasks of a worker hand it on.
 */
export class Shared {
  readonly #things = new Map<string, { readonly made: Promise<unknown>; readonly dispose: (thing: never) => unknown }>();

  /** The thing of that key, made by the first who asks. One that could not be made is made again for the next. */
  get<T>(key: string, make: () => Promise<T>, dispose: (thing: T) => unknown): Promise<T> {
    const known = this.#things.get(key);
    if (known !== undefined) return known.made as Promise<T>;
    const made = make();
    this.#things.set(key, { made, dispose });
    made.catch(() => this.#things.delete(key));
    return made;
  }

  async close(): Promise<void> {
    const things = [...this.#things.values()];
    this.#things.clear();
    for (const { made, dispose } of things) {
      const thing = await made.catch(() => undefined); // whoever asked has that error already
      if (thing !== undefined) await dispose(thing as never);
    }
  }
}
