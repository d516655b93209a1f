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
  readonly phrases: PhraseTables;
}

/** The exceptions as they are when prefixes, suffixes and infixes have cut them: a tree of words. Node 0 is its root. */
export interface PhraseTables {
  readonly words: readonly string[];
  /** Words with which one begins. */
  readonly starts: readonly string[];
  readonly nodes: number;
  /** A node, the number of a word, the node it leads to: three numbers for each step. */
  readonly steps: readonly number[];
  /** A node, the number of the exception that ends there: two numbers for each. */
  readonly ends: readonly number[];
}
