// Writes src/kernels/bpe/unicode-16.ts: the character classes that the byte-pair patterns ask for, read out of the reference
// (the `tiktoken` package, whose regex engine carries Unicode 16.0) code point by code point. The tables of the Node that runs
// this script are not used: they are of another Unicode version and would change the tokens.
// Run: node scripts/make-unicode-classes.mjs
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Tiktoken } from "tiktoken";

const require = createRequire(import.meta.url);
const ranks = JSON.parse(readFileSync(require.resolve("tiktoken/encoders/r50k_base.json"), "utf8")).bpe_ranks;

// The order is the class number; 0 is everything else.
const classes = ["[\\p{Lu}\\p{Lt}]", "\\p{Ll}", "[\\p{Lm}\\p{Lo}]", "\\p{M}", "\\p{N}", "\\s"];
const everything = [];
for (let point = 0; point < 0x110000; point++) if (point < 0xd800 || point > 0xdfff) everything.push(String.fromCodePoint(point));
const text = everything.join("");

const table = new Uint8Array(0x110000);
for (const [index, pattern] of classes.entries()) {
  // The encoder drops what the pattern does not match, so decoding its tokens gives exactly the members of the class.
  const encoder = new Tiktoken(ranks, {}, pattern);
  const members = Buffer.from(encoder.decode(encoder.encode_ordinary(text))).toString("utf8");
  encoder.free();
  for (const member of members) {
    const point = member.codePointAt(0);
    if (table[point] !== 0) throw new Error(`U+${point.toString(16)} is in two classes`);
    table[point] = index + 1;
  }
}

// Runs of equal class: a letter for the class (a = 0), then the length in base 36 when it is more than one.
let packed = "";
for (let start = 0; start < table.length; ) {
  let end = start;
  while (end < table.length && table[end] === table[start]) end++;
  packed += String.fromCharCode(65 + table[start]) + (end - start > 1 ? (end - start).toString(36) : "");
  start = end;
}
const lines = packed.match(/.{1,120}/g);
writeFileSync(
  new URL("../src/kernels/bpe/unicode-16.ts", import.meta.url),
  `// Made by scripts/make-unicode-classes.mjs; do not edit.
/**
 * Unicode 16.0 general categories and White_Space as runs over all code points: a letter per class (A other, B Lu and Lt, C Ll,
 * D Lm and Lo, E M, F N, G white space), then the length in base 36, left out when it is one.
 */
export const unicode16Runs: string =
${lines.map((line) => `  "${line}"`).join(" +\n")};
`,
);
console.log(`${table.length} code points, ${packed.length} characters`);
