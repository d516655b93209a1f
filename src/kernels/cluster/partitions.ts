import { wasmInstance } from "../wasm.ts";
import { aligned, clusterModule, type KernelExports } from "./exports.ts";

/** Bytes of an entry: a band's key and a document; an exact key and a document. */
export const BAND_ENTRY = 12;
export const EXACT_ENTRY = 20;
/** A block holds whole entries of both kinds. */
export const BLOCK_UNIT = 60;

/** Links that are handed on at once. */
const LINK_ROOM = 1 << 15;
const GROUP_TABLE_BYTES = 4 << 16;
/** A group should have no more entries than this, so that its table and its entries stay in the cache. */
const GROUP_ENTRIES = 8192;
const MOST_GROUP_BITS = 16;

export interface PartitionShape {
  readonly bands: number;
  readonly rows: number;
  /** First bits of a band key, and of an exact key, that name its partition. */
  readonly bandBits: number;
  readonly exactBits: number;
  /** Documents whose keys are made at once. */
  readonly slice: number;
  /** A multiple of BLOCK_UNIT. */
  readonly blockBytes: number;
  readonly blocks: number;
}

/** Columns of the documents whose keys are made next. */
export interface Slice {
  readonly kinds: Uint8Array;
  readonly keys: Uint8Array;
  readonly signatures: Uint8Array;
}

/** Address and bytes of entries that lie side by side. */
type Piece = readonly [address: number, length: number];

/** `pairs`: from, to, from, to, ... valid until the function returns. */
export type TakePairs = (pairs: Uint32Array) => void;

/**
 * The keys of documents by partition, in memory until the pool of blocks is full; then the links of one partition after the other. The
 * partitions of band b begin at `b << bandBits`, those of exact keys at `bands << bandBits`.
 */
export class PartitionKernel {
  readonly partitions: number;
  readonly shape: PartitionShape;
  readonly #exports: KernelExports;
  #views: { readonly buffer: ArrayBuffer; readonly bytes: Uint8Array; readonly words: Uint32Array } | undefined;
  /** Where the links go; what comes behind is free for the entries of a partition. */
  #links = 0;
  /** Links that were found and not handed on. */
  #found = 0;

  /** Undefined where there is no WebAssembly SIMD. */
  static create(shape: PartitionShape): PartitionKernel | undefined {
    const module = clusterModule();
    return module && new PartitionKernel(wasmInstance<KernelExports>(module, "cluster"), shape);
  }

  private constructor(exports: KernelExports, shape: PartitionShape) {
    const { bands, rows, bandBits, exactBits, slice, blockBytes, blocks } = shape;
    if (!exports.createPartitions(bands, rows, bandBits, exactBits, slice, blockBytes, blocks)) {
      throw new RangeError(`cluster: no memory for ${blocks} blocks of ${blockBytes} bytes`);
    }
    this.#exports = exports;
    this.shape = shape;
    this.partitions = (bands << bandBits) + (1 << exactBits);
  }

  /** The most bytes that partitions can take beside their pool, and the least blocks that can be worked with. */
  static leastBlocks({ bands, bandBits, exactBits, slice, blockBytes }: Omit<PartitionShape, "blocks" | "rows">): number {
    return (bands << bandBits) + (1 << exactBits) + Math.floor((slice * (bands * BAND_ENTRY + EXACT_ENTRY)) / blockBytes) + 2;
  }

  /** Where the columns of a slice are to be written. */
  slice(): Slice {
    const { bytes } = this.#view();
    const { slice, bands, rows } = this.shape;
    const kinds = this.#exports.sliceAddress() >>> 0;
    const keys = aligned(kinds + slice);
    const signatures = aligned(keys + slice * 16);
    return {
      kinds: bytes.subarray(kinds, kinds + slice),
      keys: bytes.subarray(keys, keys + slice * 16),
      signatures: bytes.subarray(signatures, signatures + slice * bands * rows),
    };
  }

  /** Distributes the keys of the slice's first documents, numbered from `first` on; false, and nothing done, when the pool must be emptied. */
  distribute(count: number, first: number): boolean {
    const code = this.#exports.distribute(count, first);
    if (code < -2 || code === -1 || code > 0) throw new Error(`cluster: the kernel refused its input (${code})`);
    return code === 0;
  }

  /** The blocks of a partition that are in memory, in order. */
  *blocks(partition: number): Generator<Uint8Array, void> {
    const { words, bytes } = this.#view();
    const { blockBytes, blocks } = this.shape;
    const exports = this.#exports;
    const pool = exports.poolAddress() >>> 0;
    const chain = exports.blockChainAddress() >>> 2;
    const cursor = words[(exports.cursorsAddress() >>> 2) + partition] as number;
    let next = words[(exports.headsAddress() >>> 2) + partition] as number;
    while (next !== 0) {
      if (next > blocks) throw new Error("cluster: the kernel gave a block that is not there");
      const from = pool + (next - 1) * blockBytes;
      next = words[chain + next - 1] as number;
      yield bytes.subarray(from, next === 0 ? cursor : from + blockBytes);
    }
  }

  /** Forgets all entries: they were written elsewhere. */
  empty(): void {
    this.#exports.emptyPartitions();
  }

  /**
   * Finds the links of a partition that is in memory, each document to the next one with the same key. Those that fill no array are kept back
   * until `flush`, so that many small partitions make one.
   */
  link(partition: number, take: TakePairs): void {
    const exports = this.#exports;
    const { blocks, blockBytes } = this.shape;
    const bytes = exports.bytesIn(partition) >>> 0;
    if (bytes === 0) return;
    this.#reserveLinks((exports.poolAddress() >>> 0) + blocks * blockBytes);
    if (bytes > 2 * GROUP_ENTRIES * EXACT_ENTRY) {
      const pieces = [...this.blocks(partition)].map((block): Piece => [block.byteOffset, block.length]);
      this.#linkGroups(partition, pieces, bytes, this.#area, take);
      return;
    }
    this.#check(exports.beginInMemory(partition, this.#entryOf(partition), this.#area));
    this.#collect((count) => exports.nextLinksInMemory(count), take);
  }

  /** Finds those of a partition of so many bytes that was written elsewhere: `fill` puts all of it, in order, where it is told. The pool must be empty. */
  linkFrom(partition: number, bytes: number, fill: (into: Uint8Array) => void, take: TakePairs): void {
    if (bytes === 0) return;
    this.#reserveLinks(this.#exports.poolAddress() >>> 0);
    const begin = this.#area;
    this.#reach(begin + bytes);
    fill(this.#view().bytes.subarray(begin, begin + bytes));
    this.#linkGroups(partition, [[begin, bytes]], bytes, aligned(begin + bytes), take);
  }

  /** Hands on the links that were kept back. */
  flush(take: TakePairs): void {
    if (this.#found > LINK_ROOM) throw new Error(`cluster: the kernel wrote ${this.#found} links where there is room for ${LINK_ROOM}`);
    if (this.#found > 0) take(this.#view().words.subarray(this.#links >>> 2, (this.#links >>> 2) + 2 * this.#found));
    this.#found = 0;
  }

  /** Groups go to `area`, tables behind them. */
  #linkGroups(partition: number, pieces: readonly Piece[], bytes: number, area: number, take: TakePairs): void {
    const exports = this.#exports;
    const entry = this.#entryOf(partition);
    const bits = Math.max(0, Math.min(MOST_GROUP_BITS, Math.ceil(Math.log2(bytes / entry / GROUP_ENTRIES))));
    this.#reach(area + bytes);
    this.#check(exports.beginPartition(entry, entry === EXACT_ENTRY ? this.shape.exactBits : this.shape.bandBits, bits, area, bytes));
    for (const [address, length] of pieces) this.#check(exports.countEntries(address, length));
    this.#check(exports.placeGroups(aligned(area + bytes)));
    for (const [address, length] of pieces) this.#check(exports.scatterEntries(address, length));
    this.#collect((count) => exports.nextLinks(count), take);
  }

  #collect(next: (count: number) => number, take: TakePairs): void {
    for (;;) {
      this.#found = next(this.#found);
      if (this.#found < 0) throw new Error("cluster: the kernel refused its input");
      if (this.#found < LINK_ROOM) return;
      this.flush(take);
    }
  }

  #entryOf(partition: number): number {
    return partition >= this.shape.bands << this.shape.bandBits ? EXACT_ENTRY : BAND_ENTRY;
  }

  /** Behind the links and the kernel's groups. */
  get #area(): number {
    return aligned(this.#links + LINK_ROOM * 8 + GROUP_TABLE_BYTES);
  }

  #reserveLinks(free: number): void {
    const address = aligned(free);
    if (this.#links === address) return;
    if (!this.#exports.createLinks(address, LINK_ROOM)) throw new RangeError("cluster: no memory for links");
    this.#links = address;
  }

  /** Makes memory reach to `end`. */
  #reach(end: number): void {
    if (end > 0xffff_ffff || !this.#exports.reachTo(end)) throw new RangeError(`cluster: no memory for a partition: ${end} bytes`);
  }

  #check(code: number): void {
    if (code !== 0) throw new Error(`cluster: the kernel refused its input (${code})`);
  }

  #view(): { readonly bytes: Uint8Array; readonly words: Uint32Array } {
    const { buffer } = this.#exports.memory;
    if (this.#views?.buffer !== buffer) this.#views = { buffer, bytes: new Uint8Array(buffer), words: new Uint32Array(buffer) };
    return this.#views;
  }
}
