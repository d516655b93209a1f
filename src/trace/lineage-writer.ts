/**
 * Writes lineage: rows in whatever order documents leave the pipeline, a file in the order they were read. Rows gather in
 * memory; every 32,768 of them are sorted and put aside in a temporary file, and `commit` merges what was put aside. So the
 * file depends on the set of rows alone, not on the order in which stages let go of documents.
 *
 * Memory: 32,768 rows (about 5 MB) and what the merge needs (`lineage-merge.ts`). Disk: the rows once more while the run
 * goes on, some 4 bytes each.
 */
import { PipelineError } from "../core/index.ts";
import { Aside } from "./aside.ts";
import { takeAll, writeLineage } from "./block-writer.ts";
import { compareRows, type LineageRow, MAX_NUMBER } from "./lineage.ts";
import { mergeRuns, type RowTaker, type SortedRun } from "./lineage-merge.ts";

/** Rows that are gathered before they are put aside. */
const RUN_ROWS = 1 << 15;

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
  readonly #aside: Aside;
  readonly #runs: SortedRun[] = [];
  #rows: LineageRow[] = [];

  /** Nothing appears at `path` before `commit`; its folder must exist by the time there are rows. */
  constructor(path: string, sizes: LineageSizes = {}) {
    this.#path = path;
    this.#sizes = sizes;
    this.#aside = new Aside(path);
  }

  /** Adds one row. It never waits: a write that fails is reported by `commit`. Throws for numbers that are no places. */
  add(row: LineageRow): void {
    checkRow(row);
    this.#rows.push(row);
    if (this.#rows.length >= (this.#sizes.runRows ?? RUN_ROWS)) this.#putAside();
  }

  /** Writes the file, which is whole or absent. */
  async commit(): Promise<LineageFacts> {
    try {
      if (this.#runs.length === 0) {
        const rows = this.#rows.sort(compareRows);
        return await writeLineage(this.#path, (take) => takeAll(rows, take));
      }
      if (this.#rows.length > 0) this.#putAside();
      await this.#aside.settled();
      const regroup = (fill: (take: RowTaker) => Promise<void>): Promise<SortedRun> => this.#aside.run(fill);
      return await writeLineage(this.#path, (take) => mergeRuns(this.#runs, take, regroup, this.#sizes.openRuns));
    } finally {
      await this.abort();
    }
  }

  /** Removes what was put aside. After `commit`, or a second time, it does nothing. */
  async abort(): Promise<void> {
    this.#rows = [];
    await this.#aside.remove();
  }

  #putAside(): void {
    const rows = this.#rows.sort(compareRows);
    this.#rows = [];
    this.#runs.push(this.#aside.add(rows));
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
