/**
 * Where only the decision is wanted, the kernel leaves n-grams uncounted when a bound shows that no limit is exceeded. Here limits lie as near
 * to what the plain code measures as they can, so that a bound that is too small by a character decides otherwise.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type GopherRepetitionOptions, type GopherRepetitionValues, gopherRepetitionRule } from "../../src/clean/gopher-repetition.ts";
import { Page } from "../../src/clean/rule.ts";
import { resolveRules } from "../../src/clean/rules.ts";
import { prose } from "../clean/texts.ts";

const OFF: GopherRepetitionOptions = {
  maxDuplicateParagraphs: null,
  maxDuplicateParagraphChars: null,
  maxDuplicateLines: null,
  maxDuplicateLineChars: null,
  maxTopNgramChars: null,
  maxDuplicateNgramChars: null,
};

/** How often each answer was given: the tests below need both. */
const given = { kept: 0, dropped: 0 };

function decide(text: string, options: GopherRepetitionOptions): void {
  const rule = gopherRepetitionRule({ ...OFF, ...options });
  const { reason } = rule.judge(new Page(text, false, "js"));
  expect([rule.judge(new Page(text, true)).reason, options], text.slice(0, 400)).toEqual([reason, options]);
  given[reason === undefined ? "kept" : "dropped"]++;
}

function measure(text: string, options: GopherRepetitionOptions): GopherRepetitionValues {
  return gopherRepetitionRule({ ...OFF, ...options }).judge(new Page(text, false, "js")).values;
}

/** Every size alone and all together, at what was measured, and less by as little as a number can be and by a character. */
function decideAtTheLimits(text: string, kind: "maxTopNgramChars" | "maxDuplicateNgramChars", sizes: readonly number[]): void {
  const any = Object.fromEntries(sizes.map((n) => [n, 0]));
  const values = measure(text, { [kind]: any });
  const found = kind === "maxTopNgramChars" ? values.topNgramChars : values.duplicateNgramChars;
  const clamp = (share: number): number => Math.max(0, kind === "maxTopNgramChars" ? share : Math.min(share, 1));
  const limits = (change: (share: number) => number) => Object.fromEntries(sizes.map((n) => [n, clamp(change(found[n] ?? 0))] as const));
  for (const change of [
    (share: number) => share,
    (share: number) => share * (1 - Number.EPSILON),
    (share: number) => share - 1 / Math.max(text.length, 1),
    (share: number) => share + 1 / Math.max(text.length, 1),
    (share: number) => share + 2.5 / Math.max(text.length, 1),
  ]) {
    const all = limits(change);
    decide(text, { [kind]: all });
    for (const n of sizes) decide(text, { [kind]: { [n]: all[n] as number } });
  }
  // The first limit is met to the character, the second is not.
  for (const [i, n] of sizes.entries()) {
    const next = sizes[i + 1];
    if (next !== undefined) decide(text, { [kind]: { [n]: limits((share) => share)[n] as number, [next]: 0 } });
  }
}

const TOPS = [1, 2, 3, 4];
const REPEATS = [1, 2, 3, 5, 6, 7, 10, 13];

function decideBoth(text: string): void {
  decideAtTheLimits(text, "maxTopNgramChars", TOPS);
  decideAtTheLimits(text, "maxDuplicateNgramChars", REPEATS);
}

/** Words of all kinds around the vectors, pairs, words of the same look (first four units and length), numbers that can be cut in two ways. */
const WORDS = [
  ..."a the of cat sat on mats elephants , 1 12 123 23 3 31 . - x 😀 😀😀 a😀 𝒜b 日本 é naïve stone1x stone2x stone3x stoneAx".split(" "),
  "internationalisation",
  "internationalisations",
  "abcdefgh",
  "abcdefghi",
  "abcdefghijklmnop",
  "abcdefghijklmnopq",
  "x".repeat(40),
];

const word = fc.constantFrom(...WORDS);
const few = fc.array(word, { minLength: 1, maxLength: 14 });
const some = fc.array(word, { minLength: 1, maxLength: 60 });
const repeating = fc
  .tuple(some, few, some)
  .map(([before, piece, between]) => [...before, ...piece, ...between, ...piece, ...between.slice(5)]);
const soon = fc.tuple(few, word, fc.integer({ min: 0, max: 3 }), fc.integer({ min: 2, max: 12 })).map(([around, again, gap, times]) => {
  const turn = [again, ...around.slice(0, gap)];
  return [...around, ...Array.from({ length: times }, () => turn).flat(), ...around];
});

function decideTexts(words: fc.Arbitrary<string[]>, numRuns: number, around = ""): void {
  given.kept = given.dropped = 0;
  fc.assert(
    fc.property(words, (list) => decideBoth(`${around}${list.join(" ")}`)),
    { numRuns },
  );
  expect(given.kept).toBeGreaterThan(numRuns);
  expect(given.dropped).toBeGreaterThan(numRuns);
}

describe("the kernel decides as the plain code does", () => {
  it("at the limits of texts of few words", { timeout: 120_000 }, () => decideTexts(some, 120));
  it("at the limits of n-grams that come again", { timeout: 120_000 }, () => decideTexts(repeating, 150));
  it("at the limits of words that come again soon", { timeout: 120_000 }, () => decideTexts(soon, 150));

  it("at the limits inside long texts", { timeout: 120_000 }, () => {
    const long = `${prose(81, 12).join(" ").slice(0, 6000)} `;
    decideTexts(repeating, 12, long);
    decideTexts(soon, 12, long);
  });

  it("where the bound by words decides, with words that share a bucket", { timeout: 120_000 }, () => {
    // More words than there are buckets, of few looks.
    const alike = Array.from({ length: 3000 }, (_, i) => `stone${String.fromCharCode(97 + (i % 23))}${i % 3 === 0 ? "y" : "z"}`);
    const different = Array.from({ length: 5000 }, (_, i) => `${(i * 7919).toString(36)}q`);
    for (const list of [alike, different, [...different, ...alike.slice(0, 40), ...different.slice(0, 30)]]) {
      given.kept = given.dropped = 0;
      decideBoth(list.join(" "));
      expect(given.kept).toBeGreaterThan(5);
      expect(given.dropped).toBeGreaterThan(5);
    }
  });

  it("where a long word comes again soon, and no other word is frequent", () => {
    const rare = Array.from({ length: 400 }, (_, i) => (i * 7919).toString(36)).join(" ");
    for (const turn of ["again", "again x", "again x y", "again x y z", "again again x", "again x again again y"]) {
      const soon = `${turn} `.repeat(15).replaceAll("again", "internationalisation");
      decideAtTheLimits(`${rare} ${soon}`, "maxTopNgramChars", TOPS);
    }
  });

  it("where letters repeat that are cut otherwise", { timeout: 60_000 }, () => {
    for (const [a, b] of [
      ["12 3 45 67 8 90 12 34 56 78", "1 23 4 56 78 9 01 23 45 678"],
      ["in to the re gion of an other one here", "into there gio n ofa no ther on eh ere"],
      ["aa a aa a aa a aa a aa a", "a aa a aa a aa a aa a aa"],
    ]) {
      const between = prose(82, 1)[0]?.slice(0, 300);
      decideBoth(`${a} ${between} ${b}`);
      decideBoth(`${b} ${a} ${between} ${b} ${a}`);
    }
  });

  it("where one n-gram stands at a great many places", { timeout: 60_000 }, () => {
    const between = prose(83, 3).join(" ").split(" ");
    const text = Array.from({ length: 60 }, (_, i) => `one two three four five six ${between.slice(i, i + (i % 4)).join(" ")}`).join(" ");
    decideBoth(text);
    decideBoth(`${between.join(" ")} ${"ab ".repeat(400)}`);
  });

  it("when a first limit is exceeded, with the reason of that one", { timeout: 60_000 }, () => {
    const text = `${"one two three four five six seven ".repeat(6)}${prose(84, 1)[0]}`;
    for (const top of [0, 0.05, 0.2, 2]) {
      for (const repeat of [0, 0.05, 0.2, 1]) {
        const tops = { 2: top, 3: top, 4: top };
        decide(text, { maxTopNgramChars: tops, maxDuplicateNgramChars: { 5: repeat, 6: repeat / 2, 7: 0 } });
        decide(text, { maxTopNgramChars: tops, maxDuplicateNgramChars: { 5: 1, 6: 1, 7: repeat } });
        decide(text, { maxTopNgramChars: { ...tops, 5: top }, maxDuplicateNgramChars: { 5: repeat } });
      }
    }
  });

  it("of words of any length that C4 takes for giants", { timeout: 60_000 }, () => {
    const piece = fc.tuple(fc.constantFrom("a", "😀", "\ud83d", "b ", " ", "\n", "\u3000"), fc.integer({ min: 1, max: 9 }));
    const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.map(([unit, times]) => unit.repeat(times)).join(""));
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 12 }), (input, maxWordLength) => {
        const [rule] = resolveRules("test", [{ rule: "c4", endMarks: null, minWordsPerLine: null, minSentences: null, maxWordLength }]);
        expect(rule?.judge(new Page(input))).toEqual(rule?.judge(new Page(input, false, "js")));
      }),
      { numRuns: 2000 },
    );
  });
});
