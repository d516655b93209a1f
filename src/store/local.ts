/**
 * Local files as a store. A file is read in large pieces into two buffers that take turns: while the caller works on one,
 * the other is being filled. That is 2 x 512 KiB of look-ahead and no garbage. Measured on a cached file of 60 MB: 7.2 GB/s,
 * against 2.0 GB/s for `createReadStream`, which takes a fresh buffer of 64 KiB for each piece.
 */
import type { Stats } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { messageOf, PipelineError } from "../core/index.ts";
import { matchFiles } from "./list.ts";
import type { Entry, Store, StreamOptions } from "./store.ts";

/** Bytes of one read; the look-ahead of a stream is twice this. */
export const READ_BYTES: number = 512 * 1024;

/** Files looked at side by side while listing. */
const STAT_BATCH = 64;

export const localFiles: Store = { list, stream };

async function list(patterns: readonly string[]): Promise<readonly Entry[]> {
  const names = await matchFiles(patterns);
  const entries: Entry[] = [];
  for (let i = 0; i < names.length; i += STAT_BATCH) {
    entries.push(...(await Promise.all(names.slice(i, i + STAT_BATCH).map(look))));
  }
  return entries;
}

/** An entry that cannot be looked at stays in the list: opening it reports why, under the run's `onError`. */
async function look(name: string): Promise<Entry> {
  const stats = await stat(name).catch(() => undefined);
  return { name, size: stats?.size ?? 0, mtime: stats?.mtimeMs };
}

async function* stream(entry: Entry, options: StreamOptions = {}): AsyncGenerator<Buffer, void> {
  const { start = 0, signal, onRead } = options;
  const limit = Math.min(entry.size, options.end ?? entry.size);
  signal?.throwIfAborted();
  const handle = await openFile(entry);
  let pending: Promise<number> | undefined;
  try {
    let position = start;
    const bytes = Math.max(1, Math.min(READ_BYTES, limit - start));
    let front = Buffer.allocUnsafeSlow(bytes);
    let back = limit - start > bytes ? Buffer.allocUnsafeSlow(bytes) : front;
    const fill = (): Promise<number> | undefined => {
      if (position >= limit) return undefined;
      const filling = readSome(handle, back, Math.min(bytes, limit - position), position);
      filling.catch(() => {}); // it is awaited in its turn; until then it must not count as unhandled
      return filling;
    };
    pending = fill();
    while (pending !== undefined) {
      const length = await pending;
      signal?.throwIfAborted();
      if (length === 0) {
        const message = `the file ended at byte ${position}, but it had ${entry.size} bytes when it was listed`;
        throw new PipelineError({ kind: "changed", message });
      }
      [front, back] = [back, front];
      position += length;
      pending = fill();
      onRead?.(position);
      yield front.subarray(0, length);
    }
  } finally {
    await pending?.catch(() => {}); // a handle must not be closed under a read
    await handle.close();
  }
}

async function readSome(handle: FileHandle, into: Buffer, length: number, position: number): Promise<number> {
  try {
    return (await handle.read(into, 0, length, position)).bytesRead;
  } catch (error) {
    throw fileError(error);
  }
}

async function openFile(entry: Entry): Promise<FileHandle> {
  let handle: FileHandle | undefined;
  try {
    // Opening a pipe that nobody writes to would block a thread for ever, so the kind of file is known before.
    refuseOthers(await stat(entry.name));
    handle = await open(entry.name, "r");
    refuseChanged(entry, await handle.stat());
    return handle;
  } catch (error) {
    await handle?.close();
    throw fileError(error);
  }
}

function refuseOthers(stats: Stats): void {
  if (stats.isFile()) return;
  const message = stats.isDirectory()
    ? "this is a directory; name its files, for example with /**/*.jsonl behind it"
    : "this is neither a file nor a directory; a checkpoint could not find its place in it again";
  throw new PipelineError({ kind: "unreadable", message });
}

/** A file that changed since the listing would make offsets, checkpoints and the work of other processes disagree. */
function refuseChanged(entry: Entry, now: Stats): void {
  if (entry.mtime === undefined || (now.size === entry.size && now.mtimeMs === entry.mtime)) return;
  const was = `${entry.size} bytes of ${new Date(entry.mtime).toISOString()}`;
  const is = `${now.size} bytes of ${now.mtime.toISOString()}`;
  throw new PipelineError({ kind: "changed", message: `the file changed after it was listed: it had ${was} and now has ${is}` });
}

/** The word for what the operating system said. */
function fileError(error: unknown): PipelineError {
  if (error instanceof PipelineError) return error;
  const code = (error as { readonly code?: unknown } | null)?.code;
  if (code === "ENOENT" || code === "ENOTDIR" || code === "ESTALE") {
    return new PipelineError({ kind: "vanished", message: "the file was listed but is gone", cause: error });
  }
  return new PipelineError({ kind: "unreadable", message: `the file cannot be read: ${messageOf(error)}`, cause: error });
}
