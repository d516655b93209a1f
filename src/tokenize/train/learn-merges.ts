/**
 * Byte-pair encoding, learnt: join the most frequent pair of neighbouring symbols, everywhere, until the vocabulary is full
 * (Sennrich, Haddow and Birch 2016). Pieces are counted once and merged with their count, so the cost depends on the number of
 * different pieces, not on the corpus.
 *
 * The pieces lie in one `Int32Array`, each symbol beside its piece's other symbols, closed up after a merge. For each pair the
 * total count is kept, and a list of the pieces that held it at some time; a heap gives the next pair. Entries of heap and lists
 * may be out of date and are checked when they come up: cheaper than keeping them exact. Ties go to the pair with the smaller
 * ids, first the left then the right one, which is the order of Hugging Face's trainer; so the result depends on the counts alone.
 *
 * Cost: O(symbols) to begin, then per merge the pieces that hold the pair, plus the heap. Memory: 4 bytes a symbol, about 8 bytes
 * a list entry, about 60 bytes for each different pair. Turned down: counting pairs anew for every merge (minutes become days).
 */

/** One different piece of the corpus: its bytes, and how often it occurs. */
export interface CountedPiece {
  readonly bytes: Uint8Array;
  readonly count: number;
}

export interface LearnOptions {
  /** The 256 bytes in the order that gives them their symbol ids; learnt symbols follow from id 256. */
  readonly alphabet: Uint8Array;
  /** Symbols to learn. */
  readonly merges: number;
  /** A pair that occurs less often is not merged. */
  readonly minFrequency: number;
  /** A merge that would make a longer token, in bytes, is passed over. */
  readonly maxTokenBytes: number;
  readonly signal?: AbortSignal;
}

/** A learnt merge: the symbols joined, and the symbol they became. */
export interface Merge {
  readonly left: number;
  readonly right: number;
  readonly result: number;
}

/** Symbol ids stay below this, so that a pair is one exact number. */
const MAX_SYMBOLS = 1 << 24;

export function learnMerges(pieces: readonly CountedPiece[], options: LearnOptions): { merges: Merge[]; symbols: Uint8Array[] } {
  const words = new Words(pieces, options.alphabet);
  const pairs = new Map<number, PairEntry>();
  const symbols: Uint8Array[] = Array.from(options.alphabet, (byte) => Uint8Array.of(byte));
  const known = new Map<string, number>(symbols.map((bytes, id) => [keyOf(bytes), id]));
  const heap = new PairHeap();

  const add = (left: number, right: number, by: number, word: number): void => {
    const key = left * MAX_SYMBOLS + right;
    let entry = pairs.get(key);
    if (entry === undefined) {
      entry = { left, right, count: 0, words: [], queued: -1 };
      pairs.set(key, entry);
    }
    entry.count += by;
    // A piece may be listed twice; merging it again finds nothing and costs little.
    if (by > 0 && entry.words.at(-1) !== word) entry.words.push(word);
  };
  for (let word = 0; word < words.length; word++) {
    for (let i = words.start(word); i + 1 < words.end(word); i++) add(words.symbol(i), words.symbol(i + 1), words.count(word), word);
  }
  for (const entry of pairs.values()) heap.push(entry);

  const merges: Merge[] = [];
  const touched = new Set<PairEntry>();
  while (symbols.length < 256 + options.merges) {
    if (merges.length % 256 === 0) options.signal?.throwIfAborted();
    const top = heap.pop();
    if (top === undefined) break;
    if (top.count < options.minFrequency || top.count < 1) break;
    const bytes = join(symbols[top.left] as Uint8Array, symbols[top.right] as Uint8Array);
    if (bytes.length > options.maxTokenBytes) continue;
    // Two different pairs may spell the same token; it keeps its first id.
    const key = keyOf(bytes);
    const existing = known.get(key);
    const result = existing ?? symbols.length;
    if (existing === undefined) {
      known.set(key, result);
      symbols.push(bytes);
    }
    merges.push({ left: top.left, right: top.right, result });
    touched.clear();
    for (const word of top.words) {
      words.merge(word, top.left, top.right, result, (left, right, sign) => {
        add(left, right, sign * words.count(word), word);
        touched.add(pairs.get(left * MAX_SYMBOLS + right) as PairEntry);
      });
    }
    pairs.delete(top.left * MAX_SYMBOLS + top.right);
    top.count = 0; // an item of it that is still queued is out of date from here on
    for (const entry of touched) if (entry !== top && entry.count > 0) heap.push(entry);
  }
  return { merges, symbols };
}

interface PairEntry {
  readonly left: number;
  readonly right: number;
  count: number;
  readonly words: number[];
  /** The count it was queued with last; a heap item with another count is out of date. */
  queued: number;
}

/** The pieces as symbols. A merged piece shrinks in place. */
class Words {
  readonly length: number;
  readonly #symbols: Int32Array;
  readonly #starts: Uint32Array;
  readonly #ends: Uint32Array;
  readonly #counts: Float64Array;

  constructor(pieces: readonly CountedPiece[], alphabet: Uint8Array) {
    const symbolOf = new Uint8Array(256);
    for (const [symbol, byte] of alphabet.entries()) symbolOf[byte] = symbol;
    this.length = pieces.length;
    this.#symbols = new Int32Array(pieces.reduce((sum, piece) => sum + piece.bytes.length, 0));
    this.#starts = new Uint32Array(pieces.length);
    this.#ends = new Uint32Array(pieces.length);
    this.#counts = new Float64Array(pieces.length);
    let at = 0;
    for (const [i, { bytes, count }] of pieces.entries()) {
      this.#starts[i] = at;
      for (const byte of bytes) this.#symbols[at++] = symbolOf[byte] as number;
      this.#ends[i] = at;
      this.#counts[i] = count;
    }
  }

  start(word: number): number {
    return this.#starts[word] as number;
  }

  end(word: number): number {
    return this.#ends[word] as number;
  }

  symbol(at: number): number {
    return this.#symbols[at] as number;
  }

  count(word: number): number {
    return this.#counts[word] as number;
  }

  /** Joins every `left right` of a piece, from the left, and tells which pairs went (-1) and came (+1). */
  merge(word: number, left: number, right: number, result: number, changed: (left: number, right: number, sign: 1 | -1) => void): void {
    const symbols = this.#symbols;
    const end = this.end(word);
    let write = this.start(word);
    for (let read = write; read < end; ) {
      if (read + 1 < end && symbols[read] === left && symbols[read + 1] === right) {
        // What stands before was written already, so it is what the pair's new left neighbour is.
        if (write > this.start(word)) {
          const before = symbols[write - 1] as number;
          changed(before, left, -1);
          changed(before, result, 1);
        }
        if (read + 2 < end) {
          const after = symbols[read + 2] as number;
          changed(right, after, -1);
          changed(result, after, 1);
        }
        symbols[write++] = result;
        read += 2;
      } else {
        symbols[write++] = symbols[read++] as number;
      }
    }
    this.#ends[word] = write;
  }
}

/** A binary heap: the largest count first, then the smaller left id, then the smaller right id. */
class PairHeap {
  readonly #items: { readonly entry: PairEntry; readonly count: number }[] = [];

  push(entry: PairEntry): void {
    if (entry.queued === entry.count) return;
    entry.queued = entry.count;
    const items = this.#items;
    const item = { entry, count: entry.count };
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(item, items[parent] as typeof item)) break;
      items[at] = items[parent] as typeof item;
      at = parent;
    }
    items[at] = item;
  }

  /** The first pair whose queued count is still its count. */
  pop(): PairEntry | undefined {
    for (;;) {
      const top = this.#takeTop();
      if (top === undefined) return undefined;
      if (top.count === top.entry.count) {
        top.entry.queued = -1;
        return top.entry;
      }
    }
  }

  #takeTop(): { readonly entry: PairEntry; readonly count: number } | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (top === undefined || last === undefined || items.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && before(items[child + 1] as typeof last, items[child] as typeof last)) child++;
      if (!before(items[child] as typeof last, last)) break;
      items[at] = items[child] as typeof last;
      at = child;
    }
    items[at] = last;
    return top;
  }
}

type HeapItem = { readonly entry: PairEntry; readonly count: number };

function before(a: HeapItem, b: HeapItem): boolean {
  if (a.count !== b.count) return a.count > b.count;
  if (a.entry.left !== b.entry.left) return a.entry.left < b.entry.left;
  return a.entry.right < b.entry.right;
}

function join(left: Uint8Array, right: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(left.length + right.length);
  bytes.set(left);
  bytes.set(right, left.length);
  return bytes;
}

function keyOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
