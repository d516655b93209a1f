import type { BpeVocabulary } from "./vocabulary.ts";

/** Turns ids back into bytes. Memory: four bytes per id up to the highest. */
export class TokenDecoder {
  readonly #vocabulary: BpeVocabulary;
  /** The rank of each id; -1 for ids that are not in use. */
  readonly #rankOf: Int32Array;

  constructor(vocabulary: BpeVocabulary) {
    const { ids } = vocabulary;
    this.#vocabulary = vocabulary;
    this.#rankOf = new Int32Array(ids.reduce((highest, id) => Math.max(highest, id), 0) + 1).fill(-1);
    for (let rank = 0; rank < ids.length; rank++) this.#rankOf[ids[rank] ?? 0] = rank;
  }

  /** The bytes of ids, one after the other. Throws a RangeError for an id that is not in the vocabulary. */
  decode(tokens: ArrayLike<number>): Uint8Array {
    const { bytes, offsets } = this.#vocabulary;
    const rankAt = (index: number): number => {
      const rank = this.#rankOf[tokens[index] ?? -1] ?? -1;
      if (rank < 0) throw new RangeError(`bpe: no token has the id ${tokens[index]}`);
      return rank;
    };
    let length = 0;
    for (let i = 0; i < tokens.length; i++) {
      const rank = rankAt(i);
      length += (offsets[rank + 1] ?? 0) - (offsets[rank] ?? 0);
    }
    const result = new Uint8Array(length);
    let at = 0;
    for (let i = 0; i < tokens.length; i++) {
      const rank = rankAt(i);
      const end = offsets[rank + 1] ?? 0;
      // Byte by byte: tokens are a few bytes long, and a view of each would cost more than it saves.
      for (let from = offsets[rank] ?? 0; from < end; from++) result[at++] = bytes[from] ?? 0;
    }
    return result;
  }
}
