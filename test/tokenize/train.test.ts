import { Tokenizer as HfTokenizer } from "@huggingface/tokenizers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBpe, vocabularyFromMerges } from "../../src/kernels/bpe/index.ts";
import { createHfTokenizer } from "../../src/tokenize/hf/index.ts";
import { byteLevelText, bytesInOrder } from "../../src/tokenize/train/byte-level.ts";
import { type CountedPiece, learnMerges } from "../../src/tokenize/train/learn-merges.ts";
import { trainBpe } from "../../src/tokenize/train/train-bpe.ts";
import { packagedDocuments } from "../kernels/documents.ts";
import { dice, generate } from "../kernels/generators.ts";
import { loadNative, type NativePackage } from "./native.ts";

const native = loadNative();

async function* stream(texts: readonly string[]): AsyncGenerator<string> {
  yield* texts;
}

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

/** The definition, without any cleverness: count all pairs anew for every merge. Symbols are numbered by `alphabet`. */
function naive(pieces: readonly CountedPiece[], alphabet: Uint8Array, merges: number, minFrequency: number): [number, number, number][] {
  const spelled = Array.from(alphabet, (byte) => String.fromCharCode(byte));
  const symbolOf = new Map(spelled.map((text, id) => [text, id]));
  const words = pieces.map(({ bytes, count }) => ({
    symbols: Array.from(bytes, (b) => symbolOf.get(String.fromCharCode(b)) as number),
    count,
  }));
  const learnt: [number, number, number][] = [];
  while (spelled.length < 256 + merges) {
    const pairs = new Map<string, number>();
    for (const { symbols, count } of words) {
      for (let i = 0; i + 1 < symbols.length; i++)
        pairs.set(`${symbols[i]},${symbols[i + 1]}`, (pairs.get(`${symbols[i]},${symbols[i + 1]}`) ?? 0) + count);
    }
    let best: [number, number, number] | undefined;
    for (const [key, count] of pairs) {
      const [left, right] = key.split(",").map(Number) as [number, number];
      const better =
        best === undefined || count > best[2] || (count === best[2] && (left < best[0] || (left === best[0] && right < best[1])));
      if (better) best = [left, right, count];
    }
    if (best === undefined || best[2] < minFrequency) break;
    const [left, right] = best;
    const text = `${spelled[left]}${spelled[right]}`;
    const result = symbolOf.get(text) ?? spelled.length;
    if (result === spelled.length) spelled.push(text);
    symbolOf.set(text, result);
    learnt.push([left, right, result]);
    for (const word of words) {
      const out: number[] = [];
      for (let i = 0; i < word.symbols.length; i++) {
        if (word.symbols[i] === left && word.symbols[i + 1] === right) {
          out.push(result);
          i++;
        } else out.push(word.symbols[i] as number);
      }
      word.symbols = out;
    }
  }
  return learnt;
}

describe("learnMerges", () => {
  const alphabet = bytesInOrder();

  it("learns what the definition learns, ties and repeated letters included", () => {
    const piece = fc.record({
      bytes: fc.string({ unit: fc.constantFrom("a", "b", "c", " "), minLength: 1, maxLength: 9 }).map(bytesOf),
      count: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 3 }),
        (pieces, merges, minFrequency) => {
          const learnt = learnMerges(pieces, { alphabet, merges, minFrequency, maxTokenBytes: Number.POSITIVE_INFINITY });
          expect(learnt.merges.map(({ left, right, result }) => [left, right, result])).toEqual(
            naive(pieces, alphabet, merges, minFrequency),
          );
        },
      ),
      { numRuns: 400 },
    );
  });

  it("keeps tokens within `maxTokenBytes`", () => {
    const { symbols } = learnMerges([{ bytes: bytesOf("abcabcabcabc"), count: 9 }], {
      alphabet,
      merges: 50,
      minFrequency: 1,
      maxTokenBytes: 4,
    });
    expect(Math.max(...symbols.map((s) => s.length))).toBeLessThanOrEqual(4);
  });
});

describe("trainBpe", () => {
  const texts = Array.from(
    { length: 40 },
    (_, i) => `The ${["quick", "quiet", "quaint"][i % 3]} fox no. ${i} isn't naïve: 東京 ${"ab".repeat(i % 5)}\n`,
  );

  it("gives one vocabulary whatever the order of the documents", async () => {
    const one = await trainBpe(stream(texts), { vocabSize: 400 });
    const two = await trainBpe(stream([...texts].reverse()), { vocabSize: 400 });
    expect(JSON.stringify(two.json)).toBe(JSON.stringify(one.json));
    expect(one).toMatchObject({ documents: 40, forgotten: 0 });
  });

  it("numbers special tokens first, then the bytes, then what it learnt, and is full at `vocabSize`", async () => {
    const { json, vocabSize } = await trainBpe(stream(texts), { vocabSize: 290, specialTokens: ["<s>", "</s>"] });
    const { vocab } = json["model"] as { vocab: Record<string, number> };
    expect(vocabSize).toBe(290);
    expect(Object.values(vocab).sort((a, b) => a - b)).toEqual(Array.from({ length: 290 }, (_, i) => i));
    expect(vocab["<s>"]).toBe(0);
    expect(vocab["!"]).toBe(2);
    for (let byte = 0; byte < 256; byte++) expect(vocab[byteLevelText(Uint8Array.of(byte))], String(byte)).toBeLessThan(258);
  });

  it.each(["cl100k", "r50k", "qwen2", "o200k"] as const)(
    "writes a %s tokenizer.json that Hugging Face's library reads, with the same ids",
    async (pattern) => {
      const { json } = await trainBpe(stream(texts), { vocabSize: 380, pattern });
      const theirs = new HfTokenizer(JSON.parse(JSON.stringify(json)), {});
      const { vocab, merges } = json["model"] as { vocab: Record<string, number>; merges: [string, string][] };
      const ours = createBpe({ vocabulary: vocabularyFromMerges({ vocab, merges }), pattern });
      for (const text of [...texts, "Unseen words, 12345 and naïve 東京!\n\n  the end "]) {
        expect([...ours.encode(text)]).toEqual(theirs.encode(text, { add_special_tokens: false }).ids);
      }
    },
  );

  it.skipIf(native === undefined).each(["cl100k", "r50k", "qwen2", "o200k"] as const)(
    "writes a %s tokenizer.json that the native library loads, with the same ids (test/oracles/node; skipped where not installed)",
    async (pattern) => {
      const documents = packagedDocuments();
      const { json } = await trainBpe(stream(documents.filter((_, i) => i % 40 === 0)), { vocabSize: 3_000, pattern });
      const text = JSON.stringify(json);
      const theirs = (native as NativePackage).Tokenizer.fromString(text);
      const ours = createHfTokenizer(text);
      const unseen = documents.filter((_, i) => i % 400 === 7).map((document) => document.slice(0, 4_000));
      const d = dice(5);
      const generated = Array.from({ length: 300 }, () => generate(d, Object.keys(theirs.getVocab(false)), documents));
      for (const input of [...unseen, ...generated]) {
        const ids = (await theirs.encode(input, null, { addSpecialTokens: false })).getIds();
        expect([...ours.encode(input)], JSON.stringify(input.slice(0, 100))).toEqual(ids);
      }
    },
  );

  it("never merges across pieces", async () => {
    const { json } = await trainBpe(stream(["a b ".repeat(100)]), { vocabSize: 300 });
    const { vocab } = json["model"] as { vocab: Record<string, number> };
    expect(vocab["Ġa"]).toBeDefined();
    expect(Object.keys(vocab).filter((token) => /a.*b|b.*a/.test(token))).toEqual([]);
  });

  it("gives a smaller vocabulary when there is too little text, and takes documents as well as strings", async () => {
    const { vocabSize } = await trainBpe((async function* () { yield { text: "aaaa" }; })(), { vocabSize: 1000 }); // biome-ignore format: one line
    expect(vocabSize).toBe(257 + 1);
    expect((await trainBpe(stream([]), { vocabSize: 300 })).vocabSize).toBe(257);
  });

  it("forgets rare pieces rather than growing without bound, and says how many", async () => {
    const many = Array.from({ length: 3000 }, (_, i) => `w${i.toString(36)} common `);
    const { pieces, forgotten } = await trainBpe(stream(many), { vocabSize: 300, maxPieces: 1000 });
    expect(pieces).toBeLessThanOrEqual(1000);
    expect(forgotten).toBeGreaterThan(0);
  });

  it("stops on abort and refuses options that make no sense", async () => {
    await expect(trainBpe(stream(texts), { vocabSize: 300, signal: AbortSignal.abort(new Error("stop")) })).rejects.toThrow("stop");
    await expect(trainBpe(stream([]), { vocabSize: 100 })).rejects.toThrow("trainBpe: expected `vocabSize` to be an integer between 258");
    await expect(trainBpe(stream([]), { vocabSize: 300, pattern: "gpt5" as never })).rejects.toThrow(/trainBpe: expected `pattern`/);
    await expect(trainBpe(stream([]), { vocabSize: 300, specialTokens: ["a", "a"] })).rejects.toThrow(/specialTokens/);
  });
});
