/**
 * Encoding on several threads, in order. Records are gathered into batches, batches are encoded while others are gathered and
 * handed on, and what comes out is in the order of what went in.
 *
 * Memory: two batches a thread, each of at most `BATCH_RECORDS` records and, but for a single larger one, `BATCH_BYTES` of text.
 */
import type { Doc, StageContext } from "../../core/index.ts";
import type { Spanned } from "../chat/spans.ts";
import type { Encoded, RecordEncoder } from "../encoded.ts";
import { type Frame, framed } from "../frame.ts";
import type { EncodedBatch, EncodingPool, TextBatch } from "./pool.ts";

export const BATCH_RECORDS = 64;
/** Enough that a message (some 20 us) is nothing beside its work (some ms), little enough that a short input reaches all threads. */
const BATCH_BYTES = 256 * 1024;
/** One is encoded while the next waits, so that no thread stands still while the pipeline does something else. */
const BATCHES_A_THREAD = 2;

/** The records that may be on their way at once. */
export function recordsInFlight(threads: number): number {
  return threads * BATCHES_A_THREAD * BATCH_RECORDS;
}

interface Flight<T> {
  readonly records: readonly T[];
  readonly encoded: Promise<EncodedBatch>;
  /** Records handed on. */
  done: number;
}

const utf8 = new TextEncoder();

export class ThreadedEncoding<T extends Doc> {
  readonly #pool: EncodingPool;
  readonly #limit: number;
  readonly #frame: Frame;
  readonly #flights: Flight<T>[] = [];
  /** Taken in, but too large for the batch that was being gathered. */
  #next: T | undefined;

  constructor(pool: EncodingPool, threads: number, frame: Frame) {
    this.#pool = pool;
    this.#frame = frame;
    this.#limit = threads * BATCHES_A_THREAD;
  }

  /** The records that were taken in and not handed on: what a checkpoint saves. */
  held(): readonly T[] {
    const inFlight = this.#flights.flatMap(({ records, done }) => records.slice(done));
    return this.#next === undefined ? inFlight : [...inFlight, this.#next];
  }

  /**
   * Each record with its ids, in order. A record that could not be encoded has been reported, and is left out. Records with spans
   * take their turn, but are encoded by `own`, on this thread.
   */
  async *encode(input: AsyncIterable<T>, own: RecordEncoder, context: StageContext): AsyncGenerator<Encoded<T>> {
    const pulls = input[Symbol.asyncIterator]();
    for (;;) {
      while (this.#flights.length < this.#limit) {
        const gathered = await this.#gather(pulls);
        if (gathered === undefined) break;
        const encoded = this.#pool.encode(gathered.batch);
        encoded.catch(() => {}); // it is awaited in order; until then it must not count as unhandled
        this.#flights.push({ records: gathered.records, encoded, done: 0 });
      }
      const flight = this.#flights[0];
      if (flight === undefined) return;
      const { tokens, offsets, failures } = await flight.encoded;
      for (const [i, record] of flight.records.entries()) {
        flight.done++;
        if (hasSpans(record)) {
          const encoded = await own.encode(record);
          if (encoded !== undefined) yield encoded;
          continue;
        }
        const failure = failures.find(({ index }) => index === i);
        if (failure === undefined) yield { record, tokens: framed(tokens.subarray(offsets[i], offsets[i + 1]), this.#frame) };
        else context.fail(new Error(failure.message), { record, kind: failure.kind });
      }
      this.#flights.shift();
    }
  }

  /** The next batch of the input; undefined at its end. */
  async #gather(input: AsyncIterator<T>): Promise<{ readonly records: readonly T[]; readonly batch: TextBatch } | undefined> {
    const records: T[] = [];
    const offsets = [0];
    let bytes = new Uint8Array(this.#pool.buffer(BATCH_BYTES));
    let used = 0;
    while (records.length < BATCH_RECORDS && used < BATCH_BYTES) {
      if (this.#next === undefined) {
        const pulled = await input.next();
        if (pulled.done === true) break;
        this.#next = pulled.value;
      }
      const record: T = this.#next;
      const text = hasSpans(record) ? "" : record.text;
      let { read, written } = utf8.encodeInto(text, bytes.subarray(used));
      if (read < text.length) {
        if (records.length > 0) break;
        bytes = utf8.encode(text); // larger than a batch: a batch by itself
        ({ read, written } = { read: text.length, written: bytes.length });
      }
      used += written;
      records.push(record);
      offsets.push(used);
      this.#next = undefined;
    }
    const [first] = records;
    if (first === undefined) return undefined;
    const last = records.at(-1) ?? first;
    const name = `the records ${JSON.stringify(first.id)} to ${JSON.stringify(last.id)} (${records.length} from ${first.origin.source} on)`;
    return { records, batch: { bytes: bytes.buffer as ArrayBuffer, offsets: Uint32Array.from(offsets), name } };
  }
}

function hasSpans(record: Doc & Spanned): boolean {
  return record.spans !== undefined;
}
