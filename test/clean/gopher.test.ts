import { describe, expect, it } from "vitest";
import { type GopherQualityOptions, type GopherRepetitionOptions, gopherQuality, gopherRepetition } from "../../src/clean/index.ts";
import { oddTexts, prose } from "./texts.ts";

/** Passes both rules with their defaults. */
const GOOD =
  "The river carried the old boats down to the harbour, and the people of the valley came to see what had become of them. " +
  "Nobody could say with certainty that winter would be mild, yet most of those who have lived there for long expected it to be. " +
  "They brought bread, lamps and a letter from the engineer.";

describe("Gopher repetition: the cases of the reference", () => {
  const xs = (count: number, end: string): string => `${"x".repeat(count)}.${end}`.repeat(2);
  it.each<[string, string, string, Record<string, unknown>]>([
    [
      "four equal lines",
      "I am your father.\n".repeat(4),
      "dup_line_frac",
      {
        duplicateLines: 0.6,
        duplicateLineChars: 0.708333,
        topNgramChars: { 2: 0.222222, 3: 0.5, 4: 0.888889 },
        duplicateNgramChars: { 5: 0.583333, 6: 0.430556, 7: 0.569444, 8: 0.291667, 9: 0.375, 10: 0.388889 },
      },
    ],
    [
      "four equal paragraphs",
      "I am your father.\n\n".repeat(4),
      "dup_para_frac",
      {
        duplicateParagraphs: 0.75,
        duplicateParagraphChars: 0.671053,
        duplicateLines: 0.6,
        topNgramChars: { 2: 0.210526, 3: 0.473684, 4: 0.842105 },
        duplicateNgramChars: { 5: 0.552632 },
      },
    ],
    [
      "one long paragraph twice",
      `I am groot.\n\nYou are a wizard.\n\nI am your father.\n\n${xs(30, "\n\n")}`,
      "dup_para_char_frac",
      { duplicateParagraphs: 0.2, duplicateParagraphChars: 0.264957 },
    ],
    [
      "one long line twice",
      `I am groot.\nYou are a wizard.\nI am your father.\n${xs(40, "\n")}`,
      "dup_line_char_frac",
      { duplicateLines: 0.166667, duplicateLineChars: 0.310606 },
    ],
    [
      "a frequent pair",
      "I am Frank, I am Frank, I am Frank",
      "top_2_gram",
      { topNgramChars: { 2: 0.352941, 3: 0.882353, 4: 0.705882 }, duplicateNgramChars: { 5: 0.294118, 7: 0.5 } },
    ],
    [
      "a frequent triple",
      "I am Frank, you are Jhon. I am Frank. I am Frank you are Jhon",
      "top_3_gram",
      { topNgramChars: { 2: 0.196721, 3: 0.491803 } },
    ],
    ["three marks", "###", "top_2_gram", { topNgramChars: { 2: 2, 3: 5 / 3 } }],
    ["a pair that occurs once", "one two", "top_2_gram", { topNgramChars: { 2: 1 } }],
  ])("%s", (_, text, reason, expected) => {
    const verdict = gopherRepetition(text);
    expect(verdict.reason).toBe(reason);
    for (const [name, value] of Object.entries(expected)) {
      const measured = verdict.values[name as keyof typeof verdict.values];
      if (typeof value === "number") expect(measured, name).toBeCloseTo(value, 6);
      else
        for (const [n, part] of Object.entries(value as object))
          expect((measured as Record<string, number>)[n], `${name} ${n}`).toBeCloseTo(part, 6);
    }
  });

  it("finds a repeated phrase in front of good text", () => {
    expect(gopherRepetition(`${"I am a solo traveller ".repeat(4)}${GOOD.slice(0, 240)}`).reason).toBe("duplicated_5_n_grams");
  });

  it.each([
    ["good text", GOOD],
    ["white space", "  \t "],
    ["a zero-width space", "\u200b"],
    ["the empty text", ""],
  ])("passes %s", (_, text) => {
    expect(gopherRepetition(text).reason).toBeUndefined();
  });

  it("measures nothing but zeros on the empty text", () => {
    expect(gopherRepetition("").values).toEqual({
      duplicateParagraphs: 0,
      duplicateParagraphChars: 0,
      duplicateLines: 0,
      duplicateLineChars: 0,
      topNgramChars: {},
      duplicateNgramChars: { 5: 0, 6: 0, 7: 0, 8: 0, 9: 0, 10: 0 },
    });
  });

  it("counts code points, not UTF-16 units", () => {
    const { values } = gopherRepetition("😀😀x\n😀😀x\nab");
    expect(values.duplicateLineChars).toBe(3 / 10);
    expect(values.topNgramChars[2]).toBe((3 * 2) / 10); // "😀 😀" twice
    expect(gopherRepetition("𝒜 𝒜 b 𝒜 𝒜", { maxDuplicateNgramChars: { 2: 1 } }).values.duplicateNgramChars).toEqual({ 2: 2 / 9 });
  });
});

describe("Gopher repetition: options", () => {
  const repeated = "I am your father.\n".repeat(4);
  it("compares strictly: a value equal to its limit passes", () => {
    const only = (limit: number): GopherRepetitionOptions => ({
      maxDuplicateLines: limit,
      maxDuplicateLineChars: null,
      maxTopNgramChars: null,
      maxDuplicateNgramChars: null,
    });
    expect(gopherRepetition(repeated, only(0.6)).reason).toBeUndefined();
    expect(gopherRepetition(repeated, only(0.6 - Number.EPSILON)).reason).toBe("dup_line_frac");
  });

  it("takes 0 for a limit and null for none", () => {
    const text = "a b\nc d\na b\n\ne f g h i j k l m n";
    const off = { maxDuplicateParagraphs: null, maxDuplicateParagraphChars: null, maxTopNgramChars: null, maxDuplicateNgramChars: null };
    expect(gopherRepetition(text, { ...off, maxDuplicateLines: 0, maxDuplicateLineChars: null }).reason).toBe("dup_line_frac");
    expect(gopherRepetition(text, { ...off, maxDuplicateLines: null, maxDuplicateLineChars: 0 }).reason).toBe("dup_line_char_frac");
    expect(gopherRepetition(text, { ...off, maxDuplicateLines: null, maxDuplicateLineChars: null }).reason).toBeUndefined();
  });

  it("checks the sizes given, in ascending order", () => {
    const limits = { maxDuplicateLines: null, maxDuplicateLineChars: null, maxDuplicateParagraphs: null, maxDuplicateParagraphChars: null };
    expect(gopherRepetition(repeated, { ...limits, maxTopNgramChars: { 4: 0.1, 3: 0.1 } }).reason).toBe("top_3_gram");
    expect(gopherRepetition(repeated, { ...limits, maxTopNgramChars: {}, maxDuplicateNgramChars: { 12: 0.1 } }).reason).toBe(
      "duplicated_12_n_grams",
    );
    expect(gopherRepetition("one two", { ...limits, maxTopNgramChars: { 1: 0.4 } }).reason).toBe("top_1_gram");
  });

  it.each<[object, ErrorConstructor, string]>([
    [{ maxDuplicateLines: 1.1 }, RangeError, "gopher-repetition: expected `maxDuplicateLines` to be a number between 0 and 1, got 1.1"],
    [{ maxDuplicateLines: -0.1 }, RangeError, "maxDuplicateLines"],
    [{ maxDuplicateLines: "0.3" }, TypeError, "maxDuplicateLines"],
    [{ maxDuplicateLines: undefined }, TypeError, "maxDuplicateLines"],
    [{ maxDuplicateNgramChars: { 5: 2 } }, RangeError, "maxDuplicateNgramChars[5]"],
    [{ maxTopNgramChars: { 0: 0.2 } }, RangeError, "a size in maxTopNgramChars"],
    [{ maxTopNgramChars: { two: 0.2 } }, TypeError, "a size in maxTopNgramChars"],
    [{ maxTopNgramChars: [0.2] }, TypeError, "maxTopNgramChars"],
    [{ maxDuplicateLine: 0.3 }, TypeError, "unknown option `maxDuplicateLine`"],
  ])("refuses %j", (options, type, message) => {
    expect(() => gopherRepetition("a", options)).toThrow(type);
    expect(() => gopherRepetition("a", options)).toThrow(message);
  });
});

describe("Gopher quality: the cases of the reference", () => {
  const ten = { minWords: 10, maxWords: 1000 };
  const odd = "the ./!*?<><> apple <?////> orange  ++ interconnection !<>??? have".repeat(20);
  it.each<[string, string | undefined, GopherQualityOptions]>([
    ["I am too small...", "gopher_short_doc", ten],
    ["I am ".repeat(20), "gopher_below_avg_threshold", ten],
    ["interconnection ".repeat(20), "gopher_above_avg_threshold", ten],
    ["# comment ".repeat(20), "gopher_too_many_hashes", ten],
    ["... comment ".repeat(20), "gopher_too_many_ellipsis", ten],
    [odd, "gopher_below_alpha_threshold", ten],
    [GOOD, undefined, ten],
    [GOOD, undefined, {}],
    ["!!! ??? ...", "gopher_too_many_ellipsis", { minWords: null }],
  ])("%j: %s", (text, reason, options) => {
    expect(gopherQuality(text, options).reason).toBe(reason);
  });

  it("has 481 words where the reference has", () => {
    expect(gopherQuality(odd, ten).values.words).toBe(481);
  });

  it("names a text without words, which divides by zero in datatrove", () => {
    for (const text of ["", " \n\t", "\u0085"]) {
      expect(gopherQuality(text, { minWords: null }).reason).toBe("gopher_empty");
      expect(gopherQuality(text, { minWords: 0 }).reason).toBe("gopher_empty");
      expect(gopherQuality(text).reason).toBe("gopher_short_doc");
      expect(Object.values(gopherQuality(text).values)).toEqual(Array(9).fill(0));
    }
  });
});

describe("Gopher quality: what it measures", () => {
  it("counts as it says", () => {
    const { values } = gopherQuality("- The 𝒜𝒜 of # 12…\n• to...\nend");
    // words: - The 𝒜𝒜 of # 12… becomes 12 and …; • to ... end
    expect(values).toEqual({
      words: 11,
      properWords: 7, // The 𝒜𝒜 of 12 • to end: the bullet is in no list of symbols
      meanWordLength: (3 + 2 + 2 + 2 + 1 + 2 + 3) / 7,
      hashRatio: 1 / 11,
      ellipsisRatio: 2 / 11,
      bulletLines: 2 / 3,
      ellipsisLines: 2 / 3,
      alphabeticWords: 5 / 11,
      stopWords: 2, // case-sensitive: `The` is none
    });
  });

  const words = `the be ${"word ".repeat(50)}`;
  it.each<[string, string, GopherQualityOptions, string | undefined]>([
    ["49 words", `the be ${"word ".repeat(47)}`, {}, "gopher_short_doc"],
    ["50 words", `the be ${"word ".repeat(48)}`, {}, undefined],
    ["as many words as allowed", words, { maxWords: 52 }, undefined],
    ["one more", words, { maxWords: 51 }, "gopher_long_doc"],
    ["no words allowed", words, { minWords: null, maxWords: 0 }, "gopher_long_doc"],
    ["a mean length equal to the limit", "aaa the and ".repeat(20), { minMeanWordLength: 3, maxMeanWordLength: 3 }, undefined],
    ["hashes at the limit", `the and ${"word ".repeat(52)}# # # # # #`, {}, undefined],
    ["no hash allowed", `${words}#`, { maxHashRatio: 0 }, "gopher_too_many_hashes"],
    ["hashes do not matter", "# the and ".repeat(30), { maxHashRatio: null, minAlphabeticWords: null }, undefined],
    ["9 of 10 lines with bullets", `${"- the be word word word\n".repeat(9)}and that is all of it`, {}, undefined],
    ["all lines with bullets", " \u2022 the be word word word\n".repeat(10), {}, "gopher_too_many_bullets"],
    [
      "three of ten lines end in an ellipsis",
      "the be of word word...  \n".repeat(3) + "the be of word word word\n".repeat(7),
      {},
      undefined,
    ],
    [
      "four of ten",
      "the be of word word\u2026\u2003\n".repeat(4) + "the be of word word word\n".repeat(6),
      {},
      "gopher_too_many_end_ellipsis",
    ],
    ["one stop word", `the the the ${"word ".repeat(50)}`, {}, "gopher_enough_stop_words"],
    ["stop words of one's own", `le et ${"mots ".repeat(50)}`, { stopWords: ["le", "et", "de"] }, undefined],
    ["no stop word needed", "word ".repeat(60), { minStopWords: 0 }, undefined],
    ["numbers for words", `the be ${"12 ".repeat(60)}`, { minMeanWordLength: null }, "gopher_below_alpha_threshold"],
  ])("%s", (_, text, options, reason) => {
    expect(gopherQuality(text, options).reason).toBe(reason);
  });

  it.each<[object, ErrorConstructor, string]>([
    [{ minWords: 10, maxWords: 5 }, RangeError, "gopher-quality: expected `minWords` to be at most `maxWords`, got 10 and 5"],
    [{ minMeanWordLength: 11 }, RangeError, "`minMeanWordLength` to be at most `maxMeanWordLength`, got 11 and 10"],
    [{ minAlphabeticWords: 80 }, RangeError, "`minAlphabeticWords` to be a number between 0 and 1, got 80"],
    [{ minWords: 1.5 }, RangeError, "minWords"],
    [{ minWords: -1 }, RangeError, "minWords"],
    [{ minWords: false }, TypeError, "minWords"],
    [{ minStopWords: 9 }, RangeError, "at most the number of stop words, got 9 of 8"],
    [{ stopWords: "the" }, TypeError, "stopWords"],
    [{ stopWords: [""] }, TypeError, "stopWords"],
    [{ max_non_alpha_words_ratio: 0.8 }, TypeError, "unknown option `max_non_alpha_words_ratio`"],
  ])("refuses %j", (options, type, message) => {
    expect(() => gopherQuality("a", options)).toThrow(type);
    expect(() => gopherQuality("a", options)).toThrow(message);
  });

  it("keeps every share between 0 and 1", () => {
    for (const text of [...oddTexts(31, 150), ...prose(32, 80)]) {
      const { bulletLines, ellipsisLines, alphabeticWords } = gopherQuality(text).values;
      const { duplicateParagraphs, duplicateParagraphChars, duplicateLines, duplicateLineChars, duplicateNgramChars } =
        gopherRepetition(text).values;
      const shares = [
        [bulletLines, ellipsisLines, alphabeticWords],
        [duplicateParagraphs, duplicateParagraphChars, duplicateLines, duplicateLineChars],
        Object.values(duplicateNgramChars),
      ];
      for (const share of shares.flat()) {
        expect(share).toBeGreaterThanOrEqual(0);
        expect(share).toBeLessThanOrEqual(1);
      }
    }
  });
});
