/**
 * Numbers and text as bytes: variable-length integers of seven bits a byte, the low bits first (LEB128), and columns of them.
 * Every read is checked against the end, so that damaged bytes give an error and never a wrong or endless answer.
 */
import { PipelineError } from "../core/index.ts";

/** Bytes of a varint of 53 bits. */
const LONGEST = 8;

/** Writes into one buffer that grows. */
export class ByteWriter {
  #buffer: Buffer = Buffer.allocUnsafeSlow(1 << 14);
  length = 0;

  /** A safe integer of at least 0. */
  varint(value: number): void {
    this.#reserve(LONGEST);
    let rest = value;
    while (rest >= 0x80) {
      this.#buffer[this.length++] = (rest % 0x80) | 0x80; // not `&`: the number may have more than 32 bits
      rest = Math.floor(rest / 0x80);
    }
    this.#buffer[this.length++] = rest;
  }

  /** The length in bytes, then UTF-8. */
  text(value: string): void {
    const bytes = Buffer.from(value);
    this.varint(bytes.length);
    this.raw(bytes);
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** A copy of what was written. */
  bytes(): Buffer {
    return Buffer.from(this.#buffer.subarray(0, this.length));
  }

  #reserve(bytes: number): void {
    if (this.length + bytes <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(2 * this.#buffer.length, this.length + bytes));
    grown.set(this.#buffer.subarray(0, this.length));
    this.#buffer = grown;
  }
}

/** Reads what `ByteWriter` wrote. Throws a `PipelineError` of kind "corrupt". */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 49; scale *= 0x80) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw corrupt("a number runs beyond the end of its block");
      value += (byte & 0x7f) * scale;
      if (byte >= 0x80) continue;
      if (value > Number.MAX_SAFE_INTEGER) break;
      return value;
    }
    throw corrupt("a number is larger than 2^53");
  }

  /** A varint that must not exceed `most`: lengths and indexes are checked before anything is done with them. */
  varintUpTo(most: number, what: string): number {
    const value = this.varint();
    if (value > most) throw corrupt(`${what} is ${value}, but at most ${most} is possible`);
    return value;
  }

  text(): string {
    const length = this.varintUpTo(this.left, "the length of a name");
    const text = this.#bytes.toString("utf8", this.#at, this.#at + length);
    this.#at += length;
    return text;
  }
}

/** How a column is written: value after value, or as runs of equal values. */
const PLAIN = 0;
const RUNS = 1;

/** Writes the first `count` values, in the shorter of the two ways. */
export function putColumn(out: ByteWriter, values: Float64Array, count: number): void {
  let plain = 0;
  let runs = 0;
  let run = 0;
  for (let i = 0; i < count; i++) {
    const value = values[i] as number;
    const size = sizeOf(value);
    plain += size;
    run++;
    if (i + 1 < count && values[i + 1] === value) continue;
    runs += size + sizeOf(run);
    run = 0;
  }
  out.varint(runs < plain ? RUNS : PLAIN);
  for (let i = 0; i < count; ) {
    const value = values[i] as number;
    let next = i + 1;
    if (runs < plain) while (next < count && values[next] === value) next++;
    out.varint(value);
    if (runs < plain) out.varint(next - i);
    i = next;
  }
}

/** The next `count` values. The caller bounds `count`. */
export function takeColumn(input: ByteReader, count: number): Float64Array {
  const values = new Float64Array(count);
  const way = input.varintUpTo(RUNS, "the way a column is written");
  for (let i = 0; i < count; ) {
    const value = input.varint();
    const run = way === PLAIN ? 1 : input.varintUpTo(count - i, "the length of a run");
    if (run === 0) throw corrupt("a run has no length");
    values.fill(value, i, i + run);
    i += run;
  }
  return values;
}

function sizeOf(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
}

/** A number with a sign as one without: 0, -1, 1, -2, 2 become 0, 1, 2, 3, 4. */
export function zigzag(value: number): number {
  return value >= 0 ? 2 * value : -2 * value - 1;
}

export function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

/** The error of bytes that cannot be what a writer made; whoever knows the file names it. */
export function corrupt(message: string): PipelineError {
  return new PipelineError({ kind: "corrupt", message });
}
