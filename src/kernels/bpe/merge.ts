import { type BpeVocabulary, maxTokens } from "./vocabulary.ts";

/** What two neighbouring tokens become, and how early. Tokens are ranks of the vocabulary. */
export interface MergeRules {
  /** The priority of the merge, lowest first; -1 when the two do not merge. */
  priority(left: number, right: number): number;
  /** The token that the merge of a priority makes. */
  result(priority: number): number;
}

/** Byte strings are looked up as Latin-1 text: one character a byte, and hashing is the engine's. */
export function tokenIndex(vocabulary: BpeVocabulary): Map<string, number> {
  const bytes = Buffer.from(vocabulary.bytes.buffer, vocabulary.bytes.byteOffset, vocabulary.bytes.byteLength);
  const index = new Map<string, number>();
  for (let rank = 0; rank < vocabulary.ids.length; rank++) {
    index.set(bytes.toString("latin1", vocabulary.offsets[rank], vocabulary.offsets[rank + 1]), rank);
  }
  if (index.size !== vocabulary.ids.length) throw new RangeError("bpe: the vocabulary has the same token twice");
  return index;
}

/** The rules of a vocabulary: its merge list, or, without one, "the concatenation is a token". */
export function mergeRules(vocabulary: BpeVocabulary, index: ReadonlyMap<string, number>): MergeRules {
  const { merges } = vocabulary;
  if (merges === undefined) {
    const text = [...index.keys()];
    return {
      priority: remembered((left, right) => index.get((text[left] ?? "") + (text[right] ?? "")) ?? -1),
      result: (priority) => priority,
    };
  }
  const listed = new Map<number, number>();
  // Hugging Face keeps the last of two equal merges: the map it builds is filled in order.
  for (let i = 0; i < merges.left.length; i++) listed.set(key(merges.left[i] ?? 0, merges.right[i] ?? 0), i);
  return {
    priority: (left, right) => listed.get(key(left, right)) ?? -1,
    result: (priority) => merges.result[priority] ?? 0,
  };
}

/** A pair as one number. A product of two 20-bit numbers is exact in a double. */
function key(left: number, right: number): number {
  return left * (maxTokens + 1) + right;
}

/** The last answers for 65,536 pairs, each in the one place where it can stand: most pairs of a text have been asked for before. */
function remembered(priority: MergeRules["priority"]): MergeRules["priority"] {
  const places = 2 ** 16;
  const keys = new Float64Array(places).fill(-1);
  const answers = new Int32Array(places);
  return (left, right) => {
    const pair = key(left, right);
    const place = (Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b)) >>> 16;
    if (keys[place] === pair) return answers[place] ?? -1;
    const answer = priority(left, right);
    keys[place] = pair;
    answers[place] = answer;
    return answer;
  };
}

/** Pieces of up to so many bytes are merged without a heap, which is several times faster for them. */
const shortPiece = 32;

/**
 * Byte-pair encoding of a piece. Returns ranks. `tokens` holds the single-byte tokens of the piece, and is used up. Throws nothing;
 * n bytes cost n log n.
 */
export function mergePiece(tokens: Int32Array, rules: MergeRules): Int32Array {
  return tokens.length <= shortPiece ? mergeByScan(tokens, rules) : mergeByHeap(tokens, rules);
}

/** The definition in its plainest form: look for the lowest priority, merge, close the gap. Quadratic. */
function mergeByScan(tokens: Int32Array, rules: MergeRules): Int32Array {
  const none = 2 ** 31 - 1;
  let count = tokens.length;
  const priorityAt = (at: number): number => {
    if (at + 1 >= count) return none;
    const priority = rules.priority(tokens[at] ?? 0, tokens[at + 1] ?? 0);
    return priority < 0 ? none : priority;
  };
  const priorities = new Int32Array(count);
  for (let at = 0; at < count; at++) priorities[at] = priorityAt(at);
  for (;;) {
    let lowest = none;
    let at = -1;
    for (let i = 0; i < count; i++) {
      const priority = priorities[i] ?? none;
      if (priority < lowest) {
        lowest = priority;
        at = i;
      }
    }
    if (at === -1) return tokens.subarray(0, count);
    tokens[at] = rules.result(lowest);
    tokens.copyWithin(at + 1, at + 2, count);
    priorities.copyWithin(at + 1, at + 2, count);
    count--;
    priorities[at] = priorityAt(at);
    if (at > 0) priorities[at - 1] = priorityAt(at - 1);
  }
}

/**
 * Byte-pair encoding by its definition: merge the neighbours with the lowest priority, the leftmost of equals, until none merge.
 * A heap finds the next merge, so n bytes cost n log n; entries that an earlier merge made void are recognised when they come up.
 */
function mergeByHeap(tokens: Int32Array, rules: MergeRules): Int32Array {
  const count = tokens.length;
  const next = Int32Array.from(tokens, (_, i) => i + 1);
  const previous = Int32Array.from(tokens, (_, i) => i - 1);
  const heap = new PairHeap();
  const offer = (at: number): void => {
    const right = next[at] ?? count;
    if (at < 0 || right >= count) return;
    const priority = rules.priority(tokens[at] ?? 0, tokens[right] ?? 0);
    if (priority >= 0) heap.push(priority, at);
  };
  for (let at = 0; at + 1 < count; at++) offer(at);

  for (let top = heap.pop(); top !== undefined; top = heap.pop()) {
    const { priority, at } = top;
    const right = next[at] ?? count;
    const left = tokens[at] ?? -1;
    // Void: this place was merged into its left neighbour (-1), or one of the two has changed since.
    if (left < 0 || right >= count || rules.priority(left, tokens[right] ?? 0) !== priority) continue;
    tokens[at] = rules.result(priority);
    tokens[right] = -1;
    const after = next[right] ?? count;
    next[at] = after;
    if (after < count) previous[after] = at;
    offer(previous[at] ?? -1);
    offer(at);
  }
  return tokens.filter((token) => token >= 0);
}

/** A binary heap of merges by (priority, place), each packed into one double. */
class PairHeap {
  readonly #keys: number[] = [];

  push(priority: number, at: number): void {
    const keys = this.#keys;
    // 21 bits of priority above 32 of place: exact in a double.
    const key = priority * 2 ** 32 + at;
    let hole = keys.push(key) - 1;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      const above = keys[parent] ?? 0;
      if (above <= key) break;
      keys[hole] = above;
      hole = parent;
    }
    keys[hole] = key;
  }

  pop(): { readonly priority: number; readonly at: number } | undefined {
    const keys = this.#keys;
    const top = keys[0];
    const last = keys.pop();
    if (top === undefined || last === undefined) return undefined;
    if (keys.length > 0) this.#sink(last);
    return { priority: Math.floor(top / 2 ** 32), at: top % 2 ** 32 };
  }

  /** Lets a key sink from the root to its place. */
  #sink(key: number): void {
    const keys = this.#keys;
    let hole = 0;
    for (let child = 1; child < keys.length; child = 2 * hole + 1) {
      if (child + 1 < keys.length && (keys[child + 1] ?? 0) < (keys[child] ?? 0)) child++;
      const below = keys[child] ?? 0;
      if (below >= key) break;
      keys[hole] = below;
      hole = child;
    }
    keys[hole] = key;
  }
}
