import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { get_encoding, type TiktokenEncoding } from "tiktoken";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bpeFingerprint } from "../../src/tokenize/fingerprint.ts";
import { ENCODINGS, type EncodingName, loadTokenizer, type Tokenizer } from "../../src/tokenize/index.ts";
import { type EncodingFile, isKnownFile, parseRanks } from "../../src/tokenize/tiktoken.ts";
import { expectedIds, present, unpacked } from "./corpora.ts";

const NAMES = Object.keys(ENCODINGS) as EncodingName[];
const held = new Map<EncodingName, Tokenizer>();
const tokenizer = (name: EncodingName): Tokenizer => held.get(name) as Tokenizer;

beforeAll(async () => {
  for (const name of NAMES) held.set(name, await loadTokenizer(name));
});
afterAll(() => {
  for (const each of held.values()) each.dispose?.();
});

/** Text of all kinds, lone surrogates included. */
const anyText = fc.string({
  unit: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(..."etaoin shrdlu ETAOIN 0123456789 \n\t'.,!") },
    { weight: 2, arbitrary: fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) },
    { weight: 1, arbitrary: fc.constantFrom("'s", "'LL", "\u017f", "e\u0301", "\ud83d\ude00", "\ud800", "  ", "\r\n", "\u00a0", "\u3000") },
  ),
  maxLength: 200,
});

describe("the OpenAI encodings", () => {
  it.each(NAMES)("%s gives the ids of tiktoken's own encoding", (name) => {
    const oracle = get_encoding(name as TiktokenEncoding);
    try {
      fc.assert(
        fc.property(anyText, (text) => {
          expect([...tokenizer(name).encode(text)]).toEqual([...oracle.encode_ordinary(text)]);
        }),
      );
    } finally {
      oracle.free();
    }
  });

  it.each(NAMES)("%s gives back the text, and knows its bytes", (name) => {
    fc.assert(
      fc.property(anyText, (text) => {
        const { encode, decode, byteLength } = tokenizer(name);
        const wellFormed = Buffer.from(text).toString();
        expect(decode(encode(text))).toBe(wellFormed);
        expect(byteLength?.(encode(text))).toBe(Buffer.byteLength(wellFormed));
      }),
    );
  });

  it("takes a lone surrogate for U+FFFD", () => {
    const { encode } = tokenizer("cl100k_base");
    for (const lone of ["\ud800", "\udfff", "a\ud83dz", "\ude00\ud83d"]) {
      expect(encode(lone)).toEqual(encode(Buffer.from(lone).toString()));
    }
    expect(encode("\ud800")).toEqual(encode("\ufffd"));
  });

  it("takes a special token in a text for text", () => {
    for (const name of NAMES) {
      const { encode, decode, special } = tokenizer(name);
      for (const text of Object.keys(special.ids)) {
        expect(encode(text).length).toBeGreaterThan(1);
        expect(decode(encode(text))).toBe(text);
      }
    }
  });

  it("knows the specials and the size of each vocabulary", () => {
    for (const name of NAMES) {
      const { special, vocabularySize, decode } = tokenizer(name);
      const oracle = get_encoding(name as TiktokenEncoding);
      for (const [text, id] of Object.entries(special.ids)) {
        expect([...oracle.encode(text, "all")]).toEqual([id]);
        expect(decode(Uint32Array.of(id))).toBe(text);
      }
      // One more than the largest id: that id decodes, the next does not.
      expect(decode(Uint32Array.of(vocabularySize - 1))).not.toBe("");
      expect(() => decode(Uint32Array.of(vocabularySize))).toThrow(RangeError);
      oracle.free();
      expect(special.eos).toBe(special.ids["<|endoftext|>"]);
    }
  });

  it("knows how many bytes each token has", () => {
    const oracle = get_encoding("p50k_base");
    const { byteLength, vocabularySize } = tokenizer("p50k_base");
    for (let id = 0; id < vocabularySize; id++) expect(byteLength?.(Uint32Array.of(id))).toBe(oracle.decode(Uint32Array.of(id)).length);
    oracle.free();
  });

  it("refuses to decode an id that no token has, and works on", () => {
    // In tiktoken itself this is a trap, after which the encoder cannot even be freed.
    const { decode, byteLength, encode } = tokenizer("cl100k_base");
    for (const id of [100_256, 100_270, 100_277, 0xffff_ffff]) {
      expect(() => decode(Uint32Array.of(0, id))).toThrow(new RangeError(`cl100k_base: no token has the id ${id}`));
      expect(() => byteLength?.(Uint32Array.of(id))).toThrow(RangeError);
    }
    expect(decode(encode("still here"))).toBe("still here");
  });

  it("pins a fingerprint of each vocabulary", () => {
    expect(ENCODINGS.gpt2.fingerprint).toBe(ENCODINGS.r50k_base.fingerprint); // the same tokenizer under two names
    expect(new Set(NAMES.map((name) => ENCODINGS[name].fingerprint)).size).toBe(NAMES.length - 1);
    for (const name of NAMES) expect(tokenizer(name).fingerprint).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it("gives another fingerprint for another pattern, another rank or another special token", () => {
    const base = { pattern: "a+", ranks: parseRanks("! 0 YQ== YWE="), special: { "<s>": 2 } };
    const others = [
      { ...base, pattern: "a*" },
      { ...base, ranks: parseRanks("! 0 YWE= YQ==") },
      { ...base, ranks: parseRanks("! 0 YQ==\n! 3 YWE=") },
      { ...base, special: { "<s>": 3 } },
      { ...base, special: {} },
    ];
    const prints = [base, ...others].map(bpeFingerprint);
    expect(new Set(prints).size).toBe(prints.length);
    expect(bpeFingerprint(structuredClone(base))).toBe(prints[0]);
  });

  it("reads ranks with gaps", () => {
    expect(parseRanks("! 0 YQ== Yg==\n! 4 Yw==")).toEqual(["YQ==", "Yg==", "", "", "Yw=="]);
  });

  it.each(NAMES)("%s: the file that is known by its digest has the pinned fingerprint, and any other file is not known", (name) => {
    const file = createRequire(import.meta.url)(`tiktoken/encoders/${name}`) as EncodingFile;
    const { pat_str: pattern, bpe_ranks, special_tokens: special } = file;
    expect(isKnownFile(name, file)).toBe(true);
    expect(bpeFingerprint({ pattern, ranks: parseRanks(bpe_ranks), special })).toBe(ENCODINGS[name].fingerprint);
    expect(isKnownFile(name, { ...file, bpe_ranks: bpe_ranks.replace("YQ==", "Yg==") })).toBe(false);
    expect(isKnownFile(name, { ...file, pat_str: `${pattern}|a` })).toBe(false);
    expect(isKnownFile(name, { ...file, special_tokens: { ...special, "<x>": 1 } })).toBe(false);
  });

  it("names the known encodings for an unknown one", async () => {
    await expect(loadTokenizer("cl100k" as EncodingName)).rejects.toThrow(/one of gpt2, r50k_base, p50k_base, cl100k_base, o200k_base/);
    await expect(loadTokenizer("toString" as EncodingName)).rejects.toThrow(RangeError);
  });

  it("shares one encoder, frees it after its last user, and can load it again", async () => {
    const [a, b] = await Promise.all([loadTokenizer("gpt2"), loadTokenizer("gpt2")]);
    a.dispose?.();
    a.dispose?.(); // a second call must not count twice
    expect(() => a.encode("x")).toThrow(/used after dispose/);
    expect([...b.encode("x")]).toEqual([87]);
    b.dispose?.();
    await Promise.resolve(); // freeing happens a turn later
    expect([...tokenizer("gpt2").encode("x")]).toEqual([87]);
    tokenizer("gpt2").dispose?.(); // the last user
    held.set("gpt2", await loadTokenizer("gpt2"));
    expect([...tokenizer("gpt2").encode("x")]).toEqual([87]);
  });

  it("names the package to install where it is missing", { timeout: 30_000 }, () => {
    const folder = mkdtempSync(join(tmpdir(), "millrace-no-tiktoken-"));
    try {
      const root = fileURLToPath(new URL("../..", import.meta.url));
      for (const part of ["core", "kernels", "tokenize"]) cpSync(`${root}/src/${part}`, join(folder, part), { recursive: true });
      writeFileSync(join(folder, "package.json"), '{"type":"module"}');
      const program = `
        import { loadTokenizer } from "./tokenize/index.ts";
        for (let i = 0; i < 2; i++) await loadTokenizer("gpt2").catch(({ name, kind, message }) => console.log(name, kind, message));`;
      writeFileSync(join(folder, "main.ts"), program);
      const args = ["--import", `${root}/scripts/register-ts.mjs`, join(folder, "main.ts")];
      const lines = execFileSync(process.execPath, args, { encoding: "utf8", cwd: folder }).trim().split("\n");
      const expected = "PipelineError missing-package the encoding gpt2 needs the package tiktoken; install it with: npm install tiktoken";
      expect(lines).toEqual([expected, expected]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe.skipIf(!present)("expected ids (skipped where ../shared/corpora is absent)", () => {
  it.each(["cl100k_base", "o200k_base"] as const)("%s", (name) => {
    const { encode } = tokenizer(name);
    const wrong = expectedIds("tiktoken", name).filter(({ text, ids }) => String([...encode(text)]) !== String(ids));
    // The list has the one id of the special token for this text; here a special token in a text is text.
    expect(wrong.map(({ text }) => text)).toEqual(["<|endoftext|>"]);
    for (const { text, ids } of expectedIds("tiktoken", name)) expect([...encode(text, { allowedSpecial: "all" })]).toEqual(ids);
  });

  it.each(["cl100k_base", "o200k_base"] as const)("the fingerprint of %s is that of its .tiktoken file", (name) => {
    const ranks: string[] = [];
    for (const line of unpacked(`models/tiktoken/${name}.tiktoken.gz`).trim().split("\n")) {
      const [base64 = "", rank] = line.split(" ");
      ranks[Number(rank)] = base64;
    }
    const file = createRequire(import.meta.url)(`tiktoken/encoders/${name}`) as { readonly pat_str: string };
    const { special, fingerprint } = tokenizer(name);
    expect(bpeFingerprint({ pattern: file.pat_str, ranks, special: special.ids })).toBe(fingerprint);
  });
});
