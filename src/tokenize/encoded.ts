import { type Doc, PipelineError, type StageContext } from "../core/index.ts";
import type { AsyncTokenizer, EncodeOptions, Tokenizer } from "./tokenizer.ts";

/** A record and the ids of its text. The ids are to be copied, not kept: they may be part of a larger array. */
export interface Encoded<T> {
  readonly record: T;
  readonly ids: Uint32Array;
}

/** Each record with its ids, one after the other on this thread. A record that could not be encoded is reported and left out. */
export async function* encodeInPlace<T extends Doc>(
  input: AsyncIterable<T>,
  tokenizer: Tokenizer | AsyncTokenizer,
  context: StageContext,
  options: EncodeOptions,
): AsyncGenerator<Encoded<T>> {
  for await (const record of input) {
    const ids = await encodeRecord(record, tokenizer, context, options);
    if (ids !== undefined) yield { record, ids };
  }
}

/** The ids of a record's text, or undefined when the failure was reported and the record is to be left out. */
export async function encodeRecord(
  record: Doc,
  tokenizer: Tokenizer | AsyncTokenizer,
  context: StageContext,
  options: EncodeOptions,
): Promise<Uint32Array | undefined> {
  try {
    const ids = await tokenizer.encode(record.text, options);
    if (!(ids instanceof Uint32Array)) throw new TypeError(`${tokenizer.name}: encode() gave no Uint32Array`);
    return ids;
  } catch (error) {
    // A trap leaves the encoder's memory in an unknown state: the next document's ids could be wrong.
    const trapped = error instanceof Error && error.name === "RuntimeError";
    const kind = error instanceof PipelineError ? error.kind : "tokenize-failed";
    context.fail(error, { record, kind, onError: trapped ? "throw" : context.onError });
    return undefined;
  }
}
