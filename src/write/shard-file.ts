import { createHash } from "node:crypto";
import { messageOf, PipelineError } from "../core/index.ts";
import { type AtomicFile, createAtomic } from "../store/index.ts";
import type { Compressor } from "./compress.ts";
import { Offsets } from "./offsets.ts";

/** Small members are gathered into chunks of this size: one write and one hash call per MiB, not per record. */
const CHUNK = 1 << 20;

export interface ShardFacts {
  /** Bytes of the file, and their SHA-256 in hex. */
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * One shard being written, under a temporary name until it is whole. Bytes are gathered in one chunk while the chunk before
 * it is on its way to the disk (write-behind of one), so memory is two chunks, the offsets, and a sample larger than a chunk.
 */
export class ShardFile {
  readonly name: string;
  /** Bytes of samples so far, before compression. */
  size = 0;
  readonly #path: string;
  readonly #stage: string;
  readonly #file: AtomicFile;
  readonly #compressor: Compressor | undefined;
  readonly #hash = createHash("sha256");
  readonly #offsets = new Offsets();
  #chunk = Buffer.allocUnsafeSlow(CHUNK);
  #spare = Buffer.allocUnsafeSlow(CHUNK);
  #filled = 0;
  #stored = 0;
  #behind: Promise<void> = Promise.resolve();

  private constructor(stage: string, path: string, name: string, file: AtomicFile, compressor: Compressor | undefined) {
    this.#stage = stage;
    this.#path = path;
    this.name = name;
    this.#file = file;
    this.#compressor = compressor;
  }

  static async open(stage: string, path: string, name: string, compressor: Compressor | undefined): Promise<ShardFile> {
    try {
      return new ShardFile(stage, path, name, await createAtomic(path), compressor);
    } catch (error) {
      compressor?.destroy();
      throw cannotWrite(stage, path, error);
    }
  }

  get samples(): number {
    return this.#offsets.length;
  }

  /**
   * Appends one sample: `fill` writes its `size` bytes into the buffer it is given. Returns undefined when they were only
   * gathered, so that most samples cost no promise.
   */
  add(size: number, fill: (into: Buffer, at: number) => void): Promise<void> | undefined {
    this.#offsets.push(this.size);
    this.size += size;
    if (this.#filled + size > CHUNK) return this.#addBeyond(size, fill);
    fill(this.#chunk, this.#filled);
    this.#filled += size;
    return undefined;
  }

  /** Writes what is gathered, then index and shard, in this order: where a shard has its name, its index has too. */
  async close(padding: number, index: string | undefined): Promise<ShardFacts> {
    const end = this.size;
    await this.#flush();
    await this.#send(new Uint8Array(padding));
    await this.#behind;
    return this.#guard(async () => {
      if (this.#compressor !== undefined) for (const bytes of await this.#compressor.end()) await this.#put(bytes);
      if (index !== undefined) await writeWhole(index, this.#offsets.toBytes(end));
      await this.#file.commit();
      return { bytes: this.#stored, sha256: this.#hash.digest("hex") };
    });
  }

  /** Removes the temporary file. */
  async abort(): Promise<void> {
    await this.#behind.catch(() => {}); // the file must not be closed under a write
    this.#compressor?.destroy();
    await this.#file.abort();
  }

  /** A sample that does not fit the rest of the chunk begins a new one; one larger than a chunk gets a buffer of its own. */
  async #addBeyond(size: number, fill: (into: Buffer, at: number) => void): Promise<void> {
    if (this.#filled > 0) await this.#flush();
    if (size > CHUNK) {
      const own = Buffer.allocUnsafeSlow(size);
      fill(own, 0);
      await this.#send(own);
    } else {
      fill(this.#chunk, 0);
      this.#filled = size;
    }
  }

  async #flush(): Promise<void> {
    const full = this.#chunk.subarray(0, this.#filled);
    await this.#send(full); // waits for the write before it, whose chunk is the spare
    [this.#chunk, this.#spare] = [this.#spare, this.#chunk];
    this.#filled = 0;
  }

  /** Begins to store the bytes once those before them are stored. */
  async #send(bytes: Uint8Array): Promise<void> {
    await this.#behind;
    this.#behind = this.#guard(() => this.#store(bytes));
    this.#behind.catch(() => {}); // thrown where it is awaited; until then it must not count as unhandled
  }

  async #store(bytes: Uint8Array): Promise<void> {
    if (this.#compressor === undefined) await this.#put(bytes);
    else for (const part of await this.#compressor.push(bytes)) await this.#put(part);
  }

  async #put(bytes: Uint8Array): Promise<void> {
    const written = this.#file.write(bytes);
    this.#hash.update(bytes); // while the write is under way
    this.#stored += bytes.length;
    await written;
  }

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw cannotWrite(this.#stage, this.#path, error);
    }
  }
}

/** Writes a small file that is whole or absent. */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const file = await createAtomic(path);
  try {
    await file.write(bytes);
    await file.commit();
  } catch (error) {
    await file.abort();
    throw error;
  }
}

/** The error of a write that the file system refused: a full disk, a missing right, a vanished folder. */
export function cannotWrite(stage: string, path: string, cause: unknown): PipelineError {
  return new PipelineError({ kind: "unwritable", stage, message: `cannot write ${path}: ${messageOf(cause)}`, cause });
}
