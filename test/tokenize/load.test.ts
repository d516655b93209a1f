/** `loadTokenizer` and what it gives: one interface over every kind of tokenizer. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Tokenizer as HuggingFace } from "@huggingface/tokenizers";
import fc from "fast-check";
import { get_encoding } from "tiktoken";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PipelineError } from "../../src/core/index.ts";
import { patternSources } from "../../src/kernels/bpe/index.ts";
import { ENCODINGS, type LoadedTokenizer, loadTokenizer } from "../../src/tokenize/index.ts";
import { fixtures, type Json } from "./hf-fixtures.ts";
import { texts } from "./hf-texts.ts";
import { models } from "./sentencepiece-models.ts";
import { LESSON, trainTinyBpe } from "./tiny.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-load-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, content: string | Uint8Array | object): string {
  const file = join(folder, path);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, typeof content === "string" || content instanceof Uint8Array ? content : JSON.stringify(content));
  return file;
}

/** The `.tiktoken` file of an encoding of the npm package. */
function rankFile(name: string): string {
  const { bpe_ranks } = createRequire(import.meta.url)(`tiktoken/encoders/${name}`) as { readonly bpe_ranks: string };
  const lines: string[] = [];
  for (const line of bpe_ranks.split("\n")) {
    const [, first, ...tokens] = line.split(" ");
    for (const [i, token] of tokens.entries()) lines.push(`${token} ${Number(first) + i}`);
  }
  return `${lines.join("\n")}\n`;
}

const anyText = fc.string({
  unit: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(..."etaoin shrdlu THE mill's 012 \n\t.,") },
    { weight: 2, arbitrary: fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) },
  ),
  maxLength: 120,
});

const families = ["gpt2", "roberta", "llama3", "qwen", "deepseek", "llama2", "gemma", "bertUncased", "xlnet", "t5"] as const;

describe("loadTokenizer", () => {
  it("takes a file, its folder, its URL and its content for the same tokenizer", async () => {
    const file = write("bert/tokenizer.json", fixtures["bertCased"] as Json);
    const all = await Promise.all(
      [file, join(folder, "bert"), pathToFileURL(file), fixtures["bertCased"] as Json].map((it) => loadTokenizer(it)),
    );
    for (const tokenizer of all) {
      expect([...tokenizer.encode("the mill wheel")]).toEqual([...(all[0] as LoadedTokenizer).encode("the mill wheel")]);
      expect(tokenizer.fingerprint).toBe(all[0]?.fingerprint);
    }
    expect(all.map(({ name }) => name)).toEqual(["bert", "bert", "bert", "WordPiece"]);
  });

  it("learns from tokenizer_config.json which tokens begin, end and pad, and options overrule it", async () => {
    const json = fixtures["llama3"] as Json & { readonly added_tokens: readonly { readonly content: string }[] };
    const [first = "", second = ""] = json.added_tokens.map(({ content }) => content);
    const file = write("llama/tokenizer.json", json);
    write("llama/tokenizer_config.json", { bos_token: { content: first }, eos_token: second, pad_token: null });
    const { special, tokenToId } = await loadTokenizer(file);
    expect(special.bos).toBe(tokenToId(first));
    expect(special.eos).toBe(tokenToId(second));
    expect(special.pad).toBeUndefined();
    const other = await loadTokenizer(file, { eos: first, bos: null, name: "mine" });
    expect(other).toMatchObject({ name: "mine", special: { eos: tokenToId(first) } });
    expect(other.special.bos).toBeUndefined();
    await expect(loadTokenizer(file, { eos: "<nowhere>" })).rejects.toThrow(/`eos` to be a token of llama, got "<nowhere>"/);
  });

  it("reads .tiktoken files with a pattern, to the same ids and fingerprint as the encoding", async () => {
    const file = write("r50k_base.tiktoken", rankFile("r50k_base"));
    const { ids } = ENCODINGS.r50k_base.special;
    const tokenizer = await loadTokenizer(file, { pattern: "r50k", specialTokens: ids, eos: "<|endoftext|>" });
    const named = await loadTokenizer("r50k_base");
    expect(tokenizer.vocabularySize).toBe(named.vocabularySize);
    expect(tokenizer.special.eos).toBe(named.special.eos);
    for (const text of texts(1, 40)) expect([...tokenizer.encode(text)]).toEqual([...named.encode(text)]);
    const { pat_str } = createRequire(import.meta.url)("tiktoken/encoders/r50k_base") as { readonly pat_str: string };
    // The same pattern in other words is another fingerprint: what is hashed is the expression, not what it matches.
    expect(tokenizer.fingerprint === named.fingerprint).toBe(pat_str === patternSources.r50k);
    await expect(loadTokenizer(file)).rejects.toThrow(/expected `pattern` \(r50k, cl100k, qwen2, o200k\)/);
    await expect(loadTokenizer(file, { pattern: "r50k", specialTokens: { "<s>": 5 } })).rejects.toThrow(/the id of another token, 5/);
    named.dispose();
  });

  it("reads SentencePiece models", async () => {
    const file = write("spm/tokenizer.model", models["bpe"] as Uint8Array);
    const tokenizer = await loadTokenizer(file);
    expect(tokenizer).toMatchObject({ name: "spm", backend: "js", dtype: "uint16" });
    expect(tokenizer.decode(tokenizer.encode("the mill"))).toBe("the mill");
    expect(() => tokenizer.encodeWithOffsets("the mill")).toThrow(/offsets are known for tokenizer.json/);
  });

  it("takes tokenizer objects of other packages", async () => {
    const tiny = trainTinyBpe(LESSON, 200);
    const tokenizer = await loadTokenizer(new HuggingFace(structuredClone(tiny.json), {}));
    const own = await loadTokenizer(tiny.json);
    const batch = tokenizer.encodeBatch([LESSON, "", "the mill"]);
    expect([...batch.tokens]).toEqual([...own.encodeBatch([LESSON, "", "the mill"]).tokens]);
    expect(tokenizer.count(LESSON)).toBe(own.count(LESSON));
    expect(() => tokenizer.encode("x", { allowedSpecial: [] })).toThrow(/decides about special tokens/);
  });

  it("says what is wrong with what it was given", async () => {
    const kind = async (source: string | object, options = {}): Promise<unknown> =>
      loadTokenizer(source, options).then(
        () => "loaded",
        (error: unknown) => (error instanceof PipelineError ? error.kind : (error as Error).name),
      );
    expect(await kind(join(folder, "nowhere.json"))).toBe("unreadable");
    expect(await kind(write("cut/tokenizer.json", '{"version": "1.0", "mod'))).toBe("corrupt");
    expect(await kind(write("other/tokenizer.json", { hello: 1 }))).toBe("corrupt");
    expect(await kind(write("strange.bin", "x"))).toBe("unsupported");
    expect(await kind(write("empty/readme.md", "x").slice(0, -"/readme.md".length))).toBe("unreadable");
    expect(await kind(write("cut/tokenizer.model", (models["bpe"] as Uint8Array).subarray(0, 100)))).toBe("corrupt");
    expect(await kind({ model: { type: "Telepathy" } })).toBe("unsupported");
    expect(await kind("o200k")).toBe("RangeError");
    expect(await kind({})).toBe("TypeError");
    expect(await kind("gpt2", { eso: "x" })).toBe("TypeError");
    expect(await kind(fixtures["gpt2"] as Json, { eos: 5 })).toBe("TypeError");
    const broken = structuredClone(fixtures["gpt2"]) as { model: { merges: string[] } };
    broken.model.merges.push("zz qq");
    expect(await kind(broken)).toBe("corrupt");
  });
});

describe("every loaded tokenizer", () => {
  const load = async (name: (typeof families)[number] | "cl100k_base"): Promise<LoadedTokenizer> =>
    loadTokenizer(name === "cl100k_base" ? name : (fixtures[name] as Json));

  it.each([...families, "cl100k_base"] as const)("%s: batch, count, bytes and single texts agree", async (name) => {
    const tokenizer = await load(name);
    const special = Object.keys(tokenizer.special.ids);
    fc.assert(
      fc.property(fc.array(fc.oneof({ weight: 9, arbitrary: anyText }, fc.constantFrom("", ...special)), { maxLength: 8 }), (list) => {
        const { tokens, offsets } = tokenizer.encodeBatch(list);
        expect(offsets.length).toBe(list.length + 1);
        expect(offsets[list.length]).toBe(tokens.length);
        for (const [i, text] of list.entries()) {
          const single = tokenizer.encode(text);
          expect([...tokens.subarray(offsets[i], offsets[i + 1])]).toEqual([...single]);
          expect(tokenizer.count(text)).toBe(single.length);
          expect([...tokenizer.encode(new TextEncoder().encode(text))]).toEqual([...single]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each(["gpt2", "llama3", "qwen", "llama2", "bertUncased", "xlnet", "cl100k_base"] as const)("%s: offsets", async (name) => {
    const tokenizer = await load(name);
    fc.assert(
      fc.property(anyText, (text) => {
        const { tokens, starts, ends } = tokenizer.encodeWithOffsets(text);
        expect([...tokens]).toEqual([...tokenizer.encode(text)]);
        for (let i = 0; i < tokens.length; i++) {
          expect(starts[i]).toBeLessThanOrEqual(ends[i] as number);
          expect(ends[i]).toBeLessThanOrEqual(text.length);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("offsets of byte tokens are where the bytes are", async () => {
    const tokenizer = await load("cl100k_base");
    fc.assert(
      fc.property(anyText, (text) => {
        const { tokens, starts, ends } = tokenizer.encodeWithOffsets(text);
        const units = text.replace(/\p{Surrogate}/gu, "\ufffd");
        const bytesBefore = (unit: number): number => Buffer.byteLength(units.slice(0, unit));
        let byte = 0;
        for (let i = 0; i < tokens.length; i++) {
          const length = tokenizer.byteLength?.(tokens.subarray(i, i + 1)) ?? 0;
          // The token's bytes lie inside its stretch of text, and the stretch has no character without one of them.
          expect(bytesBefore(starts[i] as number)).toBeLessThanOrEqual(byte);
          expect(bytesBefore(ends[i] as number)).toBeGreaterThanOrEqual(byte + length);
          expect(bytesBefore((starts[i] as number) + 1 + Number(/[\ud800-\udbff]/.test(units[starts[i] as number] ?? "")))).toBeGreaterThan(
            byte,
          );
          byte += length;
        }
      }),
    );
  });

  it.each([...families, "cl100k_base"] as const)("%s: a stream of ids decodes to what they decode to together", async (name) => {
    const tokenizer = await load(name);
    fc.assert(
      fc.property(anyText, fc.infiniteStream(fc.integer({ min: 1, max: 5 })), (text, steps) => {
        const tokens = tokenizer.encode(text);
        const stream = tokenizer.decodeStream();
        let out = "";
        for (let at = 0; at < tokens.length; ) {
          const next = at + (steps.next().value ?? 1);
          out += stream.push(tokens.subarray(at, next));
          at = next;
        }
        expect(out + stream.end()).toBe(tokenizer.decode(tokens));
      }),
      { numRuns: 60 },
    );
  });

  it("a stream holds a character back until it is whole", async () => {
    const { encode, decodeStream } = await load("cl100k_base");
    const stream = decodeStream();
    const parts = [...encode("🦀水車")].map((id) => stream.push(id));
    expect(parts.join("")).toBe("🦀水車");
    expect(parts.some((part) => part === "")).toBe(true);
    expect(stream.end()).toBe("");
    stream.push(encode("🦀")[0] as number);
    expect(stream.end()).toBe("\ufffd");
  });

  it("knows its entries both ways", async () => {
    for (const name of [...families, "cl100k_base"] as const) {
      const { tokenToId, idToToken, vocabularySize, special } = await load(name);
      for (const [text, id] of Object.entries(special.ids)) expect([tokenToId(text), idToToken(id)]).toEqual([id, text]);
      expect(idToToken(vocabularySize)).toBeUndefined();
      expect(tokenToId("no such token at all")).toBeUndefined();
    }
    const { tokenToId, encode } = await load("cl100k_base");
    expect(tokenToId(" the")).toBe(encode(" the")[0]);
  });

  it("runs on the kernel where it is byte-level BPE, and says so", async () => {
    for (const name of families)
      expect((await load(name)).backend, name).toBe(/gpt2|roberta|llama3|qwen|deepseek/.test(name) ? "wasm" : "js");
  });
});

describe("special tokens in a text", () => {
  const END = "<|endoftext|>";
  const text = `one${END}two <|fim_prefix|>${END}`;

  it("are what tiktoken makes of them", async () => {
    const { encode, encodeBatch, count, special } = await loadTokenizer("cl100k_base");
    const oracle = get_encoding("cl100k_base");
    const cases: ("all" | string[])[] = [[], "all", [END], ["<|fim_prefix|>", END]];
    for (const allowedSpecial of cases) {
      const expected = [...oracle.encode(text, allowedSpecial, [])];
      expect([...encode(text, { allowedSpecial })]).toEqual(expected);
      expect([...encode(Buffer.from(text), { allowedSpecial })]).toEqual(expected);
      expect([...encodeBatch(["x", text], { allowedSpecial }).tokens]).toEqual([...oracle.encode("x"), ...expected]);
      expect(count(text, { allowedSpecial })).toBe(expected.length);
    }
    expect([...encode(text)]).toEqual([...oracle.encode_ordinary(text)]);
    expect(encode(text, { allowedSpecial: [END] })).toContain(special.eos);
    // Allowed wins, as in tiktoken.
    expect(() => oracle.encode(text, [END], "all")).toThrow();
    expect(() => encode(text, { allowedSpecial: [END], disallowedSpecial: "all" })).toThrow(/the special token "<\|fim_prefix\|>" at 20/);
    expect([...encode(text, { allowedSpecial: "all", disallowedSpecial: "all" })]).toEqual([...oracle.encode(text, "all")]);
    oracle.free();
  });

  it("are an error of their own kind where they are not allowed", async () => {
    const { encode } = await loadTokenizer("cl100k_base");
    const failure = (() => {
      try {
        encode(text, { disallowedSpecial: [END] });
      } catch (error) {
        return error as PipelineError;
      }
      return undefined;
    })();
    expect(failure).toBeInstanceOf(PipelineError);
    expect(failure).toMatchObject({ kind: "special-token" });
    expect(failure?.message).toMatch(/has the special token "<\|endoftext\|>" at 3;/);
    expect(() => encode("x", { allowedSpecial: ["<|typo|>"] })).toThrow(/`allowedSpecial` to name special tokens/);
    expect(() => encode("x", { allowedSpecial: "some" as "all" })).toThrow(TypeError);
  });

  it("are recognized in Hugging Face files unless they are passed over", async () => {
    for (const name of ["gpt2", "llama3", "bertCased", "llama2"]) {
      const tokenizer = await loadTokenizer(fixtures[name] as Json);
      const special = Object.keys(tokenizer.special.ids).find((token) => /^[<[]/.test(token)) as string;
      const id = tokenizer.special.ids[special] as number;
      const around = `the ${special} mill`;
      expect([...tokenizer.encode(around)], name).toContain(id);
      const plain = tokenizer.encode(around, { allowedSpecial: [] });
      expect([...tokenizer.encodeBatch([around, "x"], { allowedSpecial: [] }).tokens.subarray(0, plain.length)]).toEqual([...plain]);
      expect([...tokenizer.encodeWithOffsets(around, { allowedSpecial: [] }).tokens]).toEqual([...plain]);
      expect([...plain], name).not.toContain(id);
      expect(() => tokenizer.encode(around, { disallowedSpecial: "all", allowedSpecial: [] })).toThrow(/special token/);
      expect([...tokenizer.encode(around)]).toContain(id); // one call's policy does not stay
    }
  });

  it("offsets name the token's own stretch", async () => {
    const { encodeWithOffsets, special } = await loadTokenizer("cl100k_base");
    const { tokens, starts, ends } = encodeWithOffsets(`é${END}🦀`, { allowedSpecial: "all" });
    const at = tokens.indexOf(special.eos as number);
    expect([starts[at], ends[at]]).toEqual([1, 1 + END.length]);
    expect(starts[at + 1]).toBe(1 + END.length);
    expect(ends[tokens.length - 1]).toBe(1 + END.length + 2);
  });
});
