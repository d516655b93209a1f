/**
 * How many sentences spaCy's rule-based `Sentencizer` finds: one begins with the first word that is no punctuation after a
 * word that is a sentence mark (`. ! ?` and those of other scripts). Abbreviations are known only so far as the tokenizer
 * keeps them whole ("Mr.", "U.S.").
 */
import { isSeparated } from "./phrases.ts";
import { ALPHABETIC, classOf, PUNCTUATION, SENTENCE_END, SURROGATE } from "./unicode.ts";
import type { Words } from "./words.ts";

/**
 * Sentences of `text[start, end)`, counted up to `most`. The range must begin and end beside white space or at an end of the text.
 * Without a word in it, it is one sentence, as datatrove counts.
 */
export function countSentences(words: Words, start = 0, end: number = words.text.length, most: number = Number.POSITIVE_INFINITY): number {
  let sentences = 1;
  let ended = false;
  let i = firstWord(words, start);
  for (; i < words.count && (words.starts[i] as number) < end && sentences < most; i++) {
    // White space other than one plain space is a word to spaCy, and no punctuation.
    if (ended && isSeparated(words, i)) {
      sentences++;
      ended = false;
    }
    if (isSentenceMark(words, i)) ended = true;
    else if (ended && !isPunctuation(words, i)) {
      sentences++;
      ended = false;
    }
  }
  // The same holds for white space at the end, behind one space.
  if (ended && sentences < most && isSpaceWord(words, words.ends[i - 1] as number, end)) sentences++;
  return sentences;
}

/** The first word that begins at or behind `start`. */
function firstWord(words: Words, start: number): number {
  let low = 0;
  let high = words.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((words.starts[middle] as number) < start) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isSpaceWord(words: Words, from: number, to: number): boolean {
  return to - from > 1 || (to - from === 1 && words.units[from] !== 0x20);
}

function isSentenceMark(words: Words, i: number): boolean {
  if (((words.bits[i] as number) & (SENTENCE_END | SURROGATE)) === 0) return false;
  const start = words.starts[i] as number;
  const point = words.text.codePointAt(start) as number;
  return (words.ends[i] as number) - start === (point > 0xffff ? 2 : 1) && (classOf(point) & SENTENCE_END) !== 0;
}

function isPunctuation(words: Words, i: number): boolean {
  if (((words.bits[i] as number) & ALPHABETIC) !== 0) return false;
  const end = words.ends[i] as number;
  for (let at = words.starts[i] as number; at < end; ) {
    const point = words.text.codePointAt(at) as number;
    if ((classOf(point) & PUNCTUATION) === 0) return false;
    at += point > 0xffff ? 2 : 1;
  }
  return true;
}
