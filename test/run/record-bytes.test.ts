/** Records that go through bytes come back as they were, whatever is in them. */
import { deserialize, serialize } from "node:v8";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recordBytes } from "../../src/core/index.ts";
import { decodeRecords, type Entry, RecordEncoder } from "../../src/run/record-bytes.ts";

function through(batch: readonly Entry[], encoder = new RecordEncoder()): readonly Entry[] {
  const bytes = Buffer.from(bytesOf(batch, encoder));
  const back = [...decodeRecords(bytes)];
  bytes.fill(0xff); // what comes back holds nothing of the bytes, which may be used again
  return back;
}

function bytesOf(batch: readonly Entry[], encoder = new RecordEncoder()): Uint8Array {
  for (const entry of batch) encoder.add(entry);
  return encoder.take();
}

const origin = { source: "a.jsonl", record: 3, offset: 17 };

/** Strings on both sides of what is taken out of the JSON: ASCII, Latin-1, others, halves of surrogate pairs. */
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.string({
    unit: fc.constantFrom("a", " ", "\n", "\u00e9", "\u4e2d", "\ud83d", "\ude00", "\0", '"', "\\"),
    minLength: 100,
    maxLength: 200,
  }),
);
const json = fc.anything({
  key: fc.oneof(fc.constantFrom("text", "0", "toString"), fc.string()),
  values: [text, fc.integer(), fc.double(), fc.boolean(), fc.constant(null), fc.constant(undefined), fc.constant(-0)],
});

describe("a batch of records", () => {
  it("comes back with every value, and the fields in their order", () => {
    const encoder = new RecordEncoder();
    const beside = fc.option(fc.array(fc.oneof(text, fc.constant(true as const), fc.constant(null)), { maxLength: 3 }), { nil: undefined });
    const entry = fc
      .tuple(fc.record({ text, id: fc.string(), meta: json, origin: fc.constant(origin), more: json }), beside)
      .map(([record, originals]): Entry => (originals === undefined ? [record] : [record, originals]));
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 5 }), (batch) => {
        const back = through(batch, encoder);
        // What V8 makes of it is the law: it is what threads and structured clones give.
        expect(back).toStrictEqual(deserialize(serialize(batch)));
        expect(back.map(([record]) => Object.keys(record as object))).toEqual(batch.map(([record]) => Object.keys(record as object)));
      }),
      { numRuns: 500 },
    );
  });

  it("keeps what JSON cannot hold", () => {
    const record = {
      text: "x".repeat(200),
      tokens: Uint32Array.of(1, 2, 2 ** 32 - 1),
      date: new Date(0),
      map: new Map([["a", new Set([1])]]),
      hole: [1, undefined, 3],
      big: 2n ** 70n,
      zero: -0,
      nothing: undefined,
      infinite: Number.POSITIVE_INFINITY,
      origin,
    };
    expect(through([[record]])).toStrictEqual([[record]]);
    const named = Object.defineProperty({ text: "y".repeat(500) }, "__proto__", { value: "z".repeat(500), enumerable: true });
    expect(Object.keys(through([[named]])[0]?.[0] as object)).toEqual(["text", "__proto__"]);
    expect(Object.keys(through([[{ meta: JSON.parse('{"__proto__": {"a": 1}}') }]])[0]?.[0] as { meta: object })).toEqual(["meta"]);
    const deep = through([[{ meta: JSON.parse('{"__proto__": {"a": 1}}') }]])[0]?.[0] as { meta: object };
    expect(JSON.stringify(deep.meta)).toBe('{"__proto__":{"a":1}}');
    for (const odd of ["a string", 5, null, [1, 2], new Uint8Array(3)]) expect(through([[odd]])).toStrictEqual([[odd]]);
  });

  it("tells the length of each text in UTF-8, which is its length", () => {
    const texts = ["a".repeat(200), "\u00e9".repeat(200), "\u4e2d".repeat(150), "\ud83d\ude00".repeat(100), `\ud83d${"b".repeat(150)}`];
    const records = texts.map((text, i) => ({ note: "n".repeat(300 + i), text, more: "\u4e2d".repeat(200) }));
    const told: number[] = [];
    for (const [record] of decodeRecords(Buffer.from(bytesOf(records.map((record) => [record]))))) told.push(recordBytes(record));
    expect(told).toEqual(texts.map((text) => Buffer.byteLength(text)));
  });

  it("is refused when it holds a function", () => {
    expect(() => through([[{ text: "", f: () => 1 }]])).toThrow("could not be cloned");
  });

  it("of a text of megabytes is as large as the text", () => {
    const ascii = { text: "a".repeat(3e6), origin };
    const wide = { text: "\u4e2d".repeat(1e6), origin };
    expect(bytesOf([[ascii]]).length).toBeLessThan(3e6 + 200);
    expect(bytesOf([[wide]]).length).toBeLessThan(2e6 + 200);
    expect(through([[ascii], [wide]])).toStrictEqual([[ascii], [wide]]);
  });
});
