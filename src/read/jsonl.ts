/**
 * JSON lines to documents. A record is a line that is not blank: blank lines (spaces, tabs, `\r`) are passed over and not
 * counted as records, but offsets count every byte. `\r\n` ends are
 * fine, because `\r` is white space to JSON. Of duplicate keys the last one counts, and escaped lone surrogates stay as they
 * are: that is `JSON.parse`.
 */
import { type Doc, messageOf, type Origin, PipelineError } from "../core/index.ts";
import { docOf, type FieldNames } from "./fields.ts";
import { LineSplitter } from "./lines.ts";
import type { Parser, ParserInput } from "./parser.ts";
import { firstInvalidByte } from "./utf8.ts";

export class JsonlParser implements Parser<Doc> {
  record: number;
  readonly #input: ParserInput;
  readonly #fields: FieldNames;
  readonly #lines: LineSplitter;

  constructor(input: ParserInput, fields: FieldNames) {
    this.#input = input;
    this.#fields = fields;
    this.#lines = new LineSplitter(input.maxBytes, input.offset);
    this.record = input.record;
  }

  get offset(): number {
    return this.#lines.after;
  }

  push(chunk: Buffer): void {
    this.#lines.push(chunk);
  }

  end(): void {
    this.#lines.end();
  }

  next(): Doc | undefined {
    const lines = this.#lines;
    for (;;) {
      const kind = lines.next();
      if (kind === "none") return undefined;
      if (kind === "line" && lines.blank()) continue;
      const record = this.record++;
      if (!this.#input.mine(record, lines.offset)) continue;
      const origin = { source: this.#input.source, record, offset: lines.offset };
      const doc =
        kind === "line" ? this.#parse(origin) : this.#fail("too-long", `the line is longer than ${this.#input.maxBytes} bytes`, origin);
      if (doc !== undefined) return doc;
    }
  }

  #parse(origin: Origin): Doc | undefined {
    const text = this.#lines.text();
    if (text === undefined) {
      const at = firstInvalidByte(this.#lines.bytes());
      return this.#fail("invalid-utf8", `the line is not valid UTF-8, at its byte ${at}`, origin);
    }
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      return this.#fail("bad-json", `the line is not valid JSON: ${messageOf(error)}`, origin);
    }
    try {
      return docOf(value, this.#fields, origin);
    } catch (error) {
      if (!(error instanceof PipelineError)) throw error;
      this.#input.report(error, origin);
      return undefined;
    }
  }

  #fail(kind: string, message: string, origin: Origin): undefined {
    this.#input.report(new PipelineError({ kind, message }), origin);
    return undefined;
  }
}
