/** The datatrove profile by itself: kernel and plain form agree, words are spaCy's, files that are not whole are refused. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { splitWords } from "../../../src/clean/index.ts";
import { englishWords, specialWords, unitWords } from "../../../src/dedupe/datatrove/english.ts";
import { hashShingle } from "../../../src/dedupe/datatrove/hashes.ts";
import { simplifyText } from "../../../src/dedupe/datatrove/simplify.ts";
import {
  type DatatroveOptions,
  DatatroveSketcher,
  readDatatroveRemovals,
  readDatatroveSignatures,
  writeDatatroveClusters,
  writeDatatroveIndex,
  writeDatatrovePairs,
  writeDatatroveSignatures,
} from "../../../src/dedupe/index.ts";
import { oddTexts } from "../../clean/texts.ts";
import { generatedCorpus } from "../corpus.ts";

const folder = mkdtempSync(join(tmpdir(), "millrace-datatrove-profile-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NASTY = [
  ..."aZ9_ -.,!+$#é\u0301ßẞİıΣςﬁ½²①\u00ad\u200b\u0000\t\n\u00a0\u3000\ufeff°£€·¡¿‘’“”…—≠Å",
  ..."東京が\u3099ｶﾞ々ใสវា한\u1112ह\u093f\u094dبשִ\u0f0b٣\u066b\u060c५\uff11★👍🏽\u{10ffff}\u{1d7d8}\u302e",
  "\ud83d",
  "\udc4d",
  "0km",
  "dont",
  "cantve",
  "‘s",
  "12,5",
  "The quick brown fox ",
  " ",
  " ",
];
const someText = fc.oneof(
  fc.array(fc.constantFrom(...NASTY), { maxLength: 60 }).map((parts) => parts.join("")),
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.string({ unit: "binary-ascii", maxLength: 300 }),
);
const HASHES = ["xxh64", "xxh32", "sha1-64", "sha1-32"] as const;

describe("the kernel and the plain form", () => {
  const shapes: DatatroveOptions[] = [
    {},
    { hash: "sha1-64", ngram: 3 },
    { hash: "xxh32", ngram: 1, bands: 3, rows: 5 },
    { hash: "sha1-32", ngram: 8, seed: 7 },
  ];

  it.each(shapes)("agree on any text, %o", (options) => {
    const kernel = new DatatroveSketcher(options);
    const plain = new DatatroveSketcher(options, "js");
    expect([kernel.backend, plain.backend]).toEqual(["wasm", "js"]);
    fc.assert(
      fc.property(someText, (text) => {
        const expected = plain.signature(text);
        expect(kernel.signature(text)).toEqual(expected);
        expect(kernel.signature(Buffer.from(text))).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it("agree on long shingles, long words and many of them", () => {
    for (const hash of ["xxh64", "sha1-32"] as const) {
      const kernel = new DatatroveSketcher({ hash, bands: 1, rows: 2 });
      const plain = new DatatroveSketcher({ hash, bands: 1, rows: 2 }, "js");
      for (const text of [
        ...Array.from({ length: 40 }, (_, n) => `${"x".repeat(n)} b ${"y".repeat(2 * n)} dd eee ffff`),
        Array.from({ length: 2500 }, (_, i) => `w${String.fromCharCode(97 + (i % 26))}${"z".repeat(i % 17)}`).join(" "),
        `${"ab c ".repeat(53_000)}end of a long document`,
        `${"é".repeat(1_600_000)} two three four five six`,
        "x".repeat(300_000),
      ]) {
        expect(kernel.signature(text)).toEqual(plain.signature(text));
      }
    }
  });

  it("agree on words that are given, spaces and all", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "grapheme", maxLength: 12 }), { maxLength: 30 }),
        fc.integer({ min: 1, max: 6 }),
        (list, ngram) => {
          const options = { ngram, bands: 4, rows: 4, words: () => list };
          expect(new DatatroveSketcher(options).signature("x")).toEqual(new DatatroveSketcher(options, "js").signature("x"));
        },
      ),
      { numRuns: 60 },
    );
  });

  it("hash shingles alike at every length", () => {
    let word = "";
    for (const hash of HASHES) {
      // One permutation and one shingle: the value gives the hash away.
      const one = { hash, ngram: 1, bands: 1, rows: 1, words: () => [word] };
      const [kernel, plain] = [new DatatroveSketcher(one), new DatatroveSketcher(one, "js")];
      for (let length = 1; length < 150; length++) {
        word = "abcdefghij".repeat(15).slice(0, length);
        expect(kernel.signature("x")).toEqual(plain.signature("x"));
      }
    }
    expect(hashShingle(new Uint8Array([104, 101, 108, 108, 111]), "xxh64")).toBe(2794345569481354659n);
  });
});

describe("the words", () => {
  it("are those of our exact spaCy tokenizer, on simplified text", () => {
    const texts = oddTexts(81, 3000, 30).map(simplifyText);
    expect(texts.filter((text) => JSON.stringify(englishWords(text)) !== JSON.stringify(splitWords(text)))).toEqual([]);
  });

  it("know every word with a cut of its own, and every unit", () => {
    expect([...specialWords().values()].filter((parts) => parts.length > 1)).toHaveLength(151);
    for (const [word, parts] of specialWords()) expect([word, englishWords(`a ${word} b`)]).toEqual([word, ["a", ...parts, "b"]]);
    for (const unit of unitWords()) expect(englishWords(`0${unit}`).join("")).toBe(`0${unit}`);
    const sketcher = new DatatroveSketcher({ ngram: 1 });
    for (const word of specialWords().keys())
      expect(sketcher.signature(word)).toEqual(new DatatroveSketcher({ ngram: 1 }, "js").signature(word));
  });
});

describe("options", () => {
  it.each<[DatatroveOptions, string]>([
    [{ ngram: 0 }, "expected `ngram` to be an integer between 1 and 1000, got 0"],
    [{ bands: 100 }, "expected `bands` * `rows` to be at most 512, got 100 * 8 = 800"],
    [{ hash: "md5" as "xxh64" }, "expected `hash` to be"],
    [{ words: "split" as unknown as () => string[] }, "expected `words` to be a function"],
    [{ band: 3 } as DatatroveOptions, "unknown option `band`"],
  ])("%o are refused", (options, message) => {
    expect(() => new DatatroveSketcher(options)).toThrow(message);
  });
});

describe("files", () => {
  const texts = generatedCorpus();
  const signed = join(folder, "sigs");
  const sig = (band: number): string => join(signed, `bucket_${String(band).padStart(3, "0")}`, "00000.minhash.sig");
  const write = (): Promise<unknown> =>
    writeDatatroveSignatures(
      texts.map((text) => ({ text })),
      signed,
      0,
    );

  it("that are cut short, out of order or of another shape are refused by name", async () => {
    await write();
    const whole = readFileSync(sig(2));
    truncateSync(sig(2), whole.length - 3);
    await expect(writeDatatrovePairs(signed, join(folder, "dups"))).rejects.toThrow(
      /bucket_002.00000\.minhash\.sig has 13597 bytes, which is no multiple of the 68/u,
    );
    writeFileSync(sig(2), Buffer.concat([whole.subarray(68), whole.subarray(0, 68)]));
    await expect(writeDatatrovePairs(signed, join(folder, "dups"))).rejects.toThrow(/record 199 is out of order/u);
    writeFileSync(sig(2), whole);
    await expect(readDatatroveSignatures(sig(2), { hash: "xxh32", rows: 5 }).next()).rejects.toThrow("no multiple of the 24 bytes");
    writeFileSync(join(folder, "wrong.sig"), new Uint8Array(680).fill(0x77));
    await expect(readDatatroveSignatures(join(folder, "wrong.sig")).next()).rejects.toThrow("has a value of 2^61 or more");
    await expect(readDatatroveSignatures(join(folder, "none.sig")).next()).rejects.toThrow("none.sig cannot be opened");
    mkdirSync(join(folder, "odd"), { recursive: true });
    writeFileSync(join(folder, "odd", "00000_00.dups"), new Uint8Array(20));
    await expect(writeDatatroveClusters(join(folder, "odd"), join(folder, "c"))).rejects.toThrow("no multiple of the 16 bytes");
    writeFileSync(join(folder, "odd", "000007.remove"), new Uint8Array(6));
    await expect(readDatatroveRemovals(join(folder, "odd"), 7)).rejects.toThrow("no multiple of 4");
    expect(await readDatatroveRemovals(join(folder, "odd"), 8)).toHaveLength(0);
    await expect(writeDatatrovePairs(signed, join(folder, "dups"), { workers: 201 })).rejects.toThrow(
      "too few to divide them for 201 workers",
    );
  });

  it("of an index: what it holds goes, and the rest is as without it", async () => {
    await write();
    const index = join(folder, "index");
    expect((await writeDatatroveIndex(signed, index, "first")).signatures).toBeGreaterThan(14 * 100);
    // The same documents again, and some that are new.
    const again = join(folder, "again");
    const fresh = Array.from({ length: 20 }, (_, i) =>
      Array.from({ length: 30 }, (_, k) => `new${"abcdefghij"[(i * 7 + k) % 10]}${"klmnopqrst"[i % 10]}`).join(" "),
    );
    await writeDatatroveSignatures(
      [...texts, ...fresh].map((text) => ({ text })),
      again,
      0,
    );
    const dups = join(folder, "again-dups");
    const { pairs } = await writeDatatrovePairs(again, dups, { index, addToIndex: "second" });
    expect(pairs).toBeGreaterThan(14 * 150);
    await writeDatatroveClusters(dups, join(folder, "again-clusters"));
    const gone = await readDatatroveRemovals(join(folder, "again-clusters"), 0);
    // A document whose values equal those of another of its own is not next to the index in any band: datatrove keeps it, and so do we.
    const sketcher = new DatatroveSketcher();
    const owners = new Map<string, number>();
    for (const [i, text] of texts.entries()) {
      const values = [...(sketcher.signature(text) ?? [])];
      for (let band = 0; band < 14; band++) {
        const key = `${band}: ${values.slice(8 * band, 8 * band + 8)}`;
        if (!owners.has(key)) owners.set(key, i);
      }
    }
    const next = new Set(owners.values());
    expect(next.size).toBeLessThan(195);
    expect([...gone]).toEqual([...next].sort((a, b) => a - b));
    const added = readFileSync(join(index, "bucket_000", "second_00.minhash.index"));
    expect(added.length % 64).toBe(0);
    expect(added.length / 64).toBeGreaterThan(0);
    // What was added is in the index now.
    const more = await writeDatatrovePairs(again, join(folder, "third-dups"), { index });
    expect(more.pairs).toBeGreaterThan(pairs);
    await writeDatatroveClusters(join(folder, "third-dups"), join(folder, "third-clusters"), { ignoreIndex: true });
    expect(await readDatatroveRemovals(join(folder, "third-clusters"), 0)).toHaveLength(0);
  });
});
