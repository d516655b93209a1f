/**
 * Files that are either whole or absent. Bytes go to a temporary file in the same folder; `commit` forces them to disk and
 * renames, so whoever sees the final name sees a complete file, also after a crash or a power cut.
 *
 * Turned down: writing in place with a marker at the end (every reader would have to know the marker), and temporary files
 * in the system's temporary folder (a rename does not cross file systems).
 */
import { randomBytes } from "node:crypto";
import { type FileHandle, link, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** A file being written that nobody sees before `commit`. */
export interface AtomicFile {
  /** Appends the bytes. The chunk may be reused once the promise settles. */
  write(chunk: Uint8Array): Promise<void>;
  /** Makes the bytes durable and gives the file its name, replacing a file of that name. */
  commit(): Promise<void>;
  /** Removes what was written. After `commit`, or a second time, it does nothing. */
  abort(): Promise<void>;
}

/**
 * Opens a file that appears under `path` only when committed; until then it is `<dir>/.<base>.tmp-<pid>-<random>`. The
 * folder must exist. Calls must not overlap. Memory: none beyond the chunk at hand. Throws the file system's own errors.
 */
export async function createAtomic(path: string): Promise<AtomicFile> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.tmp-${process.pid}-${randomBytes(6).toString("hex")}`);
  const handle = await open(temporary, "wx");
  let state: "open" | "committed" | "aborted" = "open";

  const abort = async (): Promise<void> => {
    if (state !== "open") return;
    state = "aborted";
    await handle.close().catch(() => {}); // a failed commit may have closed it
    await rm(temporary, { force: true });
  };

  return {
    write: (chunk) => writeAll(handle, chunk),
    commit: async () => {
      if (state !== "open") throw new Error(`${path}: commit() after the file was ${state}`);
      try {
        await handle.sync();
        await handle.close();
        await rename(temporary, path);
      } catch (error) {
        await abort();
        throw error;
      }
      state = "committed";
      await syncFolder(folder);
    },
    abort,
  };
}

/**
 * Creates a file that is whole from the moment its name exists, unless there is one of that name already: of any number of
 * writers, also on several machines, exactly one gets true. The bytes are on disk before the name is; the name is once this
 * settles. It needs a file system with hard links. Throws the file system's own errors.
 */
export async function createIfAbsent(path: string, bytes: Uint8Array): Promise<boolean> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.tmp-${process.pid}-${randomBytes(6).toString("hex")}`);
  const handle = await open(temporary, "wx");
  try {
    try {
      await writeAll(handle, bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    const created = await linkIfAbsent(temporary, path);
    if (created) await syncFolder(folder);
    return created;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Gives a file a further name, unless the name is taken; false when it is. The name is durable once `syncFolder` says so. */
export async function linkIfAbsent(existing: string, path: string): Promise<boolean> {
  try {
    await link(existing, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** One write call may take less than it was given: on a full disk, on a signal, above 2 GiB. */
async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  let done = 0;
  while (done < chunk.byteLength) {
    const { bytesWritten } = await handle.write(chunk, done, chunk.byteLength - done);
    done += bytesWritten;
  }
}

/** Makes the names in a folder durable: a rename is so only once its folder is. Windows and some network file systems cannot do it. */
export async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(folder, "r");
    await handle.sync();
  } catch {
    // Not supported here; the file's own bytes are already on disk.
  } finally {
    await handle?.close();
  }
}
