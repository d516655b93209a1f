/**
 * Which documents fared otherwise in another run: a merge join of two lineage files, which are both sorted by source and
 * record. Cost: one pass over each. Memory: one block of each, a counter for each kind of change, the listed documents.
 */
import { compareKeys, type LineageRow, type RecordKey } from "./lineage.ts";

/** How a document fared: "kept", "kept in part", "dropped by clean: short", "error in read: bad-json", or "not read". */
export type Fate = string;

/** Documents that went one way in one run and another way in the other. */
export interface FateChange {
  readonly was: Fate;
  readonly is: Fate;
  /** True when one of the runs wrote the document, in whole or in part, and the other did not. */
  readonly changedSide: boolean;
  readonly count: number;
  /** The first of them, by source and record. */
  readonly listed: readonly RecordKey[];
}

export interface DocumentChanges {
  /** Documents that at least one of the runs has read. */
  readonly documents: number;
  /** Those that fared otherwise, and of them those that changed side. */
  readonly changed: number;
  readonly changedSide: number;
  /** Those that changed side first, the most frequent first. */
  readonly changes: readonly FateChange[];
}

const NOT_READ: Fate = "not read";
const KEPT: Fate = "kept";
const IN_PART: Fate = "kept in part";

export async function diffDocuments(
  was: AsyncIterable<LineageRow>,
  is: AsyncIterable<LineageRow>,
  limit: number,
  signal?: AbortSignal,
): Promise<DocumentChanges> {
  const [before, after] = [documentsOf(was), documentsOf(is)];
  const found = new Map<string, { was: Fate; is: Fate; count: number; listed: RecordKey[] }>();
  let documents = 0;
  try {
    let [a, b] = [await before.next(), await after.next()];
    while (a.done !== true || b.done !== true) {
      if (documents % 4096 === 0) signal?.throwIfAborted();
      documents++;
      const order = a.done === true ? 1 : b.done === true ? -1 : compareKeys(a.value, b.value);
      const [left, right] = [order <= 0 ? a.value : undefined, order >= 0 ? b.value : undefined];
      const [one, other] = [left?.fate ?? NOT_READ, right?.fate ?? NOT_READ];
      if (one !== other) {
        const key = `${one}\0${other}`;
        const change = found.get(key) ?? { was: one, is: other, count: 0, listed: [] };
        found.set(key, change);
        change.count++;
        const { source, record } = (left ?? right) as RecordKey;
        if (change.listed.length < limit) change.listed.push({ source, record });
      }
      if (order <= 0) a = await before.next();
      if (order >= 0) b = await after.next();
    }
  } finally {
    await before.return();
    await after.return();
  }
  const changes = [...found.values()]
    .map((change): FateChange => ({ ...change, changedSide: isKept(change.was) !== isKept(change.is) }))
    .sort(
      (a, b) => Number(b.changedSide) - Number(a.changedSide) || b.count - a.count || (`${a.was}\0${a.is}` < `${b.was}\0${b.is}` ? -1 : 1),
    );
  const sum = (some: readonly FateChange[]): number => some.reduce((total, { count }) => total + count, 0);
  return { documents, changed: sum(changes), changedSide: sum(changes.filter((change) => change.changedSide)), changes };
}

interface Document extends RecordKey {
  readonly fate: Fate;
}

/** Rows of one record, which follow each other, become one document. */
async function* documentsOf(rows: AsyncIterable<LineageRow>): AsyncGenerator<Document, void> {
  let first: LineageRow | undefined;
  let kept = 0;
  let all = 0;
  const document = ({ source, record }: LineageRow, ending: Fate): Document => {
    return { source, record, fate: kept === all ? KEPT : kept > 0 ? IN_PART : ending };
  };
  for await (const row of rows) {
    if (first !== undefined && compareKeys(first, row) !== 0) {
      yield document(first, endingOf(first));
      first = undefined;
    }
    if (first === undefined) [first, kept, all] = [row, 0, 0];
    all++;
    if (row.outcome === "delivered") kept++;
  }
  if (first !== undefined) yield document(first, endingOf(first));
}

/** How a row ended. Of a document in parts none of which was written, the first part stands for it. */
function endingOf(row: LineageRow): Fate {
  if (row.outcome === "delivered") return KEPT;
  return row.outcome === "dropped" ? `dropped by ${row.stage}: ${row.reason}` : `error in ${row.stage}: ${row.reason}`;
}

function isKept(fate: Fate): boolean {
  return fate === KEPT || fate === IN_PART;
}
