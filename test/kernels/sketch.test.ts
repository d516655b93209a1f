/** The sketch kernel beside its plain TypeScript reference: equal bytes, counts, signatures and keys, whatever the text. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bandKeys, Normaliser, Sketcher, type SketchParameters } from "../../src/dedupe/index.ts";

const WINDOW = 1 << 18;

/** Kinds of characters that meet rules of their own: case, accents, solos, marks, fillers, controls, long folds, halves of pairs. */
const NASTY = [
  ..."aZ9_ -.,!+$#é\u0301ßẞİıΣςﬁ½²①\u00ad\u200b\u200d\u0000\t\n\u00a0\u3000\ufeff",
  ..."東京、ががカ\u3099\u309aｶﾞー々〇㈱ใสวั\u0e33កា្မြန်ລາ한\u1112\u1161ह\u093f\u0941\u094d\u093cب\u064eשִ\u0f0bབོ\ufdfa",
  ..."👍🏽👨‍👩‍👧©€◌\u{10ffff}\u{1f1e9}\u{20000}\ufffd",
  "\ud83d",
  "\udc4d",
  "abcdefgh",
  "abcdefghi",
  "The quick brown fox, it jumps. ",
  " ",
];
const nasty = fc.string({ unit: fc.constantFrom(...NASTY), maxLength: 120 });
const someText = fc.oneof(
  nasty,
  fc.string({ unit: "binary", maxLength: 80 }),
  fc.string({ unit: "grapheme", maxLength: 80 }),
  fc.string({ unit: "binary-ascii", maxLength: 400 }),
  fc.tuple(nasty, fc.integer({ min: 1, max: 60 })).map(([text, times]) => text.repeat(times)),
);
const shape: fc.Arbitrary<SketchParameters> = fc
  .record({
    ngram: fc.integer({ min: 1, max: 32 }),
    unit: fc.constantFrom("words" as const, "characters" as const),
    bands: fc.integer({ min: 1, max: 128 }),
    rows: fc.integer({ min: 4, max: 64 }),
    seed: fc.nat({ max: 0xffff_ffff }),
  })
  .filter(({ bands, rows }) => bands * rows <= 512);
const DEFAULTS: SketchParameters = { ngram: 5, unit: "words", bands: 14, rows: 8, seed: 1 };

interface Seen {
  readonly words: number;
  readonly characters: number;
  readonly sha256: string;
  readonly signature: string;
  readonly keys: string;
}

function see(normaliser: Normaliser, sketcher: Sketcher): Seen {
  const { bands, rows } = sketcher.parameters;
  const signature = new Uint8Array(bands * rows);
  const keys = new Int32Array(2 * bands);
  const made = sketcher.sketch(normaliser, signature, keys);
  expect(made).toBe(!sketcher.isShort(normaliser));
  if (made) expect([...new Uint32Array(keys.buffer)]).toEqual([...bandKeys(signature, bands, rows)]);
  const { words, characters } = normaliser;
  return { words, characters, sha256: normaliser.sha256(), signature: signature.join(), keys: keys.join() };
}

const kernel = new Normaliser("wasm");
const plain = new Normaliser("js");

function expectEqual(text: string | Uint8Array, parameters: SketchParameters = DEFAULTS, keep = false): void {
  const punctuation = keep ? "keep" : "drop";
  kernel.read(text, punctuation);
  plain.read(text, punctuation);
  expect(see(kernel, new Sketcher(parameters))).toEqual(see(plain, new Sketcher(parameters)));
}

describe("the sketch kernel", () => {
  it("gives the normal form of the reference, byte for byte", () => {
    fc.assert(
      fc.property(someText, fc.boolean(), (text, keep) => {
        kernel.read(text, keep ? "keep" : "drop");
        plain.read(text, keep ? "keep" : "drop");
        expect(kernel.text()).toBe(plain.text());
        expect([kernel.words, kernel.characters]).toEqual([plain.words, plain.characters]);
      }),
      { numRuns: 3000 },
    );
  });

  it("gives its signatures and band keys, whatever the shape", () => {
    fc.assert(
      fc.property(someText, shape, (text, parameters) => expectEqual(text, parameters)),
      { numRuns: 1500 },
    );
  });

  it("folds every code point as the reference does", () => {
    for (let c = 0; c < 0x11_0000; c += 64) {
      const text = Array.from({ length: 64 }, (_, i) => `x${String.fromCodePoint(c + i)}y `).join("");
      kernel.read(text);
      plain.read(text);
      if (Buffer.compare(kernel.bytes, plain.bytes) !== 0) expect.fail(`U+${c.toString(16)}: ${kernel.text()} but ${plain.text()}`);
    }
  });

  it("reads bytes that are not UTF-8 as TextDecoder does", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        kernel.read(bytes);
        const form = kernel.text();
        plain.read(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes));
        expect(form).toBe(plain.text());
      }),
      { numRuns: 1000 },
    );
  });

  it("hashes every number of shingles and every length of word", () => {
    for (let n = 0; n < 300; n++) {
      expectEqual(Array.from({ length: n }, (_, i) => `w${(i * 7919) % 1000}`).join(" "), { ...DEFAULTS, ngram: 1 + (n % 9) });
      expectEqual(`one two three ${"x".repeat(n)} five ${"y".repeat(n)}`, { ...DEFAULTS, ngram: 3 });
    }
  });
});

describe("documents larger than the window", () => {
  const words = (n: number): string => Array.from({ length: n }, (_, i) => `word${(i * 2654435761) % 100_003}`).join(" ");

  it.each<[string, string]>([
    ["words", words(200_000)],
    ["one word", `${"x".repeat(1_000_000)} two three four five six`],
    ["one word at the end", `one two three four ${"x".repeat(1_000_000)}`],
    ["white space", ` ${" ".repeat(700_000)} a b c d e f ${" ".repeat(700_000)}`],
    ["separators only", "\n".repeat(800_000)],
    ["single letters", "a b ".repeat(300_000)],
    ["ideographs", "東京都の人口".repeat(80_000)],
    ["an ideograph with very many marks", `か${"\u3099".repeat(300_000)} b c d e f`],
    ["combining marks only", "\u0301".repeat(300_000)],
    ["what grows most", "\ufdfa한".repeat(60_000)],
    ["invisible characters between letters", "a\u200b\u00ad".repeat(150_000)],
    ["emoji and halves of pairs", "👍\ud83d \udc4d👨‍👩‍👧".repeat(40_000)],
    ["mixed", `The quick brown 東京 fox, naïve café — «да» 👍 हिन्दी ${words(20)} `.repeat(3000)],
  ])("are the same in windows: %s", (_name, text) => {
    for (const unit of ["words", "characters"] as const) expectEqual(text, { ...DEFAULTS, unit, ngram: unit === "words" ? 5 : 13 });
    expectEqual(text, { ...DEFAULTS, bands: 64 }, true);
    expectEqual(Buffer.from(text));
    kernel.read(text);
    plain.read(text);
    expect(Buffer.compare(kernel.bytes, plain.bytes)).toBe(0);
  });

  it("when all that is left for the last window is the end of a word", () => {
    for (const end of [" ", ".", "\u0f0b", "。", "\u0301", " \u00ad ", "\u200b"]) {
      for (const back of [0, 1, 2, 3]) {
        for (const head of ["x".repeat(WINDOW - back), `${"ab ".repeat((WINDOW - 4) / 3)}${"x".repeat(4 - back)}`]) {
          for (const unit of ["words", "characters"] as const) expectEqual(head + end, { ...DEFAULTS, unit, ngram: 3 });
        }
      }
    }
  });

  it("whatever meets the border of a window", () => {
    fc.assert(
      fc.property(nasty, fc.nat(40), nasty, fc.constantFrom("words" as const, "characters" as const), (before, back, after, unit) => {
        for (const filler of ["ab ", "東", "x"]) {
          const head = filler.repeat(Math.ceil(WINDOW / Buffer.byteLength(filler)) - back);
          const parameters = { ...DEFAULTS, unit, ngram: 3 };
          expectEqual(head + before + after, parameters);
          expectEqual(Buffer.from(head + before + after), parameters);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("need no more memory than a window", () => {
    const own = new Normaliser("wasm");
    const signature = new Uint8Array(112);
    own.read(`${"The quick brown fox jumps over the lazy dog; ".repeat(50_000)}${"x".repeat(2_000_000)} the end is near`);
    new Sketcher().sketch(own, signature);
    expect((own.source as { memoryBytes?: number }).memoryBytes).toBeLessThan(2 << 20);
  });
});

describe("a batch", () => {
  it("has the sketches of its documents, large, small and without a shingle", () => {
    fc.assert(
      fc.property(fc.array(someText, { maxLength: 40 }), shape, (texts, parameters) => {
        const all = [...texts, "", "x".repeat(WINDOW + 5), ...texts, "한".repeat(WINDOW / 4), "one two three four five six"];
        const sketcher = new Sketcher(parameters);
        const { bands, rows, unit } = sketcher.parameters;
        const batch = sketcher.sketchBatch(all);
        const signature = new Uint8Array(bands * rows);
        const keys = new Int32Array(2 * bands);
        for (const [i, text] of all.entries()) {
          plain.read(text);
          signature.fill(0);
          keys.fill(0);
          sketcher.sketch(plain, signature, keys);
          expect(batch.units[i]).toBe(unit === "words" ? plain.words : plain.characters);
          expect(Buffer.compare(batch.signatures.subarray(i * bands * rows, (i + 1) * bands * rows), signature)).toBe(0);
          expect([...batch.keys.subarray(2 * i * bands, 2 * (i + 1) * bands)]).toEqual([...new Uint32Array(keys.buffer)]);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("may be of any number of documents", () => {
    const texts = Array.from({ length: 700 }, (_, i) => `document number ${i} of seven hundred, each ${i % 3} its own`);
    const { signatures } = new Sketcher().sketchBatch(texts);
    const one = new Uint8Array(112);
    for (const [i, text] of texts.entries()) {
      plain.read(text);
      new Sketcher().sketch(plain, one);
      expect(Buffer.compare(signatures.subarray(112 * i, 112 * (i + 1)), one)).toBe(0);
    }
    expect(new Sketcher().sketchBatch([]).signatures).toHaveLength(0);
  });
});
