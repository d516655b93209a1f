import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CLASS_SHIFT, CODE_POINT_MASK, expansion, foldEntry, foldPage, SEVERAL, SKIP } from "../../src/dedupe/fold.ts";
import { exactKeyOf, foldOf, Normaliser, normaliseForDedupe } from "../../src/dedupe/index.ts";
import * as naive from "./naive.ts";

/** Characters of many kinds next to each other: marks after solos, fillers, halves of pairs, digits, signs, emoji. */
const CHARACTERS = [
  ..."aZ9_ -.,!+$#é\u0301ßẞİıΣςﬁ½²①\u00ad\u200b\u200d\u0000\t\n\u00a0\u3000\ufeff",
  ..."東京、ががカ\u3099\u309aｶﾞー々〇㈱ใสวั\u0e33កា្မြန်ລາ한\u1112\u1161ह\u093f\u0941\u094d\u093cب\u064eשִ\u0f0bབོ",
  ..."👍🏽👨‍👩‍👧©€◌\u{10ffff}\u{1f1e9}\u{20000}\ufffd",
  "\ud83d",
  "\udc4d",
  " ",
];
const oddText = fc.string({ unit: fc.constantFrom(...CHARACTERS), maxLength: 60 });
const anyText = fc.oneof(oddText, fc.string({ unit: "binary", maxLength: 60 }), fc.string({ unit: "grapheme", maxLength: 60 }));

/** As `normaliseForDedupe`, with one scratch memory for many texts. */
function normalForm(): (text: string) => string {
  const normaliser = new Normaliser();
  return (text) => {
    normaliser.read(text);
    return normaliser.text();
  };
}

describe("normaliseForDedupe", () => {
  it.each([
    ["case, punctuation and spacing do not count", "Hello,\t World!\r\n--  It's 3.14", "hello world it s 3 14"],
    ["accents do not count, composed or not", "Café nai\u0308ve ÀÉÎ", "cafe naive aei"],
    ["full case folding", "İstanbul STRASSE straße ẞ ΟΔΟΣ οδος", "istanbul strasse strasse ss οδοσ οδοσ"],
    ["compatibility forms", "ﬁne ＡＢＣ１２３ x² ① ㎏", "fine abc123 x2 1 kg"],
    ["invisible characters vanish", "so\u00adft zero\u200bwidth \ufeffmark", "soft zerowidth mark"],
    ["controls part words", "a\u0000b\u0085c\u2028d", "a b c d"],
    ["an underscore parts words", "foo_bar-baz/qux", "foo bar baz qux"],
    ["each ideograph and kana is a word", "東京は、2024年。", "東 京 は 2024 年"],
    ["voiced kana differ from unvoiced ones", "かが ｶｶﾞ", "か か\u3099 カ カ\u3099"],
    ["Hangul has spaces", "한국어 텍스트", "한국어 텍스트".normalize("NFD")],
    ["Thai: a letter with its marks is a word", "ชื่อ ดี ๑๒", "ชื่ อ ดี ๑๒"],
    ["Khmer, Lao and Myanmar too", "ខ្មែរ ລາວ မြန်", "ខ្ មែ រ ລ າ ວ မြ န်"],
    ["vowel signs of Indic scripts count", "कि कु क", "कि कु क"],
    ["vowel points of Arabic and Hebrew do not", "السَّلَامُ עִבְרִית", "السلام עברית"],
    ["an emoji is a word", "great👍 fun", "great 👍 fun"],
    ["what the Unicode version does not know is a word", "a\u{10ffff}\ue000b", "a \u{10ffff} \ue000 b"],
    ["half of a surrogate pair reads as U+FFFD", "a\ud83db", "a \ufffd b"],
    ["nothing", " \t\n…!", ""],
  ])("%s", (_rule, text, expected) => {
    expect(normaliseForDedupe(text)).toBe(expected);
  });

  it("keeps punctuation and symbols as words when asked to", () => {
    expect(normaliseForDedupe("C++, C#: -5 < €5…", "keep")).toBe("c + + , c # : - 5 < € 5 . . .");
    expect(normaliseForDedupe("  Hello \n World", "keep")).toBe("hello world");
  });

  it("agrees with the naive implementation", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(normaliseForDedupe(text)).toBe(naive.words(text).join(" "));
        expect(normaliseForDedupe(text, "keep")).toBe(naive.words(text, "keep").join(" "));
      }),
      { numRuns: 2000 },
    );
  });

  it("reads a string and its UTF-8 alike", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(normaliseForDedupe(new TextEncoder().encode(text))).toBe(normaliseForDedupe(text));
      }),
    );
  });

  it("reads invalid UTF-8 as TextDecoder does", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(normaliseForDedupe(bytes)).toBe(normaliseForDedupe(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)));
      }),
    );
  });

  it("has a form that is its own form", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const form = normaliseForDedupe(text);
        expect(normaliseForDedupe(form)).toBe(form);
      }),
      { numRuns: 2000 },
    );
  });

  it("folds every code point like what it decomposes into and composes to", () => {
    const form = normalForm();
    let decomposable = 0;
    for (let c = 0x80; c < 0x3_0000; c++) {
      const text = `x${String.fromCodePoint(c)}y`;
      if (text.normalize("NFKD") === text) continue;
      decomposable++;
      const expected = form(text);
      for (const other of ["NFC", "NFD", "NFKC", "NFKD"]) {
        if (form(text.normalize(other)) !== expected) expect.fail(`U+${c.toString(16)} in ${other}: ${JSON.stringify(foldOf(c))}`);
      }
    }
    expect(decomposable).toBeGreaterThan(16_000);
  });

  it("has the same fold page by page as code point by code point", () => {
    let page: Uint32Array = new Uint32Array(0);
    for (let c = 0; c < 0x11_0000; c++) {
      const entry = foldEntry(c);
      const kind = entry >>> CLASS_SHIFT;
      const parts = kind === SKIP ? [] : kind === SEVERAL ? expansion(entry & CODE_POINT_MASK) : [entry];
      const wanted = foldOf(c).map((part) => (part.class << CLASS_SHIFT) | part.codePoint);
      if (parts.join() !== wanted.join()) expect.fail(`U+${c.toString(16)}: ${parts} is not ${wanted}`);
      // As a kernel gets it: several entries stand behind the page, their number first.
      if ((c & 255) === 0) page = foldPage(c >>> 8);
      const own = page[c & 255] as number;
      const at = own & CODE_POINT_MASK;
      const given = own >>> CLASS_SHIFT === SEVERAL ? [...page.subarray(at + 1, at + 1 + (page[at] as number))] : [own];
      if (kind !== SKIP && given.join() !== wanted.join()) expect.fail(`U+${c.toString(16)}: the page says ${given}, not ${wanted}`);
      if (kind === SKIP) expect(own).toBe(entry);
    }
  });

  it("folds every letter like its upper and its lower case", () => {
    const form = normalForm();
    for (let c = 0x80; c < 0x1_1000; c++) {
      const letter = String.fromCodePoint(c);
      if (letter.toUpperCase() === letter.toLowerCase()) continue;
      const expected = form(letter);
      if (form(letter.toUpperCase()) !== expected || form(letter.toLowerCase()) !== expected) {
        expect.fail(`U+${c.toString(16)} ${JSON.stringify(foldOf(c))}`);
      }
    }
  });

  it("refuses an unknown word for punctuation", () => {
    expect(() => normaliseForDedupe("a", "off" as "drop")).toThrow('expected `punctuation` to be "drop" or "keep", got "off"');
  });
});

describe.each(["wasm", "js"] as const)("Normaliser, %s", (backend) => {
  it("can be used again: nothing of the document before shows", () => {
    const normaliser = new Normaliser(backend);
    fc.assert(
      fc.property(fc.array(anyText, { maxLength: 6 }), (texts) => {
        for (const text of texts) {
          normaliser.read(text);
          expect(normaliser.text()).toBe(normaliseForDedupe(text));
          expect(normaliser.words).toBe(naive.words(text).length);
        }
      }),
    );
  });

  it("counts words and characters", () => {
    const normaliser = new Normaliser(backend);
    normaliser.read("ab 東c  d");
    expect([normaliser.words, normaliser.characters]).toEqual([4, 5]);
    normaliser.read("");
    expect([normaliser.words, normaliser.characters]).toEqual([0, 0]);
  });

  it.each([
    ["letters with spaces", "a b ".repeat(1_000_000), 2_000_000],
    ["one word", "x".repeat(3_000_000), 1],
    ["the longest fold", "\ufdfa".repeat(100_000), 400_000 - 99_999],
    ["Hangul, three times as long as before", "한".repeat(500_000), 1],
    ["ideographs", "東".repeat(700_000), 700_000],
  ])("reads huge documents: %s", (_name, text, words) => {
    const normaliser = new Normaliser(backend);
    normaliser.read(text);
    expect(normaliser.words).toBe(words);
    expect(normaliser.sha256()).toBe(createHash("sha256").update(normaliser.bytes).digest("binary"));
    normaliser.read("small again");
    expect(normaliser.text()).toBe("small again");
  });
});

describe("exactKeyOf", () => {
  it("is the first half of SHA-256 of the normal form", () => {
    const sha = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 32);
    expect(exactKeyOf("The quick, brown FOX jumps!")).toBe(sha("the quick brown fox jumps"));
    expect(exactKeyOf("Too short!")).toBe(sha("too short !"));
    expect(exactKeyOf("Too short!", 2)).toBe(sha("too short"));
    expect(exactKeyOf("")).toBe(sha(""));
  });

  it("agrees with the naive implementation", () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 32 }), (text, ngram) => {
        expect(exactKeyOf(text, ngram)).toBe(naive.exactKey(text, ngram));
      }),
    );
  });
});
