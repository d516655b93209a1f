/**
 * The words of simplified English text, as spaCy's English tokenizer cuts it (3.8, MIT licence): pieces between spaces; of each, what
 * stands in a table of cuts, or what is left when prefixes and suffixes are cut off one after the other, and symbols inside. Of
 * spaCy's rules only those are here that can act on text without ASCII punctuation; test/dedupe/datatrove compares with the real one.
 */
import { codePoints } from "./code-points.ts";
import { SPECIALS, UNITS } from "./tables.ts";

/** What can need a cut: not a letter of ASCII, or a 0. */
const PLAIN = /^[a-z]+$/u;

let specials: ReadonlyMap<string, readonly string[]> | undefined;
let units: ReadonlySet<string> | undefined;

/** Words with a cut of their own, by what they are whole. */
export function specialWords(): ReadonlyMap<string, readonly string[]> {
  specials ??= new Map(
    SPECIALS.trim()
      .split(/\s+/u)
      .map((entry) => [entry.replaceAll("+", ""), entry.split("+")]),
  );
  return specials;
}

/** What is cut off behind a 0. */
export function unitWords(): ReadonlySet<string> {
  units ??= new Set(UNITS.trim().split(/\s+/u));
  return units;
}

export function englishWords(simplified: string): string[] {
  const words: string[] = [];
  const special = specialWords();
  for (const piece of simplified.split(" ")) {
    const cut = special.get(piece);
    if (cut !== undefined) words.push(...cut);
    else if (PLAIN.test(piece)) words.push(piece);
    else if (piece !== "") cutPiece(piece, words);
  }
  // Python strips white space off each word; of that, decomposition leaves none but the spaces split at.
  return words;
}

/** spaCy's `_split_affixes`, `_attach_tokens`. */
function cutPiece(piece: string, words: string[]): void {
  const special = specialWords();
  const suffixes: string[] = [];
  const rest = [...piece];
  for (let before = -1; rest.length > 0 && rest.length !== before; ) {
    if (special.has(rest.join(""))) break;
    before = rest.length;
    const first = prefixLength(rest);
    if (first > 0 && special.has(rest.slice(first).join(""))) {
      words.push(...rest.splice(0, first));
      break;
    }
    const last = suffixLength(rest.slice(first));
    if (last > 0 && special.has(rest.slice(0, rest.length - last).join(""))) {
      suffixes.push(rest.splice(rest.length - last).join(""));
      break;
    }
    if (last > 0) suffixes.push(rest.splice(rest.length - last).join(""));
    words.push(...rest.splice(0, first));
  }
  if (rest.length > 0) {
    const cut = special.get(rest.join(""));
    if (cut !== undefined) words.push(...cut);
    else cutInside(rest, words);
  }
  words.push(...suffixes.reverse());
}

function pointOf(character: string | undefined): number {
  return character?.codePointAt(0) ?? -1;
}

function prefixLength(piece: readonly string[]): number {
  const { prefixes, icons } = codePoints();
  const point = pointOf(piece[0]);
  return prefixes.has(point) || icons.has(point) ? 1 : 0;
}

function suffixLength(piece: readonly string[]): number {
  const { suffixes, icons } = codePoints();
  // The longest match begins first, which is what a search finds.
  const zero = piece.lastIndexOf("0");
  if (zero >= 0 && zero < piece.length - 1 && unitWords().has(piece.slice(zero + 1).join(""))) return piece.length - 1 - zero;
  const point = pointOf(piece.at(-1));
  return suffixes.has(point) || icons.has(point) ? 1 : 0;
}

/** Symbols are words of their own; a sign of comparison is between a letter or digit and a letter. */
function cutInside(piece: readonly string[], words: string[]): void {
  const { icons, letters } = codePoints();
  let word = "";
  const end = (): void => {
    if (word !== "") words.push(word);
    word = "";
  };
  for (const [i, character] of piece.entries()) {
    const before = piece[i - 1];
    const comparison = character === "<" || character === "=" || character === ">";
    const between = comparison && (before === "0" || letters.has(pointOf(before))) && letters.has(pointOf(piece[i + 1]));
    if (!between && !icons.has(pointOf(character))) {
      word += character;
      continue;
    }
    end();
    words.push(character);
  }
  end();
}
