/** What `chat` says of a text, for `tokenize` to carry over to tokens. */
import type { Span } from "../tokenizer.ts";

/** Stretches of a text, in UTF-16 units, in order and without overlap. */
export interface TextSpans {
  /** What a model is to learn; null: all of it. */
  readonly trained: readonly Span[] | null;
  /** Special tokens that are text here: somebody wrote them in a message. */
  readonly literal: readonly Span[];
  /** The special tokens that the template wrote, each once; null: whatever looks like a special token is one. */
  readonly special: readonly string[] | null;
  /** Of the text the offsets belong to: a stage in between that changes the text would move them. */
  readonly fingerprint: number;
}

/** A record whose text has spans. They go when the text becomes tokens. */
export interface Spanned {
  readonly spans?: TextSpans;
}

/** FNV-1a over UTF-16 units and the length: 32 bits tell an accident. */
export function fingerprintOf(text: string): number {
  let hash = 0x811c9dc5 ^ text.length;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
