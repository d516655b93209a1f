/** The parts of chat templates that are Python's, not JavaScript's: dates, and what the template engine does otherwise. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile, loadJinja, render } from "../../src/tokenize/chat/jinja.ts";
import { SCOPE_MACRO } from "../../src/tokenize/chat/python.ts";
import { parseDate, strftime } from "../../src/tokenize/chat/strftime.ts";

const jinja = await loadJinja();
const run = (template: string, variables: Record<string, unknown> = {}): string =>
  render(jinja, compile(jinja, `${SCOPE_MACRO}\n${template}`), new Map(Object.entries(variables)), undefined);

/** Python 3.11, `datetime.fromisoformat(...).strftime(...)`. */
const PYTHON: readonly (readonly [string, string])[] = [
  ["2024-07-26T00:00:00", "2024|24|07|26|00|12|00|00|208|AM|Friday|Fri|July|Jul|%|26|7|12|208"],
  ["1999-12-31T23:59:58", "1999|99|12|31|23|11|59|58|365|PM|Friday|Fri|December|Dec|%|31|12|11|365"],
  ["2000-02-29T12:00:00", "2000|00|02|29|12|12|00|00|060|PM|Tuesday|Tue|February|Feb|%|29|2|12|60"],
  ["2023-03-05T13:07:09", "2023|23|03|05|13|01|07|09|064|PM|Sunday|Sun|March|Mar|%|5|3|1|64"],
];

describe("dates", () => {
  it("are printed as Python prints them", () => {
    for (const [date, expected] of PYTHON) {
      const parsed = parseDate(date) as Date;
      expect(strftime(parsed, "%Y|%y|%m|%d|%H|%I|%M|%S|%j|%p|%A|%a|%B|%b|%%|%-d|%-m|%-I|%-j")).toBe(expected);
    }
    expect(strftime(parseDate("2024-07-26") as Date, "%d %b %Y, no directive")).toBe("26 Jul 2024, no directive");
  });

  it("refuse directives that depend on the machine, and dates that are none", () => {
    const date = parseDate("2024-07-26") as Date;
    for (const directive of ["%c", "%x", "%Z", "%s", "%"])
      expect(() => strftime(date, directive)).toThrow(`the directive ${directive} is not supported`);
    for (const text of [
      "2024-13-01",
      "2023-02-29",
      "2024-07-26T24:00",
      "2024-07-26T10:60",
      "2024-07-26T10:00:60",
      "2024-7-26",
      "26.7.2024",
      "2024-07-26Z",
      "",
    ]) {
      expect(parseDate(text), text).toBeUndefined();
    }
    expect(parseDate("0099-01-01")?.getUTCFullYear()).toBe(99);
  });
});

describe("templates", () => {
  it("strip as Python does: the characters given, or its own white space", () => {
    expect(
      run(
        "{{ ' \\n a \\n'.strip('\\n') }}|{{ '..a..'.lstrip('.') }}|{{ '..a..'.rstrip('.') }}|{{ '\u{1f704}a\u{1f704}'.strip('\u{1f704}') }}",
      ),
    ).toBe(" \n a |a..|..a|a");
    expect(run("{{ x | trim }}|{{ x.strip() }}|{{ 'aba' | trim('a') }}", { x: "\x85\x1c\u3000 y\ufeff \n" })).toBe("y\ufeff|y\ufeff|b");
    expect(() => run("{{ x.strip() }}")).toThrow("strip() needs a text");
    const spaces = fc.string({ unit: fc.constantFrom(" ", "\n", "\t", "\u00a0", "a", "\u{1f704}", "\ud83d") });
    fc.assert(
      fc.property(spaces, (x) => {
        expect(run("{{ x | trim }}{{ x.lstrip() }}{{ x.rstrip() }}", { x })).toBe(x.trim() + x.trimStart() + x.trimEnd());
      }),
    );
  });

  it("compare as Python does", () => {
    const answers = (...pairs: readonly string[]): string =>
      pairs.map((pair) => run(`{{ 'T' if ${pair} else 'F' }}`, { list: [1, { a: "b" }], map: { a: [1] } })).join("");
    expect(answers("'' == false", "'1' == 1", "missing == none", "none == missing", "0 == ''", "list == '1'")).toBe("FFFFFF");
    expect(
      answers("1 == true", "1 == 1.0", "none == none", "'a' == 'a'", "list == [1, {'a': 'b'}]", "map == {'a': [1]}", "missing == gone"),
    ).toBe("TTTTTTT");
    expect(answers("'' != false", "missing != none", "list != [1]", "1 != 1", "map != {'a': [1]}", "none != none")).toBe("TTTFFF");
  });

  it("forget at the end of a round what was set in it, and keep what was set before the loop", () => {
    expect(run("{% for x in [1, 2, 3] %}{% if x == 1 %}{% set y = 'set' %}{% endif %}{{ x }}{{ y }},{% endfor %}{{ y }}")).toBe(
      "1set,2,3,",
    );
    expect(run("{% set y = 0 %}{% for x in [1, 2] %}{{ y }}{% set y = x %}{{ y }},{% endfor %}{{ y }}")).toBe("01,02,0");
    expect(
      run(
        "{% set ns = namespace(n=0) %}{% for x in [1, 2] %}{% set ns.n = ns.n + x %}{% set z = loop.index %}{{ z }}{% endfor %}{{ ns.n }}",
      ),
    ).toBe("123");
    expect(run("{% for a in [1, 2] %}{% set v = a %}{% for b in [1, 2] %}{{ v }}{% set v = 9 %}{% endfor %}{{ v }};{% endfor %}")).toBe(
      "111;222;",
    );
    expect(
      run("{% macro m() %}{% for x in [1, 2] %}{% set y = x %}{{ caller() }}{{ y }}{% endfor %}{% endmacro %}{% call m() %}c{% endcall %}"),
    ).toBe("c1c2");
    expect(run("{% for x in [1, 2, 3] %}{% if x == 2 %}{% continue %}{% endif %}{% set y = x %}{{ y }}{% endfor %}")).toBe("13");
  });

  it("count as Python does, and not without end", () => {
    expect(
      run("{{ range(3) | join(',') }}|{{ range(1, 4) | join(',') }}|{{ range(5, 0, -2) | join(',') }}|{{ range(0) | join(',') }}"),
    ).toBe("0,1,2|1,2,3|5,3,1|");
    expect(() => run("{{ range(1, 2, 0) }}")).toThrow("must not be zero");
    expect(() => run("{{ range(1000000000) }}")).toThrow("range() of more than 100000");
  });

  it("read line ends of one kind", () => {
    expect(run("{% if true %}\r\na\r\n{% endif %}\r\nb\rc")).toBe("a\nb\nc");
  });
});
