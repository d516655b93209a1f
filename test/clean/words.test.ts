import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isAddress } from "../../src/clean/affixes.ts";
import { EXCEPTION_CUTS, EXCEPTION_TEXTS, UnitSet } from "../../src/clean/exceptions.ts";
import { splitWords } from "../../src/clean/index.ts";
import { countSentences } from "../../src/clean/sentences.ts";
import { isSpace } from "../../src/clean/unicode.ts";
import { Words } from "../../src/clean/words.ts";
import { oddTexts } from "./texts.ts";

// What spaCy 3.8.18 gives for each; golden.test.ts and oracle.test.ts compare thousands more.
describe("splitWords", () => {
  it.each<[string, string]>([
    ["Hello, world!", "Hello , world !"],
    ["(see the “quoted” part.)", "( see the “ quoted ” part . )"],
    ["don't can't cannot I'd've they're", "do n't ca n't can not I 'd 've they 're"],
    ["Don’t it’s O'Neil's", "Do n’t it ’s O'Neil 's"],
    ["Mr. Smith of the U.S.A. paid e.g. Inc. etc.", "Mr. Smith of the U.S.A. paid e.g. Inc. etc ."],
    ["well-known state-of-the-art 1990-91", "well - known state - of - the - art 1990 - 91"],
    ["$5.00 9€ 4US$ US$4", "$ 5.00 9 € 4 US$ US$ 4"],
    ["5km² 12km/h 7µm 5% 1990s 3x", "5 km² 12 km/h 7 µm 5 % 1990s 3x"],
    ["10am 11p.m. 3pm.", "10 am 11 p.m. 3 pm ."],
    ["end...now wait… a..b", "end ... now wait … a .. b"],
    ["foo.Bar foo.bar yes,no a:b a=b 3:b x/y", "foo . Bar foo.bar yes , no a : b a = b 3 : b x / y"],
    ["2*3 2^-1 1+1 +5 +a 5+", "2 * 3 2 ^ -1 1 + 1 +5 + a 5 +"],
    ["a--b a---b a—b a–b a~b 5-b b-5", "a -- b a --- b a — b a – b a ~ b 5 - b b-5"],
    [":-) :D x:) (see:) foo:D </3", ":-) :D x :) ( see :) foo :D </3"],
    ["x:-)) y:((( z>:o", "x:- ) ) y :((( z>:o"],
    ["b: ):c", "b : ) : c"], // the pair across the space comes first and keeps the colon from its partner
    ["a:) :)b", "a :) : ) b"],
    ["tables—e.g. km/h. 6g.", "tables — e.g. km / h. 6 g."],
    ["either/and/or/x w/o", "either / and/or / x w/o"],
    ["http://a.example.com/x?y=1, (www.example.org) me@example.com.", "http://a.example.com/x?y=1 , ( www.example.org ) me@example.com ."],
    ["20°C. 10°f. ©2020", "20 ° C . 10 ° f . © 2020"],
    ["東京。😀😀x", "東京。 😀 😀 x"],
    ["''", "''"],
    ["gonna C++ \\n <space>", "gon na C++ \\n <space>"],
    [" \u001c\u0085\u00a0 ", ""],
    ["\u200b", "\u200b"],
    ["", ""],
  ])("%j", (text, expected) => {
    expect(splitWords(text)).toEqual(expected === "" ? [] : expected.split(" "));
  });

  it("gives every exception as its rule says", () => {
    for (const [i, text] of EXCEPTION_TEXTS.entries()) {
      let from = 0;
      const pieces = (EXCEPTION_CUTS[i] as readonly number[]).map((cut) => {
        const piece = text.slice(from, cut);
        from = cut;
        return piece;
      });
      expect(splitWords(text)).toEqual(pieces);
    }
    expect(EXCEPTION_TEXTS.length).toBeGreaterThan(1300);
  });

  it("loses no character, takes none twice, and puts no white space into a word", () => {
    const check = (text: string): void => {
      const words = splitWords(text);
      const bare = [...text].filter((char) => !isSpace(char.charCodeAt(0))).join("");
      expect(words.join("")).toBe(bare);
      expect(words.includes("")).toBe(false);
    };
    for (const text of oddTexts(11, 300)) check(text);
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 60 }), check), { numRuns: 500 });
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(..."a1.,:-'\"$%/@()🙂é ".split("")), { maxLength: 24 }).map((c) => c.join("")),
        check,
      ),
      { numRuns: 1000 },
    );
  });

  it("cuts a chunk the same wherever it stands", () => {
    for (const text of oddTexts(12, 100, 8)) {
      const chunks = text.split(/[\s\p{Cc}]+/u).filter((chunk) => chunk !== "");
      expect(splitWords(chunks.join("\n"))).toEqual(chunks.flatMap(splitWords));
    }
  });

  it("takes time linear in one endless chunk", () => {
    for (const unit of ["!", ".", "a.", "a,", "(", "1-", "@a", ":)", "'s", "5%", "\ud800"]) {
      const text = unit.repeat(200_000 / unit.length);
      expect(splitWords(text).join("")).toBe(text);
    }
  });

  it("reuses its memory without mixing texts", () => {
    const words = new Words();
    for (const text of ["a much longer text, with marks (and more)!", "short.", "", "a 2nd much longer text; with :) x:)"]) {
      words.read(text);
      expect(Array.from({ length: words.count }, (_, i) => words.at(i))).toEqual(splitWords(text));
    }
  });
});

describe("addresses", () => {
  const whole = (text: string): boolean =>
    isAddress(
      Uint16Array.from(text.split(""), (c) => c.charCodeAt(0)),
      0,
      text.length,
    );

  it.each([
    "example.com",
    "www.example.co.uk",
    "http://example.com",
    "ftp://user:pass@example.com:21/path",
    "mailto:me@example.com",
    "me@example.com",
    "a@b@example.com",
    "example.com:8080/a?b#c",
    "example.com?q",
    "8.8.8.8",
    "http://8.8.8.8:80/",
    "a_b.example.com",
    "münchen.de",
    "例え.テスト",
  ])("%s is one", (text) => expect(whole(text)).toBe(true));

  it.each([
    "example",
    "example.c",
    "example.COM",
    "foo.Bar",
    "-a.com",
    "a-.com",
    ".com",
    "a..com",
    "http://",
    "://example",
    "example.com:1",
    "example.com:123456",
    "example.com!",
    "@",
    "me@",
    "10.0.0.1",
    "127.0.0.1",
    "192.168.1.1",
    "172.16.0.1",
    "224.0.0.1",
    "1.2.3.0",
    "1.2.3.255",
    "1.2.3",
    `${"a".repeat(65)}.com`,
    `a.${"b".repeat(64)}`,
  ])("%s is none", (text) => expect(whole(text)).toBe(false));
});

describe("sentences", () => {
  it.each<[string, number]>([
    ["", 1],
    ["no end", 1],
    ["One. Two! Three?", 3],
    ["Mr. Smith of the U.S. came.", 1],
    ["One...Two", 1],
    ['"One." "Two."', 2],
    ["One.) Two", 2],
    ["One.  )", 2], // two spaces are a word of white space to spaCy
    ["One. )", 1],
    ["One.  ", 2],
    ["One. ", 1],
    ["Вот. 東京。東", 2],
    ["Вот. 東京 。 東", 3],
  ])("%j has %i", (text, expected) => {
    expect(countSentences(new Words(text))).toBe(expected);
  });

  it("stops counting where told", () => {
    const words = new Words("One. Two. Six. Ten. Red. Hat.");
    expect(countSentences(words)).toBe(6);
    for (let most = 1; most <= 7; most++) expect(countSentences(words, 0, words.text.length, most)).toBe(Math.min(6, most));
  });

  it("counts in a part of a text as in that part alone", () => {
    for (const text of oddTexts(13, 100, 30)) {
      const words = new Words(text);
      let start = 0;
      for (const line of text.split("\n")) {
        const bare = line.trim();
        const at = text.indexOf(bare, start);
        // JavaScript's trim also takes U+FEFF, which is no white space to Python.
        if (!line.includes("\ufeff")) expect(countSentences(words, at, at + bare.length)).toBe(countSentences(new Words(bare)));
        start += line.length + 1;
      }
    }
  });
});

describe("UnitSet", () => {
  it("finds what it holds and nothing else", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { maxLength: 20 }),
        fc.string({ maxLength: 5 }),
        (held, other) => {
          const set = new UnitSet(held);
          for (const text of [...held, other]) {
            const units = Uint16Array.from(`x${text}y`.split(""), (c) => c.charCodeAt(0));
            expect(set.find(units, 1, units.length - 1)).toBe(held.indexOf(text));
          }
        },
      ),
    );
  });
});
