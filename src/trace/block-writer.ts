/** Rows in order become blocks, and blocks a file. */
import { createHash } from "node:crypto";
import { createAtomic } from "../store/index.ts";
import type { LineageRow } from "./lineage.ts";
import { BLOCK_ROWS, encodeBlock } from "./lineage-block.ts";
import { type Block, describeBlock, encodeIndex, HEAD } from "./lineage-index.ts";
import type { RowTaker } from "./lineage-merge.ts";
import type { LineageFacts } from "./lineage-writer.ts";

/** Gathers rows, which come in order, into blocks. */
export class BlockWriter {
  readonly blocks: Block[] = [];
  #rows: LineageRow[] = [];
  #position: number;
  readonly #write: (bytes: Uint8Array) => Promise<void>;

  constructor(position: number, write: (bytes: Uint8Array) => Promise<void>) {
    this.#position = position;
    this.#write = write;
  }

  readonly take: RowTaker = (row) => {
    this.#rows.push(row);
    return this.#rows.length < BLOCK_ROWS ? undefined : this.flush();
  };

  async flush(): Promise<void> {
    const rows = this.#rows;
    if (rows.length === 0) return;
    this.#rows = [];
    const bytes = encodeBlock(rows);
    this.blocks.push(describeBlock(this.#position, bytes, rows));
    this.#position += bytes.length;
    await this.#write(bytes);
  }
}

/** Hands rows, one after the other, to whoever takes them. */
export async function takeAll(rows: readonly LineageRow[], take: RowTaker): Promise<void> {
  for (const row of rows) {
    const taken = take(row);
    if (taken !== undefined) await taken;
  }
}

/** Writes a lineage file of the rows that `fill` hands over in order; it is whole or absent. */
export async function writeLineage(path: string, fill: (take: RowTaker) => Promise<void>): Promise<LineageFacts> {
  const file = await createAtomic(path);
  const hash = createHash("sha256");
  let written = 0;
  const write = async (bytes: Uint8Array): Promise<void> => {
    hash.update(bytes);
    written += bytes.length;
    await file.write(bytes);
  };
  try {
    await write(HEAD);
    const blocks = new BlockWriter(HEAD.length, write);
    await fill(blocks.take);
    await blocks.flush();
    await write(encodeIndex(blocks.blocks));
    await file.commit();
    const rows = blocks.blocks.reduce((sum, block) => sum + block.rows, 0);
    return { bytes: written, sha256: hash.digest("hex"), rows };
  } catch (error) {
    await file.abort();
    throw error;
  }
}
