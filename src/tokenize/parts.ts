/** Cutting a document that is longer than the limit: its ids into windows, its text along with them. */
import type { AsyncTokenizer, Tokenizer } from "./tokenizer.ts";

/** A window of a document's ids: BOS and EOS count, so the first may begin with one and the last end with one. */
export interface Window {
  readonly start: number;
  readonly end: number;
}

/** Consecutive windows of `limit` ids, the last one shorter: together they are the whole, without overlap. */
export function windows(length: number, limit: number): readonly Window[] {
  const all: Window[] = [];
  for (let start = 0; start < length; start += limit) all.push({ start, end: Math.min(length, start + limit) });
  return all;
}

/**
 * The text of each window of a document's own ids (`ids` without BOS and EOS).
 *
 * Where ids are bytes (`byteLength`) the texts are slices that together are the document's text: a character whose bytes
 * fall into two windows belongs to the one it begins in. Elsewhere a text is what the window decodes to, which is lossy where
 * the tokenizer is.
 */
export async function textsOf(
  text: string,
  ids: Uint32Array,
  cuts: readonly Window[],
  tokenizer: Tokenizer | AsyncTokenizer,
): Promise<readonly string[]> {
  const texts: string[] = [];
  if (!("byteLength" in tokenizer) || tokenizer.byteLength === undefined) {
    for (const { start, end } of cuts) texts.push(await tokenizer.decode(ids.subarray(start, end)));
    return texts;
  }
  const bytes = Buffer.from(text);
  let from = 0;
  let length = 0;
  for (const [i, { start, end }] of cuts.entries()) {
    length += tokenizer.byteLength(ids.subarray(start, end));
    let to = i === cuts.length - 1 ? bytes.length : length;
    while (to < bytes.length && ((bytes[to] as number) & 0xc0) === 0x80) to++;
    texts.push(bytes.toString("utf8", from, to));
    from = to;
  }
  return texts;
}
