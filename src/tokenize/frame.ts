/** What stands before and behind the ids of every document: BOS and EOS, or null for none. */
export interface Frame {
  readonly bos: number | null;
  readonly eos: number | null;
}

/** The ids between those of the frame, in an array of their own. */
export function framed(ids: Uint32Array, { bos, eos }: Frame): Uint32Array {
  const shift = bos === null ? 0 : 1;
  const tokens = new Uint32Array(shift + ids.length + (eos === null ? 0 : 1));
  if (bos !== null) tokens[0] = bos;
  tokens.set(ids, shift);
  if (eos !== null) tokens[tokens.length - 1] = eos;
  return tokens;
}

/** The ids that {@link framed} put there: a view. */
export function unframed(tokens: Uint32Array, { bos, eos }: Frame): Uint32Array {
  return tokens.subarray(bos === null ? 0 : 1, tokens.length - (eos === null ? 0 : 1));
}

/** The mask of ids between those of the frame, which are not the assistant's. */
export function framedMask(mask: Uint8Array, { bos, eos }: Frame): Uint8Array {
  const shift = bos === null ? 0 : 1;
  const all = new Uint8Array(shift + mask.length + (eos === null ? 0 : 1));
  all.set(mask, shift);
  return all;
}
