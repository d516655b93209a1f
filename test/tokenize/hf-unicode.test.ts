/** The pinned classes are those of the reference, whatever Node runs the tests. The counts were read off the native package. */
import { describe, expect, it } from "vitest";
import { AlignedText } from "../../src/tokenize/hf/aligned-text.ts";
import { type CodePointSet, EVERYTHING, generalCategory, NOTHING, pinnedSet, scriptSet } from "../../src/tokenize/hf/code-points.ts";
import { graphemeEnd } from "../../src/tokenize/hf/graphemes.ts";
import { lowercase } from "../../src/tokenize/hf/rewrites.ts";
import { rustFloat } from "../../src/tokenize/hf/rust-float.ts";
import { type Form, normalForm, normalizing } from "../../src/tokenize/hf/unicode-forms.ts";
import { texts } from "./hf-texts.ts";

const size = (set: CodePointSet): number => set.pairs().reduce((sum, [first, last]) => sum + last - first + 1, 0);

describe("pinned sets", () => {
  it("have the members of the reference", () => {
    expect(Object.fromEntries(["L", "N", "M", "P", "S", "Nd", "Lu"].map((name) => [name, size(generalCategory(name) ?? NOTHING)]))).toEqual(
      {
        L: 141_028,
        N: 1_911,
        M: 2_501,
        P: 855,
        S: 8_514,
        Nd: 760,
        Lu: 1_858,
      },
    );
    expect(size(scriptSet("han") ?? NOTHING)).toBe(99_030);
    const names = ["onigWord", "onigAlphabetic", "space", "numeric", "bertAccent", "punctuation", "combiningMark", "regexWord"] as const;
    expect(names.map((name) => size(pinnedSet(name)))).toEqual([144_671, 142_759, 25, 1_924, 1_549, 726, 2_097, 144_667]);
  });

  it("answer alike by bitmap and by ranges", () => {
    for (const name of ["punctuation", "graphemeExtend", "bertChinese"] as const) {
      const set = pinnedSet(name);
      const members = new Set(set.pairs().flatMap(([first, last]) => [first - 1, first, last, last + 1]));
      for (const point of members) {
        expect(set.has(point)).toBe(set.pairs().some(([first, last]) => point >= first && point <= last));
        expect(set.complement().has(point)).toBe(!set.has(point));
      }
    }
  });

  it("form an algebra", () => {
    const [a, b] = [generalCategory("Lu") ?? NOTHING, scriptSet("greek") ?? NOTHING];
    expect(size(a.union(b)) + size(a.intersection(b))).toBe(size(a) + size(b));
    expect(size(a.intersection(a.complement()))).toBe(0);
    expect(a.union(a.complement()).ranges).toEqual(EVERYTHING.ranges);
  });

  it("are written as classes of regular expressions that have the same members", () => {
    const set = pinnedSet("punctuation");
    const regex = new RegExp(`^[${set.classBody()}]$`, "u");
    for (let point = 0; point < 0x12000; point += 7) {
      if (point < 0xd800 || point > 0xdfff) expect(regex.test(String.fromCodePoint(point))).toBe(set.has(point));
    }
  });
});

describe("normal forms", () => {
  it("leave characters alone that are newer than Unicode 9", () => {
    // U+11938 (Unicode 13) decomposes, and U+105D2 U+0307 (Unicode 16) composes, on newer hosts.
    for (const form of ["NFC", "NFD", "NFKC", "NFKD"] as const) {
      expect(normalForm("e\u0301\u{11938}", form).slice(-2)).toBe("\u{11938}");
      expect(normalForm("\u{105d2}\u0307", form)).toBe("\u{105d2}\u0307");
    }
  });

  it("are the host's for older characters, and the same with alignments", () => {
    const isOld = (c: string): boolean =>
      c < "\u0530" || (c >= "\u1e00" && c < "\u1f00") || (c >= "\u3040" && c < "\u3100") || (c >= "\uac00" && c < "\ud7a4");
    const old = texts(77, 300).map((text) => [...text].filter(isOld).join(""));
    for (const form of ["NFC", "NFD", "NFKC", "NFKD"] satisfies Form[]) {
      for (const text of [...old, "q\u0307\u0323", "\u0345\u0301", "가\u11a8", "\u1100\u1161\u11a8", "\u0344a"]) {
        expect(normalForm(text, form)).toBe(text.normalize(form));
        const aligned = AlignedText.from(text);
        aligned.rewrite(normalizing(form));
        expect(aligned.text).toBe(text.normalize(form));
      }
    }
  });
});

describe("lower case", () => {
  it("knows no final sigma", () => expect(lowercase.text("ΣΑΣ")).toBe("σασ"));
  it("makes two characters of a dotted capital i", () => expect(lowercase.text("İ")).toBe("i\u0307"));
});

describe("graphemes", () => {
  const cut = (text: string): string[] => {
    const out: string[] = [];
    for (let at = 0; at < text.length; at = graphemeEnd(text, at)) out.push(text.slice(at, graphemeEnd(text, at)));
    return out;
  };
  const rows: readonly (readonly string[])[] = [
    ["a", "b"],
    ["\r\n", "\n", "\r"],
    ["e\u0301\u0323", "x"],
    ["👩‍💻", "😀"],
    ["🇩🇪", "🇫🇷", "🇮"],
    ["\u1100\u1161\u11a8", "가\u11a8", "\u1100"],
    ["क्ष", "त्रि"],
    ["\u0600a", "b"],
    ["©\u200d❤", "\n", "\u0301"],
    ["นำ", "x"],
  ];
  for (const row of rows) it(JSON.stringify(row.join("")), () => expect(cut(row.join(""))).toEqual(row));
});

describe("decimal numbers as Rust reads them", () => {
  it("may differ from the nearest double by the last bit", () => {
    // The digits alone need 54 bits, so they are rounded before the division.
    expect(rustFloat(-9.806299209594727)).toBe(-(9_806_299_209_594_728 / 1e15));
    expect(rustFloat(-12.3456789)).toBe(-12.3456789);
    expect(rustFloat(0)).toBe(0);
    expect(rustFloat(1e-7)).toBe(1e-7);
    const values = texts(1, 400).map((text, i) => -text.length / (i + 3.7));
    const others = values.filter((value) => rustFloat(value) !== value);
    expect(others.length).toBeGreaterThan(20);
    for (const value of others) expect(Math.abs(rustFloat(value) - value)).toBeLessThan(Math.abs(value) * 2 ** -51);
  });
});
