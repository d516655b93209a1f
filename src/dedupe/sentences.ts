/**
 * `dedupeSentences`: the rule of C4 (Raffel et al. 2020): of every span of three sentences that occurs more than once in the corpus all copies but the first go.
 * datatrove's sentence deduplication does the same, with other sentences and another normal form.
 *
 *   1. the text is cut into sentences, and each is hashed in its normal form
 *   2. every three neighbours are a span; its key is a hash of their keys
 *   3. a span whose key was there before takes its three sentences out of the document
 *
 * All spans of a document count as seen, those of removed sentences too. A document of fewer than three sentences is never touched. Errors as
 * with paragraphs: about `n^2 / 2^65` of n different spans go by mistake.
 */
import { type Doc, knownOptions, numberOption, optionType, type Stage, type StageContext } from "../core/index.ts";
import { createHasher } from "../kernels/hash/index.ts";
import { cutUnits } from "./cut.ts";
import { UNICODE_VERSION } from "./fold.ts";
import { type KeyReader, keepFirst } from "./keep-first.ts";
import { splitSentences } from "./sentence-splitter.ts";

/** Options of {@link dedupeSentences}. */
export interface DedupeSentencesOptions {
  /** Sentences in a span: 1 to 100, default 3. */
  readonly span?: number;
  /** What may differ between two copies of a sentence: "case", "space" (how much white space), "digits". Default case and space. */
  readonly ignore?: readonly ("case" | "space" | "digits")[];
  /**
   * Cuts a text into sentences, each with the white space behind it, so that joined they are the text; anything else is the document's error. Default
   * `splitSentences`. For another language, wrap its splitter.
   */
  readonly split?: (text: string) => readonly string[];
  /** Copies of a span that stay: 1 to 1,000,000, default 1. */
  readonly keep?: number;
  /** Bytes of a filter in place of the table; see `dedupeParagraphs`. */
  readonly filterBytes?: number;
}

const NAME = "dedupeSentences";

/**
 * Cuts out every span of three sentences that the corpus had before; the first copy stays. A document of which nothing stays is dropped ("nothing-left"); one
 * that loses nothing is passed on as it is. Counters: "spans repeated", "sentences removed".
 *
 * Order is kept; nothing is held back. Memory: 10 to 12.5 bytes a different span (about one a sentence), 15 to 19 with `keep` above 1, or exactly
 * `filterBytes`. Over workers, 8 bytes a span travel, and one bit comes back. Throws `TypeError` or `RangeError` for wrong options.
 */
export function dedupeSentences<T extends Doc>(options: DedupeSentencesOptions = {}): Stage<T, T> {
  knownOptions(NAME, options, ["span", "ignore", "split", "keep", "filterBytes"]);
  const { ignore = ["case", "space"], split = splitSentences } = options;
  const span = numberOption(NAME, "span", options.span ?? 3, { min: 1, max: 100, integer: true });
  if (!Array.isArray(ignore) || ignore.some((what) => what !== "case" && what !== "space" && what !== "digits")) {
    throw optionType(NAME, "ignore", 'a list of "case", "space" and "digits"', ignore);
  }
  if (typeof split !== "function") throw optionType(NAME, "split", "a function", split);
  const keep = numberOption(NAME, "keep", options.keep ?? 1, { min: 1, max: 1e6, integer: true });
  const filterBytes =
    options.filterBytes === undefined
      ? 0
      : numberOption(NAME, "filterBytes", options.filterBytes, { min: 1024, max: 2 ** 32, integer: true });
  if (filterBytes > 0 && keep > 1) throw new TypeError(`${NAME}: a filter cannot count, so \`filterBytes\` needs \`keep: 1\`, got ${keep}`);
  return keepFirst<T, T>({
    name: NAME,
    // Which letters there are, and which have a lower case, depends on the Unicode version.
    config: { span, ignore: [...ignore].sort(), split, keep, filterBytes, unicode: UNICODE_VERSION },
    words: 2,
    limit: keep,
    filterBytes,
    whole: false,
    reader: () => new SpanReader<T>(span, split, normalForm(ignore)),
  });
}

/** The normal form of a sentence: white space at its ends never counts. */
function normalForm(ignore: readonly string[]): (sentence: string) => string {
  const [foldCase, foldSpace, foldDigits] = [ignore.includes("case"), ignore.includes("space"), ignore.includes("digits")];
  return (sentence) => {
    let form = sentence.trim();
    if (foldCase) form = form.toLowerCase();
    if (foldSpace) form = form.replace(/\s+/g, " ");
    if (foldDigits) form = form.replace(/[0-9]+/g, "0");
    return form;
  };
}

class SpanReader<T extends Doc> implements KeyReader<T, T> {
  readonly #span: number;
  readonly #split: (text: string) => readonly string[];
  readonly #form: (sentence: string) => string;
  readonly #hasher = createHasher();
  /** Where sentences begin, and end without the white space behind them. */
  #starts: number[] = [];
  #ends: number[] = [];
  #sentenceKeys: Int32Array = new Int32Array(128);
  keys: Int32Array = new Int32Array(128);

  constructor(span: number, split: (text: string) => readonly string[], form: (sentence: string) => string) {
    this.#span = span;
    this.#split = split;
    this.#form = form;
  }

  read(doc: T): number {
    this.#cut(doc.text);
    const count = Math.max(0, this.#starts.length - this.#span + 1);
    if (count === 0) return 0;
    const sentences = this.#starts.length;
    if (this.#sentenceKeys.length < 2 * sentences) this.#sentenceKeys = new Int32Array(4 * sentences);
    if (this.keys.length < 2 * count) this.keys = new Int32Array(4 * count);
    for (let i = 0; i < sentences; i++) {
      this.#hasher.hash64(this.#form(doc.text.slice(this.#starts[i], this.#ends[i])), this.#sentenceKeys, 2 * i);
    }
    const bytes = new Uint8Array(this.#sentenceKeys.buffer);
    for (let i = 0; i < count; i++) this.#hasher.hash64(bytes.subarray(8 * i, 8 * (i + this.#span)), this.keys, 2 * i);
    return count;
  }

  finish(doc: T, repeated: Uint8Array, count: number, context: StageContext): T | undefined {
    const sentences = this.#starts.length;
    const goes = new Uint8Array(sentences);
    let spans = 0;
    for (let i = 0; i < count; i++) {
      if (repeated[i] === 0) continue;
      spans++;
      goes.fill(1, i, i + this.#span);
    }
    if (spans === 0) return doc;
    const removed = goes.reduce((sum, gone) => sum + gone, 0);
    context.count("spans repeated", spans);
    context.count("sentences removed", removed);
    if (removed === sentences) {
      context.drop(doc, "nothing-left");
      return undefined;
    }
    return { ...doc, text: cutUnits(doc.text, this.#starts, this.#ends, sentences, (i) => goes[i] === 1) };
  }

  /** Finds the sentences; pieces of nothing but white space are none, and belong to what stands between. */
  #cut(text: string): void {
    this.#starts = [];
    this.#ends = [];
    let at = 0;
    for (const piece of this.#split(text)) {
      if (!text.startsWith(piece, at)) throw new Error("`split` returned sentences that are not the text when they are joined");
      const end = piece.trimEnd().length;
      if (end > 0) {
        this.#starts.push(at);
        this.#ends.push(at + end);
      }
      at += piece.length;
    }
    if (at !== text.length) throw new Error("`split` returned sentences that are not the text when they are joined");
  }
}
