/**
 * A plain sentence splitter. For finding repeated passages it matters that equal passages are cut equally wherever they stand, and that a sentence is not a
 * fragment; how a linguist would cut is of no account. So it has few rules, no model and no table of a language:
 *
 *   - a line feed ends a sentence
 *   - one or more of `. ! ? …` with closing quotes and brackets end one when white space follows, and after it no lower-case letter; a single full stop does not
 *     behind a single letter ("J. Smith") or a title ("Dr.", "St.")
 *   - the full-width marks `。！？｡` end one wherever they stand, as do `।` and `॥`, `؟` and `۔` before white space
 *
 * Turned down: `Intl.Segmenter`, whose cuts change with the ICU version of Node, so that an index made today would not fit one made next year.
 */

/** A mark that may end a sentence, with what closes behind it. Nothing follows that could fail: no match is ever tried twice. */
const MARK = /[.!?…؟۔।॥]+["'”’»›)\]}]*|[。！？｡]+["'”’»」』）】]*|\n/gu;
const TITLES: ReadonlySet<string> = new Set([
  "mr",
  "mrs",
  "ms",
  "dr",
  "prof",
  "st",
  "vs",
  "no",
  "fig",
  "jr",
  "sr",
  "gen",
  "col",
  "capt",
  "lt",
  "rev",
  "hon",
]);
const LETTER = /\p{L}/u;
const LOWER = /\p{Ll}/u;

/** Cuts a text into sentences, each with the white space behind it: joined they are the text. Time is linear. */
export function splitSentences(text: string): string[] {
  const sentences: string[] = [];
  let start = 0;
  MARK.lastIndex = 0;
  for (let match = MARK.exec(text); match !== null; match = MARK.exec(text)) {
    let end = match.index + match[0].length;
    const markEnd = end;
    let lines = match[0] === "\n";
    while (end < text.length && isWhite(text.charCodeAt(end))) {
      lines ||= text[end] === "\n";
      end++;
    }
    // A line feed behind a mark settles the matter.
    if (!lines && !endsSentence(text, start, match.index, markEnd, end)) {
      MARK.lastIndex = end;
      continue;
    }
    MARK.lastIndex = end;
    sentences.push(text.slice(start, end));
    start = end;
  }
  if (start < text.length) sentences.push(text.slice(start));
  return sentences;
}

/** Whether the mark in [at, markEnd) ends the sentence that began at `start`; `next` is the first place behind the white space that follows. */
function endsSentence(text: string, start: number, at: number, markEnd: number, next: number): boolean {
  const code = text.charCodeAt(at);
  if (code >= 0x3000 || code === 0xff61) return true; // full-width marks are never part of an abbreviation
  if (next === markEnd) return false; // no white space
  const after = String.fromCodePoint(text.codePointAt(next) ?? 0);
  if (LOWER.test(after)) return false;
  if (code !== 0x2e || markEnd > at + 1) return true;
  let begin = at;
  // The longest title has four letters.
  while (begin > start && at - begin < 5 && LETTER.test(text[begin - 1] as string)) begin--;
  const word = text.slice(begin, at);
  return word.length !== 1 && !TITLES.has(word.toLowerCase());
}

/** White space as `\s` has it. */
function isWhite(code: number): boolean {
  if (code < 0x80) return code === 0x20 || (code >= 0x09 && code <= 0x0d);
  return (
    code === 0xa0 ||
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000 ||
    code === 0xfeff
  );
}
