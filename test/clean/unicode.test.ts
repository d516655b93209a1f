import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ALPHABETIC,
  CONTROL,
  classOf,
  codePoints,
  LETTER,
  lastClass,
  PUNCTUATION,
  SENTENCE_END,
  SPACE,
  SYMBOL,
  splitLines,
  strip,
  stripEnd,
  stripStart,
  TERMINAL,
} from "../../src/clean/unicode.ts";

const every = Array.from({ length: 0x110000 }, (_, point) => point).filter((point) => point < 0xd800 || point > 0xdfff);
const having = (bit: number): number[] => every.filter((point) => (classOf(point) & bit) !== 0);

describe("the tables", () => {
  it("hold the sets that the reference counts", () => {
    expect(having(SYMBOL)).toHaveLength(281);
    expect(having(TERMINAL)).toHaveLength(159);
    expect(having(SPACE)).toHaveLength(29); // 25 of Unicode's property White_Space, and U+001C-001F
  });

  it("leave U+2018 and U+00BF out of the symbols, as datatrove does", () => {
    expect(classOf(0x2018) & SYMBOL).toBe(0);
    expect(classOf(0xbf) & SYMBOL).toBe(0);
    expect(classOf(0x2019) & SYMBOL).not.toBe(0);
  });

  it("are those of Unicode 14.0: they agree with the engine's wherever that is no newer", () => {
    // A newer engine knows more letters, never fewer, and has not renamed these.
    const missing = having(ALPHABETIC).filter((point) => !/\p{L}/u.test(String.fromCodePoint(point)));
    expect(missing).toEqual([]);
    // U+31350, a CJK ideograph, came with Unicode 15.0.
    expect(classOf(0x31350) & ALPHABETIC).toBe(0);
    expect(classOf(0x10ffff)).toBe(classOf(0xe0fff));
  });

  it.each([
    ["a", ALPHABETIC | LETTER],
    ["é", ALPHABETIC | LETTER],
    ["𠀀", ALPHABETIC | LETTER], // supplementary
    ["𝒜", ALPHABETIC], // a letter for Python, not among spaCy's
    ["।", PUNCTUATION | SENTENCE_END | TERMINAL | LETTER], // a letter for spaCy, which takes all of Devanagari
    ["𑁇", PUNCTUATION | SENTENCE_END | TERMINAL],
    ["\u001c", SPACE],
    ["\u0085", SPACE],
    ["\u0007", CONTROL | SYMBOL],
  ])("know %j", (char, bits) => {
    const asked = ALPHABETIC | LETTER | PUNCTUATION | SENTENCE_END | TERMINAL | SPACE | CONTROL;
    expect(classOf(char.codePointAt(0) as number) & asked).toBe(bits & asked);
    expect(lastClass(`x${char}`) & asked).toBe(bits & asked);
  });

  it("do not take U+FEFF for white space, which JavaScript's \\s does", () => {
    expect(classOf(0xfeff) & SPACE).toBe(0);
    expect(/\s/.test("\ufeff")).toBe(true);
  });
});

describe("Python's strings", () => {
  it("len counts code points, and a lone surrogate as one", () => {
    expect(codePoints("a𝒜b")).toBe(3);
    expect(codePoints("\ud800a\udc00")).toBe(3);
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => codePoints(text) === [...text].length));
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0xd700, max: 0xe100 })), (units) => {
        const text = String.fromCharCode(...units);
        return codePoints(text) === [...text].length;
      }),
    );
  });

  it("strip knows U+001C-001F and U+0085, and leaves U+FEFF", () => {
    expect(strip("\u001c\u0085 \u3000x\ufeff\u2029")).toBe("x\ufeff");
    expect(stripStart("  x ")).toBe("x ");
    expect(stripEnd("  x ")).toBe("  x");
    expect(strip(" \n\t ")).toBe("");
  });

  it("splitlines cuts at eleven separators", () => {
    for (const separator of ["\n", "\r", "\r\n", "\v", "\f", "\u001c", "\u001d", "\u001e", "\u0085", "\u2028", "\u2029"]) {
      expect(splitLines(`a${separator}b${separator}`)).toEqual(["a", "b"]);
    }
    expect(splitLines("a\u001fb\tc")).toEqual(["a\u001fb\tc"]);
    expect(splitLines("")).toEqual([]);
    expect(splitLines("\n")).toEqual([""]);
    expect(splitLines("a\n\nb")).toEqual(["a", "", "b"]);
    expect(splitLines("a\r\n\r\n")).toEqual(["a", ""]);
    expect(splitLines("a\n\r")).toEqual(["a", ""]);
  });
});
