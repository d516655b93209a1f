/**
 * A text file as one document: record 0, with the file's name as its id. An empty file is a document with an empty text,
 * because it is a file that somebody listed. Line ends stay as they are; a byte order mark goes.
 */
import { isUtf8 } from "node:buffer";
import { type Doc, type Origin, PipelineError } from "../core/index.ts";
import type { Parser, ParserInput } from "./parser.ts";
import { firstInvalidByte } from "./utf8.ts";

export class TextParser implements Parser<Doc> {
  record: number;
  offset: number;
  readonly #input: ParserInput;
  #parts: Buffer[] = [];
  #length = 0;
  #ended = false;

  constructor(input: ParserInput) {
    this.#input = input;
    this.record = input.record;
    this.offset = input.offset;
  }

  push(chunk: Buffer): void {
    this.#length += chunk.length;
    if (this.#tooLong || this.record > 0) this.#parts = [];
    else this.#parts.push(Buffer.from(chunk));
  }

  end(): void {
    this.#ended = true;
  }

  next(): Doc | undefined {
    // A file over the limit is reported as soon as that is known: its end may be far away.
    if ((!this.#ended && !this.#tooLong) || this.record > 0) return undefined;
    const origin: Origin = { source: this.#input.source, record: this.record++, offset: 0 };
    this.offset = this.#length;
    if (!this.#input.mine(0, 0)) return undefined;
    if (this.#tooLong) return this.#fail("too-long", `the file is longer than ${this.#input.maxBytes} bytes`, origin);
    const whole = Buffer.concat(this.#parts);
    const bytes = whole[0] === 0xef && whole[1] === 0xbb && whole[2] === 0xbf ? whole.subarray(3) : whole;
    if (!isUtf8(bytes)) {
      const at = firstInvalidByte(bytes) + whole.length - bytes.length;
      return this.#fail("invalid-utf8", `the file is not valid UTF-8, at its byte ${at}`, origin);
    }
    return { id: origin.source, text: bytes.toString("utf8"), meta: {}, origin };
  }

  get #tooLong(): boolean {
    return this.#length > this.#input.maxBytes;
  }

  #fail(kind: string, message: string, origin: Origin): undefined {
    this.#input.report(new PipelineError({ kind, message }), origin);
    return undefined;
  }
}
