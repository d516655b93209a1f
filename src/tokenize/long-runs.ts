/**
 * Keeps one long run from stalling a pipeline. `tiktoken` merges a piece (one match of the encoding's pattern) in time
 * quadratic in its length, so "a" a million times takes a quarter of an hour, in which nothing else runs and no abort gets
 * through. Here the text around such a run is cut out where the pattern provably splits, and its pieces are merged in
 * O(n log n) instead; everything else goes to `tiktoken` as before. The ids stay the same, to the last one.
 *
 * Where the pattern provably splits: before a space or line feed that stands between two ASCII letters or digits. In all
 * five encodings no alternative matches a letter or digit followed by white space, so a match ends there; the next begins
 * there; and no alternative looks back or further ahead than one character, so both sides match as they did together.
 *
 * Inside, pieces are found with the encoding's own pattern in JavaScript's dialect. JavaScript's Unicode tables are not the
 * reference's, so this is done only when every character is one whose class has been settled for decades; each is replaced
 * by a Latin-1 character of the same class, on which the dialects agree. Text with any other character inside the cut
 * (Thai, Devanagari, emoji ...) is left to `tiktoken`: right, and slow if its run is long.
 *
 * Turned down: cutting the run into chunks and mending the seams, which needs a proof per seam; refusing long runs, which
 * loses documents.
 */
import { mergePiece, type Ranks } from "./merge.ts";

/** Runs from this many UTF-16 units on are taken out: below it the quadratic part costs at most 0.3 ms. */
export const LONG_RUN = 512;

/** What a character can be part of: a word, a number, white space, or a run of anything else. */
const WORD = 1;
const NUMBER = 2;
const SPACE = 4;
const OTHER = 8;
const KINDS = [WORD, NUMBER, SPACE, OTHER] as const;

/** For every UTF-16 unit the Latin-1 character that stands for its class, or 0 where the class is not taken for settled. */
const STAND_IN = new Uint8Array(0x1_0000);
/** For every UTF-16 unit the kinds of run it may continue; everything unsettled may continue all but white space. */
const MAY_BE = new Uint8Array(0x1_0000).fill(WORD | NUMBER | OTHER);

function settle(first: number, last: number, standIn: string, kinds: number): void {
  for (let code = first; code <= last; code++) {
    STAND_IN[code] = standIn === "" ? code : standIn.charCodeAt(0);
    MAY_BE[code] = kinds;
  }
}

// ASCII stands for itself. Letters elsewhere become "B" (Lu), "b" (Ll) or "ª" (Lo): letters that no contraction contains.
settle(0x00, 0x7f, "", OTHER);
settle(0x30, 0x39, "", NUMBER);
settle(0x41, 0x5a, "", WORD);
settle(0x61, 0x7a, "", WORD);
for (const code of [0x09, 0x0b, 0x0c, 0x20]) settle(code, code, "", SPACE);
for (const code of [0x0a, 0x0d]) settle(code, code, "", SPACE | OTHER); // "!\n" is one piece
settle(0xc0, 0xd6, "B", WORD);
settle(0xd8, 0xde, "B", WORD);
settle(0xdf, 0xf6, "b", WORD);
settle(0xf8, 0xff, "b", WORD);
settle(0x391, 0x3a1, "B", WORD);
settle(0x3a3, 0x3a9, "B", WORD);
settle(0x3b1, 0x3c9, "b", WORD);
settle(0x400, 0x42f, "B", WORD);
settle(0x430, 0x45f, "b", WORD);
settle(0x5d0, 0x5ea, "ª", WORD);
settle(0x621, 0x63a, "ª", WORD);
settle(0x641, 0x64a, "ª", WORD);
settle(0x3041, 0x3094, "ª", WORD);
settle(0x30a1, 0x30fa, "ª", WORD);
settle(0x4e00, 0x9fa5, "ª", WORD);
settle(0xac00, 0xd7a3, "ª", WORD);
settle(0x2010, 0x2027, "!", OTHER);
settle(0x3001, 0x3003, "!", OTHER);
settle(0x3008, 0x3011, "!", OTHER);
for (const [first, last] of [
  [0xff01, 0xff0f],
  [0xff1a, 0xff20],
] as const)
  settle(first, last, "!", OTHER);
// White space beyond ASCII is a closed set, but the dialects differ on two of it, so it has no stand-in.
for (const code of [0x85, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000]) MAY_BE[code] = SPACE;
MAY_BE.fill(SPACE, 0x2000, 0x200b);

/** A stretch of text, as UTF-16 offsets. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * The first stretch from `from` on that could be one piece of at least `LONG_RUN` units. A stretch that long covers one of
 * the positions looked at, so only a few characters of ordinary text are read.
 */
export function findLongRun(text: string, from: number): Span | undefined {
  const stride = LONG_RUN >> 1;
  for (let at = from + stride - 1; at < text.length; at += stride) {
    const here = MAY_BE[text.charCodeAt(at)] as number;
    for (const kind of KINDS) {
      if ((here & kind) === 0) continue;
      let start = at;
      while (start > from && ((MAY_BE[text.charCodeAt(start - 1)] as number) & kind) !== 0) start--;
      let end = at + 1;
      while (end < text.length && ((MAY_BE[text.charCodeAt(end)] as number) & kind) !== 0) end++;
      if (end - start >= LONG_RUN) return { start, end };
    }
  }
  return undefined;
}

function isAlphanumeric(code: number): boolean {
  return code < 0x80 && ((MAY_BE[code] as number) & (WORD | NUMBER)) !== 0;
}

/** True where the pattern splits for certain: before a space or line feed between two ASCII letters or digits. */
function splitsAt(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (code === 0x20 || code === 0x0a) && isAlphanumeric(text.charCodeAt(at - 1)) && isAlphanumeric(text.charCodeAt(at + 1));
}

/** The smallest stretch around a run that ends on both sides at a certain split, or at an end of the text. */
export function cutAround(text: string, run: Span, from: number): Span {
  let { start, end } = run;
  while (start > from && !splitsAt(text, start)) start--;
  while (end < text.length && !splitsAt(text, end)) end++;
  return { start, end };
}

/** The encoding's pattern in JavaScript's dialect, for text of stand-ins only. */
export function standInPattern(pattern: string): RegExp {
  const folded = pattern.replaceAll("(?i:'s|'t|'re|'ve|'m|'ll|'d)", "(?:'(?:[sStTmMdD]|[rR][eE]|[vV][eE]|[lL][lL]))");
  return new RegExp(folded, "uy");
}

/** The ids of a cut-out stretch, or undefined when it has a character whose class is not settled. */
export function encodeSettled(text: string, pattern: RegExp, ranks: Ranks): Uint32Array | undefined {
  const classes = Buffer.allocUnsafe(text.length);
  for (let i = 0; i < text.length; i++) {
    const standIn = STAND_IN[text.charCodeAt(i)] as number;
    if (standIn === 0 && text.charCodeAt(i) !== 0) return undefined;
    classes[i] = standIn;
  }
  const pieces: Uint32Array[] = [];
  const subject = classes.toString("latin1");
  pattern.lastIndex = 0;
  for (let at = 0; at < text.length; at = pattern.lastIndex) {
    if (!pattern.test(subject)) throw new Error(`the pattern does not match at ${at}`); // unreachable: it covers every character
    pieces.push(mergePiece(Buffer.from(text.slice(at, pattern.lastIndex)).toString("latin1"), ranks));
  }
  return concatenate(pieces);
}

/**
 * Encodes a text with `encode`, except around its long runs. `load` makes the pattern and the ranks when the first long run
 * is met; most corpora never do.
 */
export function encodeGuarded(
  text: string,
  encode: (text: string) => Uint32Array,
  load: () => { readonly pattern: RegExp; readonly ranks: Ranks },
): Uint32Array {
  let run = text.length < LONG_RUN ? undefined : findLongRun(text, 0);
  if (run === undefined) return encode(text);
  const { pattern, ranks } = load();
  const parts: Uint32Array[] = [];
  let done = 0;
  for (; run !== undefined; run = findLongRun(text, done)) {
    const cut = cutAround(text, run, done);
    if (cut.start > done) parts.push(encode(text.slice(done, cut.start)));
    const inside = text.slice(cut.start, cut.end);
    parts.push(encodeSettled(inside, pattern, ranks) ?? encode(inside));
    done = cut.end;
  }
  if (done < text.length) parts.push(encode(text.slice(done)));
  return concatenate(parts);
}

/** One array of all ids, in order. */
export function concatenate(parts: readonly Uint32Array[]): Uint32Array {
  if (parts.length === 1) return parts[0] as Uint32Array;
  let length = 0;
  for (const part of parts) length += part.length;
  const all = new Uint32Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
