import { Tiktoken } from "tiktoken";
import { expect, it } from "vitest";
import { CharClass, classOf, classTable, pageSize } from "../../src/kernels/bpe/unicode.ts";
import { encodingFile } from "./oracle.ts";

const patterns = {
  upper: "[\\p{Lu}\\p{Lt}]",
  lower: "\\p{Ll}",
  caseless: "[\\p{Lm}\\p{Lo}]",
  mark: "\\p{M}",
  number: "\\p{N}",
  space: "\\s",
} as const;

/** All characters but surrogates. */
const everything = Array.from({ length: 0x110000 }, (_, point) =>
  point >= 0xd800 && point < 0xe000 ? "" : String.fromCodePoint(point),
).join("");

it.each(Object.keys(patterns) as (keyof typeof patterns)[])("has exactly the reference's characters of class %s", (name) => {
  const encoder = new Tiktoken(encodingFile("r50k_base").bpe_ranks, {}, patterns[name]);
  // What a pattern does not match is dropped, so the tokens are the members of the class.
  const members = Buffer.from(encoder.decode(encoder.encode_ordinary(everything))).toString("utf8");
  encoder.free();
  const ours = [...everything].filter((character) => classOf(character.codePointAt(0) ?? 0) === CharClass[name]).join("");
  expect(ours === members).toBe(true);
});

it("is Unicode 16, not the Unicode of the Node at hand", () => {
  // New in 16.0, in 17.0, and moved from Ll to Lo in 17.0.
  expect(classOf(0x1c89)).toBe(CharClass.upper);
  expect(classOf(0xa7d2)).toBe(CharClass.other);
  expect(classOf(0x295)).toBe(CharClass.lower);
  expect(classOf(0x85)).toBe(CharClass.space);
  expect(classOf(0xfeff)).toBe(CharClass.other);
});

it("takes little memory", () => {
  const { index, pages } = classTable();
  expect(index.length).toBe(0x110000 / pageSize);
  expect(index.byteLength + pages.length).toBeLessThan(60_000);
});
