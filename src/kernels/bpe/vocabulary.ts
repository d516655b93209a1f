/**
 * A byte-level BPE vocabulary in the one form that both encoders read. Tokens are numbered here by *rank*: the single bytes
 * first, then every other token in the order in which merges make it. The rank decides which merge goes first; the id is what a
 * user sees, and may be any number.
 */
export interface BpeVocabulary {
  /** The bytes of all tokens, one after the other in rank order. */
  readonly bytes: Uint8Array;
  /** Token `r` is `bytes[offsets[r] .. offsets[r + 1])`; one entry more than there are tokens. */
  readonly offsets: Uint32Array;
  /** The id of each token, by rank. */
  readonly ids: Uint32Array;
  /**
   * The merges in order of priority. Undefined: any two neighbours merge when their concatenation is a token, the lowest rank
   * first (the rule of `.tiktoken` files).
   */
  readonly merges: MergeList | undefined;
  /** Whether a piece that is a token as a whole becomes that token without merging (`tiktoken`, and `ignore_merges` of Llama 3). */
  readonly wholePieces: boolean;
}

/** Merge `i` turns the neighbours `left[i]`, `right[i]` into `result[i]`; all are ranks. */
export interface MergeList {
  readonly left: Uint32Array;
  readonly right: Uint32Array;
  readonly result: Uint32Array;
}

/** Both encoders keep a token number in 20 bits of a packed key. */
export const maxTokens: number = 2 ** 20 - 1;

/** Ids are looked up in an array when tokens are decoded. */
export const maxTokenId: number = 2 ** 24 - 1;

/** Longer tokens do not occur (the longest of o200k has 128 bytes). */
export const maxTokenBytes: number = 4095;

/**
 * Refuses a vocabulary that does not hold together, before any of it reaches a table: a RangeError says which token. Doubled
 * tokens are found later, when the tables are built.
 */
export function checkVocabulary(vocabulary: BpeVocabulary): void {
  const { bytes, offsets, ids, merges } = vocabulary;
  const count = ids.length;
  if (count < 1 || count > maxTokens) throw new RangeError(`bpe: expected a vocabulary of 1 to ${maxTokens} tokens, got ${count}`);
  if (offsets.length !== count + 1 || offsets[0] !== 0 || offsets[count] !== bytes.length) {
    throw new RangeError(`bpe: expected ${count + 1} offsets from 0 to ${bytes.length}`);
  }
  let longer = false;
  for (let rank = 0; rank < count; rank++) {
    const id = ids[rank] ?? 0;
    if (id > maxTokenId) throw new RangeError(`bpe: expected ids of at most ${maxTokenId}, got ${id}`);
    const length = (offsets[rank + 1] ?? 0) - (offsets[rank] ?? 0);
    if (length < 1 || length > maxTokenBytes) {
      throw new RangeError(`bpe: expected tokens of 1 to ${maxTokenBytes} bytes, got ${length} for id ${id}`);
    }
    if (length === 1 && longer) throw new RangeError(`bpe: the single byte of id ${id} must rank before all longer tokens`);
    longer ||= length > 1;
  }
  if (merges === undefined) return;
  if (merges.left.length !== merges.right.length || merges.left.length !== merges.result.length) {
    throw new RangeError("bpe: expected as many left parts and results as right parts of merges");
  }
  for (const part of [merges.left, merges.right, merges.result]) {
    for (const rank of part) if (rank >= count) throw new RangeError(`bpe: a merge names token ${rank} of ${count}`);
  }
}
