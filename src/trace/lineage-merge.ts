/**
 * Merges sorted runs of lineage rows into one. A run's block is read when its first key is the least of all, so runs that do
 * not overlap (the usual case: records leave a pipeline nearly in the order they were read) cost one open block at a time,
 * however many there are. Where more than `OPEN_RUNS` overlap, groups of them are merged into longer runs first.
 *
 * Cost: O(log runs) comparisons per row. Memory: one block of 4,096 rows (about 0.6 MB) for each of at most 64 runs that
 * overlap, and about 60 bytes of index per block.
 */
import { compareKeys, compareRows, type LineageRow, type RecordKey } from "./lineage.ts";
import type { Block } from "./lineage-index.ts";

/** Runs that are open at once, at most. */
export const OPEN_RUNS = 64;

/** Rows in order, in blocks, in some file. */
export interface SortedRun {
  /** In order; not empty. */
  readonly blocks: readonly Block[];
  load(block: Block): Promise<readonly LineageRow[]>;
  /** Called behind its last row. */
  close(): Promise<void>;
}

/** Takes rows in order. A promise where there is something to wait for. */
export type RowTaker = (row: LineageRow) => Promise<void> | undefined;

/** Hands the rows of all runs to `take`, in order. `regroup` writes rows as a new run, when too many runs overlap. */
export async function mergeRuns(
  runs: readonly SortedRun[],
  take: RowTaker,
  regroup: (fill: (take: RowTaker) => Promise<void>) => Promise<SortedRun>,
  openRuns: number = OPEN_RUNS,
): Promise<void> {
  let level = runs.filter((run) => run.blocks.length > 0);
  while (mostOverlapping(level) > openRuns) {
    const longer: SortedRun[] = [];
    for (let i = 0; i < level.length; i += openRuns) {
      const group = level.slice(i, i + openRuns);
      longer.push(await regroup((takeOne) => mergeOpen(group, takeOne)));
    }
    level = longer;
  }
  await mergeOpen(level, take);
}

/** The most runs whose spans have a key in common. */
function mostOverlapping(runs: readonly SortedRun[]): number {
  const begins = runs.map((run) => firstOf(run)).sort(compareKeys);
  const ends = runs.map((run) => lastOf(run)).sort(compareKeys);
  let most = 0;
  let ended = 0;
  for (const [begun, begin] of begins.entries()) {
    while (compareKeys(ends[ended] as RecordKey, begin) < 0) ended++;
    most = Math.max(most, begun + 1 - ended);
  }
  return most;
}

function firstOf(run: SortedRun): RecordKey {
  return (run.blocks[0] as Block).first;
}

function lastOf(run: SortedRun): RecordKey {
  return (run.blocks.at(-1) as Block).last;
}

/** How far the merge is in one run. Without rows it stands before a block whose first key is known from the index. */
interface Cursor {
  readonly run: SortedRun;
  block: number;
  rows: readonly LineageRow[] | undefined;
  at: number;
}

async function mergeOpen(runs: readonly SortedRun[], take: RowTaker): Promise<void> {
  const heap = new Heap(runs.map((run): Cursor => ({ run, block: 0, rows: undefined, at: 0 })));
  for (let cursor = heap.least; cursor !== undefined; cursor = heap.least) {
    if (cursor.rows === undefined) cursor.rows = await cursor.run.load(cursor.run.blocks[cursor.block] as Block);
    else {
      const taken = take(cursor.rows[cursor.at++] as LineageRow);
      if (taken !== undefined) await taken;
    }
    if (cursor.at === cursor.rows.length) {
      [cursor.rows, cursor.at] = [undefined, 0];
      cursor.block++;
      if (cursor.block === cursor.run.blocks.length) {
        await cursor.run.close();
        heap.removeLeast();
        continue;
      }
    }
    heap.settle();
  }
}

/** A cursor before an unread block comes before every row of the same key: the block must be read to know more. */
function compareCursors(a: Cursor, b: Cursor): number {
  if (a.rows !== undefined && b.rows !== undefined) return compareRows(a.rows[a.at] as LineageRow, b.rows[b.at] as LineageRow);
  const keyOf = ({ run, block, rows, at }: Cursor): RecordKey => rows?.[at] ?? (run.blocks[block] as Block).first;
  return compareKeys(keyOf(a), keyOf(b)) || Number(a.rows !== undefined) - Number(b.rows !== undefined);
}

/** A binary heap whose least cursor moves on and finds its new place. */
class Heap {
  readonly #cursors: Cursor[];

  constructor(cursors: readonly Cursor[]) {
    this.#cursors = [...cursors].sort(compareCursors);
  }

  get least(): Cursor | undefined {
    return this.#cursors[0];
  }

  removeLeast(): void {
    const last = this.#cursors.pop();
    if (last === undefined || this.#cursors.length === 0) return;
    this.#cursors[0] = last;
    this.settle();
  }

  settle(): void {
    const cursors = this.#cursors;
    const moved = cursors[0] as Cursor;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= cursors.length) break;
      const right = child + 1;
      if (right < cursors.length && compareCursors(cursors[right] as Cursor, cursors[child] as Cursor) < 0) child = right;
      if (compareCursors(cursors[child] as Cursor, moved) >= 0) break;
      cursors[at] = cursors[child] as Cursor;
      at = child;
    }
    cursors[at] = moved;
  }
}
