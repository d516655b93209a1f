import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ExactIndex, NearIndex } from "../../src/dedupe/index.ts";
import { generator } from "./corpus.ts";
import { PlainIndex } from "./plain-index.ts";

const SHAPE = { bands: 14, rows: 8, threshold: 0.7 };

function randomSignature(next: () => number, length = 112): Uint8Array {
  return Uint8Array.from({ length }, () => next() & 255);
}

/** A copy that differs in `count` values, spread evenly so that as many bands as possible are hit. */
function changed(signature: Uint8Array, count: number): Uint8Array {
  const copy = signature.slice();
  for (let i = 0; i < count; i++) {
    const at = Math.floor((i * copy.length) / count);
    copy[at] = (copy[at] as number) ^ 0x55;
  }
  return copy;
}

const keyOf = (i: number): Uint8Array => Uint8Array.from(createHash("sha256").update(String(i)).digest().subarray(0, 16));

describe("NearIndex", () => {
  it("finds what a map of strings finds, for any shape, also saved and loaded half-way", () => {
    // Few different values, so that signatures share bands and near copies abound.
    const value = fc.constantFrom(0, 0, 0, 1, 255);
    const shape = fc.record({
      bands: fc.integer({ min: 1, max: 12 }),
      rows: fc.integer({ min: 4, max: 17 }),
      threshold: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    const run = shape.chain((options) =>
      fc.record({
        options: fc.constant(options),
        signatures: fc.array(fc.array(value, { minLength: options.bands * options.rows, maxLength: options.bands * options.rows }), {
          maxLength: 40,
        }),
        half: fc.nat(40),
      }),
    );
    fc.assert(
      fc.property(run, ({ options, signatures, half }) => {
        let index = new NearIndex(options);
        const plain = new PlainIndex(options);
        for (const [i, values] of signatures.entries()) {
          if (i === half) {
            const saved = index.save();
            index = new NearIndex(options);
            index.load(saved);
          }
          const signature = Uint8Array.from(values);
          const match = index.find(signature);
          expect(match).toEqual(plain.find(signature));
          if (match !== undefined) continue;
          expect(index.add(signature)).toBe(index.count - 1);
          plain.add(signature);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("finds everything again while it grows from nothing to 12,000 documents", () => {
    const next = generator(5);
    const index = new NearIndex(SHAPE);
    const signatures: Uint8Array[] = [];
    for (let i = 0; i < 12_000; i++) {
      const signature = randomSignature(next);
      expect(index.find(signature)).toBeUndefined();
      index.add(signature);
      signatures.push(signature);
      if (i % 3001 === 0) for (const [id, old] of signatures.entries()) if (index.find(old)?.id !== id) expect.fail(`lost ${id} of ${i}`);
    }
    for (const [id, old] of signatures.entries()) {
      if (index.find(old)?.id !== id) expect.fail(`lost ${id}`);
      if (index.find(changed(old, 13))?.id !== id) expect.fail(`lost ${id}, changed in 13 of 14 bands`);
    }
  });

  it("compares with the threshold: 80 of 112 equal values are 0.713, 78 are 0.695", () => {
    const index = new NearIndex({ bands: 14, rows: 8, threshold: 0.7 });
    const signature = randomSignature(generator(1));
    index.add(signature);
    // The first band is left as it is, so that the pair is compared.
    const differing = (count: number): Uint8Array =>
      Uint8Array.from([...signature.subarray(0, 8), ...changed(signature.subarray(8), count)]);
    expect(index.find(differing(32))).toEqual({ id: 0, similarity: (256 * 80 - 112) / (255 * 112) });
    expect(index.find(differing(34))).toBeUndefined();
    expect(index.compared).toBe(2);
    expect(new NearIndex({ ...SHAPE, threshold: 1 }).find(signature)).toBeUndefined();
  });

  it("of two equally similar documents names the one that was added first, whichever band finds it", () => {
    const wanted = randomSignature(generator(4));
    const first = Uint8Array.from([...changed(wanted.subarray(0, 24), 20), ...wanted.subarray(24)]);
    const second = Uint8Array.from([...wanted.subarray(0, 88), ...changed(wanted.subarray(88), 20)]);
    for (const [a, b] of [
      [first, second],
      [second, first],
    ] as const) {
      const index = new NearIndex(SHAPE);
      index.add(a);
      index.add(b);
      expect(index.find(wanted)?.id).toBe(0);
    }
  });

  it("compares a document with at most one other for each band, however common a key is", () => {
    const next = generator(8);
    const index = new NearIndex(SHAPE);
    // All share 5 bands (boilerplate) and nothing else.
    const boilerplate = randomSignature(next, 40);
    const documents = 3000;
    for (let i = 0; i < documents; i++) {
      const signature = Uint8Array.from([...boilerplate, ...randomSignature(next, 72)]);
      expect(index.find(signature)).toBeUndefined();
      index.add(signature);
    }
    expect(index.compared).toBe(documents - 1); // the owner of the five keys, once each
    const last = Uint8Array.from([...boilerplate, ...randomSignature(next, 72)]);
    index.add(last);
    // Changed in 20 values of the first 12 bands: a band of its own is left.
    const copy = Uint8Array.from([...changed(last.subarray(0, 96), 20), ...last.subarray(96)]);
    expect(index.find(copy)?.id).toBe(documents);
  });

  it("gives the same answers in plain TypeScript, and for a batch", () => {
    const next = generator(12);
    const signatures = Array.from({ length: 300 }, () => randomSignature(next));
    for (const i of signatures.keys()) if (i % 3 === 2) signatures[i] = changed(signatures[i - 1] as Uint8Array, next() % 60);
    const [wasm, js] = (["wasm", "js"] as const).map((backend) => new NearIndex({ ...SHAPE, backend })) as [NearIndex, NearIndex];
    const matches = signatures.map((signature) => js.insert(signature));
    const { ids, similarities } = wasm.insertBatch(Uint8Array.from(signatures.flatMap((signature) => [...signature])));
    expect([...ids]).toEqual(matches.map((match) => match?.id ?? -1));
    expect([...similarities]).toEqual(matches.map((match) => match?.similarity ?? 0));
    expect(matches.filter((match) => match !== undefined).length).toBeGreaterThan(20);
    expect([wasm.count, wasm.compared, wasm.save(7)]).toEqual([js.count, js.compared, js.save(7)]);
    expect(wasm.at(5)).toEqual(signatures.filter((_, i) => matches[i] === undefined)[5]);
    expect(() => wasm.at(wasm.count)).toThrow(RangeError);
    expect(() => wasm.insertBatch(new Uint8Array(113))).toThrow(RangeError);
    expect(() => wasm.find(new Uint8Array(111))).toThrow(RangeError);
    expect(() => new NearIndex({ ...SHAPE, backend: "gpu" as never })).toThrow("backend");
  });

  it("takes about 200 bytes a document together with the exact keys, at any size from 20,000 on", () => {
    const next = generator(21);
    const near = new NearIndex(SHAPE);
    const exact = new ExactIndex();
    let most = 0;
    for (let i = 0; i < 40_000; i++) {
      near.add(randomSignature(next));
      exact.add(keyOf(i));
      if (i >= 20_000) most = Math.max(most, (near.bytes + exact.bytes) / i);
    }
    expect(most).toBeLessThan(202);
    expect(most).toBeGreaterThan(190); // the accounting sees signatures, keys and tables
  });
});

describe("ExactIndex", () => {
  it("finds every key and no other, while it grows and after it was saved and loaded", () => {
    let index = new ExactIndex();
    for (let i = 0; i < 20_000; i++) {
      expect(index.find(keyOf(i))).toBeUndefined();
      expect(i % 3 === 0 ? index.add(keyOf(i)) : index.addMissing(keyOf(i))).toBe(i);
      if (i === 7777) {
        const saved = index.save();
        index = new ExactIndex();
        index.load(saved);
      }
    }
    for (let i = 0; i < 20_000; i++) if (index.find(keyOf(i)) !== i) expect.fail(`lost ${i}`);
    expect(index.bytes / index.count).toBeLessThan(24);
  });

  it("keeps apart more documents than 16 bits can number", () => {
    const next = generator(3);
    const count = 140_000;
    const keys = Uint16Array.from({ length: count * 8 }, next);
    const key = (i: number): Uint8Array => new Uint8Array(keys.buffer, i * 16, 16);
    const index = new ExactIndex();
    for (let i = 0; i < count; i++) index.add(key(i));
    for (let i = 0; i < count; i++) if (index.find(key(i)) !== i) expect.fail(`lost ${i}`);
  });

  it("compares all 128 bits", () => {
    const index = new ExactIndex();
    const key = keyOf(1);
    index.add(key);
    for (let bit = 0; bit < 128; bit++) {
      const other = key.slice();
      other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(index.find(other)).toBeUndefined();
    }
    expect(index.find(key.slice())).toBe(0);
  });
});
