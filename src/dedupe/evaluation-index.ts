/**
 * An index of evaluation texts, for finding them in training documents: the texts as numbers of words, and a table of all their n-grams. Every match is
 * confirmed word by word, so there are no false hits.
 *
 * A word is a run of letters, marks and digits in lower case; in scripts without spaces each letter is one. Words that no evaluation text has end a match at once,
 * which is what makes the search fast. Memory: about 40 bytes for a word of the evaluation texts. Turned down: a table of hashes without the texts (datatrove),
 * which cannot say what was hit; a Bloom filter (Dolma), which can also be wrong.
 */
import { knownOptions, numberOption, optionType } from "../core/index.ts";
import { createHasher } from "../kernels/hash/index.ts";
import { UNICODE_VERSION } from "./fold.ts";

/** One evaluation text: a string, or anything with an `id` and a `text`, such as a `Doc`. */
export type EvaluationText = string | { readonly id: string; readonly text: string };

/** Options of {@link evaluationIndex}. */
export interface EvaluationIndexOptions {
  /** Words in an n-gram: 1 to 100, default 13 (GPT-3, PaLM). */
  readonly ngram?: number;
  /** A text shorter than an n-gram is searched for as a whole if it has at least this many words: 1 to `ngram`, default 8 or `ngram`. Shorter ones are left out and counted. */
  readonly minWords?: number;
}

/** A place where a document has words of an evaluation text. */
export interface Match {
  /** Number of the evaluation text, and of the word in it where the match begins. When several texts have the n-gram, the first of them. */
  readonly item: number;
  readonly itemWord: number;
  /** Number of the document's word where the match begins, and how many words it has. */
  readonly word: number;
  readonly words: number;
}

const WORD =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]\p{M}*|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}])[\p{L}\p{N}\p{M}])+/gu;
const MULTIPLIER = 0x915f77f5;
const MAX_NGRAM = 100;

/** Words of a text with their places. */
export function* wordsOf(text: string): Generator<{ readonly word: string; readonly start: number; readonly end: number }> {
  for (const match of text.matchAll(WORD)) yield { word: match[0].toLowerCase(), start: match.index, end: match.index + match[0].length };
}

/**
 * Reads evaluation texts: any iterable, or a pipeline of documents. Throws `TypeError` or `RangeError` for wrong options and for texts that are none. Ids should be
 * unique; a string's id is its number.
 */
export async function evaluationIndex(
  texts: Iterable<EvaluationText> | AsyncIterable<EvaluationText>,
  options: EvaluationIndexOptions = {},
): Promise<EvaluationIndex> {
  const NAME = "evaluationIndex";
  knownOptions(NAME, options, ["ngram", "minWords"]);
  const ngram = numberOption(NAME, "ngram", options.ngram ?? 13, { min: 1, max: MAX_NGRAM, integer: true });
  const minWords = numberOption(NAME, "minWords", options.minWords ?? Math.min(8, ngram), { min: 1, max: ngram, integer: true });
  const index = new EvaluationIndex(ngram, minWords);
  for await (const item of texts) {
    const text: unknown = typeof item === "string" ? item : item?.text;
    const id: unknown = typeof item === "string" ? String(index.texts) : item?.id;
    if (typeof text !== "string" || typeof id !== "string")
      throw optionType(NAME, "texts", "strings, or objects with an `id` and a `text`", item);
    index.add(id, text);
  }
  return index;
}

export class EvaluationIndex {
  readonly ngram: number;
  readonly minWords: number;
  /** Texts given, and how many of them were too short to be searched for. */
  texts = 0;
  tooShort = 0;
  readonly #ids: string[] = [];
  readonly #items: Uint32Array[] = [];
  readonly #numbers: Map<string, number> = new Map();
  readonly #words: string[] = [];
  /** Per length of n-gram: from a hash to the places (item, word) of the different n-grams that have it. */
  readonly #grams: Map<number, Map<number, number[]>> = new Map();

  /** Use `evaluationIndex`. */
  constructor(ngram: number, minWords: number) {
    this.ngram = ngram;
    this.minWords = minWords;
  }

  /** The id of a text by its number. */
  idOf(item: number): string {
    return this.#ids[item] as string;
  }

  /** The words of a match, with one space between them. */
  textOf(match: Pick<Match, "item" | "itemWord" | "words">): string {
    const words = (this.#items[match.item] as Uint32Array).subarray(match.itemWord, match.itemWord + match.words);
    return Array.from(words, (number) => this.#words[number - 1]).join(" ");
  }

  /** A digest of everything that decides what is found, for configurations that are compared. */
  fingerprint(): string {
    const hasher = createHasher();
    const key = new Int32Array(4);
    const texts = this.#items.map((_, item) => [this.#ids[item], this.textOf({ item, itemWord: 0, words: Number.POSITIVE_INFINITY })]);
    hasher.hash128(JSON.stringify([this.ngram, this.minWords, UNICODE_VERSION, texts]), key, 0);
    return Buffer.from(key.buffer).toString("hex");
  }

  add(id: string, text: string): void {
    const numbers: number[] = [];
    for (const { word } of wordsOf(text)) numbers.push(this.#number(word));
    this.texts++;
    if (numbers.length < this.minWords) {
      this.tooShort++;
      return;
    }
    const words = Uint32Array.from(numbers);
    const item = this.#items.push(words) - 1;
    this.#ids.push(id);
    const length = Math.min(this.ngram, words.length);
    let grams = this.#grams.get(length);
    if (grams === undefined) {
      grams = new Map();
      this.#grams.set(length, grams);
    }
    for (let at = 0; at + length <= words.length; at++) {
      const hash = hashOf(words, at, length);
      const places = grams.get(hash);
      if (places === undefined) grams.set(hash, [item, at]);
      else if (this.#same(places, words, at, length) < 0) places.push(item, at);
    }
  }

  /** Where the words have an n-gram, or a whole short text, in order of their places; `starts` of a word beyond the last are never asked for. */
  find(words: Uint32Array, count: number): Match[] {
    const found: Match[] = [];
    for (const [length, grams] of this.#grams) {
      if (count < length) continue;
      let power = 1;
      for (let i = 0; i < length; i++) power = Math.imul(power, MULTIPLIER);
      let hash = 0;
      let known = 0; // words in a row that some evaluation text has
      for (let i = 0; i < count; i++) {
        const word = words[i] as number;
        hash = (Math.imul(hash, MULTIPLIER) + word) | 0;
        if (i >= length) hash = (hash - Math.imul(power, words[i - length] as number)) | 0;
        known = word === 0 ? 0 : known + 1;
        if (known < length) continue;
        const at = i - length + 1;
        const places = grams.get(hash);
        const place = places === undefined ? -1 : this.#same(places, words, at, length);
        if (places !== undefined && place >= 0) {
          found.push({ item: places[place] as number, itemWord: places[place + 1] as number, word: at, words: length });
        }
      }
    }
    return found.sort((a, b) => a.word - b.word || b.words - a.words);
  }

  /** The number of a word, or 0 when no evaluation text has it. */
  numberOf(word: string): number {
    return this.#numbers.get(word) ?? 0;
  }

  #number(word: string): number {
    let number = this.#numbers.get(word);
    if (number === undefined) {
      number = this.#words.push(word);
      this.#numbers.set(word, number);
    }
    return number;
  }

  /** The place among `places` whose words are those, or -1. */
  #same(places: readonly number[], words: Uint32Array, at: number, length: number): number {
    for (let p = 0; p < places.length; p += 2) {
      const item = this.#items[places[p] as number] as Uint32Array;
      const from = places[p + 1] as number;
      let i = 0;
      while (i < length && item[from + i] === words[at + i]) i++;
      if (i === length) return p;
    }
    return -1;
  }
}

function hashOf(words: Uint32Array, at: number, length: number): number {
  let hash = 0;
  for (let i = at; i < at + length; i++) hash = (Math.imul(hash, MULTIPLIER) + (words[i] as number)) | 0;
  return hash;
}
