/**
 * Links with the kernel (src/kernels/cluster), in two steps:
 *
 *   distribute   every key goes with the number of its document to the partition of its band and first bits: into memory as long as there
 *                is room, then all partitions to disk at once, each as one piece
 *   link         each partition is read, grouped by further bits in memory, and each group, small enough for the cache, goes through one
 *                hash table from key to last document
 *
 * Documents come in order, so the entries of a partition are in order, and no sort is needed. Where everything fits the memory, partitions are
 * small at once and no file is made. Otherwise they are few and large, so that a piece of one is megabytes: an entry (12 bytes a band key,
 * 20 an exact key) is written once and read once, in long runs.
 *
 * A partition that is much larger than the others is one whose documents share few keys (a boilerplate key of a million documents): it goes
 * through the plain table, whose size is that of the different keys.
 */
import { closeSync, openSync, readSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { BAND_ENTRY, BLOCK_UNIT, EXACT_ENTRY, PartitionKernel, type TakePairs } from "../../kernels/cluster/index.ts";
import { KEY_BYTES } from "../exact.ts";
import type { Batch, BatchSource } from "./batches.ts";
import type { KeyLinks, LinkOptions, VisitLinks } from "./key-links.ts";
import { LastSeen } from "./links.ts";

/** Documents whose keys are made at once: what they take stays in the cache. */
const LARGEST_SLICE = 1024;
const LEAST_SLICE = 16;
/** Entries of a partition where everything fits the memory. */
const SMALL_PARTITION = 6144;
const MOST_SMALL_BITS = 9;
const MOST_BITS = 16;
const LARGEST_BLOCK = 1 << 18;
const LEAST_BLOCK = 2 * BLOCK_UNIT;
/** The pool, the largest partition, its groups and their tables lie in one memory of 4 GB, even where all documents share one key. */
const LARGEST_POOL = 2 ** 30;
/** A budget that leaves less is a test's. */
const LEAST_POOL = 4096;
/** Of the memory, what the pool takes; when it was emptied the partition at hand takes its place, with its groups. */
const POOL_SHARE = 0.75;
/** Bytes read from a partition on disk at once where it goes through the plain table. */
const PIECE_BYTES = BLOCK_UNIT * 17_476;

export class PartitionedLinks implements KeyLinks {
  documents = 0;
  bytesOnDisk = 0;
  readonly #options: LinkOptions;
  #kernel: PartitionKernel | undefined;
  readonly #largest: number;
  readonly #path: string;
  #file: number | undefined;
  /** For each partition where its pieces lie on disk: offset, bytes, offset, bytes, ... */
  readonly #pieces: number[][];

  /** Undefined where there is no WebAssembly SIMD. */
  static create(options: LinkOptions): PartitionedLinks | undefined {
    const shape = shapeFor(options);
    const kernel = PartitionKernel.create(shape);
    return kernel && new PartitionedLinks(options, kernel);
  }

  private constructor(options: LinkOptions, kernel: PartitionKernel) {
    this.#options = options;
    this.#kernel = kernel;
    this.#largest = (kernel.shape.blocks * kernel.shape.blockBytes) / 2;
    this.#path = join(options.directory, "keys");
    this.#pieces = Array.from({ length: kernel.partitions }, () => []);
  }

  async distribute(source: BatchSource): Promise<void> {
    for await (const batch of source.batches()) {
      this.#options.signal.throwIfAborted();
      this.#distribute(batch);
      this.documents += batch.count;
    }
  }

  #distribute(batch: Batch): void {
    const kernel = this.#opened();
    const { slice: most, bands, rows } = kernel.shape;
    const slice = kernel.slice();
    const width = bands * rows;
    for (let begin = 0; begin < batch.count; begin += most) {
      const end = Math.min(batch.count, begin + most);
      slice.kinds.set(batch.kinds.subarray(begin, end));
      slice.keys.set(batch.keys.subarray(begin * KEY_BYTES, end * KEY_BYTES));
      if (width > 0) slice.signatures.set(batch.signatures.subarray(begin * width, end * width));
      if (kernel.distribute(end - begin, batch.first + begin)) continue;
      this.#spill(kernel);
      if (!kernel.distribute(end - begin, batch.first + begin)) throw new Error("cluster: a pool has no room for one slice");
    }
  }

  async link(visit: VisitLinks): Promise<void> {
    const kernel = this.#opened();
    const { bands, bandBits } = kernel.shape;
    if (this.#file !== undefined) this.#spill(kernel);
    // Exact keys first, then band after band; the links of a band are handed on together.
    for (let done = 0, band = bands, take = takerOf(band, visit); done < kernel.partitions; done++) {
      const partition = (done + (bands << bandBits)) % kernel.partitions;
      if (band !== Math.min(bands, partition >>> bandBits)) {
        kernel.flush(take);
        band = partition >>> bandBits;
        take = takerOf(band, visit);
      }
      if (this.#file === undefined) kernel.link(partition, take);
      else this.#linkFromDisk(kernel, partition, band, take);
      if (done + 1 === kernel.partitions) kernel.flush(take);
      // A partition from disk is large.
      if (this.#file !== undefined || (done & 63) === 0) await new Promise<void>((resolve) => setImmediate(resolve));
      this.#options.signal.throwIfAborted();
    }
  }

  #linkFromDisk(kernel: PartitionKernel, partition: number, band: number, take: TakePairs): void {
    const pieces = this.#pieces[partition] as number[];
    let bytes = 0;
    for (let i = 1; i < pieces.length; i += 2) bytes += pieces[i] as number;
    if (bytes <= this.#largest) {
      const fill = (into: Uint8Array): void => {
        let at = 0;
        for (let i = 0; i < pieces.length; i += 2) {
          const length = pieces[i + 1] as number;
          this.#read(into.subarray(at, at + length), pieces[i] as number);
          at += length;
        }
      };
      kernel.linkFrom(partition, bytes, fill, take);
      return;
    }
    const words = (band === this.#options.bands ? EXACT_ENTRY : BAND_ENTRY) / 4;
    const table = new LastSeen(words);
    const buffer = new Uint32Array(PIECE_BYTES / 4);
    const spare = new Uint8Array(buffer.buffer);
    table.begin(1024);
    for (let i = 0; i < pieces.length; i += 2) {
      const [offset, length] = [pieces[i] as number, pieces[i + 1] as number];
      for (let at = 0; at < length; at += PIECE_BYTES) {
        const piece = spare.subarray(0, Math.min(PIECE_BYTES, length - at));
        this.#read(piece, offset + at);
        table.group(buffer.subarray(0, piece.length / 4), band, take);
      }
    }
    table.end(band, take);
  }

  close(): void {
    this.#kernel = undefined;
    if (this.#file === undefined) return;
    closeSync(this.#file);
    this.#file = undefined;
    unlinkSync(this.#path);
  }

  #opened(): PartitionKernel {
    if (this.#kernel === undefined) throw new Error("PartitionedLinks: closed");
    return this.#kernel;
  }

  /** Writes all partitions to disk, each as one piece, and empties the pool. */
  #spill(kernel: PartitionKernel): void {
    this.#file ??= openSync(this.#path, "wx+");
    for (let partition = 0; partition < kernel.partitions; partition++) {
      const begin = this.bytesOnDisk;
      for (const block of kernel.blocks(partition)) {
        for (let done = 0; done < block.length; ) {
          done += writeSync(this.#file, block, done, block.length - done, this.bytesOnDisk + done);
        }
        this.bytesOnDisk += block.length;
      }
      if (this.bytesOnDisk > begin) this.#pieces[partition]?.push(begin, this.bytesOnDisk - begin);
    }
    kernel.empty();
  }

  #read(into: Uint8Array, offset: number): void {
    for (let done = 0; done < into.length; ) {
      const got = readSync(this.#file as number, into, done, into.length - done, offset + done);
      if (got === 0) throw new Error(`${this.#path}: ended at byte ${offset + done}, although more was written`);
      done += got;
    }
  }
}

function takerOf(band: number, visit: VisitLinks): TakePairs {
  return (pairs) => visit(pairs, band);
}

/** How partitions are cut, and how much memory they get. */
function shapeFor({ bands, rows, fingerprintBytes, memoryBytes }: LinkOptions): PartitionKernel["shape"] {
  const width = bands * rows;
  const pool = Math.max(LEAST_POOL, Math.min(LARGEST_POOL, Math.floor(memoryBytes * POOL_SHARE)));
  const each = 1 + KEY_BYTES + 4 + width + bands * 8;
  const slice = Math.max(LEAST_SLICE, Math.min(LARGEST_SLICE, Math.floor(memoryBytes / 16 / each)));
  const shape = (bandBits: number, exactBits: number, blockBytes: number): Omit<PartitionKernel["shape"], "blocks"> => {
    const most = Math.min(LARGEST_BLOCK, Math.max(LEAST_BLOCK, blockBytes));
    return { bands, rows, bandBits, exactBits, slice, blockBytes: most - (most % BLOCK_UNIT) };
  };
  // Documents with a signature are at most so many; without one they can be eight times as many, which in memory costs a grouping only.
  const signed = Math.ceil(fingerprintBytes / (1 + KEY_BYTES + width));
  const all = Math.ceil(fingerprintBytes / (1 + KEY_BYTES));
  const bits = bitsFor(signed, SMALL_PARTITION, MOST_SMALL_BITS);
  const small = shape(bits, bits, (signed / 2 ** bits / 8) * BAND_ENTRY);
  const blocks = Math.ceil((signed * (bands * BAND_ENTRY + EXACT_ENTRY)) / small.blockBytes) + 2 * PartitionKernel.leastBlocks(small);
  if (blocks * small.blockBytes <= pool) return { ...small, blocks };
  // A partition with its groups should take a quarter of the pool, so that one twice as large as expected still fits.
  const most = pool / 8;
  const limit = Math.min(MOST_BITS, Math.max(0, Math.floor(Math.log2(pool / 4 / (bands + 1) / LEAST_BLOCK))));
  const bandBits = bitsFor(signed, most / BAND_ENTRY, limit);
  const exactBits = bitsFor(all, most / EXACT_ENTRY, limit);
  const large = shape(bandBits, exactBits, pool / 4 / ((bands << bandBits) + (1 << exactBits)));
  return { ...large, blocks: Math.max(2 * PartitionKernel.leastBlocks(large), Math.floor(pool / large.blockBytes)) };
}

/** Bits that cut so many entries to partitions of at most `most` on average. */
function bitsFor(entries: number, most: number, limit: number): number {
  let bits = 0;
  while (bits < limit && entries / 2 ** bits > most) bits++;
  return bits;
}
