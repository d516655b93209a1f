/**
 * Merge lists in which a merge stands before the merges that make its parts, as in Llama 3 (82 of its 280,147). The kernel wants
 * ranks in the order in which tokens come to be; such a *late* merge has a better priority than that. It happens as soon as the
 * second of its parts is there, the *trigger*: so it is given the place right behind the trigger, and the list is the usual kind.
 *
 * Why the result is the same. While the trigger's merge is carried out from left to right, a late merge would come between two of
 * its places; moved, it comes after all of them. That makes a difference only where what the late merge takes on its right is also
 * wanted by a place further right: by the trigger's own merge, or by a late merge that takes it on its left. Where a list holds such
 * a pair it is left alone, and the plain encoder takes it.
 *
 * Cost: one walk over the list, asking for each merge whether it can happen at all (see assembly/pairs.ts for the method).
 */
import type { BpeVocabulary, MergeList } from "./vocabulary.ts";

const NEVER = 0xffffffff;

/** The same vocabulary with ranks and merges in the order in which they happen; undefined when no order gives the same tokens. */
export function inEffectiveOrder(vocabulary: BpeVocabulary): BpeVocabulary | undefined {
  const { merges } = vocabulary;
  if (merges === undefined || hasTwins(merges)) return undefined;
  const order = new Order(vocabulary, merges).walk();
  return order === undefined ? undefined : reranked(vocabulary, merges, order);
}

/** Whether a merge stands twice: which of the two counts is for the plain encoder to say. */
function hasTwins({ left, right }: MergeList): boolean {
  const seen = new Set<number>();
  for (let merge = 0; merge < left.length; merge++) seen.add((left[merge] ?? 0) * 2 ** 20 + (right[merge] ?? 0));
  return seen.size < left.length;
}

/** One walk over a merge list. Tokens are named by their rank in the vocabulary, and compared by when they were made. */
class Order {
  readonly #merges: MergeList;
  /** When each token was made, counted from 1; single bytes are there from the start. */
  readonly #made: Uint32Array;
  readonly #left: Int32Array;
  readonly #right: Int32Array;
  readonly #pairs: PairTable;
  /** Merges that wait for a token, by that token. */
  readonly #waiting = new Map<number, number[]>();
  readonly #order: number[] = [];

  constructor({ offsets, ids }: BpeVocabulary, merges: MergeList) {
    this.#merges = merges;
    this.#made = new Uint32Array(ids.length).fill(NEVER);
    for (let token = 0; token < ids.length; token++) if ((offsets[token + 1] ?? 0) - (offsets[token] ?? 0) === 1) this.#made[token] = 0;
    this.#left = Int32Array.from(ids, (_, token) => token);
    this.#right = this.#left.slice();
    this.#pairs = new PairTable(ids.length);
  }

  /** The merges that happen, in the order in which they do; undefined when the list has a pair that stands in the way. */
  walk(): readonly number[] | undefined {
    for (let merge = 0; merge < this.#merges.left.length; merge++) {
      const missing = this.#missing(merge);
      if (missing !== undefined) this.#wait(merge, missing);
      else if (this.#happens(merge)) {
        const first = this.#order.length;
        this.#carryOut(merge);
        if (this.#order.length > first + 1 && this.#isInTheWay(first)) return undefined;
      }
    }
    return this.#order;
  }

  /** Makes the token of a merge, and then those that only waited for it, the best priority first. */
  #carryOut(merge: number): void {
    const { left, right, result } = this.#merges;
    const [l, r, token] = [left[merge] ?? 0, right[merge] ?? 0, result[merge] ?? 0];
    this.#order.push(merge);
    this.#made[token] = this.#order.length;
    this.#left[token] = l;
    this.#right[token] = r;
    this.#pairs.add(l, r, this.#order.length);
    const waiting = this.#waiting.get(token) ?? [];
    this.#waiting.delete(token);
    for (const late of waiting.sort((a, b) => a - b)) {
      const missing = this.#missing(late);
      if (missing !== undefined) this.#wait(late, missing);
      else if (this.#happens(late)) this.#carryOut(late);
    }
  }

  /** Whether one of the merges moved behind the one at `first` may take what another place still needs. */
  #isInTheWay(first: number): boolean {
    const { left, right } = this.#merges;
    const wanted = new Set(this.#order.slice(first).map((merge) => left[merge]));
    return this.#order.slice(first + 1).some((merge) => wanted.has(right[merge]));
  }

  #missing(merge: number): number | undefined {
    for (const part of [this.#merges.left[merge] ?? 0, this.#merges.right[merge] ?? 0]) if (this.#made[part] === NEVER) return part;
    return undefined;
  }

  #wait(merge: number, token: number): void {
    const waiting = this.#waiting.get(token);
    if (waiting === undefined) this.#waiting.set(token, [merge]);
    else waiting.push(merge);
  }

  /** Whether the two parts ever stand side by side, and their token was not made in another way before. */
  #happens(merge: number): boolean {
    const { left, right, result } = this.#merges;
    if (this.#made[result[merge] ?? 0] !== NEVER) return false;
    let l = left[merge] ?? 0;
    let r = right[merge] ?? 0;
    let limit = NEVER;
    for (;;) {
      if (this.#pairs.get(l, r) < limit) return false;
      // The later of the two is undone. A single byte, made at 0, is later than nothing but another one.
      const [madeLeft, madeRight] = [this.#made[l] ?? 0, this.#made[r] ?? 0];
      const undoLeft = madeLeft > madeRight || (madeLeft === madeRight && l > r);
      const inner = undoLeft ? (this.#right[l] ?? 0) : (this.#left[r] ?? 0);
      if (inner === (undoLeft ? l : r)) return true;
      limit = undoLeft ? madeLeft : madeRight + 1;
      if (undoLeft) l = inner;
      else r = inner;
    }
  }
}

/** Pairs of tokens and when their merge was found to happen, in an open hash table. */
class PairTable {
  readonly #keys: Float64Array;
  readonly #values: Uint32Array;
  readonly #mask: number;

  constructor(tokens: number) {
    const slots = 2 ** Math.ceil(Math.log2(tokens * 2 + 16));
    this.#keys = new Float64Array(slots).fill(-1);
    this.#values = new Uint32Array(slots);
    this.#mask = slots - 1;
  }

  add(left: number, right: number, value: number): void {
    const at = this.#find(left, right);
    this.#keys[at] = left * 2 ** 20 + right;
    this.#values[at] = value;
  }

  /** NEVER for a pair that is not in it. */
  get(left: number, right: number): number {
    const at = this.#find(left, right);
    return this.#keys[at] === -1 ? NEVER : (this.#values[at] ?? NEVER);
  }

  #find(left: number, right: number): number {
    const key = left * 2 ** 20 + right;
    let at = (Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b)) >>> 0;
    at = (at ^ (at >>> 15)) & this.#mask;
    while (this.#keys[at] !== -1 && this.#keys[at] !== key) at = (at + 1) & this.#mask;
    return at;
  }
}

/** The vocabulary with its tokens in the order of the merges that make them; tokens that none makes come last. */
function reranked(vocabulary: BpeVocabulary, merges: MergeList, order: readonly number[]): BpeVocabulary {
  const { bytes, offsets, ids } = vocabulary;
  const lengthOf = (token: number): number => (offsets[token + 1] ?? 0) - (offsets[token] ?? 0);
  const newRank = new Int32Array(ids.length).fill(-1);
  const tokens: number[] = [];
  const place = (token: number): void => {
    if (newRank[token] !== -1) return;
    newRank[token] = tokens.length;
    tokens.push(token);
  };
  for (let token = 0; token < ids.length; token++) if (lengthOf(token) === 1) place(token);
  for (const merge of order) place(merges.result[merge] ?? 0);
  for (let token = 0; token < ids.length; token++) place(token);

  const packed = new Uint8Array(bytes.length);
  const ends = new Uint32Array(ids.length + 1);
  for (const [rank, token] of tokens.entries()) {
    const start = ends[rank] ?? 0;
    packed.set(bytes.subarray(offsets[token], offsets[token + 1]), start);
    ends[rank + 1] = start + lengthOf(token);
  }
  const ranksOf = (part: Uint32Array): Uint32Array => Uint32Array.from(order, (merge) => newRank[part[merge] ?? 0] ?? 0);
  return {
    bytes: packed,
    offsets: ends,
    ids: Uint32Array.from(tokens, (token) => ids[token] ?? 0),
    wholePieces: vocabulary.wholePieces,
    merges: { left: ranksOf(merges.left), right: ranksOf(merges.right), result: ranksOf(merges.result) },
  };
}
