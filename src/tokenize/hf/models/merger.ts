/**
 * Merging the symbols of a piece: again and again the neighbours that merge earliest, the leftmost of equals.
 *
 * Short pieces look for the lowest priority in an array (n squared, but in one cache line); long ones keep a heap
 * (n log n), so that a document without a single cut is no trap. Entries of the heap that a merge made void are recognised when
 * they come up, by the test of the reference.
 */
import type { MergeTable } from "./merge-table.ts";

const SHORT = 32;
const NEVER = 0x7fffffff;

export class Merger {
  readonly #table: MergeTable;
  /** The symbols of the piece, and how many bytes each stands for; after `merge` the first `count` of both. */
  symbols: Int32Array = new Int32Array(256);
  widths: Int32Array = new Int32Array(256);
  count = 0;
  #next = new Int32Array(256);
  #previous = new Int32Array(256);
  readonly #ranks = new Int32Array(SHORT);
  readonly #heap: number[] = [];

  constructor(table: MergeTable) {
    this.#table = table;
  }

  add(symbol: number, width: number): void {
    if (this.count === this.symbols.length) this.#grow();
    this.symbols[this.count] = symbol;
    this.widths[this.count++] = width;
  }

  merge(): void {
    if (this.count <= SHORT) this.#mergeShort();
    else this.#mergeLong();
  }

  #mergeShort(): void {
    const { symbols, widths } = this;
    const ranks = this.#ranks;
    const table = this.#table;
    let { count } = this;
    for (let i = 0; i + 1 < count; i++) ranks[i] = this.#priorityAt(i);
    while (count > 1) {
      let best = 0;
      for (let i = 1; i + 1 < count; i++) if ((ranks[i] as number) < (ranks[best] as number)) best = i;
      if (ranks[best] === NEVER) break;
      symbols[best] = table.results[table.rank(symbols[best] as number, symbols[best + 1] as number)] as number;
      widths[best] = (widths[best] as number) + (widths[best + 1] as number);
      count--;
      for (let i = best + 1; i < count; i++) {
        symbols[i] = symbols[i + 1] as number;
        widths[i] = widths[i + 1] as number;
        ranks[i] = ranks[i + 1] as number;
      }
      if (best + 1 < count) ranks[best] = this.#priorityAt(best);
      if (best > 0) ranks[best - 1] = this.#priorityAt(best - 1);
    }
    this.count = count;
  }

  #priorityAt(at: number): number {
    const merge = this.#table.rank(this.symbols[at] as number, this.symbols[at + 1] as number);
    return merge === -1 ? NEVER : (this.#table.priorities[merge] as number);
  }

  /** Puts the pair that begins at a place on the heap, if it merges. */
  #offer(at: number): void {
    const right = at < 0 ? this.count : (this.#next[at] as number);
    if (right >= this.count) return;
    const merge = this.#table.rank(this.symbols[at] as number, this.symbols[right] as number);
    if (merge !== -1) this.#push((this.#table.priorities[merge] as number) * 2 ** 32 + at);
  }

  #mergeLong(): void {
    const { symbols, widths, count } = this;
    const table = this.#table;
    const next = this.#next;
    const previous = this.#previous;
    for (let i = 0; i < count; i++) {
      next[i] = i + 1;
      previous[i] = i - 1;
    }
    for (let at = 0; at + 1 < count; at++) this.#offer(at);
    for (let top = this.#pop(); top !== -1; top = this.#pop()) {
      const priority = Math.floor(top / 2 ** 32);
      const at = top % 2 ** 32;
      const right = next[at] as number;
      if (widths[at] === 0 || right >= count) continue;
      const now = table.rank(symbols[at] as number, symbols[right] as number);
      if (now === -1 || !this.#stands(priority, now)) continue;
      symbols[at] = table.results[now] as number;
      widths[at] = (widths[at] as number) + (widths[right] as number);
      widths[right] = 0;
      const after = next[right] as number;
      next[at] = after;
      if (after < count) previous[after] = at;
      this.#offer(previous[at] as number);
      this.#offer(at);
    }
    let kept = 0;
    for (let i = 0; i < count; i++) {
      if (widths[i] === 0) continue;
      symbols[kept] = symbols[i] as number;
      widths[kept++] = widths[i] as number;
    }
    this.count = kept;
  }

  /**
   * Whether an entry of the heap is not void: its pair is still there. The reference of numbered merges takes any pair that makes
   * the same token for it.
   */
  #stands(priority: number, now: number): boolean {
    const { priorities, results } = this.#table;
    return priorities[now] === priority || (priorities[priority] === priority && results[now] === results[priority]);
  }

  /** The heap holds priority and place in one double: 21 bits above 32. */
  #push(key: number): void {
    const heap = this.#heap;
    let hole = heap.push(key) - 1;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      const above = heap[parent] as number;
      if (above <= key) break;
      heap[hole] = above;
      hole = parent;
    }
    heap[hole] = key;
  }

  #pop(): number {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined) return -1;
    const top = heap[0];
    if (top === undefined) return last;
    let hole = 0;
    for (let child = 1; child < heap.length; child = 2 * hole + 1) {
      if (child + 1 < heap.length && (heap[child + 1] as number) < (heap[child] as number)) child++;
      const below = heap[child] as number;
      if (below >= last) break;
      heap[hole] = below;
      hole = child;
    }
    heap[hole] = last;
    return top;
  }

  #grow(): void {
    const grow = (old: Int32Array): Int32Array<ArrayBuffer> => {
      const grown = new Int32Array(2 * old.length);
      grown.set(old);
      return grown;
    };
    this.symbols = grow(this.symbols);
    this.widths = grow(this.widths);
    this.#next = grow(this.#next);
    this.#previous = grow(this.#previous);
  }
}
