// How many sentences spaCy's rule-based Sentencizer finds: src/clean/sentences.ts once more.
import { ALPHABETIC, bitsAt, PUNCTUATION, SENTENCE_END, SURROGATE, unitAt, widthAt } from "./classes";
import { WORD, words, wordsEnd } from "./layout";
import { isSeparated } from "./phrases";

/** The first word that begins at or behind `start`; `from` is a word before it. */
function wordAt(from: usize, start: usize): usize {
  let low = <u32>((from - words) / WORD),
    high = <u32>((wordsEnd - words) / WORD);
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load<usize>(words + <usize>middle * WORD) < start) low = middle + 1;
    else high = middle;
  }
  return words + <usize>low * WORD;
}

/** Sentences of [start, end), counted up to `most`. Without a word in it, it is one sentence. */
export function countSentences(start: usize, end: usize, most: u32): u32 {
  let sentences: u32 = 1,
    ended = false,
    w = wordAt(words, start);
  for (; w < wordsEnd && load<usize>(w) < end && sentences < most; w += WORD) {
    // White space other than one plain space is a word to spaCy, and no punctuation.
    if (ended && isSeparated(w)) {
      sentences++;
      ended = false;
    }
    if (isSentenceMark(w)) ended = true;
    else if (ended && !isPunctuation(w)) {
      sentences++;
      ended = false;
    }
  }
  // The same holds for white space at the end, behind one space.
  if (ended && sentences < most) {
    const from = load<usize>(w - WORD, 4);
    if (end > from + 2 || (end == from + 2 && unitAt(from) != 0x20)) sentences++;
  }
  return sentences;
}

@inline
function isSentenceMark(w: usize): bool {
  const bits = load<u32>(w, 8);
  if (!(bits & (SENTENCE_END | SURROGATE))) return false;
  const start = load<usize>(w),
    end = load<usize>(w, 4);
  return end - start == widthAt(start, end) && (bitsAt(start, end) & SENTENCE_END) != 0;
}

function isPunctuation(w: usize): bool {
  if (load<u32>(w, 8) & ALPHABETIC) return false;
  const end = load<usize>(w, 4);
  for (let p = load<usize>(w); p < end; p += widthAt(p, end)) if (!(bitsAt(p, end) & PUNCTUATION)) return false;
  return true;
}
