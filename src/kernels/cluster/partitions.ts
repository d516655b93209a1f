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

  /** Bytes of a partition that are in memory. */
  sizeOf(partition: number): number {
    let size = 0;
    for (const block of this.blocks(partition)) size += block.length;
    return size;
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
   * Finds the links of one partition, each document to the next one with the same key. `bytes`: its size; `fill`: puts all of it, in order,
   * where it is told. With undefined the partition is taken from memory, and memory behind the pool is used; otherwise the pool is.
   */
  link(partition: number, bytes: number, fill: ((into: Uint8Array) => void) | undefined, take: TakePairs): void {
    if (bytes === 0) return;
    const exports = this.#exports;
    const { bands, bandBits, exactBits, blocks, blockBytes } = this.shape;
    const exact = partition >= bands << bandBits;
    const [entry, passed] = exact ? [EXACT_ENTRY, exactBits] : [BAND_ENTRY, bandBits];
    const begin = (exports.poolAddress() >>> 0) + (fill === undefined ? blocks * blockBytes : 0);
    this.#reserveLinks(aligned(begin));
    const first = aligned(this.#links + LINK_ROOM * 8 + GROUP_TABLE_BYTES);
    const second = aligned(first + bytes + 64);
    const bits = Math.min(MOST_GROUP_BITS, Math.max(0, Math.ceil(Math.log2(bytes / entry / GROUP_ENTRIES))));
    const direct = bits === 0;
    // One place for a partition that is a single group; for others one for what was read and one for its groups.
    const copies = fill === undefined || direct ? 1 : 2;
    const end = copies === 1 ? second : aligned(second + bytes + 64);
    this.#reach(end);
    const entries = copies === 1 ? first : second;
    if (fill !== undefined) fill(this.#view().bytes.subarray(first, first + bytes));
    else if (direct) this.#gather(partition, first);
    this.#check(exports.beginPartition(entry, passed, bits, entries, bytes));
    if (!direct) this.#pieces(partition, fill === undefined, first, bytes, (at, length) => this.#check(exports.countEntries(at, length)));
    this.#check(exports.placeGroups(end));
    if (!direct) this.#pieces(partition, fill === undefined, first, bytes, (at, length) => this.#check(exports.scatterEntries(at, length)));
    for (let count = LINK_ROOM; count === LINK_ROOM; ) {
      count = exports.nextLinks();
      if (count > LINK_ROOM) throw new Error(`cluster: the kernel wrote ${count} links where there is room for ${LINK_ROOM}`);
      if (count > 0) take(this.#view().words.subarray(this.#links >>> 2, (this.#links >>> 2) + 2 * count));
    }
  }

  #gather(partition: number, to: number): void {
    const { bytes } = this.#view();
    let at = to;
    for (const block of this.blocks(partition)) {
      bytes.copyWithin(at, block.byteOffset, block.byteOffset + block.length);
      at += block.length;
    }
  }

  #pieces(partition: number, inMemory: boolean, first: number, bytes: number, use: (address: number, length: number) => void): void {
    if (!inMemory) return use(first, bytes);
    for (const block of this.blocks(partition)) use(block.byteOffset, block.length);
  }

  #reserveLinks(address: number): void {
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
