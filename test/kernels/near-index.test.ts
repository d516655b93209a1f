/** The index of signatures: the kernel, its plain TypeScript reference and maps of strings give the same answers. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bandKeys } from "../../src/dedupe/bands.ts";
import { estimateOf, matchesNeeded } from "../../src/dedupe/estimate.ts";
import { ReferenceNearIndex } from "../../src/dedupe/near-index-reference.ts";
import { NearIndexKernel } from "../../src/kernels/near-index/kernel.ts";
import { NearIndexSegments } from "../../src/kernels/near-index/segments.ts";
import { generator } from "../dedupe/corpus.ts";
import { PlainIndex } from "../dedupe/plain-index.ts";

interface Shape {
  readonly bands: number;
  readonly rows: number;
  readonly needed: number;
}

const SHAPE = { bands: 14, rows: 8, needed: 79 };

function segments(shape: Shape, expected = 0, most?: number): NearIndexSegments {
  const index = NearIndexSegments.create(shape, expected, most);
  if (index === undefined) throw new Error("there is no WebAssembly SIMD here");
  return index;
}

function kernelOf(shape: Shape): NearIndexKernel {
  const kernel = NearIndexKernel.create(shape, 0);
  if (kernel === undefined) throw new Error("there is no WebAssembly SIMD here");
  return kernel;
}

const randomSignature = (next: () => number, length: number): Uint8Array => Uint8Array.from({ length }, () => next() & 255);

const shapes = fc
  .record({ bands: fc.integer({ min: 1, max: 128 }), rows: fc.integer({ min: 1, max: 40 }) })
  .filter(({ bands, rows }) => bands * rows <= 512);

/** Signatures that share bands, in part or as a whole, with those before them. */
function related(next: () => number, { bands, rows }: Pick<Shape, "bands" | "rows">, count: number): Uint8Array[] {
  const made: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const signature = randomSignature(next, bands * rows);
    const parents = next() % 4;
    for (let p = 0; p < parents && i > 0; p++) {
      const parent = made[next() % i] as Uint8Array;
      for (let band = 0; band < bands; band++) {
        if (next() % 3 > 0) signature.set(parent.subarray(band * rows, (band + 1) * rows), band * rows);
      }
      if (next() % 4 === 0) signature.set(parent);
    }
    made.push(signature);
  }
  return made;
}

describe("the kernel, the reference and maps of strings", () => {
  const run = fc.record({
    shape: shapes,
    threshold: fc.double({ min: 0, max: 1, noNaN: true }),
    seed: fc.nat(),
    count: fc.integer({ min: 1, max: 60 }),
    saveAt: fc.integer({ min: 0, max: 60 }),
    forced: fc.boolean(),
    most: fc.constantFrom(undefined, undefined, undefined, 4, 25),
    expected: fc.constantFrom(0, 0, 1000),
  });

  it("find the same match in any shape, saved and loaded half-way, in one instance or in several", () => {
    fc.assert(
      fc.property(run, ({ shape, threshold, seed, count, saveAt, forced, most, expected }) => {
        const needed = matchesNeeded(threshold, shape.bands * shape.rows);
        let kernel = segments({ ...shape, needed }, expected, most);
        let reference = new ReferenceNearIndex({ ...shape, needed }, expected);
        const plain = new PlainIndex({ ...shape, threshold });
        const next = generator(seed);
        let comparedBefore = 0;
        for (const [i, signature] of related(next, shape, count).entries()) {
          if (i === saveAt) {
            comparedBefore = kernel.compared;
            expect(kernel.save(0)).toEqual(reference.save(0));
            [kernel, reference] = [segments({ ...shape, needed }, 0, most), new ReferenceNearIndex({ ...shape, needed }, 0)].map(
              (index, k) => {
                index.load((k === 0 ? reference : kernel).save(0));
                return index;
              },
            ) as [NearIndexSegments, ReferenceNearIndex];
          }
          const wanted = plain.find(signature);
          const adding = forced && next() % 3 === 0;
          if (adding || wanted === undefined) plain.add(signature);
          for (const index of [kernel, reference]) {
            const id = adding ? index.find(signature) : index.insert(signature);
            const match = id < 0 ? undefined : { id, similarity: estimateOf(index.equal, shape.bands * shape.rows) };
            expect(match).toEqual(wanted);
            if (adding) expect(index.add(signature)).toBe(index.count - 1);
          }
        }
        expect(kernel.count).toBe(reference.count);
        expect(comparedBefore + kernel.compared).toBe(plain.compared);
        for (let id = 0; id < kernel.count; id++) expect(kernel.at(id)).toEqual(Uint8Array.from(reference.at(id)));
      }),
      { numRuns: 250 },
    );
  });

  it("decide on a batch as on one signature after the other", () => {
    fc.assert(
      fc.property(shapes, fc.nat(), fc.constantFrom(undefined, undefined, 33), (shape, seed, most) => {
        const options = { ...shape, needed: Math.floor((shape.bands * shape.rows) / 2) };
        const [kernel, reference] = [segments(options, 0, most), new ReferenceNearIndex(options, 0)];
        const signatures = related(generator(seed), shape, 120);
        const joined = Uint8Array.from(signatures.flatMap((signature) => [...signature]));
        const wanted = signatures.map((signature) => [reference.insert(signature), reference.equal] as const);
        const [ids, equals] = [new Int32Array(120), new Int32Array(120)];
        kernel.insertBatch(joined, ids, equals);
        expect([...ids]).toEqual(wanted.map(([id]) => id));
        for (const [i, [id, equal]] of wanted.entries()) if (id >= 0) expect(equals[i]).toBe(equal);
        expect(kernel.save(0)).toEqual(reference.save(0));
        expect(kernel.compared).toBe(reference.compared);
      }),
      { numRuns: 60 },
    );
  });

  it("agree while tables grow at every step", () => {
    const next = generator(77);
    for (const shape of [
      { bands: 14, rows: 8 },
      { bands: 5, rows: 13 },
      { bands: 128, rows: 4 },
    ]) {
      const options = { ...shape, needed: Math.floor(shape.bands * shape.rows * 0.6) };
      const [kernel, reference] = [kernelOf(options), new ReferenceNearIndex(options, 0)];
      let bytes = kernel.bytes;
      for (const [i, signature] of related(next, shape, 200).entries()) {
        // More room than there is: each time one page more for every band, and everything is entered anew.
        expect(kernel.reserve(985 * (i + 1))).toBe(true);
        if (i > 0) expect(kernel.bytes).toBeGreaterThan(bytes);
        bytes = kernel.bytes;
        expect(kernel.insert(signature)).toBe(reference.insert(signature));
      }
      expect(kernel.count).toBe(reference.count);
    }
  });

  it("agree over 30,000 documents, a third of them alike, while tables grow by themselves", () => {
    const [kernel, reference] = [segments(SHAPE), new ReferenceNearIndex(SHAPE, 0)];
    const next = generator(5);
    const pool: Uint8Array[] = [];
    for (let i = 0; i < 30_000; i++) {
      const signature = randomSignature(next, 112);
      if (i % 3 === 0 && i > 0) {
        signature.set(pool[next() % pool.length] as Uint8Array);
        for (let changes = next() % 50; changes > 0; changes--) signature[next() % 112] = next() & 255;
      } else pool.push(signature);
      const id = kernel.insert(signature);
      if (id !== reference.insert(signature)) expect.fail(`document ${i}: the kernel found ${id}`);
      if (id >= 0 && kernel.equal !== reference.equal) expect.fail(`document ${i}: ${kernel.equal} equal values`);
    }
    expect(kernel.count).toBe(reference.count);
    expect(kernel.compared).toBe(reference.compared);
    expect(kernel.save(12_345)).toEqual(reference.save(12_345));
  });
});

describe("keys that collide", () => {
  /** Two bands of different values with the same 64-bit key: lane A is made equal, and lane B is left to the birthday paradox. */
  function collision(): [Uint8Array, Uint8Array] {
    const next = generator(9);
    const start = 0x243f6a88 ^ 0x9e3779b9;
    const seen = new Map<number, Uint8Array>();
    for (;;) {
      const low = (next() << 16) | next();
      const h = Math.imul(start ^ low, 0x85ebca77);
      const values = new Uint8Array(Int32Array.of(low, h ^ (h >>> 15)).buffer);
      const key = bandKeys(values, 1, 8)[1] as number;
      const other = seen.get(key);
      if (other !== undefined) return [other, values];
      seen.set(key, values);
    }
  }

  it("are told apart by the values", () => {
    const [a, b] = collision();
    expect(bandKeys(a, 1, 8)).toEqual(bandKeys(b, 1, 8));
    expect(a).not.toEqual(b);
    const options = { bands: 1, rows: 8, needed: 8 };
    for (const index of [segments(options), segments(options, 0, 1), new ReferenceNearIndex(options, 0)]) {
      expect(index.insert(a)).toBe(-1);
      expect(index.insert(b)).toBe(-1);
      expect([index.find(a), index.find(b)]).toEqual([0, 1]);
      expect(index.compared).toBe(2);
    }
  });
});

describe("instances that are full", () => {
  it("are followed by others: first owners, ties and numbers are those of one index", () => {
    const next = generator(31);
    const shape = { bands: 6, rows: 4, needed: 10 };
    for (const most of [1, 2, 7]) {
      const [kernel, reference] = [segments(shape, 0, most), new ReferenceNearIndex(shape, 0)];
      for (const signature of related(next, shape, 40)) {
        expect(kernel.insert(signature)).toBe(reference.insert(signature));
        expect(kernel.count).toBe(reference.count);
      }
      expect(kernel.save(3)).toEqual(reference.save(3));
    }
  });
});

describe("what the kernel is given", () => {
  it("is checked: shapes, batches, places and calls out of turn", () => {
    expect(() => NearIndexKernel.create({ bands: 129, rows: 4, needed: 1 }, 0)).toThrow(RangeError);
    expect(() => NearIndexKernel.create({ bands: 100, rows: 6, needed: 1 }, 0)).toThrow(RangeError);
    expect(() => NearIndexKernel.create({ bands: 14, rows: 8, needed: 1 }, 2 ** 30)).toThrow(RangeError);
    const kernel = kernelOf(SHAPE);
    expect(() => kernel.add()).toThrow("refused to add");
    expect(() => kernel.read(0, 1)).toThrow("refused to read");
    expect(() => kernel.insertBatch(new Uint8Array(112 * (kernel.batch + 1)))).toThrow();
    kernel.insert(new Uint8Array(112));
    expect(() => kernel.add()).toThrow("refused to add");
    expect(kernel.find(new Uint8Array(112))).toBe(0);
    expect(kernel.count).toBe(1);
  });
});
