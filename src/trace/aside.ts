/** A temporary file of sorted runs, beside the file that will be made of them; named so that a later run knows it for ours. */
import { randomBytes } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { BlockWriter } from "./block-writer.ts";
import type { LineageRow } from "./lineage.ts";
import { BLOCK_ROWS, encodeBlock } from "./lineage-block.ts";
import { readBlock } from "./lineage-file.ts";
import { type Block, describeBlock } from "./lineage-index.ts";
import type { RowTaker, SortedRun } from "./lineage-merge.ts";

export class Aside {
  readonly #path: string;
  #handle: Promise<FileHandle> | undefined;
  #position = 0;
  /** What is on its way into the file. */
  #behind: Promise<void> = Promise.resolve();

  /** Nothing is made before there are rows. */
  constructor(path: string) {
    this.#path = join(dirname(path), `.${basename(path)}.tmp-${process.pid}-${randomBytes(6).toString("hex")}`);
  }

  /**
   * Takes rows that are in order. They are encoded at once, so that what waits for the disk is 3 bytes a row and not the rows;
   * a write that fails is reported by `settled`.
   */
  add(rows: readonly LineageRow[]): SortedRun {
    const at = this.#position;
    const blocks: Block[] = [];
    const chunks: Buffer[] = [];
    for (let i = 0; i < rows.length; i += BLOCK_ROWS) {
      const some = rows.slice(i, i + BLOCK_ROWS);
      const bytes = encodeBlock(some);
      blocks.push(describeBlock(this.#position, bytes, some));
      chunks.push(bytes);
      this.#position += bytes.length;
    }
    this.#behind = this.#behind.then(() => this.#write(Buffer.concat(chunks), at));
    this.#behind.catch(() => {}); // thrown by settled(); until then it must not count as unhandled
    return this.#run(blocks);
  }

  /** A run of the rows that `fill` hands over in order. */
  async run(fill: (take: RowTaker) => Promise<void>): Promise<SortedRun> {
    await this.settled();
    const blocks = new BlockWriter(this.#position, async (bytes) => {
      await this.#write(bytes, this.#position);
      this.#position += bytes.length;
    });
    await fill(blocks.take);
    await blocks.flush();
    return this.#run(blocks.blocks);
  }

  /** Waits until everything is in the file. */
  async settled(): Promise<void> {
    await this.#behind;
  }

  async remove(): Promise<void> {
    await this.#behind.catch(() => {});
    const handle = await this.#handle?.catch(() => undefined);
    this.#handle = undefined;
    if (handle === undefined) return;
    await handle.close();
    await rm(this.#path, { force: true });
  }

  #run(blocks: readonly Block[]): SortedRun {
    return { blocks, load: async (block) => readBlock(await this.#open(), block), close: async () => {} };
  }

  #open(): Promise<FileHandle> {
    this.#handle ??= open(this.#path, "wx+");
    return this.#handle;
  }

  async #write(bytes: Uint8Array, position: number): Promise<void> {
    const handle = await this.#open();
    for (let done = 0; done < bytes.length; ) {
      done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
    }
  }
}
