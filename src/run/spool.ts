/**
 * Files that tasks hand to tasks: byte arrays one behind the other, each with its length in front (u32, little-endian). A file
 * lives as long as its run, so no other version of this library or of Node ever has to read it.
 */
import { open } from "node:fs/promises";
import { messageOf, PipelineError } from "../core/index.ts";
import { createAtomic } from "../store/index.ts";

/**
 * Bytes of the first chunk of a file, and of those behind it. A call of the system costs some 60 us in this thread, much of it waking
 * another; most files of small tasks are no larger than the first chunk.
 */
const FIRST = 1 << 18;
const CHUNK = 1 << 20;
const HEADER = 4;

/** Writes one file that is whole or absent, one chunk behind the one that is being filled. Memory: 256 KiB to 2 MiB, and one item. */
export class SpoolWriter {
  /** Bytes of the items, their lengths not counted. */
  bytes = 0;
  readonly #path: string;
  readonly #file: Awaited<ReturnType<typeof createAtomic>>;
  #chunk = Buffer.allocUnsafeSlow(FIRST);
  /** Empty until it is needed. */
  #spare = Buffer.alloc(0);
  #filled = 0;
  /** The write that is under way, from the spare chunk. */
  #behind: Promise<void> = Promise.resolve();

  private constructor(path: string, file: Awaited<ReturnType<typeof createAtomic>>) {
    this.#path = path;
    this.#file = file;
  }

  static async create(path: string): Promise<SpoolWriter> {
    return new SpoolWriter(path, await namingFile(path, createAtomic(path)));
  }

  /** Returns a promise when there is something to wait for; the item is free again when it has settled. */
  add(item: Uint8Array): Promise<void> | undefined {
    this.bytes += item.length;
    if (this.#filled + HEADER + item.length > this.#chunk.length) return this.#addBeyond(item);
    this.#filled = this.#chunk.writeUInt32LE(item.length, this.#filled);
    this.#chunk.set(item, this.#filled);
    this.#filled += item.length;
    return undefined;
  }

  async commit(): Promise<void> {
    await this.#flush();
    await this.#behind;
    await namingFile(this.#path, this.#file.commit());
  }

  async abort(): Promise<void> {
    await this.#behind.catch(() => {}); // the file must not be closed under a write
    await this.#file.abort();
  }

  async #addBeyond(item: Uint8Array): Promise<void> {
    await this.#flush();
    this.#filled = this.#chunk.writeUInt32LE(item.length, 0);
    if (HEADER + item.length > this.#chunk.length) {
      await this.#flush();
      await this.#send(item);
      await this.#behind;
    } else {
      this.#chunk.set(item, HEADER);
      this.#filled += item.length;
    }
  }

  async #flush(): Promise<void> {
    if (this.#filled === 0) return;
    await this.#send(this.#chunk.subarray(0, this.#filled)); // waits for the write before it, whose chunk is the spare
    const next = this.#spare.length === CHUNK ? this.#spare : Buffer.allocUnsafeSlow(CHUNK);
    [this.#chunk, this.#spare] = [next, this.#chunk];
    this.#filled = 0;
  }

  /** Begins to write once what came before is written. */
  async #send(bytes: Uint8Array): Promise<void> {
    await this.#behind;
    this.#behind = namingFile(this.#path, this.#file.write(bytes));
    this.#behind.catch(() => {}); // thrown where it is awaited; until then it must not count as unhandled
  }
}

/** A full disk says neither which file nor which disk: the folder of the run, not the input that a stage has at hand. */
async function namingFile<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new PipelineError({ kind: "unwritable", message: `cannot write ${path}: ${messageOf(error)}`, cause: error });
  }
}

/**
 * The items of a file, in order. The caller owns each array; with `lent` it is valid until the next one is asked for, and large
 * items leave nothing to collect. Memory: 256 KiB to two chunks of 1 MiB, of which one is being read ahead, and one item.
 */
export async function* spoolItems(path: string, lent: boolean = false): AsyncGenerator<Buffer, void> {
  const handle = await open(path, "r");
  let [chunk, spare] = [Buffer.alloc(0), Buffer.allocUnsafeSlow(FIRST)];
  let [at, end] = [0, 0];
  const readAhead = async (): Promise<number> => (await handle.read(spare, 0, spare.length, null)).bytesRead;
  let ahead = readAhead();
  /** Takes `size` bytes from the file, through the chunks. */
  const take = async (into: Buffer): Promise<boolean> => {
    for (let done = 0; done < into.length; ) {
      if (at === end) {
        [at, end] = [0, await ahead];
        [chunk, spare] = [spare, chunk];
        if (end === 0 && done === 0) return false;
        if (end === 0) throw new Error(`${path} ends inside an item`);
        if (spare.length < CHUNK) spare = Buffer.allocUnsafeSlow(CHUNK);
        ahead = readAhead();
        ahead.catch(() => {}); // thrown where it is awaited
      }
      const copied = chunk.copy(into, done, at, end);
      at += copied;
      done += copied;
    }
    return true;
  };
  try {
    const header = Buffer.alloc(HEADER);
    let room = Buffer.alloc(0);
    while (await take(header)) {
      const size = header.readUInt32LE(0);
      if (size > room.length || !lent) room = Buffer.allocUnsafeSlow(size);
      const item = room.subarray(0, size);
      if (item.length > 0 && !(await take(item))) throw new Error(`${path} ends inside an item`);
      yield item;
    }
  } finally {
    await ahead.catch(() => {}); // a handle must not be closed under a read
    await handle.close();
  }
}
