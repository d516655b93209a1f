import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HASH_BASE } from "../../src/clean/hashing.ts";
import { NgramCounter } from "../../src/clean/ngrams.ts";
import { Words } from "../../src/clean/words.ts";
import { oddTexts, prose } from "./texts.ts";

/** The definitions of the reference, with strings and without any thought of speed. */
function topByStrings(words: readonly string[], n: number): { gram: string; count: number } | undefined {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= words.length; i++) {
    const gram = words.slice(i, i + n).join(" ");
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  let top: { gram: string; count: number } | undefined;
  for (const [gram, count] of counts) if (top === undefined || count > top.count) top = { gram, count };
  return top;
}

function duplicatesByStrings(words: readonly string[], n: number): number[] {
  const seen = new Set<string>();
  const found: number[] = [];
  for (let i = 0; i + n <= words.length; ) {
    const gram = words.slice(i, i + n).join("");
    if (seen.has(gram)) {
      found.push(i);
      i += n;
    } else {
      seen.add(gram);
      i++;
    }
  }
  return found;
}

const hashOf = (text: string): number => text.split("").reduce((hash, unit) => (Math.imul(hash, HASH_BASE) + unit.charCodeAt(0)) | 0, 0);

const SIZES = [1, 2, 3, 4, 5, 6, 7, 10];

function check(counter: NgramCounter, text: string): void {
  const words = new Words(text);
  const list = Array.from({ length: words.count }, (_, i) => words.at(i));
  counter.read(words);
  const tops = counter.top(SIZES);
  expect(tops.map(({ n, first, count }) => ({ n, gram: list.slice(first, first + n).join(" "), count }))).toEqual(
    SIZES.filter((n) => n <= list.length).map((n) => ({ n, ...topByStrings(list, n) })),
  );
  for (const sizes of [SIZES, [5, 6, 7, 8, 9, 10], [2], [3, 9]]) {
    const found = new Map<number, number[]>(sizes.map((n) => [n, []]));
    counter.duplicates(sizes, (n, from, to) => {
      expect(to - from).toBe(n);
      found.get(n)?.push(from);
    });
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(sizes.map((n) => [n, duplicatesByStrings(list, n)])));
  }
}

describe("NgramCounter", () => {
  const counter = new NgramCounter(); // one for all: what a text leaves behind must not reach the next

  it("counts like strings on texts of few different words", () => {
    const text = (words: string[], max: number) => fc.array(fc.constantFrom(...words), { maxLength: max }).map((list) => list.join(" "));
    fc.assert(
      fc.property(fc.oneof(text(["a", "b"], 30), text(["the", "cat", "sat", "on", "mat"], 80), text(["x"], 25)), (input) =>
        check(counter, input),
      ),
      { numRuns: 300 },
    );
  });

  it("takes 12 3 for 1 23, since repeated n-grams are joined without spaces", () => {
    const text = (digits: string[]) => fc.array(fc.constantFrom(...digits), { minLength: 5, maxLength: 60 }).map((list) => list.join(" "));
    fc.assert(
      fc.property(fc.oneof(text(["1", "11", "111"]), text(["1", "12", "2", "21"])), (input) => check(counter, input)),
      { numRuns: 300 },
    );
    const counts: number[] = [];
    counter.read(new Words("1 23 x 12 3")).duplicates([2], (_, from) => counts.push(from));
    expect(counts).toEqual([3]);
  });

  it("counts like strings on odd and on plain documents", () => {
    for (const text of [...oddTexts(21, 60), ...prose(22, 60)]) check(counter, text);
  });

  it("does not confuse different words of equal hash", () => {
    // Two words of four ideographs collide when the differences d of their units satisfy d0*B^3 + d1*B^2 + d2*B + d3 = 0 modulo
    // 2^32; small differences that do are soon found.
    const differences = ((): number[] => {
      for (let d0 = 1; ; d0++) {
        for (let d1 = 1; d1 < 50; d1++) {
          const high = Math.imul(Math.imul(Math.imul(d0, HASH_BASE) + d1, HASH_BASE), HASH_BASE);
          for (let d2 = -10_000; d2 < 10_000; d2++) {
            const d3 = -(high + Math.imul(d2, HASH_BASE)) | 0;
            if (d3 > -10_000 && d3 < 10_000) return [d0, d1, d2, d3];
          }
        }
      }
    })();
    const one = "\u7600".repeat(4);
    const other = String.fromCharCode(...differences.map((d) => 0x7600 + d));
    expect(hashOf(one)).toBe(hashOf(other));
    expect(other).not.toBe(one);
    check(counter, `${one} x y z u ${other} x y z u ${one} ${other} ${one} ${other} ${other}`);
    expect(counter.read(new Words(`${one} ${other} ${one}`)).top([1])).toEqual([{ n: 1, first: 0, count: 2 }]);
  });

  it("has nothing to say of a text without words", () => {
    expect(counter.read(new Words("")).top([1, 2])).toEqual([]);
    counter.read(new Words(" ")).duplicates([1, 2], () => expect.unreachable());
  });
});
