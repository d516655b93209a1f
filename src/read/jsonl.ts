/**
 * JSON lines to documents. A record is a line that is not blank: blank lines (spaces, tabs, `\r`) are passed over and not
 * counted as records, but offsets count every byte. `\r\n` ends are
 * fine, because `\r` is white space to JSON. Of duplicate keys the last one counts, and escaped lone surrogates stay as they
 * are: that is `JSON.parse`.
 */
import { type Doc, messageOf, type Origin, PipelineError, rememberBytes } from "../core/index.ts";
import { docOf, documentOf, type FieldNames } from "./fields.ts";
import { LineSplitter } from "./lines.ts";
import type { Parser, ParserInput } from "./parser.ts";
import { UsualLines } from "./usual-lines.ts";
import { firstInvalidByte } from "./utf8.ts";

export class JsonlParser implements Parser<Doc> {
  record: number;
  readonly #input: ParserInput;
  readonly #fields: FieldNames;
  readonly #lines: LineSplitter;
  readonly #usual: UsualLines | undefined;

  /** "plain": without the kernel, for tests; the documents are the same. */
  constructor(input: ParserInput, fields: FieldNames, backend: "auto" | "plain" = "auto") {
    this.#input = input;
    this.#fields = fields;
    this.#lines = new LineSplitter(input.maxBytes, input.offset);
    this.#usual = backend === "auto" ? UsualLines.for(fields) : undefined;
    this.record = input.record;
  }

  get offset(): number {
    return this.#lines.after;
  }

  push(chunk: Buffer): void {
    this.#lines.push(chunk);
    this.#usual?.forgetChunk();
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
      if (kind === "too-long") {
        this.#input.report(new PipelineError({ kind, message: `the line is longer than ${this.#input.maxBytes} bytes` }), origin);
        continue;
      }
      const doc = this.#parse(origin);
      if (doc !== undefined) return doc;
    }
  }

  #parse(origin: Origin): Doc | undefined {
    try {
      const usual = this.#usual?.read(this.#lines);
      if (usual === undefined) return docOf(this.#value(), this.#fields, origin);
      rememberBytes(usual.text, usual.textBytes);
      return documentOf(usual.text, usual.id, usual.meta, this.#fields, origin);
    } catch (error) {
      if (!(error instanceof PipelineError)) throw error;
      this.#input.report(error, origin);
      return undefined;
    }
  }

  /** What the line holds, whatever that is. */
  #value(): unknown {
    const text = this.#lines.text();
    if (text === undefined) {
      const at = firstInvalidByte(this.#lines.bytes());
      throw new PipelineError({ kind: "invalid-utf8", message: `the line is not valid UTF-8, at its byte ${at}` });
    }
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new PipelineError({ kind: "bad-json", message: `the line is not valid JSON: ${messageOf(error)}` });
    }
  }
}
