import { Random } from "../../src/core/index.ts";

/** A source of seeded choices for the generators. */
export interface Dice {
  /** 0 to n - 1. */
  below(n: number): number;
  pick<T>(list: readonly T[]): T;
  chance(probability: number): boolean;
}

export function dice(seed: number): Dice {
  const random = new Random(seed, "generators");
  const below = (n: number): number => Math.floor(random.next() * n);
  return {
    below,
    pick: (list) => {
      const item = list[below(list.length)];
      if (item === undefined) throw new Error("nothing to pick from");
      return item;
    },
    chance: (probability) => below(1_000_000) < probability * 1_000_000,
  };
}

/** A kind of character (or short string) that a text may be made of. */
type Atom = (d: Dice) => string;

const range =
  (first: number, last: number): Atom =>
  (d) =>
    String.fromCodePoint(first + d.below(last - first + 1));
const anyOf =
  (...list: readonly string[]): Atom =>
  (d) =>
    d.pick(list);

/** The 25 characters of White_Space, and ten that look like it or that other engines count in. */
export const spaces: readonly string[] = [
  ..."\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000",
];
const almostSpaces = [..."\ufeff\u200b\u180e\u001c\u001d\u001e\u001f\u2060\u200c\u0000"];

/** Every case of every contraction: "'re", "'rE", "'Re", "'RE", ... */
const contractions = ["s", "t", "re", "ve", "m", "ll", "d"].flatMap((word) => {
  const [first = "", second] = word;
  const firsts = [first, first.toUpperCase()];
  return second === undefined ? firsts : firsts.flatMap((letter) => [letter + second, letter + second.toUpperCase()]);
});

const atoms: readonly Atom[] = [
  range(0x61, 0x7a),
  range(0x61, 0x7a),
  range(0x61, 0x7a),
  range(0x41, 0x5a),
  range(0x30, 0x39),
  () => " ",
  () => " ",
  (d) => " ".repeat(1 + d.below(6)),
  (d) => "\n".repeat(1 + d.below(4)),
  anyOf("\r\n", "\t", "\n", "\r", "/", "//", "/\n"),
  anyOf(..."!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
  (d) => `'${d.pick([...contractions, "\u017f", "x", "l", "r", "v", "K", "\u212a", ""])}`,
  range(0x4e00, 0x9fff), // Han
  range(0x3040, 0x30ff), // Kana
  range(0xac00, 0xd7a3), // Hangul
  range(0x0400, 0x04ff), // Cyrillic
  range(0x0370, 0x03ff), // Greek
  range(0x0590, 0x05ff), // Hebrew
  range(0x0600, 0x06ff), // Arabic
  range(0x0900, 0x097f), // Devanagari
  range(0x0e00, 0x0e7f), // Thai
  range(0x0300, 0x036f), // combining marks
  range(0x1f300, 0x1faff), // emoji
  anyOf("\u200d", "\ufe0f", "\u20e3", "\u{1f3fb}"), // what emoji are joined with
  anyOf(...spaces),
  anyOf(...almostSpaces),
  // Title case, modifier letters, numbers that are not digits, letters without a case pair, marks outside the main block.
  anyOf(..."ǅǈǋǲʰˀᴬªºƻⁿ½²Ⅷ٣３Ａａ𝐀𝒂𝟙𠀀İıßẞﬁ\u0345\u20dd\u0295\u{1e900}\u{1e922}\u{10d50}\u{10d70}\u{16d40}\ua7cb\u1c89\u1c8a"),
  (d) => String.fromCharCode(0xd800 + d.below(0x800)), // a lone surrogate
  range(0xa0, 0x24f),
  range(0x2000, 0x2bff),
  range(0xe000, 0xf8ff), // private use
  range(0x10000, 0x1ffff),
  range(0, 0x1f), // controls
  (d) => {
    const point = d.below(0x110000 - 0x800);
    return String.fromCodePoint(point < 0xd800 ? point : point + 0x800);
  },
  anyOf(
    "the",
    " the",
    "function",
    "return",
    " == ",
    "();\n",
    "<|endoftext|>",
    "https://",
    "www.",
    "====",
    "----",
    "    ",
    "HTTPServer",
    "\n\n",
  ),
];

function some(d: Dice, atom: Atom, most: number): string {
  let text = "";
  for (let n = 1 + d.below(most); n > 0; n--) text += atom(d);
  return text;
}

/** One short thing repeated, up to 2,000 times: long pieces, and backtracking over periodic text. */
function run(d: Dice): string {
  const thing = d.pick([
    ...[" ", "a", "A", "=", "-", "\n", "\r\n", "\t", "é", "中", "😀", "ab", "Aa", "0", "/", "\u0301", "\u00a0", "aB", "x ", "."],
    ...["..\n", "'s", "\u3000", "ก", "क्", "👩\u200d👩\u200d👧", "a\u0301", "ǅ", "\n ", " \n", "ʰA", "12"],
  ]);
  const ends = ["", "x", " ", "\n", " y", "1", "'s", "/"];
  return d.pick(ends) + thing.repeat(1 + d.below(d.chance(0.1) ? 2000 : 60)) + d.pick(ends);
}

/** Words that begin or end with combining marks, title case or modifier letters, behind anything that may stand before a word. */
function marked(d: Dice): string {
  const before = anyOf(" ", "", "\n", "(", "'", "1", "\u00a0", "\u0301", "_", "中");
  const odd = anyOf(..."\u0301\u0300\u20dd\u0903\u093e\u0e33\ufe0fǅǈʰˀᴬªƻ", "");
  return some(
    d,
    (inner) => before(inner) + odd(inner) + some(inner, inner.pick([range(0x61, 0x7a), range(0x41, 0x5a), odd]), 5) + odd(inner),
    8,
  );
}

/** Numbers of many scripts, and what stands next to them. */
function digits(d: Dice): string {
  const kinds = [range(0x30, 0x39), range(0x660, 0x669), range(0x966, 0x96f), range(0xff10, 0xff19), range(0x1d7ce, 0x1d7ff)];
  const more = [anyOf(..."½²Ⅷ①〇٣3"), anyOf(" ", ".", ",", "-", "a", "é", "\n", "\u0301", "%", "x")];
  return some(d, (inner) => some(inner, inner.pick([...kinds, ...more]), 4), 14);
}

/** Text of characters of all kinds. */
function mixture(d: Dice): string {
  return some(d, (inner) => d.pick(atoms)(inner), 40);
}

/** Text of two or three kinds of characters, which makes their borders frequent. */
function fewKinds(d: Dice): string {
  const kinds = [d.pick(atoms), d.pick(atoms), d.pick(atoms)];
  return some(d, (inner) => inner.pick(kinds)(inner), 60);
}

/** White space of all kinds between and behind words: `\s+(?!\S)` and its relatives. */
function whiteSpace(d: Dice): string {
  return some(
    d,
    (inner) => (inner.chance(0.8) ? inner.pick([...spaces, " ", "\n"]) : inner.pick(["a", "1", ".", "é", "中", "'s", "/"])),
    30,
  );
}

/** Words of capitals, small letters, caseless letters and marks: o200k's two word alternatives. */
function cased(d: Dice): string {
  const kinds = [
    range(0x41, 0x5a),
    range(0x61, 0x7a),
    anyOf(..."ǅʰªƻ中אᴬİßʼ"),
    range(0x300, 0x30f),
    anyOf("'s", "'LL", " ", "_", "\u0903", "1"),
  ];
  return some(d, (inner) => inner.pick(kinds)(inner), 24);
}

/** Any token strings, one after the other, some changed a little: ambiguous splits inside pieces. */
function tokens(d: Dice, vocabulary: readonly string[]): string {
  let text = "";
  for (let n = 1 + d.below(8); n > 0; n--) {
    let token = d.pick(vocabulary);
    if (d.chance(0.5)) token = token.trimStart();
    if (d.chance(0.1)) token = token.toUpperCase();
    text += token;
  }
  return text;
}

/** Pieces of real text: upper-cased, with spaces removed, spliced, or with a tenth of its characters replaced. */
function changed(d: Dice, documents: readonly string[]): string {
  const part = (longest: number): string => {
    const text = d.pick(documents);
    const start = d.below(text.length);
    return text.slice(start, start + 1 + d.below(longest));
  };
  const text = part(400);
  const how = d.below(5);
  if (how === 0) return text.toUpperCase();
  if (how === 1) return text.replace(/\s+/g, "");
  if (how === 2) return text + part(100);
  if (how === 3) return [...text].map((character) => (d.chance(0.1) ? d.pick(atoms)(d) : character)).join("");
  return text;
}

/** One string of the next kind. `vocabulary` and `documents` are what the last two kinds are made of. */
export function generate(d: Dice, vocabulary: readonly string[], documents: readonly string[]): string {
  const kind = d.below(18);
  if (kind < 1) return run(d);
  if (kind < 4) return mixture(d);
  if (kind < 7) return fewKinds(d);
  if (kind < 8) return whiteSpace(d);
  if (kind < 10) return cased(d);
  if (kind < 11) return marked(d);
  if (kind < 12) return digits(d);
  if (kind < 15 || documents.length === 0) return tokens(d, vocabulary);
  return changed(d, documents);
}
