/**
 * Writes lineage: rows in whatever order documents leave the pipeline, a file in the order they were read. Rows gather in
 * memory; every 65,536 of them are sorted and put aside in a temporary file, and `commit` merges what was put aside. So the
 * file depends on the set of rows alone, not on the order in which stages let go of documents.
 *
 * Memory: 65,536 rows (about 10 MB) and what the merge needs (`lineage-merge.ts`). Disk: the rows once more while the run
 * goes on, some 4 bytes each.
 */
import { createHash, randomBytes } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { PipelineError } from "../core/index.ts";
import { createAtomic } from "../store/index.ts";
import { compareRows, type LineageRow, MAX_NUMBER } from "./lineage.ts";
import { BLOCK_ROWS, encodeBlock } from "./lineage-block.ts";
import { LineageFile, readBlock } from "./lineage-file.ts";
import { type Block, describeBlock, encodeIndex, HEAD } from "./lineage-index.ts";
import { mergeRuns, type RowTaker, type SortedRun } from "./lineage-merge.ts";

/** Rows that are gathered before they are put aside. */
const RUN_ROWS = 1 << 16;

/** What a finished lineage file is, for a manifest. */
export interface LineageFacts {
  /** Size of the file, and the SHA-256 of its bytes in hex. */
  readonly bytes: number;
  readonly sha256: string;
  /** One for each whole document and each part of a document. */
  readonly rows: number;
}

/** Sizes that a test makes small. */
export interface LineageSizes {
  readonly runRows?: number;
  readonly openRuns?: number;
}

export class LineageWriter {
  readonly #path: string;
  readonly #sizes: LineageSizes;
  readonly #runs: SortedRun[] = [];
  #rows: LineageRow[] = [];
  #aside: Aside | undefined;
  /** Rows on their way into the temporary file. */
  #behind: Promise<void> = Promise.resolve();

  /** Nothing appears at `path` before `commit`; its folder must exist by the time there are rows. */
  constructor(path: string, sizes: LineageSizes = {}) {
    this.#path = path;
    this.#sizes = sizes;
  }

  /** Adds one row. It never waits: a write that fails is reported by `commit`. Throws for numbers that are no places. */
  add(row: LineageRow): void {
    checkRow(row);
    this.#rows.push(row);
    if (this.#rows.length < (this.#sizes.runRows ?? RUN_ROWS)) return;
    const rows = this.#rows.sort(compareRows);
    this.#rows = [];
    this.#behind = this.#behind.then(async () => {
      this.#runs.push(await this.#putAside((take) => takeAll(rows, take)));
    });
    this.#behind.catch(() => {}); // thrown by commit(); until then it must not count as unhandled
  }

  /** Writes the file, which is whole or absent. */
  async commit(): Promise<LineageFacts> {
    try {
      await this.#behind;
      const rows = this.#rows.sort(compareRows);
      if (this.#runs.length === 0) return await writeLineage(this.#path, (take) => takeAll(rows, take));
      if (rows.length > 0) this.#runs.push(await this.#putAside((take) => takeAll(rows, take)));
      const regroup = (fill: (take: RowTaker) => Promise<void>): Promise<SortedRun> => this.#putAside(fill);
      return await writeLineage(this.#path, (take) => mergeRuns(this.#runs, take, regroup, this.#sizes.openRuns));
    } finally {
      await this.abort();
    }
  }

  /** Removes what was put aside. After `commit`, or a second time, it does nothing. */
  async abort(): Promise<void> {
    await this.#behind.catch(() => {});
    this.#rows = [];
    const aside = this.#aside;
    this.#aside = undefined;
    await aside?.remove();
  }

  async #putAside(fill: (take: RowTaker) => Promise<void>): Promise<SortedRun> {
    this.#aside ??= await Aside.create(this.#path);
    return this.#aside.run(fill);
  }
}

/** One of the files that `joinLineage` joins. */
export interface LineageFragment {
  readonly path: string;
  /** The final number of each of its shards: shard i of the fragment becomes `shards[i]`. Increasing. */
  readonly shards: readonly number[];
}

/**
 * Joins lineage files into one at `path`, giving shards their final numbers. The result is the file that one writer would
 * have made of all rows, however they were spread over fragments. Memory: see `lineage-merge.ts`, and the index of every
 * fragment. Throws what `LineageFile.open` throws.
 */
export async function joinLineage(
  fragments: Iterable<LineageFragment>,
  path: string,
  sizes: Pick<LineageSizes, "openRuns"> = {},
): Promise<LineageFacts> {
  const runs: SortedRun[] = [];
  for (const fragment of fragments) runs.push(await fragmentRun(fragment));
  let aside: Aside | undefined;
  const regroup = async (fill: (take: RowTaker) => Promise<void>): Promise<SortedRun> => {
    aside ??= await Aside.create(path);
    return aside.run(fill);
  };
  try {
    return await writeLineage(path, (take) => mergeRuns(runs, take, regroup, sizes.openRuns));
  } finally {
    for (const run of runs) await run.close();
    await aside?.remove();
  }
}

/** A fragment as a run. Its file is open only between its first and its last block: there may be thousands of fragments. */
async function fragmentRun({ path, shards }: LineageFragment): Promise<SortedRun> {
  const looked = await LineageFile.open(path);
  const { blocks } = looked;
  await looked.close();
  let file: LineageFile | undefined;
  return {
    blocks,
    load: async (block) => {
      file ??= await LineageFile.open(path);
      return (await file.load(block)).map((row) => {
        if (row.outcome !== "delivered") return row;
        const shard = shards[row.shard];
        if (shard !== undefined) return { ...row, shard };
        const message = `${path}: it names shard ${row.shard}, but only ${shards.length} were given a number`;
        throw new PipelineError({ kind: "corrupt", message });
      });
    },
    close: async () => {
      const open = file;
      file = undefined;
      await open?.close();
    },
  };
}

/** Gathers rows, which come in order, into blocks. */
class BlockWriter {
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

async function writeLineage(path: string, fill: (take: RowTaker) => Promise<void>): Promise<LineageFacts> {
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

/** A temporary file of sorted runs, beside the file that will be made of them; named so that a later run knows it for ours. */
class Aside {
  readonly #path: string;
  readonly #handle: FileHandle;
  #position = 0;

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  static async create(path: string): Promise<Aside> {
    const temporary = join(dirname(path), `.${basename(path)}.tmp-${process.pid}-${randomBytes(6).toString("hex")}`);
    return new Aside(temporary, await open(temporary, "wx+"));
  }

  async run(fill: (take: RowTaker) => Promise<void>): Promise<SortedRun> {
    const blocks = new BlockWriter(this.#position, async (bytes) => {
      for (let done = 0; done < bytes.length; ) {
        done += (await this.#handle.write(bytes, done, bytes.length - done, this.#position + done)).bytesWritten;
      }
      this.#position += bytes.length;
    });
    await fill(blocks.take);
    await blocks.flush();
    return { blocks: blocks.blocks, load: (block) => readBlock(this.#handle, block), close: async () => {} };
  }

  async remove(): Promise<void> {
    await this.#handle.close();
    await rm(this.#path, { force: true });
  }
}

async function takeAll(rows: readonly LineageRow[], take: RowTaker): Promise<void> {
  for (const row of rows) {
    const taken = take(row);
    if (taken !== undefined) await taken;
  }
}

/** A source of somebody else may give anything as an origin; what cannot be stored must not be stored as something else. */
function checkRow(row: LineageRow): void {
  const { source, record, offset, part } = row;
  const partFits = part === undefined || (isPlace(part.index) && isPlace(part.count));
  if (typeof source === "string" && isPlace(record) && isPlace(offset) && partFits) return;
  const message = `the origin ${JSON.stringify({ source, record, offset, part })} cannot be kept as lineage: expected \`source\` to be a string and the numbers to be integers from 0 to 2^52 - 1; write without it (\`lineage: false\`)`;
  throw new PipelineError({ kind: "bad-origin", message });
}

function isPlace(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= MAX_NUMBER;
}
