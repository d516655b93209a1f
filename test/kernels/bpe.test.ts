import { describe, expect, it } from "vitest";
import { type Bpe, type BpeBatch, createBpe, parseTiktokenRanks, patternSources, recognizePattern } from "../../src/kernels/bpe/index.ts";
import { encodingSubject } from "../fuzz/encodings.ts";
import { fuzz } from "../fuzz/fuzz.ts";
import { corpusDocuments, hasCorpora, packagedDocuments } from "./documents.ts";
import { dice, generate } from "./generators.ts";
import {
  type EncodingName,
  encodingFile,
  encodingNames,
  encodings,
  firstDifference,
  oracleOf,
  tokenStrings,
  vocabularyOf,
} from "./oracle.ts";

const documents = packagedDocuments();

const made = new Map<string, Bpe>();

/** An encoder; the same one for the same options, as making one takes a fifth of a second. */
function encoderOf(name: EncodingName, options: { backend?: "wasm" | "js"; windowBytes?: number; maxWindowBytes?: number } = {}): Bpe {
  const key = JSON.stringify([name, options]);
  const bpe = made.get(key) ?? createBpe({ vocabulary: vocabularyOf(name), pattern: encodings[name], ...options });
  made.set(key, bpe);
  return bpe;
}

/** Every text must give the reference's ids with both backends, and its own bytes back. */
function expectExact(name: EncodingName, texts: readonly string[]): void {
  const oracle = oracleOf(name);
  const encoders = [encoderOf(name, { backend: "wasm" }), encoderOf(name, { backend: "js" })];
  for (const text of texts) {
    const expected = oracle(text);
    for (const encoder of encoders) {
      const tokens = encoder.encode(text);
      const at = firstDifference(tokens, expected);
      if (at !== -1) expect.fail(`${name} (${encoder.backend}) differs at token ${at} of ${JSON.stringify(text.slice(0, 200))}`);
      if (Buffer.compare(encoder.decodeBytes(tokens), Buffer.from(text)) !== 0) expect.fail(`${name} does not decode to the text`);
    }
  }
}

describe.each(encodingNames)("%s", (name) => {
  it("gives the reference's ids on mails, speeches and 500 languages", () => {
    // Every 60th mail and speech, every third language. Long texts are cut: the reference is slow on some of them.
    const texts = documents.filter((_, i) => (i < 6_279 ? i % 60 === 0 : i % 3 === 0)).map((text) => text.slice(0, 6_000));
    expectExact(name, texts);
  });

  it("gives the reference's ids on generated strings, and decodes them", async () => {
    const report = await fuzz(encodingSubject(name, documents), 1_500, 20_240_917);
    expect(report).toMatchObject({ compared: { kernel: 1_500, TypeScript: 1_500 }, mismatches: 0, first: undefined });
  });

  it("has the pattern that the vocabulary was made with", () => {
    expect(patternSources[encodings[name]]).toBe(encodingFile(name).pat_str);
    expect(recognizePattern(encodingFile(name).pat_str)).toBe(encodings[name]);
  });

  it("gives the same ids with a cold cache, a warm one, and one whose entries were evicted", () => {
    const bpe = createBpe({ vocabulary: vocabularyOf(name), pattern: encodings[name] });
    const sample = documents.slice(0, 40);
    const cold = sample.map((text) => bpe.encode(text).join());
    expect(sample.map((text) => bpe.encode(text).join())).toEqual(cold);
    const d = dice(7);
    const vocabulary = tokenStrings(vocabularyOf(name));
    for (let i = 0; i < 3_000; i++) bpe.encode(generate(d, vocabulary, []));
    expect(sample.map((text) => bpe.encode(text).join())).toEqual(cold);
    bpe.clearCache();
    expect(sample.map((text) => bpe.encode(text).join())).toEqual(cold);
  });
});

it.runIf(hasCorpora)("gives the reference's ids on the corpora", () => {
  const texts = [
    ...corpusDocuments("en-wiki/enwiki2014-003.jsonl.gz").slice(0, 100),
    ...corpusDocuments("code/scancode-test-sources.jsonl.gz").slice(0, 60),
    ...corpusDocuments("multi/zhwiki2024.jsonl.gz").slice(0, 40),
    ...corpusDocuments("multi/tldr-pages.jsonl.gz").slice(0, 100),
    ...corpusDocuments("en-web/dolma-cc_en_head-0091.jsonl.gz").slice(0, 60),
    ...corpusDocuments("multi/wagahaiwa_nekodearu.txt.gz").slice(0, 100),
  ].map((text) => text.slice(0, 5_000));
  expect(texts.length).toBeGreaterThan(400);
  for (const name of ["cl100k_base", "o200k_base", "r50k_base"] as const) expectExact(name, texts);
});
it.skipIf(hasCorpora)("(no ../shared/corpora: the corpora are not compared)", () => {});

describe("texts larger than the working memory", () => {
  // Windows of a few hundred bytes make every document a large one.
  const long = [
    documents.slice(0, 30).join("\n"),
    documents.slice(-20).join("\n\n"),
    "我们在这里写一些没有空格的中文。\n".repeat(200),
    `${"x".repeat(3_000)} ${" ".repeat(2_000)}\n\n${"1".repeat(999)}\r\n`,
    "don't  stop\t\tnow\n".repeat(300),
  ];

  it.each(encodingNames)("%s: cuts them where no token is changed", (name) => {
    const oracle = oracleOf(name);
    const expected = long.map((text) => oracle(text));
    for (const windowBytes of [64, 257, 4_096]) {
      const bpe = createBpe({ vocabulary: vocabularyOf(name), pattern: encodings[name], windowBytes });
      for (const [i, text] of long.entries()) {
        expect(firstDifference(bpe.encode(text), expected[i] ?? [])).toBe(-1);
        expect(firstDifference(bpe.encodeBytes(Buffer.from(text)), expected[i] ?? [])).toBe(-1);
        expect(bpe.count(text)).toBe(expected[i]?.length);
      }
    }
  });

  it("sends what has no place to cut to the reference when the window may not grow", () => {
    const bpe = encoderOf("cl100k_base", { windowBytes: 64, maxWindowBytes: 128 });
    const oracle = oracleOf("cl100k_base");
    for (const text of long) expect(firstDifference(bpe.encode(text), oracle(text))).toBe(-1);
    const piece = Buffer.from("z".repeat(500));
    expect(
      firstDifference(bpe.encodePieces(piece, Uint32Array.of(0, 10, 400, 500)), [
        ...oracle("z".repeat(10)),
        ...oracle("z".repeat(390)),
        ...oracle("z".repeat(100)),
      ]),
    ).toBe(-1);
  });
});

describe("hostile text", () => {
  const million: Record<string, string> = {
    "one letter": "a".repeat(1_000_000),
    spaces: " ".repeat(1_000_000),
    newlines: "\n".repeat(1_000_000),
    digits: "7".repeat(1_000_000),
    "combining marks": "\u0301".repeat(500_000),
    "emoji joined": "👩\u200d👩\u200d👧".repeat(60_000),
    "letters without a space": letters(1_000_000),
    "capitals and modifiers": "AʰB".repeat(250_000),
  };
  function letters(count: number): string {
    const d = dice(3);
    return Array.from({ length: count }, () => String.fromCharCode(97 + d.below(26))).join("");
  }

  // The reference is quadratic here (minutes), so the two encoders, which share no algorithm, are compared with each other.
  it.each(Object.keys(million))("a million bytes of %s: both backends agree, and it decodes", (kind) => {
    const text = million[kind] ?? "";
    for (const name of ["cl100k_base", "o200k_base"] as const) {
      const tokens = encoderOf(name).encode(text);
      expect(Buffer.compare(encoderOf(name).decodeBytes(tokens), Buffer.from(text))).toBe(0);
      const part = text.slice(0, 100_000);
      expect(firstDifference(encoderOf(name).encode(part), encoderOf(name, { backend: "js" }).encode(part))).toBe(-1);
    }
  });
});

describe("encodeBatch", () => {
  const split = ({ tokens, offsets }: BpeBatch): string[] =>
    Array.from({ length: offsets.length - 1 }, (_, i) => tokens.subarray(offsets[i], offsets[i + 1]).join());

  it.each(["wasm", "js"] as const)("gives each text the ids that encode gives it (%s)", (backend) => {
    const bpe = encoderOf("cl100k_base", { backend, windowBytes: 10_000 });
    const texts = ["", ...documents.slice(0, 60), "a", "", documents.slice(0, 20).join(""), "", Buffer.from("bytes ünd so")];
    const expected = texts.map((text) => (typeof text === "string" ? bpe.encode(text) : bpe.encodeBytes(text)).join());
    expect(split(bpe.encodeBatch(texts))).toEqual(expected);
    expect(bpe.encodeBatch([])).toEqual({ tokens: new Uint32Array(0), offsets: new Uint32Array(1) });
  });

  it("takes more texts than one crossing holds", () => {
    const bpe = encoderOf("r50k_base");
    const texts = Array.from({ length: 70_000 }, (_, i) => `t${i % 1000}`);
    const { tokens, offsets } = bpe.encodeBatch(texts);
    expect(offsets.length).toBe(70_001);
    for (const i of [0, 1, 65_535, 65_536, 69_999]) {
      expect([...tokens.subarray(offsets[i], offsets[i + 1])]).toEqual([...bpe.encode(texts[i] ?? "")]);
    }
  });
});

describe("input that is not well-formed", () => {
  it("takes a lone surrogate as U+FFFD, as the reference does", () => {
    for (const name of ["r50k_base", "o200k_base"] as const) {
      const oracle = oracleOf(name);
      for (const text of ["\ud800", "a\udfffb", "\ud83d\ud83d\ude00", "x\udc00\ud800y"]) {
        expect(firstDifference(encoderOf(name).encode(text), oracle(text))).toBe(-1);
      }
    }
  });

  it("takes ill-formed bytes as TextDecoder does", () => {
    const bytes = Uint8Array.of(0x61, 0xff, 0xe4, 0xb8, 0x20, 0xc0, 0x80, 0xf0, 0x9f, 0x98);
    const repaired = new TextDecoder().decode(bytes);
    for (const backend of ["wasm", "js"] as const) {
      const bpe = encoderOf("o200k_base", { backend });
      expect(bpe.encodeBytes(bytes)).toEqual(bpe.encode(repaired));
      expect(bpe.encodeBatch([bytes]).tokens).toEqual(bpe.encode(repaired));
      expect(bpe.count(bytes)).toBe(bpe.encode(repaired).length);
    }
  });

  it("keeps a byte order mark", () => {
    const bpe = encoderOf("cl100k_base");
    const bytes = Buffer.from("\ufeffx\n");
    expect(Buffer.from(bpe.decodeBytes(bpe.encodeBytes(bytes)))).toEqual(bytes);
    expect(firstDifference(bpe.encodeBytes(bytes), oracleOf("cl100k_base")("\ufeffx\n"))).toBe(-1);
  });
});

describe("options and arguments", () => {
  const vocabulary = vocabularyOf("r50k_base");
  it("refuses what it does not know", () => {
    expect(() => createBpe({ vocabulary, pattern: "gpt5" as "r50k" })).toThrow(/`pattern`/);
    expect(() => createBpe({ vocabulary, pattern: "r50k", window: 3 } as never)).toThrow(/unknown option `window`/);
    expect(() => createBpe({ vocabulary, pattern: "r50k", windowBytes: 10 })).toThrow(RangeError);
    expect(() => createBpe({ vocabulary: undefined as never, pattern: "r50k" })).toThrow(/`vocabulary`/);
    expect(() => createBpe({ vocabulary, pattern: "r50k" }).encode(5 as never)).toThrow(/a string/);
    expect(() => createBpe({ vocabulary, pattern: "r50k" }).encodeBatch([5 as never])).toThrow(/strings or Uint8Arrays/);
  });

  it("refuses bounds outside the bytes, or descending", () => {
    const bpe = createBpe({ vocabulary, pattern: "whole" });
    expect(() => bpe.encodePieces(Buffer.from("abc"), Uint32Array.of(0, 4))).toThrow(/ascend up to 3, got 4 at 1/);
    expect(() => bpe.encodePieces(Buffer.from("abc"), Uint32Array.of(2, 1))).toThrow(RangeError);
  });

  it("refuses an id that no token has", () => {
    const bpe = createBpe({ vocabulary, pattern: "r50k" });
    expect(() => bpe.decodeBytes([0, 50_256])).toThrow("no token has the id 50256");
    expect(() => bpe.decodeBytes([2 ** 31])).toThrow(RangeError);
    expect(() => bpe.decodeBytes([-1])).toThrow(RangeError);
  });

  it("takes a text as one piece with the pattern `whole`", () => {
    const bpe = createBpe({ vocabulary, pattern: "whole" });
    const text = "two words";
    expect(bpe.encode(text)).toEqual(bpe.encodePieces(Buffer.from(text), Uint32Array.of(0, text.length)));
    expect(bpe.count(text)).toBe(bpe.encode(text).length);
    expect(bpe.encodeBatch([text, "", text]).offsets).toEqual(Uint32Array.of(0, 2, 2, 4));
  });

  it("encodes a piece of any bytes", () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => 255 - i);
    for (const backend of ["wasm", "js"] as const) {
      const bpe = createBpe({ vocabulary, pattern: "whole", backend });
      expect(bpe.decodeBytes(bpe.encodePieces(bytes, Uint32Array.of(0, 100, 100, 256)))).toEqual(bytes);
    }
  });
});

describe("parseTiktokenRanks", () => {
  it("reads the lines of a .tiktoken file, in any order", () => {
    const { bpe_ranks } = encodingFile("r50k_base");
    const lines = bpe_ranks.split("\n").flatMap((line) => {
      const [, first, ...tokens] = line.split(" ");
      return tokens.map((token, i) => `${token} ${Number(first) + i}`);
    });
    const { bytes, offsets, ids } = vocabularyOf("r50k_base");
    for (const text of [lines.join("\n"), `${lines.reverse().join("\r\n")}\r\n`]) {
      const read = parseTiktokenRanks(text);
      expect(Buffer.compare(read.bytes, bytes)).toBe(0);
      expect(firstDifference(read.offsets, offsets)).toBe(-1);
      expect(firstDifference(read.ids, ids)).toBe(-1);
    }
  });

  it("names the line that is neither", () => {
    for (const wrong of ["IQ== x", "IQ=", "I*== 3", "! 0", "! x IQ==", "IQ==IQ== 2", "=QQQ 3", "IQ== 5000000000"]) {
      expect(() => parseTiktokenRanks(`Ig== 1\n${wrong}`), wrong).toThrow(/line 2/);
    }
    expect(() => parseTiktokenRanks("")).toThrow(/1 to 1048575 tokens/);
  });

  it("refuses a token that stands twice", () => {
    for (const backend of ["wasm", "js"] as const) {
      expect(() => createBpe({ vocabulary: parseTiktokenRanks("YQ== 0\nYg== 1\nYQ== 2"), pattern: "r50k", backend })).toThrow(/twice/);
    }
  });
});
