// The second pass of spaCy's tokenizer, for the rare text in which an exception was cut apart: src/clean/phrases.ts, `rejoin`, once more. All
// exceptions are matched against the words of the whole text, longest first, and a match whose first or last word belongs to another one
// already is dropped, even if that one is not used because white space lies in it.
import { behindWords, ensure, setWordsEnd, WORD, words, wordsEnd } from "./layout";
import { exceptionOf, isSeparated, stand, step } from "./phrases";
import { find, PHRASE_STARTS, PHRASE_WORDS, recordNumber } from "./sets";
import { pushException } from "./words";

/** A match: its first word, the end of its last (addresses in the list), the exception's record; u32 each. */
const MATCH: usize = 12;

/** The matches, in the order in which they begin, then end. */
let matches: usize = 0;
let matchesEnd: usize = 0;
let longest: usize = 0;

function findMatches(): void {
  matches = matchesEnd = behindWords();
  longest = 0;
  for (let w = words; w + WORD < wordsEnd; w += WORD) {
    if (!find(PHRASE_STARTS, load<usize>(w), load<usize>(w, 4))) continue;
    let node: u32 = 0;
    for (let i = w; i < wordsEnd && (i == w || !isSeparated(i)); i += WORD) {
      const word = find(PHRASE_WORDS, load<usize>(i), load<usize>(i, 4));
      node = word ? step(node, recordNumber(word)) : 0;
      if (!node) break;
      const exception = exceptionOf(node);
      if (!exception) continue;
      ensure(matchesEnd + MATCH);
      store<usize>(matchesEnd, w);
      store<usize>(matchesEnd, i + WORD, 4);
      store<usize>(matchesEnd, exception, 8);
      matchesEnd += MATCH;
      longest = max(longest, i + WORD - w);
    }
  }
}

/** Puts the words of cut exceptions together again. */
export function rejoin(): void {
  findMatches();
  // By word: 1 where it belongs to a match. Then by word: the match that begins there, or 0.
  const count = (wordsEnd - words) / WORD,
    taken = matchesEnd,
    used = (taken + count + 3) & ~3;
  ensure(used + 4 * count);
  memory.fill(taken, 0, used + 4 * count - taken);
  for (let length = longest; length > 0; length -= WORD) {
    for (let match = matches; match < matchesEnd; match += MATCH) {
      const start = load<usize>(match),
        end = load<usize>(match, 4);
      if (end - start != length) continue;
      const first = (start - words) / WORD,
        behind = (end - words) / WORD;
      if (!load<u8>(taken + first) && !load<u8>(taken + behind - 1)) store<usize>(used + 4 * first, match);
      memory.fill(taken + first, 1, behind - first);
    }
  }
  const list = (used + 4 * count + 15) & ~15;
  let out = list;
  for (let w = words; w < wordsEnd; ) {
    ensure(out + 64 * WORD);
    const match = load<usize>(used + 4 * ((w - words) / WORD)),
      end = match ? load<usize>(match, 4) : w + WORD;
    // A match across a space is not in the rules: its words stay as they are.
    if (match && stand(w, end)) {
      out = pushException(out, load<usize>(w), load<usize>(match, 8));
      w = end;
    }
    for (; w < end; w += WORD, out += WORD) {
      ensure(out + WORD);
      memory.copy(out, w, WORD);
    }
  }
  ensure(words + (out - list));
  memory.copy(words, list, out - list);
  setWordsEnd(words + (out - list));
}
