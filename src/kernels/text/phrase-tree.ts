/** The exceptions as they are when prefixes, suffixes and infixes have cut them: a tree of words. Node 0 is its root. */
export interface PhraseTree {
  readonly words: readonly string[];
  /** Words with which one begins. */
  readonly starts: readonly string[];
  readonly nodes: number;
  /** A node, the number of a word, the node it leads to: three numbers for each step. */
  readonly steps: readonly number[];
  /** A node, the number of the exception that ends there: two numbers for each. */
  readonly ends: readonly number[];
}

/**
 * The tree of those exceptions that are cut at all. `places` are the words (start and end of each) of all exceptions in order, as the rules
 * cut them, in a text that has a space between two.
 */
export function phraseTree(exceptions: readonly string[], places: ArrayLike<number>): PhraseTree {
  const numbers = new Map<string, number>();
  const starts = new Set<string>();
  const next = new Map<string, number>();
  const steps: number[] = [];
  const ends: number[] = [];
  let from = 0; // of the exception, in the text
  let at = 0; // the place of its first word
  for (const [exception, text] of exceptions.entries()) {
    const to = from + text.length;
    const first = at;
    while (at < places.length && (places[at] as number) < to) at += 2;
    // One that nothing cuts needs no putting together.
    if (at - first > 2) {
      let node = 0;
      for (let place = first; place < at; place += 2) {
        const word = text.slice((places[place] as number) - from, (places[place + 1] as number) - from);
        if (place === first) starts.add(word);
        const number = numbers.get(word) ?? numbers.size;
        numbers.set(word, number);
        const key = `${node} ${number}`;
        const known = next.get(key);
        const step = known ?? next.size + 1;
        if (known === undefined) {
          next.set(key, step);
          steps.push(node, number, step);
        }
        node = step;
      }
      ends.push(node, exception);
    }
    from = to + 1;
  }
  return { words: [...numbers.keys()], starts: [...starts], nodes: next.size + 1, steps, ends };
}
