import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Doc, from } from "../../src/core/index.ts";
import { dedupeLines, dedupeParagraphs, filterErrorRate, type PassageOptions } from "../../src/dedupe/index.ts";
import { KeyFilter } from "../../src/dedupe/key-filter.ts";
import { stageLaws } from "../laws/laws.ts";
import { docsOf } from "./corpus.ts";
import { inOnePass, overWorkers } from "./over-workers.ts";

const few = (): Doc[] =>
  docsOf(
    Array.from({ length: 30 }, (_, i) =>
      [`head ${i % 4}`, "", `body ${(i * i) % 13}`, `more ${i % 6}`, "", "", `foot ${i % 2}`].join("\n"),
    ),
  );

stageLaws<Doc, Doc>({ name: "dedupeParagraphs", make: () => dedupeParagraphs(), input: few });
stageLaws<Doc, Doc>({
  name: "dedupeLines with copies",
  make: () => dedupeLines({ keep: 3, ignore: ["digits"], minLength: 5 }),
  input: few,
});
stageLaws<Doc, Doc>({ name: "dedupeLines with a filter", make: () => dedupeLines({ filterBytes: 4096 }), input: few });

const textsOf = async (make: () => ReturnType<typeof dedupeLines<Doc>>, texts: readonly string[]): Promise<string[]> =>
  (await inOnePass(make, docsOf(texts))).passed.map((doc) => doc.text);

interface Unit {
  readonly start: number;
  readonly end: number;
}

/** The units of a text, found with a regular expression. */
function naiveUnits(text: string, unit: "line" | "paragraph"): Unit[] {
  const line = "[^\\n]*[^\\t\\n\\v\\f\\r ][^\\n]*";
  const pattern = unit === "line" ? new RegExp(`^${line}$`, "gm") : new RegExp(`^${line}(?:\\n${line})*$`, "gm");
  // JavaScript's ^ and $ know more line ends than the line feed; here they are letters like any other.
  const plain = text.replace(/[\u2028\u2029]/g, "x").replace(/\r/g, "\f");
  return [...plain.matchAll(pattern)].map((match) => ({ start: match.index, end: match.index + match[0].length }));
}

/** The same method with a Map of strings. */
function naive(texts: readonly string[], unit: "line" | "paragraph", options: PassageOptions): (string | undefined)[] {
  const { ignore = [], minLength = 0, keep = 1 } = options;
  const seen = new Map<string, number>();
  return texts.map((text) => {
    const units = naiveUnits(text, unit);
    const goes = units.map(({ start, end }) => {
      const content = text.slice(start, end).replace(/^[\t\n\v\f\r ]+|[\t\n\v\f\r ]+$/g, "");
      if ([...content].length < minLength) return false;
      let form = content;
      if (ignore.includes("case")) form = form.toLowerCase();
      if (ignore.includes("space")) form = form.replace(/[\t\n\v\f\r ]+/g, " ");
      if (ignore.includes("digits")) form = form.replace(/[0-9]+/g, "0");
      const copies = (seen.get(form) ?? 0) + 1;
      seen.set(form, copies);
      return copies > keep;
    });
    if (units.length > 0 && goes.every(Boolean)) return undefined;
    const stays = new Array<boolean>(text.length).fill(true);
    const last = goes.lastIndexOf(false);
    for (const [i, { start }] of units.entries()) {
      if (goes[i] && i < last) stays.fill(false, start, units[i + 1]?.start);
    }
    if (last >= 0 && last < units.length - 1) stays.fill(false, units[last]?.end, units.at(-1)?.end);
    return [...text.split("")].filter((_, at) => stays[at]).join("");
  });
}

describe("dedupeParagraphs", () => {
  it("cuts out what the corpus had before, with the blank lines behind it", async () => {
    const texts = ["one\n\ntwo\nlines\n\n\nthree\n", "zero\n\ntwo\nlines\n\nfour\n", "two\n\nthree\n", "one\n\n", "\n  three  \n\nfive"];
    expect(await textsOf(() => dedupeParagraphs<Doc>(), texts)).toEqual([
      "one\n\ntwo\nlines\n\n\nthree\n",
      "zero\n\nfour\n",
      "two\n",
      "\nfive",
    ]);
  });

  it("drops a document of which nothing stays, and counts what went", async () => {
    const { passed, dropped, counters } = await inOnePass(() => dedupeParagraphs<Doc>(), docsOf(["a\n\nb\n\na", "b\n\na", " \n", ""]));
    expect(passed.map((doc) => doc.text)).toEqual(["a\n\nb", " \n", ""]);
    expect(dropped).toEqual({ "nothing-left": 1 });
    expect(counters).toEqual({ "paragraphs removed": 3 });
  });

  it("passes a document that loses nothing on as it is", async () => {
    const docs = docsOf(["a\n\nb", "c"]);
    const { passed } = await inOnePass(() => dedupeParagraphs<Doc>(), docs);
    expect(passed[0]).toBe(docs[0]);
    expect(passed[1]).toBe(docs[1]);
  });
});

describe("dedupeLines", () => {
  it("cuts out lines, and spares short ones", async () => {
    const code = "int a() {\n  return 1;\n}\n\nint b() {\n  return 1;\n}\n";
    expect(await textsOf(() => dedupeLines<Doc>({ minLength: 2 }), [code])).toEqual(["int a() {\n  return 1;\n}\n\nint b() {\n}\n"]);
    expect(await textsOf(() => dedupeLines<Doc>(), [code])).toEqual(["int a() {\n  return 1;\n}\n\nint b() {\n"]);
  });

  it("keeps the first copies when it is asked to", async () => {
    expect(await textsOf(() => dedupeLines<Doc>({ keep: 2 }), ["a\nb\na", "b\na\nc", "b"])).toEqual(["a\nb\na", "b\nc"]);
  });
});

const piece = fc.constantFrom(
  "a",
  "A",
  "b",
  "12",
  "7",
  " ",
  "\t",
  "\r",
  "\n",
  "\n",
  "\n\n",
  "\n \n",
  "ä",
  "Ä",
  "漢",
  "👍",
  "\ud800",
  "\u2028",
  "ab",
  "Σ",
);
const text = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(""));
const options = fc.record<PassageOptions>({
  ignore: fc.subarray(["case", "space", "digits"]),
  minLength: fc.nat(3),
  keep: fc.integer({ min: 1, max: 3 }),
});

describe.each(["line", "paragraph"] as const)("any corpus, by %s", (unit) => {
  const stage = unit === "line" ? dedupeLines : dedupeParagraphs;

  it("is cut as the naive method cuts it, in one pass and over workers", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { maxLength: 12 }),
        options,
        fc.array(fc.nat(12), { maxLength: 3 }),
        fc.constantFrom(100, 1 << 30),
        fc.constantFrom(1, 13, 1 << 16),
        async (texts, chosen, cuts, memoryBytes, chunkBytes) => {
          const make = () => stage<Doc>(chosen);
          const streamed = await inOnePass(make, docsOf(texts));
          const expected = naive(texts, unit, chosen);
          expect(streamed.passed.map((doc) => [doc.id, doc.text])).toEqual(
            expected.flatMap((kept, i) => (kept === undefined ? [] : [[String(i), kept]])),
          );
          const { files: _, ...spread } = await overWorkers(make, docsOf(texts), cuts, { memoryBytes, chunkBytes });
          expect(spread).toEqual(streamed);
        },
      ),
      { numRuns: 120 },
    );
  });
});

describe("a filter of fixed size", () => {
  it("makes the decisions of the table while it is far from full, and the same ones over workers", async () => {
    const docs = docsOf(Array.from({ length: 200 }, (_, i) => `line ${i % 70}\nline ${i}\nline ${i + 1}`));
    const table = await inOnePass(() => dedupeLines<Doc>(), docs);
    const filtered = await inOnePass(() => dedupeLines<Doc>({ filterBytes: 1 << 20 }), docs);
    expect(filtered).toEqual(table);
    const { files, ...spread } = await overWorkers(() => dedupeLines<Doc>({ filterBytes: 1 << 20 }), docs, [50, 90], { memoryBytes: 1 });
    expect(spread).toEqual(filtered);
    expect(files).toBe(0);
  });

  it("errs at the rate that the formula gives, and never takes a known key for a new one", () => {
    const bytes = 1 << 16;
    for (const keys of [10_000, 20_000, 40_000, 80_000]) {
      const filter = new KeyFilter(bytes);
      const key = new Int32Array(2);
      let state = keys;
      const fill = (): void => {
        for (let w = 0; w < 2; w++) {
          state = (Math.imul(state, 1664525) + 1013904223) | 0;
          let h = state;
          h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
          key[w] = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
        }
      };
      for (let i = 0; i < keys; i++) {
        fill();
        filter.admit(key, 0);
      }
      const copies = new KeyFilter(bytes);
      copies.load(filter.save());
      state = keys;
      for (let i = 0; i < keys; i++) {
        fill();
        if (copies.admit(key, 0)) throw new Error(`key ${i} of ${keys} was forgotten`);
      }
      // New keys, each asked of the filter as it stands; admitting 2,000 of them hardly changes it.
      let wrong = 0;
      const probes = 2000;
      for (let i = 0; i < probes; i++) {
        fill();
        if (!filter.admit(key, 0)) wrong++;
      }
      const rate = filterErrorRate(bytes, keys + probes / 2);
      const deviation = Math.sqrt(probes * rate * (1 - rate));
      expect(Math.abs(wrong - probes * rate)).toBeLessThan(5 * deviation + 2);
    }
  });

  it("admits many keys as it does one after the other", () => {
    const [together, single] = [new KeyFilter(1 << 12), new KeyFilter(1 << 12)];
    const repeated = new Uint8Array(300);
    let known = 0;
    for (let round = 0; round < 40; round++) {
      const count = (round * 37) % 300;
      const keys = Int32Array.from(
        { length: 600 },
        (_, i) => Math.imul((round * 600 + i) % 7919, 0x9e3779b1) ^ (i % 2 === 0 ? 0 : round << 28),
      );
      const expected = Array.from({ length: count }, (_, i) => (single.admit(keys, 2 * i) ? 0 : 1));
      expect(together.admitAll(keys, count, repeated)).toBe(expected.filter((gone) => gone === 1).length);
      expect([...repeated.subarray(0, count)]).toEqual(expected);
      known += expected.filter((gone) => gone === 1).length;
    }
    expect(known).toBeGreaterThan(100);
    expect(together.save()).toEqual(single.save());
  });

  it("gives known rates: 0.1 % at 16.4 bits a key or so, 1 % at 10.6", () => {
    const rate = (bitsPerKey: number): number => filterErrorRate(1 << 24, (2 ** 27 / bitsPerKey) | 0);
    expect(rate(16.4)).toBeGreaterThan(0.0008);
    expect(rate(16.4)).toBeLessThan(0.0012);
    expect(rate(10.6)).toBeGreaterThan(0.008);
    expect(rate(10.6)).toBeLessThan(0.012);
    expect(filterErrorRate(1 << 16, 1e9)).toBeCloseTo(1, 6);
    expect(filterErrorRate(1 << 16, 0)).toBe(0);
  });
});

describe("options", () => {
  it.each<[unknown, string]>([
    [{ normalise: true }, "unknown option `normalise`; known options are ignore, minLength, keep, filterBytes"],
    [{ ignore: "case" }, 'expected `ignore` to be a list of "case", "space" and "digits", got "case"'],
    [{ ignore: ["accents"] }, 'expected `ignore` to be a list of "case", "space" and "digits", got ["accents"]'],
    [{ minLength: -1 }, "expected `minLength` to be an integer between 0 and 1073741824, got -1"],
    [{ keep: 0 }, "expected `keep` to be an integer between 1 and 1000000, got 0"],
    [{ filterBytes: 10 }, "expected `filterBytes` to be an integer between 1024 and 4294967296, got 10"],
    [{ filterBytes: 4096, keep: 2 }, "a filter cannot count, so `filterBytes` needs `keep: 1`, got 2"],
  ])("%j is refused when the stage is made", (wrong, message) => {
    expect(() => dedupeParagraphs(wrong as PassageOptions)).toThrow(`dedupeParagraphs: ${message}`);
    expect(() => dedupeLines(wrong as PassageOptions)).toThrow(`dedupeLines: ${message}`);
  });

  it("are part of what a saved state is compared with", async () => {
    const run = from(few()).pipe(dedupeLines()).run();
    await run.next();
    const state = run.state();
    await run.return();
    expect(() =>
      from(few())
        .pipe(dedupeLines({ ignore: ["case"] }))
        .restore(state),
    ).toThrow("the options of dedupeLines were");
  });
});
