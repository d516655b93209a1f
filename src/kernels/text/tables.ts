/** Places of words in a text, in UTF-16 units: word `i` is `[starts[i], ends[i])`. */
export interface WordPlaces {
  readonly starts: ArrayLike<number>;
  readonly ends: ArrayLike<number>;
  readonly count: number;
}

/** What the kernel knows of characters and of English. `src/clean` has the data, and says what they mean. */
export interface TextTables {
  /** The class bits of every UTF-16 unit (src/clean/unicode.ts): 65,536 of them. */
  readonly unitClasses: Int32Array;
  /** Where the bits of supplementary characters change, ascending, and what they are from there on. */
  readonly astralStarts: readonly number[];
  readonly astralBits: readonly number[];
  /** Chunks that are cut in a way of their own, and where the words of each end. */
  readonly exceptions: readonly string[];
  readonly exceptionCuts: readonly (readonly number[])[];
  /** What is cut off behind a numeral. */
  readonly tails: readonly string[];
}
