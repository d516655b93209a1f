import fc from "fast-check";
import { get_encoding, type Tiktoken, type TiktokenEncoding } from "tiktoken";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type EncodingName, loadTokenizer, type Tokenizer } from "../../src/tokenize/index.ts";
import { cutAround, encodeGuarded, findLongRun, LONG_RUN, standInPattern } from "../../src/tokenize/long-runs.ts";
import { mergePiece } from "../../src/tokenize/merge.ts";

const NAMES = ["gpt2", "p50k_base", "cl100k_base", "o200k_base"] as const;
const guarded = new Map<EncodingName, Tokenizer>();
const oracles = new Map<EncodingName, Tiktoken>();

beforeAll(async () => {
  for (const name of NAMES) {
    guarded.set(name, await loadTokenizer(name));
    oracles.set(name, get_encoding(name as TiktokenEncoding));
  }
});
afterAll(() => {
  for (const each of guarded.values()) each.dispose?.();
  for (const each of oracles.values()) each.free();
});

// Alphabets of runs: settled letters of several scripts, white space, symbols, digits; and characters that are left alone.
const ALPHABETS = [
  ..."aZ!='/0\n \u00e9\u00c9\u4e2d\u3042\uac00\u0436\u0416\u03b1\u05d0\u0639\u3002\u201c\uff01",
  ...["\u0416\u0436", "\u00c9\u00e9", "\u0391\u03b1", "'re", "'RE", "'vE", "x'Re"],
  ...["aB", "=-", "!\n/", "/\n", " \n", "\r\n", "\t ", "0189", "'s", "'LL", "a\u00e9\u4e2d", "\u4e2d\u3002", "Ab\u0416\u0436"],
  ...["\u017f", "e\u0301", "\u0e01\u0e31", "\ud83d\ude00", "\u00a0", "\u3000", "\ud800", "\u0661", "\u2028", "\u0000", "\ufeff"],
];
const GLUE = [
  "",
  " ",
  "\n",
  " x ",
  "y\nz",
  " 's ",
  "'s",
  "'ll ",
  "'LL",
  "'\u017f ",
  "!",
  "  ",
  "\n\n",
  "\r\n",
  "/",
  " 1 ",
  "1 2",
  "\u00a0",
  "a ",
];

const run = fc
  .tuple(
    fc.constantFrom(...ALPHABETS),
    fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: LONG_RUN - 20, max: 1200 })),
    fc.boolean(),
  )
  .chain(([alphabet, length, mixed]) => {
    const regular = fc.constant(alphabet.repeat(Math.ceil(length / alphabet.length)).slice(0, length));
    const shuffled = fc.array(fc.constantFrom(...alphabet), { minLength: length, maxLength: length }).map((all) => all.join(""));
    return mixed ? shuffled : regular;
  });
const runs = fc
  .array(fc.tuple(fc.constantFrom(...GLUE), run, fc.constantFrom(...GLUE)), { minLength: 1, maxLength: 4 })
  .map((all) => all.flat().join(""));

describe("long runs", () => {
  it.each(NAMES)("%s: the ids are tiktoken's, whatever stands around the run", (name) => {
    const oracle = oracles.get(name) as Tiktoken;
    const tokenizer = guarded.get(name) as Tokenizer;
    fc.assert(
      fc.property(runs, (text) => {
        // Compared as text: a diff of a thousand ids says less than the string that caused it.
        expect(String(tokenizer.encode(text)), JSON.stringify(text).slice(0, 3000)).toBe(String(oracle.encode_ordinary(text)));
      }),
      { numRuns: 120 },
    );
  });

  it("leaves the run to nobody but the merge, and the rest to the encoder", () => {
    const seen: string[] = [];
    const encode = (text: string): Uint32Array => {
      seen.push(text);
      return Uint32Array.of(1000 + text.length);
    };
    const ranks = {
      byBytes: new Map([
        ["a", 1],
        ["aa", 2],
        [" ", 3],
        ["b", 4],
      ]),
      longest: 2,
    };
    const load = (): { pattern: RegExp; ranks: typeof ranks } => ({ pattern: standInPattern(" ?\\p{L}+|\\s+"), ranks });
    const text = `one two ${"a".repeat(LONG_RUN)} three ${"b".repeat(LONG_RUN)}`;
    const ids = encodeGuarded(text, encode, load);
    expect(seen).toEqual(["one two", " three"]);
    expect([...ids]).toEqual([1007, 3, ...Array(LONG_RUN / 2).fill(2), 1006, 3, ...Array(LONG_RUN).fill(4)]);
  });

  it("makes no table for text without one", () => {
    const load = (): never => {
      throw new Error("loaded");
    };
    const encode = (): Uint32Array => Uint32Array.of(7);
    expect([...encodeGuarded("words and words ".repeat(1000), encode, load)]).toEqual([7]);
    expect(() => encodeGuarded("a".repeat(LONG_RUN), encode, load)).toThrow("loaded");
  });

  it("finds every run of its length and no shorter one", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(..."a5 =\u4e2d"),
        fc.integer({ min: LONG_RUN - 2, max: LONG_RUN + 2 }),
        fc.integer({ min: 0, max: 2000 }),
        fc.integer({ min: 0, max: 800 }),
        (unit, length, before, after) => {
          // Around it an alternation of kinds, none of which is the run's own.
          const noise = { a: "5=", "\u4e2d": "5=", "5": "a=" }[unit] ?? "a5";
          const around = (n: number): string => noise.repeat(n).slice(0, n);
          const found = findLongRun(around(before) + unit.repeat(length) + around(after), 0);
          if (length < LONG_RUN) expect(found).toBeUndefined();
          else expect(found).toEqual({ start: before, end: before + length });
        },
      ),
    );
  });

  it("cuts only before a space or line feed between two ASCII letters or digits", () => {
    const at = (text: string, run: string): [number, number] => {
      const start = text.indexOf(run);
      const { start: from, end } = cutAround(text, { start, end: start + run.length }, 0);
      return [from, end];
    };
    expect(at("ab RUN cd", "RUN")).toEqual([2, 6]);
    expect(at("ab\nRUN\ncd", "RUN")).toEqual([2, 6]);
    expect(at("a! RUN  cd ef", "RUN")).toEqual([0, 10]); // "! R", "N  c": no certain split
    expect(at("\u00e9 RUN \u00e9", "RUN")).toEqual([0, 7]);
    expect(at("RUN", "RUN")).toEqual([0, 3]);
  });

  it("takes a million letters", { timeout: 120_000 }, () => {
    const { encode, decode } = guarded.get("cl100k_base") as Tokenizer;
    for (const unit of ["a", "=", "\u4e2d\u6587"]) {
      const text = unit.repeat(1_000_000 / unit.length);
      expect(decode(encode(text)) === text).toBe(true);
    }
  });
});

describe("mergePiece", () => {
  /** The rule as it is written everywhere: scan all pairs, merge the lowest rank, the leftmost of equals. */
  function scan(piece: string, byBytes: ReadonlyMap<string, number>): number[] {
    const parts = [...piece];
    for (;;) {
      let best = -1;
      let lowest = Number.POSITIVE_INFINITY;
      for (let i = 0; i + 1 < parts.length; i++) {
        const rank = byBytes.get((parts[i] as string) + (parts[i + 1] as string));
        if (rank !== undefined && rank < lowest) {
          lowest = rank;
          best = i;
        }
      }
      if (best === -1) return parts.map((part) => byBytes.get(part) as number);
      parts.splice(best, 2, (parts[best] as string) + (parts[best + 1] as string));
    }
  }

  it("merges as the plain scan does, on any table of ranks", () => {
    const table = fc.uniqueArray(fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 2, maxLength: 6 }), { maxLength: 60 });
    const piece = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 0, maxLength: 80 });
    fc.assert(
      fc.property(table, piece, (tokens, text) => {
        const byBytes = new Map(["a", "b", "c", ...tokens].map((token, rank) => [token, rank]));
        // A token that no merge reaches is still found when it is the whole piece, as in tiktoken.
        const expected = byBytes.has(text) ? [byBytes.get(text) as number] : scan(text, byBytes);
        expect([...mergePiece(text, { byBytes, longest: 6 })]).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it("says when a byte has no token", () => {
    expect(() => mergePiece("ab", { byBytes: new Map([["a", 0]]), longest: 1 })).toThrow(/no token/);
  });
});
