/**
 * Records that one phase keeps for the next, as bytes and back. In a run that keeps its exclusions each record takes its original
 * text along, which hangs on its origin out of sight, so that a stage of a later phase that drops it still shows what was read.
 *
 * A text that no stage has changed is not written twice. Nor is that of a document that was cut: its parts follow each other and
 * share one origin, so all but the first say "as before". Memory: one original text.
 */
import { keepOriginal, originalText, tracedRows } from "../core/index.ts";
import { recordBytesOf, recordOf } from "./spool.ts";

/** The original text of a row; `true`: that of the last row that had one written; `null`: the row's own text. */
type Original = string | true | null;

/** One direction of one file: what it makes of a record depends on those before. */
export class KeptRecords {
  readonly #originals: boolean;
  #last: string | undefined;

  constructor(originals: boolean) {
    this.#originals = originals;
  }

  /** Throws for a record that cannot be copied, such as one with a function in it. */
  bytesOf(record: unknown): Uint8Array {
    if (!this.#originals) return recordBytesOf(record);
    const originals = tracedRows(record).map((row): Original => {
      const original = originalText(row.origin);
      if (original === undefined || original === (row as { readonly text?: unknown }).text) return null;
      if (original === this.#last) return true;
      this.#last = original;
      return original;
    });
    return recordBytesOf(originals.every((original) => original === null) ? [record] : [record, originals]);
  }

  recordOf(bytes: Uint8Array): unknown {
    if (!this.#originals) return recordOf(bytes);
    const [record, originals = []] = recordOf(bytes) as readonly [unknown, (readonly Original[])?];
    const rows = tracedRows(record);
    for (const [i, original] of originals.entries()) {
      if (typeof original === "string") this.#last = original;
      const row = rows[i];
      if (original !== null && row !== undefined && this.#last !== undefined) keepOriginal(row.origin, this.#last);
    }
    return record;
  }
}
