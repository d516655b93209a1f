/**
 * Links in plain TypeScript, for where there is no WebAssembly SIMD, and what the kernel is compared with:
 *
 *   1. distribute   every key goes with the number of its document to the partition of its band and first bits, on disk
 *   2. group        each partition, small enough for the cache, goes through one hash table from key to last document
 *
 * Since documents are distributed in order, the entries of a partition are in order too, and no sort is needed. Cost: 12
 * bytes a band key (20 an exact key) written and read once. A giant bucket is one entry of the table, so memory does not depend on it.
 *
 * Turned down: sorting the keys (5 times the work), reading a file of keys once for each part of their range (reads grow
 * with the square of the corpus), and comparing all members of a bucket with each other.
 */
import { join } from "node:path";
import { BandKeys } from "../band-keys.ts";
import { KEY_BYTES } from "../exact.ts";
import type { Batch, BatchSource } from "./batches.ts";
import { BlockFile } from "./block-file.ts";
import { KIND } from "./format.ts";
import type { KeyLinks, LinkOptions, VisitLinks } from "./key-links.ts";

/** Keys a partition should have, so that its table stays in the cache. */
const PARTITION_KEYS = 32_768;
const LEAST_BLOCK = 1024;
const LARGEST_BLOCK = 32 * 1024;
/** Documents whose keys are computed before they are distributed band by band: the buffers then stay in the cache. */
const SLICE = 1024;
/** Words of an entry: the key (64 bits for a band, all 128 of an exact key) and the document. */
const BAND_WORDS = 3;
const EXACT_WORDS = 5;
/** Links that are handed on at once. */
const PAIRS = 4096;

/** The keys of all documents on disk, by band and first bits. */
export class PlainLinks implements KeyLinks {
  documents = 0;
  readonly #options: LinkOptions;
  readonly #bits: number;
  readonly #banded: BlockFile;
  readonly #exact: BlockFile;

  constructor(options: LinkOptions) {
    const { bands, rows, fingerprintBytes, memoryBytes, directory } = options;
    this.#options = options;
    // Short documents and names make this wrong, which costs time only.
    const expected = Math.ceil(fingerprintBytes / (1 + KEY_BYTES + bands * rows));
    this.#bits = partitionBits(expected, bands + 1, memoryBytes);
    // Blocks that hold a whole partition where the memory allows it: then nothing goes to disk.
    const most = Math.floor(memoryBytes / 3 / ((bands + 1) << this.#bits));
    const block = (words: number): number => {
      const whole = Math.ceil((expected / 2 ** this.#bits) * 1.1 + 64) * words * 4;
      return whole <= most ? whole : Math.min(LARGEST_BLOCK, Math.max(LEAST_BLOCK, most));
    };
    this.#banded = new BlockFile(join(directory, "band-keys"), bands << this.#bits, block(BAND_WORDS));
    this.#exact = new BlockFile(join(directory, "exact-keys"), 1 << this.#bits, block(EXACT_WORDS));
  }

  get bytesOnDisk(): number {
    return this.#banded.bytesOnDisk + this.#exact.bytesOnDisk;
  }

  async distribute(source: BatchSource): Promise<void> {
    const { bands, rows } = this.#options;
    const keys = new Int32Array(SLICE * bands * 2);
    const reader = new BandKeys(bands, rows);
    for await (const batch of source.batches()) {
      this.#options.signal.throwIfAborted();
      distributeBands(batch, this.#banded, this.#bits, keys, reader, this.#options);
      distributeExact(batch, this.#exact, this.#bits);
      this.documents += batch.count;
    }
  }

  async link(visit: VisitLinks): Promise<void> {
    const { bands, signal } = this.#options;
    const bits = this.#bits;
    await group(this.#exact, EXACT_WORDS, () => bands, visit, signal);
    await group(this.#banded, BAND_WORDS, (partition) => partition >>> bits, visit, signal);
  }

  close(): void {
    this.#banded.close();
    this.#exact.close();
  }
}

async function group(
  file: BlockFile,
  words: number,
  bandOf: (partition: number) => number,
  visit: VisitLinks,
  signal: AbortSignal,
): Promise<void> {
  const table = new LastSeen(words);
  for (let partition = 0; partition < file.partitions; partition++) {
    if (file.wordsIn(partition) === 0) continue;
    table.begin(file.wordsIn(partition) / words);
    for (const entries of file.blocks(partition)) table.group(entries, bandOf(partition), visit);
    table.end(bandOf(partition), visit);
    if ((partition & 63) === 0) await new Promise<void>((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
  }
}

/** The first bits of a key that name its partition: as many as make partitions small, as few as leave blocks in memory. */
function partitionBits(documents: number, groups: number, memoryBytes: number): number {
  const most = Math.max(1, memoryBytes / 3 / LEAST_BLOCK / groups);
  let bits = 0;
  while (bits < 20 && documents / 2 ** bits > PARTITION_KEYS && 2 ** (bits + 1) <= most) bits++;
  return bits;
}

function distributeBands(
  batch: Batch,
  file: BlockFile,
  bits: number,
  keys: Int32Array,
  reader: BandKeys,
  { bands, rows }: LinkOptions,
): void {
  const words = new Int32Array(batch.signatures.buffer, batch.signatures.byteOffset, batch.signatures.length >>> 2);
  const shift = 31 - bits;
  const width = bands * rows;
  for (let begin = 0; begin < batch.count; begin += SLICE) {
    const end = Math.min(batch.count, begin + SLICE);
    for (let i = begin; i < end; i++) {
      if (batch.kinds[i] !== KIND.signed) continue;
      if (reader.wordwise) reader.readWords(words, (i * width) >>> 2);
      else reader.read(batch.signatures.subarray(i * width, (i + 1) * width));
      keys.set(reader.keys, (i - begin) * bands * 2);
    }
    for (let band = 0; band < bands; band++) {
      for (let i = begin; i < end; i++) {
        if (batch.kinds[i] !== KIND.signed) continue;
        const from = ((i - begin) * bands + band) * 2;
        const high = keys[from] as number;
        file.append((band << bits) + ((high >>> 1) >>> shift), high, keys[from + 1] as number, batch.first + i);
      }
    }
  }
}

function distributeExact(batch: Batch, file: BlockFile, bits: number): void {
  const { words } = file;
  const shift = 31 - bits;
  const keys = new Uint32Array(batch.keys.buffer, batch.keys.byteOffset, batch.keys.length / 4);
  for (let i = 0; i < batch.count; i++) {
    if (batch.kinds[i] === KIND.failed) continue;
    const high = keys[4 * i] as number;
    const at = file.reserve((high >>> 1) >>> shift, EXACT_WORDS);
    for (let k = 0; k < 4; k++) words[at + k] = keys[4 * i + k] as number;
    words[at + 4] = batch.first + i;
  }
}

/** From key to the last document that had it: open addressing, key and document side by side, one cache line a look-up. */
export class LastSeen {
  /** Words of a slot: key, and document plus one. */
  readonly #words: number;
  #slots: Uint32Array = new Uint32Array(0);
  #mask = 0;
  #count = 0;
  readonly #pairs = new Uint32Array(2 * PAIRS);
  #found = 0;

  constructor(words: number) {
    this.#words = words;
  }

  /** Empties the table; `entries` is how many will come at most, of which a few or all may be different. */
  begin(entries: number): void {
    let size = 1024;
    while (size < Math.min(entries, 2 * PARTITION_KEYS) * 1.5) size *= 2;
    if (this.#slots.length === size * this.#words) this.#slots.fill(0);
    else this.#slots = new Uint32Array(size * this.#words);
    this.#mask = size - 1;
    this.#count = 0;
  }

  group(entries: Uint32Array, band: number, visit: VisitLinks): void {
    const words = this.#words;
    const last = words - 1;
    let slots = this.#slots;
    for (let i = 0; i < entries.length; i += words) {
      const document = entries[i + last] as number;
      const low = entries[i + 1] as number;
      let at = (low & this.#mask) * words;
      while (slots[at + last] !== 0 && !(slots[at + 1] === low && same(slots, at, entries, i, last))) {
        at += words;
        if (at === slots.length) at = 0;
      }
      const before = slots[at + last] as number;
      if (before !== 0) {
        if (this.#found === this.#pairs.length) this.end(band, visit);
        this.#pairs[this.#found++] = before - 1;
        this.#pairs[this.#found++] = document;
        slots[at + last] = document + 1;
        continue;
      }
      for (let k = 0; k < last; k++) slots[at + k] = entries[i + k] as number;
      slots[at + last] = document + 1;
      if (++this.#count > this.#mask * 0.75) {
        this.#grow();
        slots = this.#slots;
      }
    }
  }

  /** Hands on the links that are left. */
  end(band: number, visit: VisitLinks): void {
    if (this.#found > 0) visit(this.#pairs.subarray(0, this.#found), band);
    this.#found = 0;
  }

  #grow(): void {
    const words = this.#words;
    const old = this.#slots;
    const slots = new Uint32Array(old.length * 2);
    this.#mask = this.#mask * 2 + 1;
    for (let from = 0; from < old.length; from += words) {
      if (old[from + words - 1] === 0) continue;
      let at = ((old[from + 1] as number) & this.#mask) * words;
      while (slots[at + words - 1] !== 0) at = at + words === slots.length ? 0 : at + words;
      slots.set(old.subarray(from, from + words), at);
    }
    this.#slots = slots;
  }
}

function same(slots: Uint32Array, at: number, entries: Uint32Array, i: number, count: number): boolean {
  for (let k = 0; k < count; k++) if (slots[at + k] !== entries[i + k]) return false;
  return true;
}
