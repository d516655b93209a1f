import { FULL, NearIndexKernel, type NearIndexShape, NOTHING } from "./kernel.ts";

/** Bytes that a kernel's memory can hold; a little less than 4 GiB, since what grows needs scratch. */
const MEMORY = 4.2e9;
/** Bytes of a band's table for a document, in a table made for a known number. */
const TABLE_BYTES = 4.8;
/** Documents in a block of what is saved. */
const BLOCK = 256;

/**
 * The index over as many instances of the kernel as it takes: where one is full (4 GiB hold about 20 million signatures of 112 values) the
 * next begins. A key that a document in an earlier one has is not entered into a later one, so the answers are those of one index.
 */
export class NearIndexSegments {
  /** The best match of the last call that found one: its equal values. */
  equal = 0;
  readonly #shape: NearIndexShape;
  readonly #size: number;
  readonly #most: number;
  /** Documents that are expected beyond the segments there are. */
  #expected: number;
  readonly #segments: NearIndexKernel[] = [];
  /** Of each segment the number of its first document. */
  readonly #firsts: number[] = [];
  #last: NearIndexKernel;

  /** Undefined where there is no WebAssembly SIMD. `most`: documents in a segment at most, for tests; else what memory holds. */
  static create(shape: NearIndexShape, expected: number, most: number = Number.POSITIVE_INFINITY): NearIndexSegments | undefined {
    const capacity = Math.floor(MEMORY / (shape.bands * (shape.rows + TABLE_BYTES)));
    const first = NearIndexKernel.create(shape, Math.min(expected, capacity));
    return first && new NearIndexSegments(shape, first, Math.max(0, expected - capacity), capacity, most);
  }

  readonly #capacity: number;

  private constructor(shape: NearIndexShape, first: NearIndexKernel, expected: number, capacity: number, most: number) {
    this.#shape = shape;
    this.#size = shape.bands * shape.rows;
    this.#expected = expected;
    this.#capacity = capacity;
    this.#most = most;
    this.#last = first;
    this.#segments.push(first);
    this.#firsts.push(0);
  }

  get count(): number {
    return (this.#firsts.at(-1) as number) + this.#last.count;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get compared(): number {
    // Asked for with every document, and there is nearly always one.
    if (this.#segments.length === 1) return this.#last.compared;
    return this.#segments.reduce((sum, { compared }) => sum + compared, 0);
  }

  /** The number of the best match, or -1. */
  find(signature: Uint8Array): number {
    if (this.#segments.length > 1) return this.#findInAll(signature);
    const id = this.#last.find(signature);
    if (id >= 0) this.equal = this.#last.equal;
    return id;
  }

  /** The number of the best match; where there is none, the signature is added: -1. */
  insert(signature: Uint8Array): number {
    if (this.#segments.length === 1 && !this.#limited(1)) {
      const id = this.#last.insert(signature);
      if (id >= 0) this.equal = this.#last.equal;
      if (id !== FULL) return id;
    }
    this.#prepare();
    const id = this.#findInAll(signature);
    if (id === NOTHING) this.#addFound();
    return id;
  }

  /**
   * `insert` of the signatures that lie side by side in `signatures`, one after the other: the best matches, or -1, into `ids`, their equal
   * values into `equals`.
   */
  insertBatch(signatures: Uint8Array, ids: Int32Array, equals: Int32Array): void {
    const total = signatures.length / this.#size;
    for (let i = 0; i < total; ) {
      const count = Math.min(this.#last.batch, total - i);
      if (this.#segments.length === 1 && !this.#limited(count)) {
        const done = this.#last.insertBatch(signatures.subarray(i * this.#size, (i + count) * this.#size));
        const { results } = this.#last;
        for (let k = 0; k < done; k++) {
          ids[i + k] = results[2 * k] as number;
          equals[i + k] = results[2 * k + 1] as number;
        }
        i += done;
        if (done === count) continue;
      }
      ids[i] = this.insert(signatures.subarray(i * this.#size, (i + 1) * this.#size));
      equals[i] = this.equal;
      i++;
    }
  }

  /** Adds a signature, whatever is like it, and returns its number. */
  add(signature: Uint8Array): number {
    if (this.#segments.length > 1 || this.#limited(1) || this.#last.addBatch(signature) === 0) {
      this.#prepare();
      for (const segment of this.#segments) segment.locate(signature);
      this.#addFound();
    }
    return this.count - 1;
  }

  /** Adds the signatures that lie side by side in each of the blocks. */
  load(blocks: readonly Uint8Array[]): void {
    const added = blocks.reduce((sum, block) => sum + block.length, 0) / this.#size;
    // Where there is no memory for all, the tables grow as far as it goes.
    if (added < this.#capacity) this.#last.reserve(added);
    for (const block of blocks) {
      for (let at = 0; at < block.length; ) {
        const count = Math.min(this.#last.batch, (block.length - at) / this.#size);
        if (this.#segments.length === 1 && !this.#limited(count)) {
          at += this.#size * this.#last.addBatch(block.subarray(at, at + count * this.#size));
          if (at === block.length) break;
        }
        this.add(block.subarray(at, at + this.#size));
        at += this.#size;
      }
    }
  }

  /** A copy of the signature of that number. */
  at(id: number): Uint8Array {
    return this.#read(id, id + 1);
  }

  /** Copies of the signatures from number `from` on, in blocks that end at multiples of 256. */
  save(from: number): Uint8Array[] {
    const blocks: Uint8Array[] = [];
    for (let first = from; first < this.count; ) {
      const end = Math.min(this.count, (Math.floor(first / BLOCK) + 1) * BLOCK);
      blocks.push(this.#read(first, end));
      first = end;
    }
    return blocks;
  }

  #read(first: number, end: number): Uint8Array {
    const block = new Uint8Array((end - first) * this.#size);
    for (let id = first; id < end; ) {
      let segment = this.#segments.length - 1;
      while ((this.#firsts[segment] as number) > id) segment--;
      const kernel = this.#segments[segment] as NearIndexKernel;
      const from = id - (this.#firsts[segment] as number);
      const count = Math.min(kernel.batch, kernel.count - from, end - id);
      block.set(kernel.read(from, count), (id - first) * this.#size);
      id += count;
    }
    return block;
  }

  /** Whether so many documents more would be more than a segment may have. */
  #limited(more: number): boolean {
    return this.#last.count + more > this.#most;
  }

  /** Makes sure that the last segment has room for a document. */
  #prepare(): void {
    if (!this.#limited(1) && this.#last.prepare()) return;
    const expected = Math.min(this.#expected, this.#capacity);
    const next = NearIndexKernel.create(this.#shape, expected);
    if (next === undefined || !next.prepare()) throw new RangeError(`near-index: no memory for more than ${this.count} documents`);
    this.#expected -= expected;
    this.#firsts.push(this.count);
    this.#segments.push(next);
    this.#last = next;
  }

  /** A key has its owner in one segment; of equally similar documents in several the first was added first. */
  #findInAll(signature: Uint8Array): number {
    let best = NOTHING;
    this.equal = -1;
    for (const [i, segment] of this.#segments.entries()) {
      const id = segment.find(signature);
      if (id < 0 || segment.equal <= this.equal) continue;
      best = (this.#firsts[i] as number) + id;
      this.equal = segment.equal;
    }
    return best;
  }

  /** Adds what all segments have looked for, behind `#prepare`. */
  #addFound(): void {
    const { owners } = this.#last;
    for (const segment of this.#segments.slice(0, -1)) {
      const others = segment.owners;
      for (let band = 0; band < owners.length; band++) if ((others[band] as number) >= 0) owners[band] = 0;
    }
    this.#last.add();
  }
}
