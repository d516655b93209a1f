import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type NormaliseOptions, normalise } from "../../src/clean/index.ts";
import { wellFormed } from "../../src/clean/normalise.ts";
import { oddTexts } from "./texts.ts";

describe("normalise", () => {
  it.each<[string, string, string, NormaliseOptions?]>([
    ["replaces lone surrogates", "a\ud800b\udc00c😀", "a\ufffdb\ufffdc😀"],
    ["composes", "e\u0301 A\u030a \u1100\u1161", "é Å 가"],
    ["composes nothing when told so", "e\u0301", "e\u0301", { unicode: "keep" }],
    ["does not fold compatible characters", "ﬁ ½ Ａ", "ﬁ ½ Ａ"],
    ["removes control characters", "a\u0000b\u0007c\u001bd\u007fe\u0080f\u009fg", "abcdefg"],
    ["keeps tabs, zero-width characters and the soft hyphen", "a\tb\u200bc\u00add", "a\tb\u200bc\u00add"],
    ["keeps control characters when told so", "a\u0000b", "a\u0000b", { controls: "keep" }],
    ["removes byte order marks", "\ufeff\n\ufeffa\ufeffb", "ab"],
    ["composes what a control character kept apart", "e\u0001\u0301", "é"],
    ["turns every line break into \\n", "1\r\n2\r3\v4\f5\u001c6\u001d7\u001e8\u00859\u202810\u2029x", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\nx"],
    ["keeps line breaks when told so", "a\r\nb\u2028c", "a\r\nb\u2028c", { lineEndings: "keep" }],
    ["removes white space at line ends", "a \t\u00a0\nb\u3000\n\n c", "a\nb\n\n c"],
    ["keeps it when told so", "a \nb \t", "a \nb \t", { trailingSpaces: "keep", ends: "keep" }],
    ["keeps spaces and indentation", "  a    b", "  a    b"],
    ["collapses them when told so", "\t a \u00a0\u2003 b\nc  d", "a b\nc d".replace(/^/, " "), { spaces: "collapse" }],
    ["keeps one blank line", "a\n\n\n \n\nb\n\nc", "a\n\nb\n\nc"],
    ["keeps as many blank lines as told", "a\n\n\n\n\nb", "a\n\n\nb", { blankLines: 2 }],
    ["keeps none", "a\n\n \nb", "a\nb", { blankLines: 0 }],
    ["keeps all", "a\n\n\n\n\nb", "a\n\n\n\n\nb", { blankLines: null }],
    ["counts a line of white space as blank, though it stays", "a\n \n \n \nb", "a\n \nb", { trailingSpaces: "keep" }],
    ["trims blank lines at the start and white space at the end", " \n\t\n  a\n b \n \n", "  a\n b"],
    ["keeps the ends when told so", "\n\na\n\n", "\na\n", { ends: "keep" }],
    ["makes nothing of white space", " \n\t \r\n ", ""],
    ["leaves the empty text", "", ""],
  ])("%s", (_, text, expected, options = {}) => {
    expect(normalise(text, options)).toBe(expected);
  });

  it("gives clean text back as it is, without a copy of its own", () => {
    const text = "A clean text.\n\n  Indented – with “quotes”.";
    expect(normalise(text)).toBe(text);
  });

  const options = fc.record<NormaliseOptions>({
    unicode: fc.constantFrom("NFC", "keep"),
    controls: fc.constantFrom("remove", "keep"),
    lineEndings: fc.constantFrom("lf", "keep"),
    trailingSpaces: fc.constantFrom("remove", "keep"),
    spaces: fc.constantFrom("keep", "collapse"),
    blankLines: fc.constantFrom(null, 0, 1, 2),
    ends: fc.constantFrom("trim", "keep"),
  });
  const pieces = [
    "a",
    "é",
    "e",
    "\u0301",
    " ",
    "  ",
    "\t",
    "\n",
    "\n\n",
    "\r",
    "\r\n",
    "\u0085",
    "\u0000",
    "\u009f",
    "\ud800",
    "\udc00",
    "\ufeff",
    "\u00a0",
    "😀",
    "\u1100",
    "\u1161",
    "\u2028",
  ];
  const text = fc.array(fc.constantFrom(...pieces), { maxLength: 30 }).map((parts) => parts.join(""));

  it("is a fixed point, whatever the options", () => {
    fc.assert(
      fc.property(text, options, (input, how) => {
        const once = normalise(input, how);
        expect(normalise(once, how)).toBe(once);
      }),
      { numRuns: 1500 },
    );
  });

  it("keeps its promises on any text", () => {
    fc.assert(
      fc.property(fc.oneof(text, fc.string({ unit: "binary" })), (input) => {
        const out = normalise(input);
        expect(out).toBe(wellFormed(out));
        expect(out).toBe(out.normalize("NFC"));
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must be gone
        expect(out).not.toMatch(/[\0-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/);
        expect(out).not.toMatch(/[ \t\u00a0]\n|\n\n\n|^\n|[\n \t]$/);
      }),
      { numRuns: 500 },
    );
  });

  it("changes nothing but white space, controls and composition", () => {
    const core = (s: string): string => s.normalize("NFC").replace(/[\0-\u0020\u007f-\u00a0\u2000-\u200a\u2028\u2029\u3000\ufeff]/g, "");
    for (const input of oddTexts(3, 200)) expect(core(normalise(input))).toBe(core(input));
  });

  it("needs time linear in a run of white space", () => {
    const text = `a${" ".repeat(1_000_000)}b${"\n".repeat(1_000_000)}c${" \n".repeat(500_000)}`;
    expect(normalise(text)).toBe(`a${" ".repeat(1_000_000)}b\n\nc`);
  });

  it.each<[object, string]>([
    [{ unicode: "NFKC" }, '`normalise.unicode` to be "NFC" or "keep"'],
    [{ blankLines: -1 }, "`normalise.blankLines` to be an integer of at least 0"],
    [{ blankLines: 0.5 }, "`normalise.blankLines`"],
    [{ spaces: "one" }, "`normalise.spaces`"],
    [{ ends: true }, "`normalise.ends`"],
    [{ lineEnding: "lf" }, "unknown option `lineEnding`"],
  ])("refuses %j", (wrong, message) => {
    expect(() => normalise("a", wrong as NormaliseOptions)).toThrow(message);
  });
});
