import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { TokenizerFormatError, UnsupportedTokenizerError } from "../../src/tokenize/hf/index.ts";
import { Charsmap } from "../../src/tokenize/sentencepiece/charsmap.ts";
import { createSentencePiece } from "../../src/tokenize/sentencepiece/index.ts";
import { buildCharsmap } from "./charsmap-builder.ts";
import { random, texts } from "./hf-texts.ts";
import { message, models } from "./sentencepiece-models.ts";

type Row = readonly [ids: string, decoded: string];
const golden = JSON.parse(readFileSync(new URL("./golden/sentencepiece.json", import.meta.url), "utf8")) as Record<string, readonly Row[]>;
const inputs = texts(20_262, 72);
const model = (name: string) => createSentencePiece(models[name] as Uint8Array);

describe("a SentencePiece model gives what the Python package gave", () => {
  it("has a golden file for every model", () => {
    expect(Object.keys(golden)).toEqual(["madeWith", ...Object.keys(models)]);
    expect(golden["madeWith"]).toBe("sentencepiece 0.2.2");
  });

  for (const name of Object.keys(models)) {
    it(name, () => {
      const tokenizer = model(name);
      const rows = golden[name] ?? [];
      expect(rows.length).toBe(inputs.length);
      for (const [i, text] of inputs.entries()) {
        const [expected, decoded] = rows[i] as Row;
        const ids = expected === "" ? [] : expected.split(" ").map(Number);
        expect([...tokenizer.encode(text)], JSON.stringify(text)).toEqual(ids);
        expect(tokenizer.decode(ids), JSON.stringify(text)).toBe(decoded);
      }
    });
  }
});

describe("a SentencePiece model", () => {
  it("tells its special tokens and their roles", () => {
    const { special, vocabularySize, name, fingerprint } = model("unigram");
    expect(special).toEqual({ ids: { "<unk>": 0, "<s>": 1, "</s>": 2 }, bos: 1, eos: 2 });
    expect(name).toBe("Unigram");
    expect(vocabularySize).toBeGreaterThan(100);
    expect(fingerprint).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(model("bpe").fingerprint).not.toBe(fingerprint);
    expect(model("unigram").tokenToId("<s>")).toBe(1);
    expect(model("unigram").idToToken(2)).toBe("</s>");
  });

  it("does not match control symbols in a text", () => {
    const tokenizer = model("bpe");
    expect([...tokenizer.encode("<s>a</s>")]).not.toContain(1);
    expect(tokenizer.decode([1, ...tokenizer.encode("the mill"), 2])).toBe("the mill");
  });

  it("gives the same ids whatever was encoded before", () => {
    const next = random(8);
    const word = (): string => Array.from({ length: 1 + Math.floor(next() * 9) }, () => "abcdefhtn中é1."[Math.floor(next() * 14)]).join("");
    for (const name of ["bpe", "bpeBytes", "bpeUser", "unigram"]) {
      const [used, fresh] = [model(name), model(name)];
      used.encode(Array.from({ length: 100_000 }, word).join(" "));
      for (const text of texts(6, 90)) expect([...used.encode(text)], JSON.stringify(text)).toEqual([...fresh.encode(text)]);
    }
  });

  it("counts a lone surrogate as U+FFFD, and gives bytes back as they were", () => {
    const tokenizer = model("bpeBytes");
    expect([...tokenizer.encode("a\ud800")]).toEqual([...tokenizer.encode("a\ufffd")]);
    const text = "русский 😀 the mill";
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    expect(() => tokenizer.decode([1_000_000])).toThrow(RangeError);
  });

  it("takes a long text in time that grows with its length", () => {
    for (const name of ["bpe", "unigram"]) expect(model(name).encode("the".repeat(100_000)).length).toBeGreaterThan(1_000);
  });

  it("is refused by name when its kind is not done", () => {
    const word = message([[1, message([[1, "<unk>"], [3, 2]])], [2, message([[3, 3]])]]); // biome-ignore format: a field each
    expect(() => createSentencePiece(word)).toThrow(UnsupportedTokenizerError);
    expect(() => createSentencePiece(word)).toThrow("WORD");
    const unused = message([[1, message([[1, "<unk>"], [3, 2]])], [1, message([[1, "a"], [3, 5]])], [2, message([[3, 2]])]]); // biome-ignore format: a field each
    expect(() => createSentencePiece(unused)).toThrow("unused piece");
  });

  it("is refused when broken", () => {
    const whole = models["unigram"] as Uint8Array;
    expect(() => createSentencePiece(new Uint8Array(0))).toThrow("no pieces");
    expect(() => createSentencePiece(whole.subarray(0, 50))).toThrow(TokenizerFormatError);
    expect(() => createSentencePiece(new TextEncoder().encode('{"version": "1.0"}'))).toThrow(TokenizerFormatError);
    const noUnknown = message([[1, message([[1, "a"]])]]);
    expect(() => createSentencePiece(noUnknown)).toThrow("no unknown piece");
    const noBytes = message([[1, message([[1, "<unk>"], [3, 2]])], [2, message([[35, 1]])]]); // biome-ignore format: a field each
    expect(() => createSentencePiece(noBytes)).toThrow("lacks a byte piece");
  });
});

describe("a charsmap", () => {
  const rules: readonly (readonly [string, string])[] = [["a", "1"], ["ab", "2"], ["abc", ""], ["é", "e"], ["x", "yz"]]; // biome-ignore format: pairs
  const map = new Charsmap(buildCharsmap(rules));
  const match = (text: string, longest: boolean): readonly [number, string] => {
    const bytes = new TextEncoder().encode(text);
    const length = map.match(bytes, 0, bytes.length, longest);
    return [length, length === 0 ? "" : map.replacementText(map.found)];
  };

  it("finds the longest or the shortest rule", () => {
    expect([match("abcd", true), match("abcd", false)]).toEqual([[3, ""], [1, "1"]]); // biome-ignore format: pairs
    expect([match("abd", true), match("é", true), match("b", true), match("\0a", true)]).toEqual([[2, "2"], [2, "e"], [0, ""], [0, ""]]); // biome-ignore format: pairs
  });

  it("is refused when it points outside itself", () => {
    const bytes = buildCharsmap(rules);
    const cut = new Uint8Array(12);
    new DataView(cut.buffer).setUint32(0, 8, true);
    cut.set(bytes.subarray(4, 12), 4);
    expect(() => new Charsmap(cut).match(new TextEncoder().encode("zzz"), 0, 3, true)).toThrow("points outside itself");
    expect(() => new Charsmap(new Uint8Array([255, 0, 0, 0, 1]))).toThrow("has no trie");
  });
});
