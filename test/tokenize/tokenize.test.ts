import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import { type Doc, from, type Pipeline, type PipelineError, type Tokenized } from "../../src/core/index.ts";
import { loadTokenizer, type TokenizeOptions, type Tokenizer, tokenDtype, tokenize } from "../../src/tokenize/index.ts";
import { stageLaws } from "../laws/laws.ts";
import { byteTokenizer, docsOf, laterTokenizer } from "./tiny.ts";

type Out = Doc & Tokenized;

// One user all along, so that the runs below share its encoder instead of loading one each.
let gpt2: Tokenizer;
beforeAll(async () => {
  gpt2 = await loadTokenizer("gpt2");
});
afterAll(() => gpt2.dispose?.());

const TEXTS = Array.from({ length: 24 }, (_, i) => (i % 7 === 3 ? "" : `caf\u00e9 ${"wheel ".repeat((i * 5) % 11)}${i}`));
const CASES: readonly [string, () => ReturnType<typeof tokenize<Doc>>][] = [
  ["tokenize by name", () => tokenize("gpt2")],
  ["tokenize by name, split", () => tokenize("gpt2", { maxTokens: 4 })],
  ["tokenize, split", () => tokenize(byteTokenizer, { bos: true, maxTokens: 9 })],
  ["tokenize, truncate", () => tokenize(byteTokenizer, { maxTokens: 9, long: "truncate" })],
  ["tokenize, drop", () => tokenize(byteTokenizer, { maxTokens: 40, long: "drop" })],
  ["tokenize, asynchronous, split", () => tokenize(laterTokenizer, { maxTokens: 3 })],
];
for (const [name, make] of CASES) {
  stageLaws<Doc, Out>({ name, make, input: () => docsOf(TEXTS), inputsOf: ({ part }) => ((part?.index ?? 0) === 0 ? 1 : 0) });
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

function countersOf(run: {
  report(): { readonly stages: readonly { readonly counters: Readonly<Record<string, number>> }[] };
}): Readonly<Record<string, number>> {
  return run.report().stages[1]?.counters ?? {};
}

const anyText = fc.string({
  unit: fc.oneof(fc.constantFrom(..."ab \n"), fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 })),
  maxLength: 60,
});
const limits = fc.integer({ min: 1, max: 30 });
const edges = fc.record({ bos: fc.boolean(), eos: fc.boolean() });

describe("tokenize", () => {
  it("adds the ids of the text and, by default, the token that ends a document", async () => {
    const [doc] = docsOf(["hello world"]);
    const [out] = await collect(from([doc as Doc]).pipe(tokenize("gpt2")));
    expect(out).toEqual({ ...doc, tokens: Uint32Array.of(31373, 995, 50256) });
    const [none] = await collect(from(docsOf(["hello world"])).pipe(tokenize("gpt2", { eos: false })));
    expect(none?.tokens).toEqual(Uint32Array.of(31373, 995));
    const [plain] = await collect(from(docsOf(["one three"])).pipe(tokenize(laterTokenizer))); // it has no such token
    expect(plain?.tokens).toEqual(Uint32Array.of(3, 5));
  });

  it("takes BOS and EOS as true, an id or the text of a special token", async () => {
    const tokens = async (options: TokenizeOptions): Promise<number[]> => {
      const [out] = await collect(from(docsOf(["a"])).pipe(tokenize(byteTokenizer, options)));
      return [...(out?.tokens ?? [])];
    };
    expect(await tokens({ bos: true })).toEqual([256, 97, 257]);
    expect(await tokens({ bos: 0, eos: "<bos>" })).toEqual([0, 97, 256]);
    expect(await tokens({ bos: "<eos>", eos: false })).toEqual([257, 97]);
  });

  it("splits without losing or repeating a token, whatever the limit", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyText, { maxLength: 6 }), limits, edges, async (texts, maxTokens, { bos, eos }) => {
        const options = { bos, eos };
        const docs = docsOf(texts);
        const whole = await collect(from(docs).pipe(tokenize(byteTokenizer, options)));
        const run = from(docs)
          .pipe(tokenize(byteTokenizer, { ...options, maxTokens }))
          .run();
        const parts = await collect(run);
        for (const { tokens } of parts) expect(tokens.length).toBeLessThanOrEqual(maxTokens);
        for (const { id, text, tokens, origin, meta } of whole) {
          const own = parts.filter((part) => part.origin === origin);
          expect(own.flatMap((part) => [...part.tokens])).toEqual([...tokens]);
          // Every window but the last is full.
          expect(own.slice(0, -1).every((part) => part.tokens.length === maxTokens)).toBe(true);
          expect(own.map((part) => part.meta)).toEqual(own.map(() => meta));
          if (own.length === 1) expect(own[0]).toEqual({ id, text, tokens, origin, meta });
          else {
            expect(own.map((part) => part.part)).toEqual(own.map((_, index) => ({ index, count: own.length })));
            expect(own.map((part) => part.id)).toEqual(own.map((_, index) => `${id}#${index}`));
            expect(own.map((part) => part.text).join("")).toBe(Buffer.from(text).toString());
          }
        }
        expect(parts.length).toBe(whole.reduce((sum, { tokens }) => sum + Math.ceil(tokens.length / maxTokens), 0));
        expect(countersOf(run)["tokens"] ?? 0).toBe(whole.reduce((sum, { tokens }) => sum + tokens.length, 0));
      }),
      { numRuns: 300 },
    );
  });

  it("cuts the text along with the ids of a real encoding, between characters", async () => {
    await fc.assert(
      fc.asyncProperty(anyText, limits, async (text, maxTokens) => {
        const parts = await collect(from(docsOf([text])).pipe(tokenize("gpt2", { maxTokens, eos: false })));
        expect(parts.map((part) => part.text).join("")).toBe(Buffer.from(text).toString());
        expect(parts.flatMap(({ tokens }) => [...tokens])).toEqual([...gpt2.encode(text)]);
      }),
    );
    // One emoji is three ids here; it belongs to the part in which it begins.
    const parts = await collect(from(docsOf(["a\ud83d\ude00b"])).pipe(tokenize("gpt2", { maxTokens: 2, eos: false })));
    expect(parts.map(({ text, tokens }) => [text, tokens.length])).toEqual([
      ["a\ud83d\ude00", 2],
      ["b", 2],
    ]);
  });

  it("gives parts the text their ids decode to where ids are not bytes", async () => {
    const parts = await collect(from(docsOf(["one three eleven a"])).pipe(tokenize(laterTokenizer, { maxTokens: 2 })));
    expect(parts.map(({ text, tokens }) => [text, ...tokens])).toEqual([
      ["xxx xxxxx", 3, 5],
      ["xxxxxx x", 6, 1],
    ]);
  });

  it("puts BOS on the first part only and EOS on the last only", async () => {
    const parts = await collect(from(docsOf(["abcd"])).pipe(tokenize(byteTokenizer, { bos: true, maxTokens: 2 })));
    expect(parts.map(({ tokens, text }) => [text, ...tokens])).toEqual([
      ["a", 256, 97],
      ["bc", 98, 99],
      ["d", 100, 257],
    ]);
    // The limit counts them: with one id less there is a part of EOS alone.
    const tail = await collect(from(docsOf(["abc"])).pipe(tokenize(byteTokenizer, { maxTokens: 3 })));
    expect(tail.map(({ tokens, text }) => [text, ...tokens])).toEqual([
      ["abc", 97, 98, 99],
      ["", 257],
    ]);
  });

  it("truncates between BOS and EOS and counts what it cuts", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyText, { maxLength: 6 }),
        fc.integer({ min: 3, max: 20 }),
        edges,
        async (texts, maxTokens, { bos, eos }) => {
          const all = await collect(from(docsOf(texts)).pipe(tokenize(byteTokenizer, { bos, eos })));
          const run = from(docsOf(texts))
            .pipe(tokenize(byteTokenizer, { bos, eos, maxTokens, long: "truncate" }))
            .run();
          const out = await collect(run);
          expect(out.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
          let cut = 0;
          for (const [i, { tokens }] of out.entries()) {
            const whole = [...(all[i] as Out).tokens];
            cut += Math.max(0, whole.length - maxTokens);
            const kept = whole.length <= maxTokens ? whole : [...whole.slice(0, maxTokens - (eos ? 1 : 0)), ...(eos ? [257] : [])];
            expect([...tokens]).toEqual(kept);
          }
          expect(countersOf(run)["tokens truncated"] ?? 0).toBe(cut);
        },
      ),
    );
  });

  it("drops with a reason, and counts the tokens that go", async () => {
    const run = from(docsOf(["abc", "abcdef", ""]))
      .pipe(tokenize(byteTokenizer, { maxTokens: 4, long: "drop" }))
      .run();
    expect((await collect(run)).map(({ id }) => id)).toEqual(["d0"]);
    expect(run.report().stages[1]).toMatchObject({
      dropped: { "too-long": 1, "no-tokens": 1 },
      counters: { tokens: 4, "tokens dropped": 7 },
    });
    expect(run.report().sources["memory"]).toMatchObject({ in: 3, out: 1 });
  });

  it("counts a document that was split once, in every account", async () => {
    const run = from(docsOf(["abcdef", "a"]))
      .pipe(tokenize(byteTokenizer, { maxTokens: 3 }))
      .run();
    expect(await collect(run)).toHaveLength(4);
    expect(countersOf(run)).toEqual({ tokens: 9, "documents split": 1 });
    expect(run.report().sources["memory"]).toMatchObject({ in: 2, out: 2 });
  });

  it("holds a document only until its last part is out", async () => {
    const run = from(docsOf(["abcdef"]))
      .pipe(tokenize(byteTokenizer, { maxTokens: 4 }))
      .run();
    await run.next();
    expect(run.state().stages[1]?.state).toMatchObject({ current: { delivered: 1, record: { id: "d0" } }, held: [] });
    await run.next();
    expect(run.state().stages[1]?.state).toEqual({ current: null, held: [] });
    await run.return();
  });

  it("does not cut a part a second time", async () => {
    const docs = docsOf(["abc", "abcdef"]).map((doc): Doc => ({ ...doc, part: { index: 1, count: 2 } }));
    const stage = tokenize<Doc>(byteTokenizer, { maxTokens: 4 });
    await expect(collect(from(docs).pipe(stage))).rejects.toMatchObject({ kind: "already-split", origin: { record: 1 } });
    const run = from(docs).pipe(stage).run({ onError: "skip" });
    expect((await collect(run)).map(({ part }) => part)).toEqual([{ index: 1, count: 2 }]);
    expect(run.report().stages[1]?.errors).toEqual({ "already-split": 1 });
  });

  it("names the record on which the tokenizer fails, or counts it and goes on", async () => {
    const failing: Tokenizer = {
      ...byteTokenizer,
      encode: (text) => {
        if (text === "trap") throw Object.assign(new Error("unreachable"), { name: "RuntimeError" });
        if (text === "bad") throw new Error("no such word");
        return text === "odd" ? ([1, 2] as unknown as Uint32Array) : byteTokenizer.encode(text);
      },
    };
    const docs = docsOf(["a", "bad", "odd", "b"]);
    const error = await collect(from(docs).pipe(tokenize(failing))).catch((e: unknown) => e as PipelineError);
    expect(error).toMatchObject({ kind: "tokenize-failed", stage: "tokenize", origin: { record: 1 } });
    const run = from(docs).pipe(tokenize(failing)).run({ onError: "skip" });
    expect((await collect(run)).map(({ text }) => text)).toEqual(["a", "b"]);
    expect(
      run
        .report()
        .errors.map(({ message }) => message)
        .join(),
    ).toMatch(/no such word.*no Uint32Array/);
    // A trapped encoder cannot be trusted with the next document.
    await expect(
      collect(
        from(docsOf(["trap", "a"]))
          .pipe(tokenize(failing))
          .run({ onError: "skip" }),
      ),
    ).rejects.toThrow(/unreachable/);
  });

  it("releases the encoding it loaded and leaves a given tokenizer to its owner", async () => {
    const owned = await loadTokenizer("r50k_base");
    for (let i = 0; i < 3; i++) await collect(from(docsOf(["x"])).pipe(tokenize("r50k_base")));
    await collect(from(docsOf(["x"])).pipe(tokenize(owned)));
    for await (const _ of from(docsOf(["x", "y"])).pipe(tokenize(owned))) break;
    expect([...owned.encode("x")]).toEqual([87]);
    owned.dispose?.();
  });

  it("describes itself in full before anything is loaded", () => {
    const { fingerprint } = gpt2;
    const base = { tokenizer: "gpt2", fingerprint, vocabularySize: 50_257, dtype: "uint16" };
    expect(tokenize("gpt2").config).toEqual({ ...base, bos: null, eos: 50_256, maxTokens: null, long: "split" });
    const options = { bos: true, eos: false, maxTokens: 8, long: "drop" } as const;
    expect(tokenize("gpt2", options).config).toEqual({ ...base, bos: 50_256, eos: null, maxTokens: 8, long: "drop" });
    expect(tokenize("o200k_base").config).toMatchObject({ vocabularySize: 200_019, dtype: "uint32" });
  });

  it("refuses to continue a run with another vocabulary", async () => {
    const run = from(docsOf(["a", "b"]))
      .pipe(tokenize(byteTokenizer))
      .run();
    await run.next();
    const state = run.state();
    await run.return();
    const other = from(docsOf(["a", "b"])).pipe(tokenize({ ...byteTokenizer, fingerprint: "test:other" }));
    expect(() => other.restore(state)).toThrow(/options of tokenize were .*test:bytes.* and are now .*test:other/s);
  });

  it("refuses wrong options before anything runs", () => {
    const wrong =
      (tokenizer: unknown, options: unknown = {}): (() => unknown) =>
      () =>
        tokenize(tokenizer as Tokenizer, options as TokenizeOptions);
    expect(wrong("cl100k")).toThrow(/unknown encoding "cl100k"; known encodings are gpt2, r50k_base/);
    expect(wrong("constructor")).toThrow(RangeError);
    expect(wrong(undefined)).toThrow(/name of an encoding or a Tokenizer \(fromTransformers makes one/);
    expect(wrong({ encode: () => [] })).toThrow(TypeError);
    expect(wrong({ ...byteTokenizer, vocabularySize: 0 })).toThrow(RangeError);
    expect(wrong("gpt2", { max: 1 })).toThrow(/unknown option `max`/);
    expect(wrong("gpt2", { maxTokens: 0 })).toThrow(RangeError);
    expect(wrong("gpt2", { long: "cut" })).toThrow(/"split" or "truncate" or "drop"/);
    expect(wrong("gpt2", { long: "truncate", maxTokens: 1 })).toThrow(/room for text beside 1 of BOS and EOS, got 1/);
    expect(wrong("gpt2", { bos: 50_257 })).toThrow(RangeError);
    expect(wrong("gpt2", { eos: "</s>" })).toThrow(/special token of gpt2 \(<\|endoftext\|>\), got "<\/s>"/);
    expect(wrong("gpt2", { eos: null })).toThrow(TypeError);
    expect(wrong(laterTokenizer, { bos: true })).toThrow(/later has no bos token of its own.*\(none\)/);
  });

  it("lets types flow", () => {
    const docs: Pipeline<Doc & { readonly language: string }> = from([]);
    expectTypeOf(docs.pipe(tokenize("cl100k_base"))).toEqualTypeOf<Pipeline<Doc & { readonly language: string } & Tokenized>>();
    // @ts-expect-error not the name of an encoding
    expect(() => docs.pipe(tokenize("cl100k"))).toThrow(RangeError);
  });
});

describe("tokenDtype", () => {
  it("is the narrowest that holds every id", () => {
    expect([1, 50_257, 65_536].map(tokenDtype)).toEqual(["uint16", "uint16", "uint16"]);
    expect([65_537, 200_019].map(tokenDtype)).toEqual(["uint32", "uint32"]);
  });
});
