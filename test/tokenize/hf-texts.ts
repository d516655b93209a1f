/** Texts that tell tokenizers apart: seeded, so that every run has the same. */

/** A number generator (mulberry32), from 0 up to 1. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// Every kind of white space, and three that only look like it.
const SPACES = [
  ..." \t\n\r\v\f\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000",
  ..."\u200b\ufeff\u2060",
];
export const WORDS: readonly string[] = [
  ..."the of Hello WORLD don't it's we'LL DON'T İstanbul ΣΑΣ naïve café ﬁne ½ x² № ™ Å ß ſ K ǆ ﷽ ¨ ≠ ; « » “q” … — 1234 12,345.67".split(
    " ",
  ),
  ..."中文 日本語のテキスト カタカナ 한국어 русский Ελληνικά العربية עברית हिन्दी क्षत्रिय ไทย தமிழ் 😀 👩‍💻 🇩🇪 𝒜𝓫 𠀀 ①② é e\u0301 ạ\u0301 q\u0307\u0323".split(
    " ",
  ),
  ..."http://a.b/c?d=e#f foo_bar x=[1,2]; </s> <s> <unk> <pad> <mask> [CLS] [SEP] [MASK] [UNK] <|endoftext|> ▁ ▁▁x ## ##ing '' `` \u00ad \u200d".split(
    " ",
  ),
  ..."\ufeff \ufffd \u0000 \u0001 \u007f Ａｂｃ ｶﾞ \u1100\u1161\u11a8 가 U+017F 'ſ 'S\u00e1".split(" "),
];
const MARKS = [0x300, 0x301, 0x304, 0x316, 0x323, 0x334, 0x345, 0x94d, 0x93c, 0xe33, 0xe49, 0x200d, 0xfe0f, 0x5b0, 0x64b, 0x3099, 0x1d165];
const PROSE =
  "When the mill race rises, the wheel turns; nobody on the bank asks why. It's the 3rd of May, 1998, and we'll have walked 12.5 km by noon.\n" +
  "    def grind(grain: list[int]) -> dict:\n\treturn {g: g ** 2 for g in grain}  # ok?\n\n\nThe miller's daughter (aged nine) didn't see it.";

/** `count` texts of all kinds, from a few characters to a few hundred. */
export function texts(seed: number, count: number): string[] {
  const next = random(seed);
  const below = (n: number): number => Math.floor(next() * n);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const many = (most: number, make: () => string): string => Array.from({ length: 1 + below(most) }, make).join("");
  const any = (): string => {
    const plane = next();
    const point = plane < 0.25 ? below(0x300) : plane < 0.55 ? below(0x3000) : plane < 0.85 ? below(0x10000) : 0x10000 + below(0x20000);
    return point >= 0xd800 && point <= 0xdfff ? "\ufffd" : String.fromCodePoint(point);
  };
  const prose = (length: number): string => {
    const start = below(PROSE.length - 10);
    return PROSE.slice(start, start + length);
  };
  const kinds: readonly (() => string)[] = [
    () => many(10, any),
    () => many(10, () => pick(WORDS) + (next() < 0.7 ? " " : "")),
    () => many(8, () => (next() < 0.5 ? pick(SPACES) : pick(WORDS))),
    () => prose(60 + below(120)),
    () => [...prose(80)].map((c) => (next() < 0.1 ? any() : c)).join(""),
    () => (next() < 0.5 ? prose(50).toUpperCase() : prose(90).replaceAll(" ", "")),
    () => pick(WORDS).repeat(1 + below(40)),
    () => many(6, () => pick([..."aeoiAÉﬁ½中कกЙ©가☃"]) + many(4, () => String.fromCodePoint(pick(MARKS))) + (next() < 0.3 ? " " : "")),
    () => many(12, () => pick(["a", "b", "ab", " ", "  ", "\n", "1", "!", "'s", "▁", "é"])),
  ];
  return Array.from({ length: count }, (_, i) => (kinds[i % kinds.length] as () => string)());
}
