/**
 * Records as bytes and back. Nearly every record is plain data (what JSON holds) with one long text in it: of a batch of those the
 * long strings are written as they lie in memory, one behind the other, and the rest is one piece of JSON, in which a number
 * stands where a string was taken out. Anything else (typed arrays, maps, dates, an `undefined`) is V8's own serialization of the batch.
 *
 * Turned down: V8's serialization for all. Writing a Wikipedia article takes 2.7 us here, 4.7 us by V8 sixteen at a time, 10 us by V8 one
 * at a time, collections counted: until it is collected itself, a serializer keeps alive what it wrote.
 */
import { deserialize, serialize } from "node:v8";
import { rememberBytes, utf8Length } from "../core/index.ts";

/** What is written for a record: the record, and beside it strings that are known to the caller, true or null. */
export type Entry = readonly [record: unknown, beside?: readonly (string | true | null)[]];

/** Strings of a record from so many UTF-16 units on are written beside the JSON. */
const LONG = 128;

/** In the place of the length of the JSON: the batch is V8's. */
const BY_V8 = 0xffff_ffff;
const HEADER = 4;

/** How a long string is written: a byte a unit (ASCII), or two, which any string survives. */
const ASCII = 1;
const UTF16 = 2;

/** Bytes that nearly every batch fits in. */
const BUFFER = 1 << 17;

/** Of a string that was taken out, with its bytes in UTF-8. */
type Shape = readonly [width: typeof ASCII | typeof UTF16, units: number, bytes: number];

/** The JSON of a batch: its entries, and width and length in units of each string that was taken out. */
interface Written {
  readonly entries: readonly WrittenEntry[];
  readonly strings: readonly Shape[];
}

/** A record, the names of its fields that were taken out, and numbers of strings in the place of those beside it. */
type WrittenEntry = readonly [record: unknown, taken: readonly string[], beside?: readonly (number | true | null)[]];

/** Turns batches into bytes. Memory: 128 KiB, and a batch that is larger. */
export class RecordEncoder {
  readonly #buffer: Buffer = Buffer.allocUnsafeSlow(BUFFER);
  #batch: Entry[] = [];
  /** Of the batch, taken apart; undefined when V8 has to write it. */
  #entries: WrittenEntry[] | undefined = [];
  #strings: string[] = [];
  #shapes: Shape[] = [];

  /** Adds an entry to the batch. */
  add(entry: Entry): void {
    this.#batch.push(entry);
    const written = this.#entries && takeApart(entry, this.#strings);
    if (written === undefined) this.#entries = undefined;
    else this.#entries?.push(written);
    // Now and not with the whole batch: the length of the text that came last is known.
    for (let i = this.#shapes.length; i < this.#strings.length; i++) {
      const text = this.#strings[i] as string;
      const bytes = utf8Length(text);
      this.#shapes.push([bytes === text.length ? ASCII : UTF16, text.length, bytes]);
    }
  }

  /** The bytes of the batch, valid until the next call, and a new batch. Throws for what cannot be copied, such as a function. */
  take(): Uint8Array {
    const [batch, entries, strings, shapes] = [this.#batch, this.#entries, this.#strings, this.#shapes];
    [this.#batch, this.#entries, this.#strings, this.#shapes] = [[], [], [], []];
    if (entries === undefined) return byV8(batch);
    const json = JSON.stringify({ entries, strings: shapes } satisfies Written);
    const jsonBytes = Buffer.byteLength(json);
    const size = shapes.reduce((sum, [width, units]) => sum + width * units + 1, HEADER + jsonBytes);
    // A batch with a very long text gets a buffer of its own, which goes with it.
    const buffer = size > this.#buffer.length ? Buffer.allocUnsafeSlow(size) : this.#buffer;
    let at = buffer.writeUInt32LE(jsonBytes, 0);
    at += buffer.write(json, at, "utf8");
    for (const [i, text] of strings.entries()) {
      const [width] = shapes[i] as Shape;
      if (width === ASCII) at += buffer.write(text, at, "latin1");
      else at = even(at) + buffer.write(text, even(at), "utf16le");
    }
    return buffer.subarray(0, at);
  }
}

function byV8(batch: readonly Entry[]): Uint8Array {
  const bytes = serialize(batch);
  const all = Buffer.allocUnsafeSlow(HEADER + bytes.length);
  all.writeUInt32LE(BY_V8, 0);
  all.set(bytes, HEADER);
  return all;
}

/**
 * The entries of a batch that a {@link RecordEncoder} wrote, one after the other; what was yielded holds nothing of the bytes. The length of a
 * text in UTF-8 is remembered for whoever asks for it next.
 */
export function* decodeRecords(bytes: Buffer): Generator<Entry, void> {
  const jsonBytes = bytes.readUInt32LE(0);
  // A copy, because the typed arrays that V8 gives back are views.
  if (jsonBytes === BY_V8) return yield* deserialize(Uint8Array.prototype.slice.call(bytes, HEADER)) as readonly Entry[];
  let at = HEADER + jsonBytes;
  const { entries, strings } = JSON.parse(bytes.toString("utf8", HEADER, at)) as Written;
  const starts = strings.map(([width, units]) => {
    const start = width === ASCII ? at : even(at);
    at = start + width * units;
    return start;
  });
  const textOf = (number: number): string => {
    const [width, units, length] = strings[number] as Shape;
    const start = starts[number] as number;
    const text = bytes.toString(width === ASCII ? "latin1" : "utf16le", start, start + width * units);
    rememberBytes(text, length);
    return text;
  };
  for (const [record, taken, beside] of entries) {
    const originals = beside?.map((item) => (typeof item === "number" ? textOf(item) : item));
    const fields = record as Record<string, unknown>;
    // The text last, since one length is remembered.
    for (const name of taken) if (name !== "text") fields[name] = textOf(fields[name] as number);
    if (taken.includes("text")) fields["text"] = textOf(fields["text"] as number);
    yield originals === undefined ? [record] : [record, originals];
  }
}

/** The entry with its long strings pushed to `strings`; undefined when JSON would not give it back. */
function takeApart([record, beside]: Entry, strings: string[]): WrittenEntry | undefined {
  if (!isPlainObject(record)) return undefined;
  let rest = record;
  const taken: string[] = [];
  for (const name of Object.keys(record)) {
    const value = record[name];
    if (typeof value === "string" && value.length >= LONG) {
      if (rest === record) rest = { ...record };
      rest[name] = strings.push(value) - 1; // in its place, since the order of fields is that of the output
      taken.push(name);
    } else if (name === "__proto__" || !isJson(value)) return undefined;
  }
  return beside === undefined
    ? [rest, taken]
    : [rest, taken, beside.map((item) => (typeof item === "string" ? strings.push(item) - 1 : item))];
}

/** Whether the value is the same after `JSON.parse(JSON.stringify(value))`. */
function isJson(value: unknown): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0);
    case "object":
      if (value === null) return true;
      if (Array.isArray(value)) {
        for (let i = 0; i < value.length; i++) if (!isJson(value[i])) return false; // a hole is undefined, which is no JSON
        return true;
      }
      if (!isPlainObject(value)) return false;
      for (const name of Object.keys(value)) if (!isJson(value[name])) return false;
      return true;
    default:
      return false;
  }
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype && !("toJSON" in value);
}

function even(at: number): number {
  return at + (at & 1);
}
