import { describe, expect, it } from "vitest";
import { type Doc, from } from "../../src/core/index.ts";
import { createHfTokenizer, tokenize, trainBpe } from "../../src/tokenize/index.ts";

describe("a tokenizer.json in a pipeline", () => {
  it("goes from training to the stage: what trainBpe writes, createHfTokenizer reads, tokenize uses", async () => {
    const texts = Array.from({ length: 30 }, (_, i) => `The quick brown fox no. ${i} jumps over ${"lazy ".repeat(i % 4)}dogs.`);
    const docs: Doc[] = texts.map((text, i) => ({ id: String(i), text, meta: {}, origin: { source: "s", record: i, offset: 0 } }));
    const { json } = await trainBpe(from(texts), { vocabSize: 320 });
    const tokenizer = createHfTokenizer(json);
    let records = 0;
    for await (const doc of from(docs).pipe(tokenize(tokenizer, { eos: "<|endoftext|>" }))) {
      expect([...doc.tokens.slice(0, -1)]).toEqual([...tokenizer.encode(doc.text)]);
      expect(doc.tokens.at(-1)).toBe(0);
      expect(tokenizer.decode(doc.tokens.slice(0, -1))).toBe(doc.text);
      records++;
    }
    expect(records).toBe(30);
    expect(tokenizer.fingerprint).toMatch(/^sha256:/);
  });
});
