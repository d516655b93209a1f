/**
 * Verdicts as they travel to whoever applies them: one byte a document, and for each that goes what it is a copy of.
 *
 *   u8 version, u32 documents, a status byte for each, then for each status with a detail, in order:
 *   dropped   u32 split and u32 number in it of the document that stays, u16 equal values (65535: not compared), u32 size
 *             of the group (0: not known), u16 length and UTF-8 of the name of the document that stays
 *   head      u32 size of the group
 */
import { PipelineError } from "../../core/index.ts";
import type { Places } from "./places.ts";

export const STATUS = { kept: 0, exact: 1, near: 2, failed: 3, head: 4 } as const;

/** Where the document that stays lies: a document of the index that the corpus was compared with, or of a split. */
export const IN_INDEX = 0xffff_ffff;
/** Stands for "nothing was compared" where a number of equal values is stored. */
export const NOT_COMPARED = 0xffff;

const VERSION = 1;
const DROPPED_BYTES = 16;

/** What becomes of one document. */
export interface Verdict {
  readonly status: number;
  /** The split of the document that stays, or `IN_INDEX`, and its number there. */
  readonly split: number;
  readonly number: number;
  readonly equal: number | undefined;
  /** Documents in the group, or undefined when that is not known. */
  readonly size: number | undefined;
  /** The name of the document that stays, or "". */
  readonly name: string;
}

/** Most verdicts: one object for all of them. */
const KEPT: Verdict = { status: STATUS.kept, split: 0, number: 0, equal: undefined, size: undefined, name: "" };

/** The verdicts of one split, being written. */
export class VerdictWriter {
  readonly #statuses: Uint8Array;
  #details: Uint8Array = new Uint8Array(4096);
  #view: DataView = new DataView(this.#details.buffer);
  #length = 0;

  constructor(documents: number) {
    this.#statuses = new Uint8Array(documents);
  }

  dropped(document: number, status: number, split: number, number: number, equal: number, size: number, name: Uint8Array): void {
    this.#statuses[document] = status;
    const at = this.#reserve(DROPPED_BYTES + name.length);
    const view = this.#view;
    view.setUint32(at, split, true);
    view.setUint32(at + 4, number, true);
    view.setUint16(at + 8, equal, true);
    view.setUint32(at + 10, size, true);
    view.setUint16(at + 14, name.length, true);
    if (name.length > 0) this.#details.set(name, at + DROPPED_BYTES);
  }

  /**
   * Decisions without names about documents of this split, number `split`, which begins at `begin` and ends before `end`: document, the one that stays, status and
   * size of the group in turn. Takes them from place `from` on, as far as they are of this split, and returns where it stopped.
   */
  told(told: Uint32Array, from: number, split: number, begin: number, end: number, places: Places, indexes: number): number {
    const most = (told.length - from) * 4;
    let at = this.#reserve(most);
    this.#length = at;
    const view = this.#view;
    const statuses = this.#statuses;
    let i = from;
    for (; i < told.length && (told[i] as number) < end; i += 4) {
      const status = told[i + 2] as number;
      const size = told[i + 3] as number;
      statuses[(told[i] as number) - begin] = status;
      if (status === STATUS.head) {
        view.setUint32(at, size, true);
        at += 4;
        continue;
      }
      const of = told[i + 1] as number;
      if (of >= begin) {
        view.setUint32(at, split, true);
        view.setUint32(at + 4, of - begin, true);
      } else {
        places.find(of);
        view.setUint32(at, places.split < indexes ? IN_INDEX : places.split - indexes, true);
        view.setUint32(at + 4, places.number, true);
      }
      // Two bytes of equal values, four of size, and two of the name's length.
      view.setUint32(at + 8, NOT_COMPARED | ((size & 0xffff) << 16), true);
      view.setUint32(at + 12, size >>> 16, true);
      at += DROPPED_BYTES;
    }
    this.#length = at;
    return i;
  }

  head(document: number, size: number): void {
    this.#statuses[document] = STATUS.head;
    const at = this.#reserve(4);
    this.#view.setUint32(at, size, true);
  }

  failed(document: number): void {
    this.#statuses[document] = STATUS.failed;
  }

  finish(): Uint8Array {
    const begin = 5 + this.#statuses.length;
    const all = Buffer.allocUnsafeSlow(begin + this.#length);
    all[0] = VERSION;
    all.writeUInt32LE(this.#statuses.length, 1);
    all.set(this.#statuses, 5);
    all.set(this.#details.subarray(0, this.#length), begin);
    return all;
  }

  #reserve(length: number): number {
    const at = this.#length;
    this.#length += length;
    if (this.#length > this.#details.length) {
      const grown = new Uint8Array(Math.max(this.#length, this.#details.length * 2));
      grown.set(this.#details.subarray(0, at));
      this.#details = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }
}

/** Reads the verdicts of a split one by one. */
export class VerdictReader {
  readonly documents: number;
  readonly #bytes: Buffer;
  readonly #view: DataView;
  #document = 0;
  #at: number;

  /** Throws a `PipelineError` of kind "corrupt" or "truncated" for bytes that are no verdicts. */
  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < 5) throw truncated(bytes.length);
    if (bytes[0] !== VERSION) throw new PipelineError({ kind: "corrupt", message: `verdicts of the unknown version ${String(bytes[0])}` });
    this.documents = this.#view.getUint32(1, true);
    this.#at = 5 + this.documents;
    if (this.#at > bytes.length) throw truncated(bytes.length);
  }

  /** The next document's verdict, or undefined behind the last. */
  next(): Verdict | undefined {
    if (this.#document === this.documents) return undefined;
    const status = this.#bytes[5 + this.#document++] as number;
    if (status === STATUS.kept) return KEPT;
    if (status === STATUS.exact || status === STATUS.near) return this.#dropped(status);
    const size = status === STATUS.head ? this.#view.getUint32(this.#take(4), true) : undefined;
    if (status > STATUS.head) throw new PipelineError({ kind: "corrupt", message: `verdicts with the unknown status ${status}` });
    return { status, split: 0, number: 0, equal: undefined, size, name: "" };
  }

  #dropped(status: number): Verdict {
    const view = this.#view;
    const at = this.#take(DROPPED_BYTES);
    const equal = view.getUint16(at + 8, true);
    const size = view.getUint32(at + 10, true);
    const length = view.getUint16(at + 14, true);
    const name = length === 0 ? at : this.#take(length);
    return {
      status,
      split: view.getUint32(at, true),
      number: view.getUint32(at + 4, true),
      equal: equal === NOT_COMPARED ? undefined : equal,
      size: size === 0 ? undefined : size,
      name: length === 0 ? "" : this.#bytes.toString("utf8", name, name + length),
    };
  }

  #take(length: number): number {
    const at = this.#at;
    this.#at += length;
    if (this.#at > this.#bytes.length) throw truncated(this.#bytes.length);
    return at;
  }
}

function truncated(length: number): PipelineError {
  return new PipelineError({ kind: "truncated", message: `verdicts end at byte ${length}, in the middle` });
}
