import { type Doc, PipelineError, type StageContext } from "../core/index.ts";
import { SpanEncoder } from "./chat/encode.ts";
import type { Spanned } from "./chat/spans.ts";
import { type Frame, framed } from "./frame.ts";
import type { AsyncTokenizer, EncodeOptions, LoadedTokenizer, Tokenizer } from "./tokenizer.ts";

/** A record and the ids of its text. */
export interface Encoded<T> {
  readonly record: T;
  /** In their frame, and in an array of their own. */
  readonly tokens: Uint32Array;
  /** For a record with spans: which ids are trained, the frame left out. */
  readonly mask?: Uint8Array;
}

/** Each record with its ids, one after the other on this thread. A record that could not be encoded is reported and left out. */
export async function* encodeInPlace<T extends Doc>(input: AsyncIterable<T>, encoder: RecordEncoder): AsyncGenerator<Encoded<T>> {
  for await (const record of input) {
    const encoded = await encoder.encode(record);
    if (encoded !== undefined) yield encoded;
  }
}

/** Encodes records one by one on this thread. */
export class RecordEncoder {
  readonly #tokenizer: Tokenizer | AsyncTokenizer;
  readonly #context: StageContext;
  readonly #options: EncodeOptions;
  readonly #frame: Frame;
  readonly #spanned: SpanEncoder;

  constructor(tokenizer: Tokenizer | AsyncTokenizer, context: StageContext, options: EncodeOptions, frame: Frame) {
    this.#tokenizer = tokenizer;
    this.#context = context;
    this.#options = options;
    this.#frame = frame;
    this.#spanned = new SpanEncoder(tokenizer);
  }

  /** The ids of a record's text, or undefined when the failure was reported and the record is to be left out. */
  async encode<T extends Doc>(record: T): Promise<Encoded<T> | undefined> {
    try {
      const { spans } = record as T & Spanned;
      if (spans !== undefined) {
        const { ids, mask } = await this.#spanned.encode(record.text, spans);
        return { record, tokens: framed(ids, this.#frame), ...(mask && { mask }) };
      }
      const { encodeFramed } = this.#tokenizer as Partial<LoadedTokenizer>;
      if (encodeFramed !== undefined) return { record, tokens: encodeFramed(record.text, this.#frame, this.#options) };
      const ids = await this.#tokenizer.encode(record.text, this.#options);
      if (!(ids instanceof Uint32Array)) throw new TypeError(`${this.#tokenizer.name}: encode() gave no Uint32Array`);
      return { record, tokens: framed(ids, this.#frame) };
    } catch (error) {
      // A trap leaves the encoder's memory in an unknown state: the next document's ids could be wrong.
      const trapped = error instanceof Error && error.name === "RuntimeError";
      const kind = error instanceof PipelineError ? error.kind : "tokenize-failed";
      this.#context.fail(error, { record, kind, onError: trapped ? "throw" : this.#context.onError });
      return undefined;
    }
  }
}
