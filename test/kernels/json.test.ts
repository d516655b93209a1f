import { describe, expect, it } from "vitest";
import { LineKernel, LONGEST_LINE } from "../../src/kernels/json/index.ts";
import { jsonLine } from "../read/json-lines.ts";
import { byJsonParse, byKernel, NAMES } from "../read/line-backends.ts";
import { dice } from "./generators.ts";

const USUAL = { text: "text", id: "id" } as const;

/** The kernel's instance, with one line loaded. */
function loaded(line: Buffer | string): LineKernel {
  const bytes = Buffer.from(line);
  const kernel = LineKernel.shared();
  if (kernel === undefined) throw new Error("no WebAssembly SIMD here");
  kernel.claim(bytes, "text", "id");
  kernel.load(bytes, 0, bytes.length, bytes.length);
  return kernel;
}

function expectSame(line: string): void {
  const bytes = Buffer.from(line);
  expect(byKernel(bytes, USUAL), line.slice(0, 300)).toBe(byJsonParse(bytes, USUAL));
}

/** A line with this as the content of its text, as it stands in JSON. */
const withText = (content: string): string => `{"id":"é1","text":"${content}","z":"z"}`;

describe("LineKernel", () => {
  it.each([
    '{"text":"a"}',
    ' \t\r{ "text"\t: "a" ,\r"id" : 7 , "x":[1,{"]":"}"}] } ',
    '{"text":"","id":"","__proto__":{"a":1},"1":2,"0":3,"a":"x","a":[]}',
    '{"id":null,"text":"a"}',
    '{"id":{"a":[1]},"text":"a"}',
    '{"id":-1.5e-7,"text":"\\ud83d \\ude00 \\ud83d\\ude00 😀","😀":"😀"}',
    '{"n":12345678901234567890,"text":"é","m":-0,"t":true,"f":false,"l":null}',
    '{"quote":"\\"\\\\","text":"a"}',
    '{"x":"\\u0022]}","text":"a"}',
    '{"text":"\\b\\f\\n\\r\\t\\/\\\\\\"","id":"\\b\\f\\n\\r\\t\\/中"}',
    '{"texts":1,"tex":2,"text":"a","ids":3,"i":4}',
  ])("reads the usual line %s", expectSame);

  it.each([
    "",
    "{}",
    "[]",
    '"text"',
    '{"id":"a"}',
    '{"text":1}',
    '{"text":"a","text":"b"}',
    '{"id":"a","text":"b","id":"c"}',
    '{"t\\u0065xt":"a"}',
    '{"text":"b","t\\u0065xt":"a"}',
    '{"text":"a",}',
    '{"text":"a"',
    '{"text":"a"}}',
    '{"text":"a"} x',
    '{"text":"a"}{"text":"b"}',
    '{,"text":"a"}',
    '{"text" "a"}',
    '{"text":"a" "b":1}',
    '{"text":"a","b":}',
    '{"text":"a","b":01}',
    '{"text":"a","b":[1,]}',
    '{"text":"a","b":[}',
    '{"text":"a","b":[1}]',
    '{"text":"a","b":"\\x"}',
    '{"text":"a","b\t":1}',
    '{"text":"\t"}',
    '{"text":"\\x"}',
    '{"text":"\\u12G4"}',
    '{"text":"\\u123"}',
    '{"text":"\\"}',
    '{"text":"a}',
    '{"text":"a\u4e2d}',
    '{"id":01,"text":"a"}',
    '{"id":[,"text":"a"}',
    '{"id":,"text":"a"}',
    '\u00a0{"text":"a"}',
    '{"text":"a"}\u0000',
    "{text:'a'}",
  ])("refuses %s", (line) => {
    expect(loaded(line).read(0, Buffer.byteLength(line))).toBe(false);
  });

  it("gives what JSON.parse gives for what it takes, and takes most of what is generated", () => {
    const d = dice(7);
    let taken = 0;
    const lines = 20_000;
    for (let i = 0; i < lines; i++) {
      const line = jsonLine(d);
      // Of bytes that are not UTF-8 the kernel only has to survive.
      const valid = Buffer.from(line.toString("utf8")).equals(line) && !line.includes(10) && line.length > 0;
      const names = NAMES[i % 5 === 0 ? d.below(NAMES.length) : 0] ?? USUAL;
      const got = byKernel(line, names);
      if (got === undefined || !valid) continue;
      taken++;
      expect(got, line.toString()).toBe(byJsonParse(line, names));
    }
    expect(taken).toBeGreaterThan(lines / 3);
  });

  it("decodes every character, as it stands and escaped, before and behind others", () => {
    for (let first = 0; first < 0x11_0000; first += 0x400) {
      let raw = "";
      let escaped = "";
      for (let point = first; point < first + 0x400; point++) {
        const character = String.fromCodePoint(point);
        if (point >= 0x20 && point !== 0x22 && point !== 0x5c && (point < 0xd800 || point > 0xdfff)) raw += character;
        for (const unit of character.split("")) escaped += `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
      }
      if (raw !== "") expectSame(withText(raw));
      if (first < 0x1_0800 || first % 0x1_0000 === 0) expectSame(withText(escaped));
    }
  });

  it("decodes what is special wherever it stands between vectors, in strings of every length", () => {
    const marks = [
      "\\n",
      "\\u0041",
      "\\u00e9",
      "é",
      "中",
      "😀",
      "\\u4e2d",
      "\\ud83d",
      "\\ud83d\\ude00",
      "\\ud83dx\\ude00",
      "\\ud83d😀\\ude00",
    ];
    for (const mark of marks) {
      for (let before = 0; before < 36; before++) {
        for (const behind of [0, 1, 15, 16, 17, 33]) expectSame(withText("a".repeat(before) + mark + "b".repeat(behind) + mark));
      }
    }
    for (let length = 0; length < 100; length++) expectSame(withText("x".repeat(length)));
  });

  it("finds the end of nested values of every size, and keeps their characters", () => {
    for (let size = 0; size < 40; size++) {
      const pad = "p".repeat(size);
      for (const value of [`["${pad}","]"]`, `{"${pad}":[[],{}]}`, `[${" ".repeat(size)}]`, `"${pad}\\""`, `"${pad}é"`, `"中${pad}"`]) {
        expectSame(`{"a":${value},"text":"t","b":${value}}`);
      }
    }
    const deep = "[".repeat(5000) + "]".repeat(5000);
    const line = Buffer.from(`{"text":"t","a":${deep}}`);
    expect(byKernel(line, USUAL)).toBe(byJsonParse(line, USUAL));
  });

  it("grows to the longest line and no further", () => {
    for (const character of ["a", "中", "\\n"]) {
      const content = character.repeat(Math.floor((LONGEST_LINE - 100) / Buffer.byteLength(character)));
      expectSame(withText(content));
    }
    expect(loaded("{}").memoryBytes).toBeLessThan(4.2e6);
    expectSame(withText("short"));
  });

  it("survives bytes that are not UTF-8, wherever they stand", () => {
    const line = Buffer.from(withText("some text é 中 😀, and more of it"));
    const d = dice(3);
    for (let i = 0; i < 20_000; i++) {
      const bytes = Buffer.from(line);
      for (let k = 1 + d.below(4); k > 0; k--) bytes[d.below(bytes.length)] = d.chance(0.7) ? 0x80 + d.below(128) : d.below(256);
      const cut = bytes.subarray(0, d.chance(0.5) ? bytes.length : d.below(bytes.length));
      loaded(cut).read(0, cut.length);
    }
    expectSame(withText("as ever"));
  });

  it("refuses places outside of its window, and names that it cannot compare", () => {
    const kernel = loaded(withText("a"));
    for (const [from, length] of [
      [0, 2 ** 30],
      [2 ** 30, 1],
      [-1, 1],
      [1, -1],
      [2 ** 31, 2 ** 31],
    ] as const) {
      expect(() => kernel.read(from, length)).toThrow("refused its input");
    }
    expect(["text", "téxt", "中".repeat(85), "a b", "a.b"].map((name) => LineKernel.takes(name, "id"))).toEqual(Array(5).fill(true));
    for (const name of ["", 'a"b', "a\\b", "a\nb", "\ud83d", "中".repeat(86)]) expect(LineKernel.takes(name, "id"), name).toBe(false);
    expect(LineKernel.takes("text", "")).toBe(true);
    expect(() => kernel.claim({}, "", "id")).toThrow("refused its names");
  });
});
