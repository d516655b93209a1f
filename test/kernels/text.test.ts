/** The kernel for text statistics against the plain TypeScript of src/clean, which shares no code with it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Page } from "../../src/clean/rule.ts";
import { resolveRules } from "../../src/clean/rules.ts";
import { textKernel } from "../../src/clean/text-kernel.ts";
import { ASTRAL_STARTS, classOf, UNSETTLED } from "../../src/clean/unicode.ts";
import type { TextKernel } from "../../src/kernels/text/index.ts";
import { difference } from "../clean/backends.ts";
import { oddTexts, prose } from "../clean/texts.ts";
import { corpusDocuments, hasCorpora, packagedDocuments } from "./documents.ts";

const kernel = textKernel() as TextKernel;

function same(texts: Iterable<string>): void {
  for (const text of texts) {
    const found = difference(text);
    if (found !== undefined) throw new Error(`${JSON.stringify(text).slice(0, 500)}: ${found.slice(0, 1000)}`);
  }
}

/** Property tests over arrays of these pieces. */
function sameOf(pieces: readonly string[], separators: readonly string[], maxLength: number, numRuns = 150): void {
  const piece = fc.tuple(fc.constantFrom(...pieces), fc.constantFrom(...separators)).map(([a, b]) => a + b);
  fc.assert(
    fc.property(fc.array(piece, { maxLength }), (list) => same([list.join("")])),
    { numRuns },
  );
}

describe("the text kernel measures as the plain code does", () => {
  it("odd texts and prose", { timeout: 60_000 }, () => same([...oddTexts(71, 300), ...prose(72, 120)]));

  it("any strings, lone surrogates included", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary", maxLength: 80 }), fc.string({ unit: "grapheme", maxLength: 80 })), (text) =>
        same([text]),
      ),
      { numRuns: 300 },
    );
    sameOf(["\ud800", "\udc00", "😀", "\ud83d", "a", "x.", "𝒜", "𠀀。"], ["", "", " ", "\n"], 20);
  });

  it("every code point, alone, in words and at line ends", { timeout: 240_000 }, () => {
    for (let first = 0; first < 0x110000; first += 0x200) {
      // Most planes are alike from end to end: only where bits change is looked at there.
      if (first >= 0x10000 && !ASTRAL_STARTS.some((start) => start >= first - 1 && start <= first + 0x200)) continue;
      let text = "";
      for (let point = first; point < first + 0x200; point++) {
        const char = String.fromCodePoint(point);
        text += `${char} a${char} ${char}b. 5${char})${point % 7 === 0 ? `${char}\n${char}` : " "}`;
      }
      same([text]);
    }
  });

  it("texts of few words and of few letters", { timeout: 60_000 }, () => {
    sameOf(["a", "b"], [" "], 40);
    sameOf(["the", "cat", "sat", "on", "mat", "catsat", "."], [" ", " ", "\n"], 80);
    sameOf(["1", "11", "111", "12", "2", "21", "12,", "(1)"], [" ", " ", "\n\n"], 60);
    sameOf(["aaaaaaaa", "aaaaaaaaa", "aaaaaaaaaaaaaaaaa", "aaaaaaaab", "a"], [" ", "", "\n"], 40);
  });

  it("top n-grams under any limit, where only the decision is wanted", { timeout: 60_000 }, () => {
    const word = fc.constantFrom("a", "the", "of", "cat", "sat", "on", ",", "mats", "elephants", "1");
    const list = fc.array(word, { minLength: 1, maxLength: 60 });
    const text = fc
      .oneof(
        list,
        fc.tuple(list, list).map(([a, b]) => [...a, ...b, ...a]),
      )
      .map((words) => words.join(" "));
    const limit = fc.double({ min: 0, max: 1.5, noNaN: true });
    const reasons = new Set<string | undefined>();
    fc.assert(
      fc.property(text, limit, limit, limit, limit, (input, one, two, three, four) => {
        const [rule] = resolveRules("test", [
          { rule: "gopher-repetition", maxTopNgramChars: { 1: one, 2: two, 3: three, 4: four }, maxDuplicateNgramChars: null },
        ]);
        const reason = rule?.judge(new Page(input, true)).reason;
        expect(reason).toBe(rule?.judge(new Page(input, true, "js")).reason);
        reasons.add(reason);
      }),
      { numRuns: 1500 },
    );
    expect(reasons.size).toBeGreaterThan(2); // the limits decide; which of them are met is chance
  });

  it("line breaks of all kinds, and blanks of all kinds around them", { timeout: 60_000 }, () => {
    const breaks = ["\n", "\r", "\r\n", "\v", "\f", "\u001c", "\u001d", "\u001e", "\u0085", "\u2028", "\u2029"];
    const blanks = ["", "", " ", "\t", "\u00a0", "\u3000", "\u001f", "\u2003", "\u180e", "\u200b", "\ufeff"];
    sameOf(["a line.", "- point", "• two...", "ends…", "{", "x", "", "", "too short"], [...breaks, ...breaks, ...blanks], 30, 400);
    sameOf(["", "a", "b c"], ["\n", "\n", " \n", "  ", "\n\n\n"], 20, 400);
  });

  it("what C4 looks for, in every spelling", { timeout: 60_000 }, () => {
    const phrases = "lorem ipsum,javascript,terms of use,privacy policy,cookie policy,uses cookies,use of cookies,use cookies".split(",");
    const spelt = phrases.flatMap((phrase) => [
      phrase,
      phrase.toUpperCase(),
      phrase.replace("k", "\u212a"),
      phrase.replace("i", "\u0130"),
      phrase.replace("s", "\u017f"),
      phrase.slice(1),
      phrase.slice(0, -1),
      phrase.replace(" ", "\n"),
    ]);
    const marks = ["[", "]", "[1]", "[]", "[edit]", "[citation needed]", "[x]", "{", "}", "\u{1d7d8}", "[\u0663]", ". ", "! ", '."', "..."];
    sameOf([...spelt, ...marks], [" ", "", " and so on ", "\n", ".\n"], 12, 500);
  });

  it("long words, long lines, texts of marks", { timeout: 60_000 }, () => {
    same([
      "a".repeat(5000),
      `${"a".repeat(999)} ${"b".repeat(1000)} ${"c".repeat(1001)} ${"😀".repeat(1000)} ${"😀".repeat(1001)}.`,
      ")".repeat(3000),
      "(".repeat(3000),
      "-".repeat(3000),
      ".".repeat(3000),
      "a-".repeat(2000),
      "a@".repeat(500),
      "# ".repeat(3000),
      "1 ".repeat(3000),
      "[".repeat(3000),
      "'s".repeat(2000),
      "see:) ".repeat(800),
      "10a.m. o.O :-) can't ".repeat(300),
      "line\n".repeat(2000),
      "\n".repeat(3000),
      "para graph.\n\n".repeat(500),
      "我".repeat(3000),
      "é".repeat(17),
    ]);
  });

  it("long and repeating documents", { timeout: 120_000 }, () => {
    const many = prose(73, 60);
    const long = many.join("\n\n");
    same([long, long + long, [...many, ...many.slice(20, 40)].join("\n"), `${long.replaceAll("\n", " ")} ${oddTexts(74, 30).join(" ")}`]);
  });

  it("texts of every length around the vectors", () => {
    for (let length = 0; length < 140; length++) {
      const letters = "x".repeat(length);
      same([letters, `${letters} `, `${"ab ".repeat(length)}.`, "é".repeat(length), `${letters}\nb,`]);
      same([`(${letters},`, `${letters}-(${letters}, a`, `${letters}\u00a0(${letters}.`, `${letters}\t${letters}...${letters}`]);
    }
  });

  it("documents of npm packages", { timeout: 120_000 }, () => {
    same(
      packagedDocuments()
        .filter((_, i) => i % 40 === 0)
        .map((text) => text.slice(0, 20_000)),
    );
  });

  it.runIf(hasCorpora)("documents of the corpora", { timeout: 240_000 }, () => {
    const files = [
      "en-wiki/enwiki2014-004.jsonl.gz",
      "en-web/dolma-cc_en_head-0091.jsonl.gz",
      "multi/zhwiki2024.jsonl.gz",
      "multi/tldr-pages.jsonl.gz",
    ];
    for (const file of files) {
      const texts = corpusDocuments(file);
      const step = Math.ceil(texts.length / 150);
      same(texts.filter((_, i) => i % step === 0));
    }
  });
  it.skipIf(hasCorpora)("(no ../shared/corpora: the corpora are not compared)", () => {});
});

describe("characters that composition leaves alone", () => {
  it("are not the second of any two that compose", () => {
    for (let point = 0; point < 0x110000; point++) {
      if (point >= 0xd800 && point < 0xe000) continue;
      const parts = [...String.fromCodePoint(point).normalize("NFD")];
      for (const part of parts.slice(1)) expect(classOf(part.codePointAt(0) as number) & UNSETTLED).not.toBe(0);
    }
  });

  it("stay as they are beside each other", () => {
    const settled: string[] = [];
    for (let point = 0; point < 0x110000; point++) {
      if (point >= 0xd800 && point < 0xe000) continue;
      if ((classOf(point) & UNSETTLED) === 0) settled.push(String.fromCodePoint(point));
    }
    const text = settled.join("");
    expect(text.normalize("NFC")).toBe(text);
    const reversed = settled.reverse().join("");
    expect(reversed.normalize("NFC")).toBe(reversed);
    expect(settled.length).toBeGreaterThan(140_000);
  });
});

describe("the text kernel", () => {
  it("leaves texts that are too large to the plain code, with the same verdict", { timeout: 120_000 }, () => {
    const text = `${prose(75, 40).join("\n")}\n`.repeat(200).slice(0, 2 ** 21 + 10);
    expect(text.length).toBeGreaterThan(2 ** 21);
    for (const rule of resolveRules("test", "fineweb@datatrove")) {
      const page = new Page(text, true);
      expect(page.kernel).toBeUndefined();
      expect(rule.judge(page).reason).toBe(rule.judge(new Page(text, true, "js")).reason);
    }
    expect(() => kernel.countWords(text)).toThrow("too large");
  });

  it("gives memory back after a giant text, and measures on", { timeout: 60_000 }, () => {
    same([", ".repeat(500_000)]);
    expect(kernel.memoryBytes).toBeGreaterThan(2 ** 25);
    same(["Some words, and some more."]);
    expect(kernel.memoryBytes).toBeLessThan(2 ** 23);
  });

  it("needs time linear in a run of marks", { timeout: 120_000 }, () => {
    const time = (text: string): number => {
      kernel.load("another text, so that nothing is known of this one");
      const from = process.cpuUsage();
      for (const rule of resolveRules("test", "fineweb@datatrove")) rule.judge(new Page(text, true));
      const { user, system } = process.cpuUsage(from);
      return user + system;
    };
    for (const mark of ["😀", ")", "(", "a-", "a\u00a0", "ki"]) {
      const short = mark.repeat(2 ** 19 / mark.length);
      const long = short.repeat(4);
      const best = (text: string): number => Math.min(time(text), time(text), time(text));
      expect(best(long), mark).toBeLessThan(10 * best(short) + 500_000);
    }
  });

  it("takes any list of stop words, and leaves one that is too long to the plain code", () => {
    const text = prose(76, 1)[0] as string;
    for (const stopWords of [
      [],
      ["the", "of"],
      ["of"],
      ["the", "of"],
      Array.from({ length: 1025 }, (_, i) => `w${i}`),
      ["x".repeat(20_000), "the"],
    ]) {
      const [rule] = resolveRules("test", [{ rule: "gopher-quality", stopWords, minStopWords: null }]);
      expect(rule?.judge(new Page(text))).toEqual(rule?.judge(new Page(text, false, "js")));
    }
  });

  it("does not mind texts in turns", () => {
    const texts = [...prose(77, 4), ...oddTexts(78, 4)];
    const counts = texts.map((text) => kernel.countWords(text));
    for (const [i, text] of [...texts.entries()].reverse()) expect(kernel.countWords(text)).toBe(counts[i]);
  });
});
