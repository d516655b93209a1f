/**
 * One temporary file that holds many growing lists of 32-bit words ("partitions"), each a chain of blocks. Records are
 * appended to any partition in any order and read back partition by partition: the distribution step of an external hash
 * join. The whole of it is one buffer of `partitions * blockBytes`, filled without system calls, and one write a block.
 *
 * Turned down: a file for each partition, since there are thousands and file descriptors are not; streams, since a promise
 * for each record would cost ten times the work.
 */
import { closeSync, openSync, readSync, unlinkSync, writeSync } from "node:fs";

export class BlockFile {
  /** The words being filled: where `reserve` points. */
  readonly words: Uint32Array;
  /** The same memory as bytes. */
  readonly bytes: Uint8Array;
  readonly partitions: number;
  readonly #path: string;
  readonly #blockWords: number;
  /** Words used of each partition's buffer. */
  readonly #fill: Int32Array;
  /** Words of each partition that are on disk. */
  readonly #written: Float64Array;
  /** For each partition where its blocks lie and how long they are: byte offset, words, byte offset, words, ... */
  readonly #blocks: (number[] | undefined)[];
  #handle: number | undefined;
  #end = 0;
  #reading: Uint32Array = new Uint32Array(0);

  constructor(path: string, partitions: number, blockBytes: number) {
    this.#path = path;
    this.partitions = partitions;
    this.#blockWords = Math.max(16, blockBytes >>> 2);
    this.words = new Uint32Array(partitions * this.#blockWords);
    this.bytes = new Uint8Array(this.words.buffer);
    this.#fill = new Int32Array(partitions);
    this.#written = new Float64Array(partitions);
    this.#blocks = new Array<number[] | undefined>(partitions);
  }

  /** Words appended to a partition. */
  wordsIn(partition: number): number {
    return (this.#written[partition] as number) + (this.#fill[partition] as number);
  }

  /** Bytes on disk. */
  get bytesOnDisk(): number {
    return this.#end;
  }

  /** Makes room for a record of `count` words, at most a block, and returns the index in `words` where it goes. */
  reserve(partition: number, count: number): number {
    if (count > this.#blockWords) throw new RangeError(`BlockFile: a record of ${count} words does not fit a block of ${this.#blockWords}`);
    let used = this.#fill[partition] as number;
    if (used + count > this.#blockWords) {
      this.#flush(partition, used);
      used = 0;
    }
    this.#fill[partition] = used + count;
    return partition * this.#blockWords + used;
  }

  /** Appends a record of three words: `reserve` without its checks, for the one place where that shows. */
  append(partition: number, a: number, b: number, c: number): void {
    let used = this.#fill[partition] as number;
    if (used + 3 > this.#blockWords) {
      this.#flush(partition, used);
      used = 0;
    }
    this.#fill[partition] = used + 3;
    const at = partition * this.#blockWords + used;
    const { words } = this;
    words[at] = a;
    words[at + 1] = b;
    words[at + 2] = c;
  }

  /** The blocks of a partition in the order they were filled. A block is valid until the next one is asked for. */
  *blocks(partition: number): Generator<Uint32Array, void> {
    const list = this.#blocks[partition] ?? [];
    for (let i = 0; i < list.length; i += 2) yield this.#read(list[i] as number, list[i + 1] as number);
    const used = this.#fill[partition] as number;
    const from = partition * this.#blockWords;
    if (used > 0) yield this.words.subarray(from, from + used);
  }

  /** A partition as one array. */
  load(partition: number): Uint32Array {
    const all = new Uint32Array(this.wordsIn(partition));
    let at = 0;
    for (const block of this.blocks(partition)) {
      all.set(block, at);
      at += block.length;
    }
    return all;
  }

  /** Closes and removes the file; the records are gone. */
  close(): void {
    if (this.#handle === undefined) return;
    closeSync(this.#handle);
    this.#handle = undefined;
    unlinkSync(this.#path);
  }

  #flush(partition: number, used: number): void {
    this.#handle ??= openSync(this.#path, "wx+");
    const from = partition * this.#blockWords * 4;
    const length = used * 4;
    for (let done = 0; done < length; ) done += writeSync(this.#handle, this.bytes, from + done, length - done, this.#end + done);
    const list = this.#blocks[partition];
    if (list === undefined) this.#blocks[partition] = [this.#end, used];
    else list.push(this.#end, used);
    this.#end += length;
    this.#written[partition] = (this.#written[partition] as number) + used;
  }

  #read(offset: number, words: number): Uint32Array {
    if (this.#reading.length === 0) this.#reading = new Uint32Array(this.#blockWords);
    const bytes = new Uint8Array(this.#reading.buffer, 0, words * 4);
    for (let done = 0; done < bytes.length; ) {
      const got = readSync(this.#handle as number, bytes, done, bytes.length - done, offset + done);
      if (got === 0) throw new Error(`${this.#path}: ended at byte ${offset + done}, although more was written`);
      done += got;
    }
    return this.#reading.subarray(0, words);
  }
}
