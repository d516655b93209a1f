/** Encoding on other threads: the same output, in order, and a clear end when something goes wrong. The laws are in threads-laws. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Doc, from, PipelineError, type Tokenized, toJson } from "../../src/core/index.ts";
import { type LoadedTokenizer, loadTokenizer, type TokenizeOptions, tokenize } from "../../src/tokenize/index.ts";
import { BATCH_RECORDS, recordsInFlight } from "../../src/tokenize/threads/encode-in-threads.ts";
import { EncodingPool } from "../../src/tokenize/threads/pool.ts";
import { fixtures, type Json } from "./hf-fixtures.ts";
import { byteTokenizer, docsOf } from "./tiny.ts";

type Out = Doc & Tokenized;

let tokenizer: LoadedTokenizer;
let pool: EncodingPool;
beforeAll(async () => {
  tokenizer = await loadTokenizer(fixtures["llama3"] as Json);
  pool = new EncodingPool("tokenize", setup(), 2);
});
afterAll(() => pool.close(new Error("the test is over")));

function setup(changes: object = {}) {
  if (tokenizer.recipe === undefined) throw new Error("a loaded tokenizer has a recipe");
  return { recipe: tokenizer.recipe, fingerprint: tokenizer.fingerprint, encode: {}, ...changes };
}

/** A batch of texts as the stage sends it. */
function batch(texts: readonly string[], name = "the records") {
  const parts = texts.map((text) => new TextEncoder().encode(text));
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  const offsets = [0];
  for (const part of parts) {
    bytes.set(part, offsets.at(-1));
    offsets.push((offsets.at(-1) ?? 0) + part.length);
  }
  return { bytes: bytes.buffer as ArrayBuffer, offsets: Uint32Array.from(offsets), name };
}

async function run(docs: readonly Doc[], options: TokenizeOptions, onError: "throw" | "skip" = "throw"): Promise<string[]> {
  const out: string[] = [];
  for await (const record of from(docs).pipe(tokenize<Doc>(tokenizer, options)).run({ onError }))
    out.push(JSON.stringify(toJson(record as Out)));
  return out;
}

const anyText = fc.string({
  unit: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(..."the mill wheel \n") },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) },
  ),
  maxLength: 80,
});

describe("a pool of encoding threads", () => {
  it("gives the ids of the tokenizer itself for any texts", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyText, { minLength: 1, maxLength: 12 }), async (texts) => {
        const { tokens, offsets, failures } = await pool.encode(batch(texts));
        const expected = tokenizer.encodeBatch(texts);
        expect(failures).toEqual([]);
        expect([...tokens]).toEqual([...expected.tokens]);
        expect([...offsets]).toEqual([...expected.offsets]);
      }),
      { numRuns: 50 },
    );
  });

  it("moves the buffers instead of copying them, and uses them again", async () => {
    const first = batch(["the mill wheel ".repeat(1_000)]); // larger than any before it
    const size = first.bytes.byteLength;
    const encoded = pool.encode(first);
    expect(first.bytes.byteLength).toBe(0); // it belongs to the thread now
    await encoded;
    expect(pool.buffer(1).byteLength).toBe(size); // the last one that came back
    await pool.encode(batch(["x"]));
    expect(pool.buffer(100).byteLength).toBe(100); // none that is too small
  });

  it("names what a thread was working on when it died, and answers nothing any more", async () => {
    const mortal = new EncodingPool("tokenize", setup(), 1);
    const heavy = mortal.encode(batch(["mill ".repeat(400_000)], 'the records "d0" to "d0" (1 from a.jsonl on)'));
    const waiting = mortal.encode(batch(["x"], "the next records"));
    const settled = Promise.allSettled([heavy, waiting]);
    await mortal.workers[0]?.terminate();
    for (const outcome of await settled) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { kind: "thread-died", stage: "tokenize" } });
      expect(String((outcome as PromiseRejectedResult).reason)).toContain(
        'died over the records "d0" to "d0" (1 from a.jsonl on): exit code',
      );
    }
    await expect(mortal.encode(batch(["y"]))).rejects.toBeInstanceOf(PipelineError);
  });

  it("refuses to encode with a tokenizer that has changed or cannot be loaded", async () => {
    const changed = new EncodingPool("tokenize", setup({ fingerprint: "sha256:0" }), 1);
    await expect(changed.encode(batch(["x"]))).rejects.toMatchObject({ kind: "changed" });
    const gone = new EncodingPool("tokenize", setup({ recipe: { source: "/nowhere/tokenizer.json", options: {} } }), 1);
    await expect(gone.encode(batch(["x"]))).rejects.toMatchObject({ kind: "unreadable", stage: "tokenize" });
  });

  it("is closed with a reason, whatever it is doing", async () => {
    const closed = new EncodingPool("tokenize", setup(), 2);
    const under = Promise.allSettled([closed.encode(batch(["x"])), closed.encode(batch(["y"]))]);
    const reason = new Error("enough");
    await closed.close(reason);
    expect((await under).map((outcome) => outcome.status === "rejected" && outcome.reason === reason)).toEqual([true, true]);
    await closed.close(undefined); // twice is no harm
  });
});

describe("tokenize with threads", () => {
  const texts = Array.from({ length: 3 * BATCH_RECORDS }, (_, i) => `the mill wheel ${i} `.repeat(i % 9));

  it("gives the same records as without, in the same order, short and long documents mixed", async () => {
    const long = "the mill race turns the wheel. ".repeat(10_000); // more than a batch may hold
    const docs = docsOf([...texts, long, "", ...texts.slice(0, 3), long]);
    for (const options of [{}, { maxTokens: 70 }] as const) {
      expect(await run(docs, { ...options, threads: 2 })).toEqual(await run(docs, options));
    }
  });

  it("takes in no more records than it says", async () => {
    let pulled = 0;
    function* counting(): Generator<Doc> {
      for (const doc of docsOf(Array.from({ length: 2_000 }, (_, i) => `mill ${i}`))) {
        pulled++;
        yield doc;
      }
    }
    const stage = tokenize<Doc>(tokenizer, { threads: 1 });
    const execution = from(() => counting())
      .pipe(stage)
      .run();
    await execution.next();
    expect(pulled).toBeLessThanOrEqual(1 + (stage.lookAhead ?? 0));
    expect(stage.lookAhead).toBe(recordsInFlight(1));
    await execution.return();
  });

  it("leaves out and counts what cannot be encoded, and says where it was", async () => {
    const special = Object.keys(tokenizer.special.ids)[0] as string;
    const docs = docsOf(["one", `two ${special}`, "three"]);
    const options = { allowedSpecial: [], disallowedSpecial: [special], threads: 1 } as const;
    await expect(run(docs, options)).rejects.toMatchObject({ kind: "special-token", origin: { record: 1 } });
    const { threads: _, ...alone } = options;
    expect(await run(docs, options, "skip")).toEqual(await run(docs, alone, "skip"));
    expect(await run(docs, options, "skip")).toHaveLength(2);
  });

  it("says which tokenizers cannot go to other threads", () => {
    expect(() => tokenize(byteTokenizer, { threads: 2 })).toThrow(/`threads` need a tokenizer that every thread can load/);
    expect(() => tokenize(byteTokenizer, { allowedSpecial: "all" })).toThrow(/decides about special tokens itself/);
    expect(() => tokenize("gpt2", { threads: 1.5 })).toThrow(RangeError);
    expect(() => tokenize("gpt2", { threads: 65 })).toThrow(RangeError);
    expect(() => tokenize("gpt2", { allowedSpecial: ["<nope>"] })).toThrow(/name special tokens/);
  });

  it("does not make the number of threads part of what a run is", () => {
    expect(tokenize("gpt2", { threads: 2 }).config).toEqual(tokenize("gpt2").config);
    expect(tokenize("gpt2", { allowedSpecial: "all" }).config).not.toEqual(tokenize("gpt2").config);
  });
});
