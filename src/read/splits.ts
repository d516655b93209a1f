/**
 * Cuts a list of files into splits. Small files are put together, in order, up to the size of a split; a large plain file of JSON
 * lines is cut into stretches of equal size; everything else large (compressed files, tar archives) is one split each.
 *
 * A cut is moved to the first line that begins at or behind it, so a piece is a whole number of lines and a task needs to know
 * nothing of its neighbours. That costs one read of 64 KiB for each cut (more in a line that is longer), and the rule depends on
 * the files alone.
 *
 * Turned down: cuts in the middle of a line, settled by the tasks (each would read into the next piece, and a line longer than a
 * piece would be found by several tasks); an index of gzip members (only WARC writes many).
 */
import type { Piece, PlannedInput, Split } from "../core/index.ts";
import { detectCompression, type Entry, HEAD_BYTES, type Store } from "../store/index.ts";

/** Text grows by about this factor when it is decompressed: a split should be of about equal work, not of equal disk space. */
const GROWTH = 3;
const COMPRESSED = /\.(gz|tgz|zst|zstd|tzst)$/i;
const NEWLINE = 10;

/** Files whose cuts are looked for side by side. */
const FILES_AT_ONCE = 16;

export function plannedInputs(entries: readonly Entry[]): readonly PlannedInput[] {
  return entries.map(({ name, size, mtime }) => ({ name, size, mtime: mtime ?? null }));
}

export function entryOf({ name, size, mtime }: PlannedInput): Entry {
  return { name, size, mtime: mtime ?? undefined };
}

/** How much work an entry is, in bytes of text, about. */
export function weightOf({ name, size }: Entry): number {
  return COMPRESSED.test(name) ? size * GROWTH : size;
}

/** The splits of the entries; `lines(name)` says whether a file of that name holds lines. */
export async function splitsOf(
  store: Store,
  entries: readonly Entry[],
  bytes: number,
  lines: (name: string) => boolean,
  signal?: AbortSignal,
): Promise<readonly Split[]> {
  const cuts = new Map<number, readonly number[]>();
  const large = [...entries.keys()].filter((i) => (entries[i] as Entry).size > bytes && lines((entries[i] as Entry).name));
  for (let i = 0; i < large.length; i += FILES_AT_ONCE) {
    signal?.throwIfAborted();
    const some = large.slice(i, i + FILES_AT_ONCE);
    const found = await Promise.all(some.map((input) => cutsOf(store, entries[input] as Entry, bytes)));
    for (const [k, input] of some.entries()) cuts.set(input, found[k] as readonly number[]);
  }
  return group(entries, bytes, cuts);
}

function group(entries: readonly Entry[], bytes: number, cuts: ReadonlyMap<number, readonly number[]>): Split[] {
  const splits: Split[] = [];
  let open: Piece[] = [];
  let weight = 0;
  const close = (): void => {
    if (open.length > 0) splits.push(open);
    open = [];
    weight = 0;
  };
  for (const [input, entry] of entries.entries()) {
    const { size } = entry;
    const within = cuts.get(input) ?? [];
    if (within.length > 0) {
      close();
      const ends = [...within, size];
      for (const [k, end] of ends.entries()) splits.push([{ input, start: ends[k - 1] ?? 0, end }]);
      continue;
    }
    const own = weightOf(entry);
    if (weight + own > bytes) close();
    open.push({ input, start: 0, end: size });
    weight += own;
  }
  close();
  return splits;
}

/** Where a plain file is cut, at beginnings of lines; none for a compressed file, and for one that cannot be read (its task will say why). */
async function cutsOf(store: Store, entry: Entry, bytes: number): Promise<readonly number[]> {
  const parts = Math.ceil(entry.size / bytes);
  const cuts: number[] = [];
  try {
    if (detectCompression(entry.name, await head(store, entry)) !== "none") return [];
    for (let part = 1; part < parts; part++) {
      const wanted = Math.floor((entry.size * part) / parts);
      const cut = await lineFrom(store, entry, Math.max(wanted, cuts.at(-1) ?? 0));
      if (cut >= entry.size) break;
      if (cut !== cuts.at(-1)) cuts.push(cut);
    }
  } catch {
    return [];
  }
  return cuts;
}

async function head(store: Store, entry: Entry): Promise<Buffer> {
  for await (const chunk of store.stream(entry, { end: HEAD_BYTES })) return Buffer.from(chunk);
  return Buffer.alloc(0);
}

/** Bytes looked at for the end of a line, at first. */
const LOOK = 64 * 1024;

/** The first beginning of a line at or behind `at` (which is not 0), or the size of the file. */
async function lineFrom(store: Store, entry: Entry, at: number): Promise<number> {
  let start = at - 1;
  for (let look = LOOK; start < entry.size; look *= 2) {
    const end = Math.min(entry.size, start + look);
    for await (const chunk of store.stream(entry, { start, end })) {
      const newline = chunk.indexOf(NEWLINE);
      if (newline >= 0) return start + newline + 1;
      start += chunk.length;
    }
  }
  return entry.size;
}
