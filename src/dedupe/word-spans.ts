/**
 * The words of the normal form with their places in the text they came from, for showing to a person what two documents share.
 * A walk over code points by the rules of fold.ts, far slower than the kernel, which knows no places.
 */
import { EXTEND, foldOf, LETTER, SKIP, SOLO, SYMBOL } from "./fold.ts";
import type { Punctuation } from "./normalise.ts";

/** Words, folded, and where each begins and ends in the text, in UTF-16 units as `slice` takes them. */
export interface WordSpans {
  readonly words: readonly string[];
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** At most `limit` words of a text. Joined by spaces they are the begin of `normaliseForDedupe(text, punctuation)`. */
export function wordSpans(text: string, limit: number = Number.POSITIVE_INFINITY, punctuation: Punctuation = "drop"): WordSpans {
  const spans = { words: [] as string[], starts: [] as number[], ends: [] as number[] };
  let word = "";
  let start = 0;
  let end = 0;
  // True directly after a finished solo: a mark that comes there still joins it.
  let afterSolo = false;
  const finish = (): void => {
    if (word === "") return;
    spans.words.push(word);
    spans.starts.push(start);
    spans.ends.push(end);
    word = "";
  };
  const add = (letter: string, from: number, to: number): void => {
    if (word === "") start = from;
    word += letter;
    end = to;
  };
  for (let at = 0; at < text.length && spans.words.length < limit; ) {
    const codePoint = text.codePointAt(at) as number;
    const next = at + (codePoint > 0xffff ? 2 : 1);
    for (const entry of foldOf(codePoint)) {
      const letter = String.fromCodePoint(entry.codePoint);
      if (entry.class === LETTER) {
        add(letter, at, next);
        afterSolo = false;
      } else if (entry.class === SOLO || (entry.class === SYMBOL && punctuation === "keep")) {
        finish();
        add(letter, at, next);
        finish();
        afterSolo = true;
      } else if (entry.class === EXTEND) {
        if (afterSolo) {
          spans.words[spans.words.length - 1] += letter;
          spans.ends[spans.ends.length - 1] = next;
        } else add(letter, at, next);
      } else if (entry.class !== SKIP) {
        finish();
        afterSolo = false;
      }
    }
    at = next;
  }
  finish();
  // One code point may be several words.
  if (spans.words.length > limit) for (const list of [spans.words, spans.starts, spans.ends]) list.length = limit;
  return spans;
}
