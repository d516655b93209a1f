/** Files of records of one size, read forwards in pieces. What datatrove writes has no header, so only the length can be checked. */
import { type FileHandle, open } from "node:fs/promises";
import { PipelineError } from "../../core/index.ts";

const PIECE_BYTES = 1 << 17;

/** Reads one file; the record at hand is `view`, `width` bytes from `at` on. */
export class RecordFile {
  readonly path: string;
  readonly width: number;
  /** Records in the file. */
  readonly count: number;
  view: DataView = new DataView(new ArrayBuffer(0));
  at = 0;
  /** The number of the record at hand. */
  index: number;
  readonly #handle: FileHandle;
  /** The first record of the piece in memory, and how many it has. */
  #first = 0;
  #held = 0;

  /** Opens a file before its first record. Throws a PipelineError, "unreadable" or "truncated", that names it. */
  static async open(path: string, width: number): Promise<RecordFile> {
    const handle = await open(path, "r").catch((cause: unknown) => {
      throw new PipelineError({ kind: "unreadable", message: `${path} cannot be opened`, cause });
    });
    const { size } = await handle.stat();
    if (size % width !== 0) {
      await handle.close();
      const message =
        `${path} has ${size} bytes, which is no multiple of the ${width} bytes of a record: ` +
        "it is cut short, or was made with other rows or another precision";
      throw new PipelineError({ kind: "truncated", message });
    }
    return new RecordFile(path, width, size / width, handle);
  }

  private constructor(path: string, width: number, count: number, handle: FileHandle) {
    this.path = path;
    this.width = width;
    this.count = count;
    this.index = -1;
    this.#handle = handle;
  }

  /** Goes to the next record; false at the end. Most calls need no file, so this returns no promise then. */
  next(): boolean | Promise<boolean> {
    if (++this.index >= this.count) return false;
    if (this.index < this.#first + this.#held && this.index >= this.#first) {
      this.at = (this.index - this.#first) * this.width;
      return true;
    }
    return this.#fill();
  }

  /** Goes before record `index`. */
  seek(index: number): void {
    this.index = index - 1;
  }

  async #fill(): Promise<boolean> {
    const wanted = Math.min(Math.max(1, Math.floor(PIECE_BYTES / this.width)), this.count - this.index);
    const bytes = new Uint8Array(wanted * this.width);
    for (let done = 0; done < bytes.length; ) {
      const { bytesRead } = await this.#handle.read(bytes, done, bytes.length - done, this.index * this.width + done);
      if (bytesRead === 0) throw new PipelineError({ kind: "truncated", message: `${this.path} became shorter while it was read` });
      done += bytesRead;
    }
    this.view = new DataView(bytes.buffer);
    this.#first = this.index;
    this.#held = wanted;
    this.at = 0;
    return true;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** Collects records and writes them, a piece at a time. */
export class RecordBuffer {
  readonly #write: (bytes: Uint8Array) => Promise<void>;
  readonly #bytes: Uint8Array = new Uint8Array(PIECE_BYTES);
  readonly #view: DataView = new DataView(this.#bytes.buffer);
  #used = 0;

  constructor(write: (bytes: Uint8Array) => Promise<void>) {
    this.#write = write;
  }

  /** Unsigned numbers of 32 bits, little-endian. */
  async add32(...numbers: readonly number[]): Promise<void> {
    if (this.#used + 4 * numbers.length > this.#bytes.length) await this.flush();
    for (const number of numbers) {
      this.#view.setUint32(this.#used, number, true);
      this.#used += 4;
    }
  }

  /** Bytes as they are, fewer than a piece. */
  async add(bytes: Uint8Array): Promise<void> {
    if (this.#used + bytes.length > this.#bytes.length) await this.flush();
    this.#bytes.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  async flush(): Promise<void> {
    if (this.#used > 0) await this.#write(this.#bytes.subarray(0, this.#used));
    this.#used = 0;
  }
}
