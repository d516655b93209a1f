/** The rules that look at lines: C4 and FineWeb. */
import { describe, expect, it } from "vitest";
import { C4_TFDS, type C4Options, c4, type FinewebOptions, fineweb } from "../../src/clean/index.ts";
import { prose } from "./texts.ts";

describe("FineWeb: the cases of the reference", () => {
  it.each<[string, string]>([
    ["", "empty"],
    [" \n\t\n", "empty"],
    ["a.\n".repeat(10), "short_line_ratio"],
    ["one line here\nand a second line\nand a third", "line_punct_ratio"],
    ["\u200b", "line_punct_ratio"],
  ])("%j: %s", (text, reason) => {
    expect(fineweb(text).reason).toBe(reason);
  });
});

describe("FineWeb", () => {
  const long = "This line is certainly longer than thirty characters.";
  const plain = "This line is certainly longer than thirty characters";
  const lines = (count: number, of: (i: number) => string): string => Array.from({ length: count }, (_, i) => of(i)).join("\n");

  it("measures", () => {
    expect(fineweb(`${long}\n\n  \n${plain} 1\nshort.\nshort.`).values).toEqual({
      lines: 4,
      terminalLines: 3 / 4,
      shortLines: 2 / 4,
      duplicateLineChars: 6 / (long.length + 2 + plain.length + 2 + 12),
      newlinesPerWord: 5 / 22, // 8 words and a mark, 9 words, and twice a word and a mark
    });
  });

  it.each<[string, string, FinewebOptions, string | undefined]>([
    ["3 of 25 lines with an end mark", lines(25, (i) => (i < 3 ? `${plain} ${i}.` : `${plain} ${i}`)), {}, undefined],
    ["2 of 25", lines(25, (i) => (i < 2 ? `${plain} ${i}.` : `${plain} ${i}`)), {}, "line_punct_ratio"],
    ["none, when none is allowed", lines(5, (i) => `${plain} ${i}`), { allowNoTerminal: true }, undefined],
    [
      "too few, when none is allowed",
      lines(20, (i) => `${plain} ${i}${i === 0 ? "." : ""}`),
      { allowNoTerminal: true },
      "line_punct_ratio",
    ],
    ["marks of other scripts", lines(3, (i) => `${plain}${"।。?"[i]}`), {}, undefined],
    ["a supplementary mark", `${plain}\u{11047}`, {}, undefined],
    ["a closing quote is no end mark", `${long}"`, {}, "line_punct_ratio"],
    ["a space hides the mark", `${long} `, {}, "line_punct_ratio"],
    ["a carriage return hides the mark", lines(3, () => `${long}\r`), {}, "line_punct_ratio"],
    ["30 characters are short", `${"x".repeat(29)}.`, {}, "short_line_ratio"],
    ["31 are not", `${"x".repeat(30)}.`, {}, undefined],
    ["30 code points in 58 units are short", `${"𝒜".repeat(28)}x.`, {}, "short_line_ratio"],
    ["31 code points in 61 units are not", `${"𝒜".repeat(30)}.`, {}, undefined],
    ["short lines do not matter", "a. b. c. d.", { maxShortLines: null }, undefined],
    ["no short line allowed", `${long}\nshort.`, { maxShortLines: 0 }, "short_line_ratio"],
    ["a repeated line", `${lines(30, (i) => `${i} ${long}`)}\n0 ${long}`, {}, "char_dup_ratio"],
    ["one of more than a hundred", `${lines(110, (i) => `${i + 100} ${long}`)}\n100 ${long}`, {}, undefined],
    ["a list", lines(10, (i) => `${i}${"x".repeat(40)}.`), {}, "list_ratio"],
    ["a list, when lists are allowed", lines(10, (i) => `${i}${"x".repeat(40)}.`), { maxNewlinesPerWord: null }, undefined],
    ["no line break allowed", `${long}\n1 ${long}`, { maxNewlinesPerWord: 0 }, "list_ratio"],
    ["no line break allowed, and there is none", long, { maxNewlinesPerWord: 0 }, undefined],
  ])("%s", (_, text, options, reason) => {
    expect(fineweb(text, options).reason).toBe(reason);
  });

  it.each<[object, ErrorConstructor, string]>([
    [{ minTerminalLines: 12 }, RangeError, "fineweb: expected `minTerminalLines` to be a number between 0 and 1, got 12"],
    [{ shortLineLength: null }, TypeError, "shortLineLength"],
    [{ shortLineLength: 2.5 }, RangeError, "shortLineLength"],
    [{ allowNoTerminal: "yes" }, TypeError, "allowNoTerminal"],
    [{ maxShortLine: 1 }, TypeError, "unknown option `maxShortLine`"],
  ])("refuses %j", (options, type, message) => {
    expect(() => fineweb("a", options)).toThrow(type);
    expect(() => fineweb("a", options)).toThrow(message);
  });
});

describe("C4", () => {
  const five = "One is here now. Two is here now. Three is here now. Four is here now. Five is here now.";

  // A page of our own in which each line meets the fate of a line of the test page of the original code (c4_utils_test.py).
  const page = [
    "This sentence of the page is complete.",
    "Only three words.",
    "There is no end mark on this line",
    "Nor is there one behind this one…",
    "You need Javascript in order to read this page.",
    "Please enable JAVASCRIPT before you go on to the article.",
    "The terms of use have changed since your last visit.",
    "Our privacy policy says how we treat your data.",
    "By going on you accept that this site uses cookies.",
    "It is kept, like the first one of them all.",
  ].join("\n");

  it("keeps the lines that the original code keeps, given its constants", () => {
    const verdict = c4(page, { ...C4_TFDS, minSentences: 2 });
    expect(verdict.text).toBe("This sentence of the page is complete.\nIt is kept, like the first one of them all.");
    expect(verdict.values).toEqual({
      lines: 10,
      keptLines: 2,
      longWordLines: 0,
      unendedLines: 2,
      shortLines: 1,
      javascriptLines: 2,
      policyLines: 3,
      sentences: 2,
    });
  });

  it("keeps one line more with the constants of datatrove", () => {
    expect(c4(page, { minSentences: 3 }).text).toContain("Only three words.");
    expect(c4(page).reason).toBe("too_few_sentences");
    expect(c4(page, C4_TFDS).reason).toBe("too_few_sentences");
  });

  it.each<[string, string, C4Options, string | undefined]>([
    ["strips lines", `  ${five} \u3000`, {}, five],
    ["knows all line breaks", five.replaceAll(". ", ".\u2028"), {}, five.replaceAll(". ", ".\n")],
    ["removes citations", five.replace("One is", "One[1][] is[edit][citation needed]"), {}, five],
    ["removes digits of any script", five.replace("One", "One[٣४]"), {}, five],
    ["keeps other brackets", five.replace("One", "One[a][1a][[x]"), {}, five.replace("One", "One[a][1a][[x]")],
    ["keeps citations when told so", five.replace("One", "One[1]"), { citations: "keep" }, five.replace("One", "One[1]")],
    ["a space before a last citation hides the end mark", `${five}\nAnd this too was said. [2]`, {}, five],
    ["keeps lines of any end when told so", `${five}\nNo end mark here`, { endMarks: null }, `${five}\nNo end mark here`],
    [
      "takes quotes for end marks",
      `${five}\nHe said "it is so"\nShe said 'it is so'`,
      {},
      `${five}\nHe said "it is so"\nShe said 'it is so'`,
    ],
    ["drops an ellipsis", `${five}\nAnd so it went...`, {}, five],
    ["keeps it when told so", `${five}\nAnd so it went...`, { ellipsis: "accept" }, `${five}\nAnd so it went...`],
    ["end marks of one's own", `${five}\nWas ist das;`, { endMarks: [";", "."] }, `${five}\nWas ist das;`],
    ["counts words before citations go", `${five}\nyes. [1] [2].`, {}, `${five}\nyes.  .`],
    ["drops short lines", `${five}\nToo short.`, {}, five],
    ["keeps them when told so", `${five}\nToo short.`, { minWordsPerLine: null }, `${five}\nToo short.`],
    ["drops a line with a giant word", `${five}\nA ${"x".repeat(1001)} word.`, {}, five],
    ["keeps one of 1000 code points", `${five}\nA ${"𝒜".repeat(1000)} word.`, {}, `${five}\nA ${"𝒜".repeat(1000)} word.`],
    ["keeps a giant when told so", `${five}\nA ${"x".repeat(1001)} word.`, { maxWordLength: null }, `${five}\nA ${"x".repeat(1001)} word.`],
    ["keeps JavaScript when told so", `${five}\nI like JavaScript.`, { javascript: "ignore" }, `${five}\nI like JavaScript.`],
    ["finds javascript put together", `${five}\nI like java[1]script.`, {}, five],
    ["finds a policy with a Kelvin sign", `${five}\nThis site uses coo\u212aies.`, {}, five],
    ["keeps policies when told so", `${five}\nRead the terms of use.`, { policy: "ignore" }, `${five}\nRead the terms of use.`],
    ["keeps cookies that are eaten", `${five}\nShe eats cookies daily.`, {}, `${five}\nShe eats cookies daily.`],
    ["ignores lorem ipsum when told so", `${five}\nLorem ipsum dolor.`, { loremIpsum: "ignore" }, `${five}\nLorem ipsum dolor.`],
    ["ignores braces when told so", `${five}\nA brace { is here.`, { curlyBracket: "ignore" }, `${five}\nA brace { is here.`],
    ["tests the page only on lines that are left", `${five}\nLorem ipsum {`, {}, five],
  ])("%s", (_, text, options, expected) => {
    const verdict = c4(text, options);
    expect(verdict).toMatchObject({ reason: undefined, text: expected });
    expect(verdict.values.keptLines).toBe(expected?.split("\n").length);
  });

  it.each<[string, string, C4Options, string]>([
    ["lorem ipsum", `${five}\nLOREM IPSUM dolor sit amet.`, {}, "lorem_ipsum"],
    ["a brace", `${five}\nif (x) { y. }.`, {}, "curly_bracket"],
    ["four sentences", five.replace(". Two", ", Two"), {}, "too_few_sentences"],
    ["no line", "nothing here", {}, "too_few_sentences"],
    ["no line and no limit", "nothing here", { minSentences: null }, "empty"],
    ["no text and no limit", "", { minSentences: null }, "empty"],
    ["no sentence and a limit of 0", "", { minSentences: 0 }, "empty"],
  ])("drops a page with %s", (_, text, options, reason) => {
    expect(c4(text, options)).toMatchObject({ reason, text: undefined });
  });

  it("gives a text that it would not edit again", () => {
    // Citations can leave new ones behind ([[1]] becomes []), so those stay here.
    for (const text of prose(41, 200)) {
      const once = c4(text, { citations: "keep", minSentences: 1 });
      if (once.text !== undefined) expect(c4(once.text, { citations: "keep", minSentences: 1 }).text).toBe(once.text);
    }
  });

  it.each<[object, ErrorConstructor, string]>([
    [{ endMarks: [] }, TypeError, "endMarks"],
    [{ endMarks: [""] }, TypeError, "endMarks"],
    [{ endMarks: "." }, TypeError, "endMarks"],
    [{ minSentences: -1 }, RangeError, "c4: expected `minSentences` to be an integer of at least 0, got -1"],
    [{ javascript: "drop-page" }, TypeError, '`javascript` to be "drop-line" or "ignore"'],
    [{ loremIpsum: false }, TypeError, "loremIpsum"],
    [{ language: "en" }, TypeError, "unknown option `language`"],
  ])("refuses %j", (options, type, message) => {
    expect(() => c4("a", options)).toThrow(type);
    expect(() => c4("a", options)).toThrow(message);
  });
});
