/**
 * The longest runs two sequences have in common, wherever they stand: moved passages count, so this is no diff.
 *
 * A suffix automaton of the second sequence (Blumer et al. 1985) gives, for every place of the first, the longest run that
 * ends there and stands in the second; of these the longest is taken, then the longest of what is left, and so on, so that
 * no place of the first sequence is in two runs. O((n + m) log n) time and about 200 bytes for each element of the second.
 *
 * Turned down: a longest common subsequence, which is quadratic and loses one of two passages that changed places.
 */

/** Elements `a` to `a + length` of the first sequence equal `b` to `b + length` of the second. */
export interface CommonRun {
  readonly a: number;
  readonly b: number;
  readonly length: number;
}

/** Runs of at least `least` elements, the longest first; of equals, the one that comes first. Elements are compared with ===. */
export function commonRuns(first: readonly string[], second: readonly string[], least = 1): CommonRun[] {
  const automaton = new SuffixAutomaton(second);
  const candidates: CommonRun[][] = [];
  const offer = (run: CommonRun): void => {
    if (run.length < least) return;
    const list = candidates[run.length];
    if (list === undefined) candidates[run.length] = [run];
    else list.push(run);
  };
  for (const run of automaton.maximalRuns(first)) offer(run);

  const taken = new Uint8Array(first.length);
  const runs: CommonRun[] = [];
  for (let length = candidates.length - 1; length >= least; length--) {
    for (const run of (candidates[length] ?? []).sort((x, y) => x.a - y.a)) {
      const free = freeParts(taken, run);
      if (free[0]?.length !== length) {
        for (const part of free) offer(part); // they wait their turn among the shorter ones
        continue;
      }
      taken.fill(1, run.a, run.a + length);
      runs.push(run);
    }
  }
  return runs;
}

/** The parts of a run that no other one took. */
function freeParts(taken: Uint8Array, { a, b, length }: CommonRun): CommonRun[] {
  const parts: CommonRun[] = [];
  let begin = a;
  for (let i = a; i <= a + length; i++) {
    if (i < a + length && taken[i] === 0) continue;
    if (i > begin) parts.push({ a: begin, b: b + begin - a, length: i - begin });
    begin = i + 1;
  }
  return parts;
}

/** All runs of a sequence. A state stands for runs that end at the same places; `firstEnd` is one of those. */
class SuffixAutomaton {
  readonly #numbers: Map<string, number> = new Map();
  readonly #length: number[] = [0];
  readonly #link: number[] = [-1];
  readonly #firstEnd: number[] = [-1];
  /** By state and element. */
  readonly #to: Map<number, number> = new Map();
  /** The elements a state goes on with, as linked lists: a state that is split hands on its own. */
  readonly #head: number[] = [-1];
  readonly #edgeElement: number[] = [];
  readonly #edgeNext: number[] = [];

  constructor(sequence: readonly string[]) {
    let last = 0;
    for (const [end, item] of sequence.entries()) {
      let element = this.#numbers.get(item);
      if (element === undefined) {
        element = this.#numbers.size;
        this.#numbers.set(item, element);
      }
      last = this.#extend(last, element, end);
    }
  }

  /** For every place where the longest common run ends and cannot go on: that run. */
  *maximalRuns(sequence: readonly string[]): Generator<CommonRun> {
    let state = 0;
    let length = 0;
    const runAt = (end: number): CommonRun => ({ a: end - length, b: (this.#firstEnd[state] as number) + 1 - length, length });
    for (const [i, item] of sequence.entries()) {
      const element = this.#numbers.get(item);
      let next = element === undefined ? undefined : this.#get(state, element);
      if (next === undefined && length > 0) yield runAt(i);
      while (next === undefined && element !== undefined && state !== 0) {
        state = this.#link[state] as number;
        length = this.#length[state] as number;
        next = this.#get(state, element);
      }
      if (next === undefined) {
        state = 0;
        length = 0;
      } else {
        state = next;
        length++;
      }
    }
    if (length > 0) yield runAt(sequence.length);
  }

  /** Blumer's step: appends an element, and returns the state of the whole sequence. */
  #extend(last: number, element: number, end: number): number {
    const state = this.#add((this.#length[last] as number) + 1, 0, end);
    let from = last;
    for (; from >= 0 && this.#get(from, element) === undefined; from = this.#link[from] as number) this.#set(from, element, state);
    if (from < 0) return state;
    const target = this.#get(from, element) as number;
    if (this.#length[target] === (this.#length[from] as number) + 1) {
      this.#link[state] = target;
      return state;
    }
    const split = this.#add((this.#length[from] as number) + 1, this.#link[target] as number, this.#firstEnd[target] as number);
    for (let edge = this.#head[target] as number; edge >= 0; edge = this.#edgeNext[edge] as number) {
      const other = this.#edgeElement[edge] as number;
      this.#set(split, other, this.#get(target, other) as number);
    }
    for (; from >= 0 && this.#get(from, element) === target; from = this.#link[from] as number) this.#set(from, element, split);
    this.#link[target] = split;
    this.#link[state] = split;
    return state;
  }

  #add(length: number, link: number, firstEnd: number): number {
    this.#length.push(length);
    this.#link.push(link);
    this.#firstEnd.push(firstEnd);
    this.#head.push(-1);
    return this.#length.length - 1;
  }

  #get(state: number, element: number): number | undefined {
    return this.#to.get(state * 0x100_0000 + element);
  }

  #set(state: number, element: number, to: number): void {
    const key = state * 0x100_0000 + element;
    if (!this.#to.has(key)) {
      this.#edgeElement.push(element);
      this.#edgeNext.push(this.#head[state] as number);
      this.#head[state] = this.#edgeElement.length - 1;
    }
    this.#to.set(key, to);
  }
}
