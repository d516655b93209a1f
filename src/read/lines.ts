/**
 * Splits bytes into lines at `\n`, wherever the pieces are cut, knowing the byte offset of every line. Splitting before
 * decoding is safe in UTF-8 (no other character contains that byte) and keeps offsets exact.
 *
 * Each piece is classified once (ASCII, or valid UTF-8 in all its whole lines), so that the usual line is neither checked
 * nor copied before it becomes a string. Only a line that is cut between two pieces is copied, into a buffer that grows to
 * the longest such line and never beyond the limit: the rest of a longer line is passed over without being kept.
 *
 * Turned down: `readline` and `TextDecoderStream` (a string first, offsets lost, 3 to 10 times slower).
 */
import { isAscii, isUtf8 } from "node:buffer";

const NEWLINE = 10;
const NOTHING: Buffer = Buffer.alloc(0);

/** "none": more bytes are needed. "too-long": said as soon as the limit is passed; the line's end may be far away. */
export type LineKind = "none" | "line" | "too-long";

export class LineSplitter {
  /** Offset of the first byte of the current line, and of the byte behind its `\n`. */
  offset: number;
  after: number;
  readonly #maxBytes: number;
  #chunk: Buffer = NOTHING;
  /** Offset in the stream of the chunk's first byte. */
  #base: number;
  #position = 0;
  #encoding: "latin1" | "utf8" | "unknown" = "latin1";
  /** The beginning of a line whose end has not come yet. */
  #carry: Buffer = NOTHING;
  #carried = 0;
  #skipping = false;
  #ended = false;
  /** The current line: where its bytes are, until the next piece is pushed. */
  line: Buffer = NOTHING;
  from = 0;
  to = 0;
  #lineEncoding: "latin1" | "utf8" | "unknown" = "latin1";

  constructor(maxBytes: number, offset: number) {
    this.#maxBytes = maxBytes;
    this.#base = offset;
    this.offset = offset;
    this.after = offset;
  }

  push(chunk: Buffer): void {
    this.#base += this.#chunk.length;
    this.#chunk = chunk;
    this.#position = 0;
    this.#encoding = encodingOf(chunk, this.#carried === 0 && !this.#skipping);
  }

  end(): void {
    this.#ended = true;
  }

  /** Whether the current line lies in the piece as it was pushed, and was not put together. */
  get isWhole(): boolean {
    return this.line === this.#chunk;
  }

  /** Moves to the next line. */
  next(): LineKind {
    const from = this.#position;
    const newline = from < this.#chunk.length ? this.#chunk.indexOf(NEWLINE, from) : -1;
    if (newline < 0) return this.#tail(from);
    this.#position = newline + 1;
    this.after = this.#base + newline + 1;
    if (this.#skipping) {
      this.#skipping = false;
      return this.next();
    }
    if (this.#carried > 0) return this.#carriedLine(from, newline);
    this.offset = this.#base + from;
    if (newline - from > this.#maxBytes) return "too-long";
    this.#use(this.#chunk, from, newline, this.#encoding);
    return "line";
  }

  /** Whether the current line is white space only, in JSON's sense. */
  blank(): boolean {
    for (let i = this.from; i < this.to; i++) {
      const byte = this.line[i] as number;
      if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false;
    }
    return true;
  }

  /** The current line as a string, or undefined when it is not valid UTF-8. */
  text(): string | undefined {
    if (this.#lineEncoding === "latin1") return this.line.toString("latin1", this.from, this.to);
    return this.isUtf8() ? this.line.toString("utf8", this.from, this.to) : undefined;
  }

  /** Whether the current line is valid UTF-8. */
  isUtf8(): boolean {
    if (this.#lineEncoding === "unknown" && isUtf8(this.bytes())) this.#lineEncoding = "utf8";
    return this.#lineEncoding !== "unknown";
  }

  /** The current line's bytes, valid until the next piece is pushed. */
  bytes(): Buffer {
    return this.line.subarray(this.from, this.to);
  }

  /** The chunk holds no further newline: its rest begins a line, continues one, or is the last one. */
  #tail(from: number): LineKind {
    const rest = this.#chunk.length - from;
    this.#position = this.#chunk.length;
    if (rest > 0 && !this.#skipping) {
      if (this.#carried === 0) this.offset = this.#base + from;
      if (this.#carried + rest > this.#maxBytes) {
        this.#carried = 0;
        this.#skipping = true;
        return "too-long";
      }
      this.#keep(from, this.#chunk.length);
    }
    if (!this.#ended || this.#carried === 0) return "none";
    this.after = this.#base + this.#chunk.length;
    this.#use(this.#carry, 0, this.#carried, "unknown");
    this.#carried = 0;
    return "line";
  }

  #carriedLine(from: number, newline: number): LineKind {
    if (this.#carried + newline - from > this.#maxBytes) {
      this.#carried = 0;
      return "too-long";
    }
    this.#keep(from, newline);
    this.#use(this.#carry, 0, this.#carried, "unknown");
    this.#carried = 0;
    return "line";
  }

  #keep(from: number, to: number): void {
    const needed = this.#carried + to - from;
    if (needed > this.#carry.length) {
      const grown = Buffer.allocUnsafeSlow(Math.min(this.#maxBytes, Math.max(2 * needed, 4096)));
      this.#carry.copy(grown, 0, 0, this.#carried);
      this.#carry = grown;
    }
    this.#chunk.copy(this.#carry, this.#carried, from, to);
    this.#carried = needed;
  }

  #use(line: Buffer, start: number, end: number, encoding: "latin1" | "utf8" | "unknown"): void {
    // A byte order mark is no part of the first line.
    const mark = this.offset === 0 && line[start] === 0xef && line[start + 1] === 0xbb && line[start + 2] === 0xbf ? 3 : 0;
    this.offset += mark;
    this.line = line;
    this.from = start + mark;
    this.to = end;
    this.#lineEncoding = encoding;
  }
}

/** What is known of all whole lines of a chunk. A line that is cut is checked when it is put together. */
function encodingOf(chunk: Buffer, beginsWhole: boolean): "latin1" | "utf8" | "unknown" {
  if (isAscii(chunk)) return "latin1";
  const from = beginsWhole ? 0 : chunk.indexOf(NEWLINE) + 1;
  const to = chunk.lastIndexOf(NEWLINE);
  return to >= from && isUtf8(chunk.subarray(from, to)) ? "utf8" : "unknown";
}
