/**
 * `decontaminate`: finds documents that have n-grams of evaluation texts, and drops, cuts or marks them. The rule of GPT-3 (Brown et al. 2020, appendix C):
 * 13 words in a row, in lower case and without punctuation. Cost: one pass over the words of a document, and a look-up for each where 13 of them in a row are words of
 * evaluation texts.
 */
import { type Doc, type Json, knownOptions, numberOption, optionType, type Stage, type StageContext, wordOption } from "../core/index.ts";
import { EvaluationIndex, type Match, wordsOf } from "./evaluation-index.ts";

/** One n-gram of an evaluation text in a document. */
export interface ContaminationHit {
  /** Id of the evaluation text; of the first that has the n-gram. */
  readonly evaluation: string;
  /** The words, in lower case, with one space between them. */
  readonly ngram: string;
  /** Where in the document's text the words begin and end (UTF-16 units). */
  readonly start: number;
  readonly end: number;
}

/** Options of {@link decontaminate}. */
export interface DecontaminateOptions {
  /** The evaluation texts; `await evaluationIndex(texts)` makes it. */
  readonly index: EvaluationIndex;
  /**
   * "drop" (default) drops the document. "cut" takes the matching words out of its text, with `margin` characters on both sides, and puts a line feed in their place. "annotate" passes
   * it on with `meta.contamination`, a list of {@link ContaminationHit}.
   */
  readonly action?: "drop" | "cut" | "annotate";
  /** N-grams a document must have: 1 or more, default 1. Overlapping ones count each. */
  readonly minHits?: number;
  /** Characters that "cut" takes along on each side: 0 to 100,000, default 0 (GPT-3 took 200). */
  readonly margin?: number;
  /** Hits listed for a document, in `meta`, in exclusions and for `onHit`: 1 to 10,000, default 10. All of them are counted. */
  readonly maxHits?: number;
  /** Called for the listed hits of each contaminated document, in order, to make a report. */
  readonly onHit?: (hit: ContaminationHit, doc: Doc) => void;
}

const NAME = "decontaminate";

/**
 * Finds training documents that contain evaluation texts: `ngram` words in a row of one of them. Reason: "contaminated", with `{ hits, ngrams }` in runs that keep
 * exclusions. Counters: "contaminated documents", "contaminated n-grams".
 *
 * Each document is judged by itself: order is kept, nothing is held back, and the result does not depend on how a corpus is split. There are no false hits and no
 * misses: words are compared, not hashes. Memory: the index, and about 60 bytes a word of the largest document. Throws `TypeError` or `RangeError` for
 * wrong options; what `onHit` throws ends the run.
 */
export function decontaminate<T extends Doc>(options: DecontaminateOptions): Stage<T, T> {
  knownOptions(NAME, options, ["index", "action", "minHits", "margin", "maxHits", "onHit"]);
  const { index, onHit } = options;
  if (!(index instanceof EvaluationIndex)) throw optionType(NAME, "index", "what `await evaluationIndex(texts)` returns", index);
  const action = wordOption(NAME, "action", options.action ?? "drop", ["drop", "cut", "annotate"]);
  const minHits = numberOption(NAME, "minHits", options.minHits ?? 1, { min: 1, integer: true });
  const margin = numberOption(NAME, "margin", options.margin ?? 0, { min: 0, max: 1e5, integer: true });
  if (options.margin !== undefined && action !== "cut")
    throw new TypeError(`${NAME}: \`margin\` has no meaning with \`action: "${action}"\``);
  const maxHits = numberOption(NAME, "maxHits", options.maxHits ?? 10, { min: 1, max: 1e4, integer: true });
  if (onHit !== undefined && typeof onHit !== "function") throw optionType(NAME, "onHit", "a function", onHit);
  const { ngram, minWords } = index;
  return {
    name: NAME,
    config: { evaluation: index.fingerprint(), ngram, minWords, action, minHits, margin, maxHits },
    stateless: true,
    async *run(input, context) {
      const words = new DocumentWords(index);
      for await (const doc of input) {
        words.read(doc.text);
        const matches = index.find(words.numbers, words.count);
        if (matches.length < minHits) {
          yield doc;
          continue;
        }
        context.count("contaminated documents");
        context.count("contaminated n-grams", matches.length);
        const hits = matches.slice(0, maxHits).map((match) => words.hit(match));
        if (onHit !== undefined) for (const hit of hits) onHit(hit, doc);
        const out = changed(doc, action, hits, matches, words, margin, context);
        if (out !== undefined) yield out;
      }
    },
  };
}

function changed<T extends Doc>(
  doc: T,
  action: "drop" | "cut" | "annotate",
  hits: readonly ContaminationHit[],
  matches: readonly Match[],
  words: DocumentWords,
  margin: number,
  context: StageContext,
): T | undefined {
  if (action === "annotate") return { ...doc, meta: { ...doc.meta, contamination: hits } };
  const text = action === "drop" ? "" : cut(doc.text, matches, words, margin);
  if (text.trim() !== "") return { ...doc, text };
  context.drop(doc, "contaminated", { hits: hits as unknown as Json, ngrams: matches.length });
  return undefined;
}

/** The text without the matches; each run of removed characters becomes one line feed, none at the ends. */
function cut(text: string, matches: readonly Match[], words: DocumentWords, margin: number): string {
  const kept: string[] = [];
  let from = 0;
  for (const { word, words: length } of matches) {
    const start = wholeCharacter(text, Math.max(0, (words.starts[word] as number) - margin));
    const end = wholeCharacter(text, Math.min(text.length, (words.ends[word + length - 1] as number) + margin));
    if (start > from) kept.push(text.slice(from, start));
    from = Math.max(from, end);
  }
  if (from < text.length) kept.push(text.slice(from));
  return kept.join("\n");
}

/** Moves a place out of the middle of a surrogate pair. */
function wholeCharacter(text: string, at: number): number {
  const isInside = at > 0 && (text.charCodeAt(at) & 0xfc00) === 0xdc00 && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800;
  return isInside ? at + 1 : at;
}

/** The words of one document at a time, as numbers of the index. */
class DocumentWords {
  count = 0;
  numbers: Uint32Array = new Uint32Array(1024);
  starts: Uint32Array = new Uint32Array(1024);
  ends: Uint32Array = new Uint32Array(1024);
  readonly #index: EvaluationIndex;

  constructor(index: EvaluationIndex) {
    this.#index = index;
  }

  read(text: string): void {
    this.count = 0;
    for (const { word, start, end } of wordsOf(text)) {
      if (this.count === this.numbers.length) this.#grow();
      this.numbers[this.count] = this.#index.numberOf(word);
      this.starts[this.count] = start;
      this.ends[this.count++] = end;
    }
  }

  hit(match: Match): ContaminationHit {
    const [start, end] = [this.starts[match.word] as number, this.ends[match.word + match.words - 1] as number];
    return { evaluation: this.#index.idOf(match.item), ngram: this.#index.textOf(match), start, end };
  }

  #grow(): void {
    const wider = (array: Uint32Array): Uint32Array => {
      const larger = new Uint32Array(2 * array.length);
      larger.set(array);
      return larger;
    };
    this.numbers = wider(this.numbers);
    this.starts = wider(this.starts);
    this.ends = wider(this.ends);
  }
}
