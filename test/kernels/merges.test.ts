import { Tokenizer } from "@huggingface/tokenizers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BpeVocabulary, byteLevelAlphabet, createBpe, vocabularyFromMerges } from "../../src/kernels/bpe/index.ts";
import { packagedDocuments } from "./documents.ts";
import { dice, generate } from "./generators.ts";
import { firstDifference, oracleOf, tokenStrings, vocabularyOf } from "./oracle.ts";

type Pair = readonly [string, string];

/** BPE by its definition, one merge at a time: `priorityOf` says how early two neighbours merge, if at all. */
function naive(text: string, priorityOf: (left: string, right: string) => number | undefined): string[] {
  const parts = [...text];
  for (;;) {
    let best = Number.POSITIVE_INFINITY;
    let at = -1;
    for (let i = 0; i + 1 < parts.length; i++) {
      const priority = priorityOf(parts[i] ?? "", parts[i + 1] ?? "") ?? Number.POSITIVE_INFINITY;
      if (priority < best) [best, at] = [priority, i];
    }
    if (at < 0) return parts;
    parts.splice(at, 2, (parts[at] ?? "") + (parts[at + 1] ?? ""));
  }
}

const letters = ["a", "b", "c"];
const text = fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 40 });

/** Which backend "auto" took: both must occur, or one of the two would not be tested. */
const chosen = { wasm: 0, js: 0 };

/** Encodes with both backends; "auto" may choose the reference, but must choose an exact one. */
function bothWays(vocabulary: BpeVocabulary, word: string): number[][] {
  return (["auto", "js"] as const).map((backend) => {
    const bpe = createBpe({ vocabulary, pattern: "whole", backend, windowBytes: 64 });
    if (backend === "auto") chosen[bpe.backend]++;
    return [...bpe.encode(word)];
  });
}

describe("merge lists", () => {
  // Merges at random: parts that are made later, tokens made in several ways, merges that can never happen, doubled merges.
  const anyMerges = fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 14 }).map((choices) => {
    const known = [...letters];
    const merges: Pair[] = [];
    for (const [l, r] of choices) {
      const left = known[l % known.length] ?? "";
      const right = known[r % known.length] ?? "";
      if (left.length + right.length > 8) continue;
      merges.push([left, right]);
      if (!known.includes(left + right)) known.push(left + right);
    }
    return { known, merges };
  });
  const shuffled = anyMerges.chain(({ known, merges }) =>
    fc.shuffledSubarray(merges, { minLength: merges.length }).map((order) => ({ known, merges: order })),
  );

  // As in Llama 3: in the order of training but for some, which stand before the merges that make their parts.
  const late = anyMerges.chain(({ known, merges }) =>
    fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 4 }).map((moves) => {
      const order = [...merges];
      for (const [from, to] of moves) {
        const [moved] = order.splice(from % Math.max(1, order.length), 1);
        if (moved !== undefined) order.splice(to % (order.length + 1), 0, moved);
      }
      return { known, merges: order };
    }),
  );

  it.each([
    ["in the order of training", anyMerges],
    ["in any order", shuffled],
    ["with some too early", late],
  ])("%s give what the definition gives", (_, lists) => {
    fc.assert(
      fc.property(lists, text, fc.boolean(), ({ known, merges }, word, ignoreMerges) => {
        const vocab = Object.fromEntries(known.map((token, i) => [token, 10 + 3 * i]));
        const order = new Map(merges.map(([left, right], i) => [`${left} ${right}`, i]));
        const parts = ignoreMerges && known.includes(word) ? [word] : naive(word, (l, r) => order.get(`${l} ${r}`));
        const expected = parts.map((part) => vocab[part]);
        for (const tokens of bothWays(vocabularyFromMerges({ vocab, merges, ignoreMerges }), word)) expect(tokens).toEqual(expected);
      }),
      { numRuns: 120 },
    );
  });

  it("never give a token that no merge makes, unless whole pieces are taken as they are", () => {
    // "b c" comes first, so "ab" is never there to become "abc".
    const vocab = { a: 0, b: 1, c: 2, bc: 3, ab: 4, abc: 5 };
    const merges = ["b c", "a b", "ab c"];
    for (const [ignoreMerges, expected] of [
      [false, [0, 3]],
      [true, [5]],
    ] as const) {
      for (const tokens of bothWays(vocabularyFromMerges({ vocab, merges, ignoreMerges }), "abc")) expect(tokens).toEqual(expected);
    }
  });

  it("run on the kernel when some stand too early, unless two places could want the same token", () => {
    const vocab = { a: 0, b: 1, c: 2, ab: 3, abc: 4, abab: 5 };
    const backendOf = (merges: readonly string[]) =>
      createBpe({ vocabulary: vocabularyFromMerges({ vocab, merges }), pattern: "whole" }).backend;
    expect(backendOf(["a b", "ab c"])).toBe("wasm");
    expect(backendOf(["ab c", "a b"])).toBe("wasm");
    expect(backendOf(["ab ab", "a b"])).toBe("js");
    expect(backendOf(["a b", "a b"])).toBe("js"); // which of the two counts?
  });

  it("refuses a merge of tokens that the vocabulary lacks, and one that is no pair", () => {
    expect(() => vocabularyFromMerges({ vocab: { a: 0, b: 1 }, merges: ["a b"] })).toThrow(/needs the token "ab"/);
    expect(() => vocabularyFromMerges({ vocab: { a: 0, b: 1 }, merges: ["ab"] })).toThrow(/merge 0 is not a pair/);
  });

  it("names a byte that has no token", () => {
    const vocabulary = vocabularyFromMerges({ vocab: { a: 0, b: 1, ab: 2 }, merges: ["a b"] });
    expect(() => createBpe({ vocabulary, pattern: "whole", backend: "js" }).encode("abz")).toThrow(/no token for byte 0x7a/);
    for (const word of ["abz", "z", `${"ab".repeat(20)}z`]) {
      expect(() => createBpe({ vocabulary, pattern: "whole", backend: "wasm" }).encode(word)).toThrow(/no token of the vocabulary/);
    }
  });
});

describe("rank tables", () => {
  it("at random, also with ranks in an order that training never gives, give what the definition gives", () => {
    const words = fc.uniqueArray(fc.string({ unit: fc.constantFrom(...letters), minLength: 2, maxLength: 6 }), { maxLength: 14 });
    fc.assert(
      fc.property(words, text, (tokens, word) => {
        const all = [...letters, ...tokens];
        const lines = all.map((token, rank) => `${Buffer.from(token).toString("base64")} ${rank}`);
        const rank = new Map(all.map((token, i) => [token, i]));
        const parts = rank.has(word) ? [word] : naive(word, (l, r) => rank.get(l + r));
        const expected = parts.map((part) => rank.get(part));
        for (const ids of bothWays(parse(lines.join("\n")), word)) expect(ids).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });
});

it("has met vocabularies for the kernel and vocabularies that are not for it", () => {
  expect(chosen.wasm).toBeGreaterThan(50);
  expect(chosen.js).toBeGreaterThan(50);
});

describe("a Hugging Face tokenizer.json", () => {
  /** GPT-2's merges are the two parts of each of its tokens, in the order of their ranks. */
  const ranks = vocabularyOf("r50k_base");
  const strings = Array.from(ranks.ids, (_, rank) =>
    Array.from(ranks.bytes.subarray(ranks.offsets[rank], ranks.offsets[rank + 1]), (byte) => byteLevelAlphabet[byte]).join(""),
  );
  const vocab = Object.fromEntries(strings.map((token, rank) => [token, rank]));
  const merges = mergesOf(strings);
  const json = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: { type: "BPE", dropout: null, unk_token: null, fuse_unk: false, byte_fallback: false, ignore_merges: false, vocab, merges },
  };

  it("gives the ids of the library that reads it, and of tiktoken, on the kernel", () => {
    const bpe = createBpe({ vocabulary: vocabularyFromMerges({ vocab, merges }), pattern: "r50k", backend: "wasm" });
    const library = new Tokenizer(json, {});
    const oracle = oracleOf("r50k_base");
    const d = dice(11);
    const documents = packagedDocuments().filter((_, i) => i % 100 === 0);
    const words = tokenStrings(ranks);
    const texts = [
      ...documents.map((document) => document.slice(0, 3_000)),
      ...Array.from({ length: 600 }, () => generate(d, words, documents)),
    ];
    for (const text of texts) {
      const tokens = bpe.encode(text);
      expect(firstDifference(tokens, oracle(text)), JSON.stringify(text)).toBe(-1);
      // The library's patterns use the Unicode tables of this Node, so only text that no version disputes is compared.
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is ASCII
      if (/^[\x01-\x7e\u4e00-\u9fa5]*$/.test(text))
        expect(firstDifference(tokens, library.encode(text).ids), JSON.stringify(text)).toBe(-1);
    }
  });
});

function parse(lines: string): BpeVocabulary {
  const tokens = lines.split("\n").map((line) => Buffer.from(line.split(" ")[0] ?? "", "base64"));
  const offsets = new Uint32Array(tokens.length + 1);
  for (const [i, token] of tokens.entries()) offsets[i + 1] = (offsets[i] ?? 0) + token.length;
  return { bytes: Buffer.concat(tokens), offsets, ids: Uint32Array.from(tokens, (_, i) => i), merges: undefined, wholePieces: true };
}

/** The two parts of each token: what its characters merge into with the tokens of lower rank. */
function mergesOf(tokens: readonly string[]): Pair[] {
  const rank = new Map(tokens.map((token, i) => [token, i]));
  return tokens
    .filter((token) => token.length > 1)
    .map((token) => {
      const own = rank.get(token) ?? 0;
      const [left = "", right = "", ...rest] = naive(token, (l, r) => {
        const merged = rank.get(l + r);
        return merged !== undefined && merged < own ? merged : undefined;
      });
      if (rest.length > 0) throw new Error(`${token} has more than two parts`);
      return [left, right];
    });
}
