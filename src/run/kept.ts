/**
 * Records that one phase keeps for the next, sixteen at a time (see record-bytes.ts), since every batch has a cost of its own.
 *
 * In a run that keeps its exclusions each record takes its original text along, which hangs on its origin out of sight, so that a
 * stage of a later phase that drops it still shows what was read. A text that no stage has changed is not written twice. Nor is
 * that of a document that was cut: its parts follow each other and share one origin, so all but the first say "as before".
 *
 * Memory: one batch, and one original text.
 */
import { asFailure, keepOriginal, originalText, originOf, recordBytes, tracedRows } from "../core/index.ts";
import { decodeRecords, type Entry, RecordEncoder } from "./record-bytes.ts";
import type { SpoolWriter } from "./spool.ts";

/** A batch is full at so many records, or so many bytes of text. */
const BATCH_RECORDS = 16;
const BATCH_BYTES = 1 << 16;

/** The original text of a row; `true`: that of the last row that had one written; `null`: the row's own text. */
type Original = string | true | null;

/** Writes the records of one file; what it makes of one depends on those before. */
export class KeptWriter {
  readonly #stage: string;
  readonly #originals: boolean;
  readonly #spool: Pick<SpoolWriter, "add">;
  readonly #encoder = new RecordEncoder();
  /** The records that the encoder has taken. */
  #batch: unknown[] = [];
  #bytes = 0;
  #last: string | undefined;

  /** `stage` is who is blamed for a record that cannot be copied. */
  constructor(spool: Pick<SpoolWriter, "add">, originals: boolean, stage: string) {
    this.#spool = spool;
    this.#originals = originals;
    this.#stage = stage;
  }

  /** Takes a record; it is written with those that follow. Returns a promise when there is something to wait for. */
  add(record: unknown): Promise<void> | undefined {
    this.#bytes += recordBytes(record);
    this.#encoder.add(this.#entry(record));
    this.#batch.push(record);
    return this.#batch.length < BATCH_RECORDS && this.#bytes < BATCH_BYTES ? undefined : this.flush();
  }

  /** Writes what was taken. Throws a `PipelineError` with the place of a record that cannot be copied, such as one with a function in it. */
  flush(): Promise<void> | undefined {
    const batch = this.#batch;
    if (batch.length === 0) return undefined;
    this.#batch = [];
    this.#bytes = 0;
    return this.#spool.add(this.#bytesOf(batch));
  }

  /** The record, with the originals of its rows where one of them has one. */
  #entry(record: unknown): Entry {
    if (!this.#originals) return [record];
    const originals = tracedRows(record).map((row): Original => {
      const original = originalText(row.origin);
      if (original === undefined || original === (row as { readonly text?: unknown }).text) return null;
      if (original === this.#last) return true;
      this.#last = original;
      return original;
    });
    return originals.every((original) => original === null) ? [record] : [record, originals];
  }

  #bytesOf(batch: readonly unknown[]): Uint8Array {
    try {
      return this.#encoder.take();
    } catch (error) {
      for (const record of batch) this.#checkCopy(record);
      throw error;
    }
  }

  /** Throws the error of a record that cannot be copied, with its place. */
  #checkCopy(record: unknown): void {
    try {
      this.#encoder.add([record]);
      this.#encoder.take();
    } catch (error) {
      throw asFailure(this.#stage, error, undefined, originOf(record));
    }
  }
}

/** Reads what a {@link KeptWriter} wrote, batch after batch. */
export class KeptReader {
  #last: string | undefined;

  /** The records of a batch, whose bytes must stay until the last of them was taken. */
  *recordsOf(bytes: Buffer): Generator<unknown, void> {
    for (const [record, originals] of decodeRecords(bytes)) {
      if (originals !== undefined) this.#restore(record, originals);
      yield record;
    }
  }

  #restore(record: unknown, originals: readonly Original[]): void {
    const rows = tracedRows(record);
    for (const [i, original] of originals.entries()) {
      if (typeof original === "string") this.#last = original;
      const row = rows[i];
      if (original !== null && row !== undefined && this.#last !== undefined) keepOriginal(row.origin, this.#last);
    }
  }
}
