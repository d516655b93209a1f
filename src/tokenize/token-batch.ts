/** Tokens of several texts in one array: those of text `i` are `tokens[offsets[i] .. offsets[i + 1])`. */
export interface TokenBatch {
  readonly tokens: Uint32Array;
  /** One more than there are texts. */
  readonly offsets: Uint32Array;
}

/** The tokens of single texts as a batch. */
export function batchOf(parts: readonly Uint32Array[]): TokenBatch {
  const offsets = new Uint32Array(parts.length + 1);
  for (const [i, part] of parts.entries()) offsets[i + 1] = (offsets[i] ?? 0) + part.length;
  const tokens = new Uint32Array(offsets[parts.length] ?? 0);
  for (const [i, part] of parts.entries()) tokens.set(part, offsets[i]);
  return { tokens, offsets };
}
