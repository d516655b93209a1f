import { describe, expect, it } from "vitest";
import { UnsupportedTokenizerError } from "../../src/tokenize/hf/index.ts";
import { literalPattern, matchRanges, translateRegex } from "../../src/tokenize/hf/regex.ts";
import { regexRows } from "./hf-regex-rows.ts";

const found = (source: string, text: string): string[] => {
  const ranges = matchRanges(translateRegex(source), text);
  return Array.from({ length: ranges.length / 2 }, (_, i) => text.slice(ranges[2 * i], ranges[2 * i + 1]));
};

describe("Oniguruma's regular expressions", () => {
  for (const [source, text, matches] of regexRows) {
    it(`${source} in ${JSON.stringify(text)}`, () => {
      expect(found(source, text)).toEqual(matches);
    });
  }

  it("do not know classes of the host's Unicode version", () => {
    // U+0295 was a lower-case letter until Unicode 16; U+A7D2 is new in 17.
    expect(found("\\p{Ll}", "\u0295")).toEqual(["\u0295"]);
    expect(found("\\p{L}", "\ua7d2")).toEqual([]);
  });

  it("are refused by the name of what is not translated", () => {
    for (const [source, construct] of [
      ["(a)\\1", "\\1"],
      ["(?<name>a)", "a named group"],
      ["\\X", "\\X"],
      ["\\p{Script_Extensions=Latin}", "\\p{Script_Extensions=Latin}"],
      ["(?x) a", "(?x)"],
      ["(?m:a.b)", "(?m)"],
      ["(?i)é", "(?i) with letters outside ASCII"],
      ["(?i:fi)", "(?i) with fi"],
      ["[[:cntrl:]]", "[:cntrl:]"],
      ["\\x80", "\\x80"],
      ["\\K", "\\K"],
    ] as const) {
      try {
        translateRegex(source);
        expect.unreachable(source);
      } catch (error) {
        expect(error, source).toBeInstanceOf(UnsupportedTokenizerError);
        expect((error as UnsupportedTokenizerError).component, source).toBe(construct);
      }
    }
  });

  it("are refused when broken", () => {
    for (const source of ["(a", "a)", "[a", "*a", "a\\"]) expect(() => translateRegex(source), source).toThrow(/is broken/);
  });
});

describe("literal patterns", () => {
  it("match every character as it is", () => {
    const text = "a.b*c+(d)[e]{f}|g^$h\\i/j-k";
    expect(matchRanges(literalPattern(text), `x${text}`)).toEqual([1, 1 + text.length]);
  });

  it("of nothing are found between all characters", () => {
    expect(matchRanges(literalPattern(""), "𝒜b")).toEqual([0, 0, 2, 2, 3, 3]);
    expect(matchRanges(literalPattern(""), "")).toEqual([]);
  });
});
