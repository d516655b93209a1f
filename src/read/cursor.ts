/**
 * The place of a source in its list of inputs, and the proof that a resumed run has the same list: 4 bytes for each input.
 * With the prints one by one, and not one for all, the error can name the input that changed.
 */
import { PipelineError } from "../core/index.ts";
import type { Entry } from "../store/index.ts";

/** What a checkpoint of a source holds. */
export interface Cursor {
  /** Number of the input in the list. */
  readonly file: number;
  /** The next record in it, and its offset after decompression. */
  readonly record: number;
  readonly offset: number;
  /** How far this input was reported as read, in bytes as they lie there: what is read again is not reported again. */
  readonly reported: number;
  /** One print for each input of the list. */
  readonly inputs: Uint32Array;
}

/** A print of each entry's name, size and time of last change. */
export function printsOf(entries: readonly Entry[]): Uint32Array {
  return Uint32Array.from(entries, (entry) => fnv1a(`${entry.name}\0${entry.size}\0${entry.mtime}`));
}

/** Refuses to go on with inputs other than those the cursor was taken from. */
export function refuseChanges(cursor: Cursor, entries: readonly Entry[], prints: Uint32Array): void {
  const was = cursor.inputs;
  for (const [i, entry] of entries.entries()) {
    if (i < was.length && was[i] === prints[i]) continue;
    const message = `the inputs are not those of the checkpoint: file ${i + 1} of ${entries.length}, ${entry.name}, has another name, size or time of last change (there were ${was.length} files)`;
    throw new PipelineError({ kind: "changed", message });
  }
  if (was.length > entries.length) {
    throw new PipelineError({
      kind: "changed",
      message: `the inputs are not those of the checkpoint: there were ${was.length} files, now ${entries.length}`,
    });
  }
}

/** FNV-1a over UTF-16 units: 32 bits tell an accident, and nobody attacks their own checkpoint. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
