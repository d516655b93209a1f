/**
 * The most frequent of very many things in bounded memory (Misra and Gries 1982, in batches as Agarwal et al. 2012): at most
 * twice `capacity` things are counted at a time; when there are more, the counter in the middle is taken off all, and those
 * that are then empty are forgotten. Every count is too low by `error` at most, and whatever occurs more often than that is
 * among those counted. With fewer than twice `capacity` different things nothing is forgotten and `error` is 0.
 */
export class Frequent<T> {
  /** By how much a count may be too low. */
  error = 0;
  readonly #capacity: number;
  #counts = new Map<string, { count: number; readonly value: T }>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Different things that are counted now; all there are while `error` is 0. */
  get size(): number {
    return this.#counts.size;
  }

  /** Counts a thing by its key; the value of the first one is kept. */
  add(key: string, value: () => T): void {
    const entry = this.#counts.get(key);
    if (entry !== undefined) {
      entry.count++;
      return;
    }
    if (this.#counts.size >= 2 * this.#capacity) this.#forget();
    this.#counts.set(key, { count: 1, value: value() });
  }

  /** The `n` most frequent, the most frequent first; of equals, the one counted first. */
  top(n: number): { readonly value: T; readonly count: number }[] {
    return [...this.#counts.values()].sort((a, b) => b.count - a.count).slice(0, n);
  }

  #forget(): void {
    const counts = Float64Array.from(this.#counts.values(), ({ count }) => count).sort();
    const off = counts[counts.length - this.#capacity - 1] as number;
    this.error += off;
    const left = new Map<string, { count: number; readonly value: T }>();
    for (const [key, { count, value }] of this.#counts) if (count > off) left.set(key, { count: count - off, value });
    this.#counts = left;
  }
}
