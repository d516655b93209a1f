/** What the indexes of one pass hold in memory, for a million documents, counted in bytes of their arrays. */
import { describe, expect, it } from "vitest";
import { BandKeys } from "../../src/dedupe/band-keys.ts";
import { FingerprintIndex } from "../../src/dedupe/fingerprint-index.ts";
import { bandKeys, ExactIndex, NearIndex } from "../../src/dedupe/index.ts";
import { generator } from "./corpus.ts";

const SHAPE = { bands: 14, rows: 8 };
const MILLION = 1_000_000;

/** Signatures and keys without pattern: a xorshift generator. */
class Random {
  readonly signature: Uint8Array = new Uint8Array(112);
  readonly key: Uint8Array = new Uint8Array(16);
  readonly #words: readonly Int32Array[] = [new Int32Array(this.signature.buffer), new Int32Array(this.key.buffer)];
  #state = 1;

  next(): void {
    let x = this.#state;
    for (const words of this.#words) {
      for (let i = 0; i < words.length; i++) {
        x ^= x << 13;
        x ^= x >>> 17;
        x ^= x << 5;
        words[i] = x;
      }
    }
    this.#state = x;
  }
}

describe("a million documents", () => {
  it("take at most 200 bytes each with verification", () => {
    const near = new NearIndex({ ...SHAPE, threshold: 0.7, expected: MILLION });
    const exact = new ExactIndex(MILLION);
    const random = new Random();
    for (let i = 0; i < MILLION; i++) {
      random.next();
      if (near.insert(random.signature) !== undefined) expect.fail(`document ${i} was taken for another`);
      exact.add(random.key);
    }
    const bytes = (near.bytes + exact.bytes) / MILLION;
    expect(bytes).toBeLessThanOrEqual(200);
    expect(bytes).toBeGreaterThan(112 + 16 + 15 * 4); // the accounting sees signatures, keys and tables
  });

  it("take at most 80 bytes each without verification, and none is taken for another", () => {
    const index = new FingerprintIndex({ ...SHAPE, expected: MILLION });
    const random = new Random();
    let mistaken = 0;
    for (let i = 0; i < MILLION; i++) {
      random.next();
      if (index.insert(random.signature, random.key) !== undefined) mistaken++;
    }
    expect(mistaken).toBeLessThanOrEqual(1); // one in 20 million is to be expected
    expect(index.count).toBe(MILLION - mistaken);
    expect(index.bytes / MILLION).toBeLessThanOrEqual(80);
    expect(index.bytes / MILLION).toBeGreaterThan(15 * 4);
  });
});

describe("FingerprintIndex", () => {
  it("finds every key again while it grows to many times what was expected, and after it was saved and loaded", () => {
    const options = { ...SHAPE, expected: 1000 };
    let index = new FingerprintIndex(options);
    const added = new Random();
    const count = 20_000;
    for (let i = 0; i < count; i++) {
      added.next();
      expect(index.insert(added.signature, added.key)).toBeUndefined();
      if (i === 700 || i === 9_000) {
        const saved = index.save();
        index = new FingerprintIndex(options);
        index.load(saved);
      }
    }
    const again = new Random();
    const next = generator(3);
    for (let i = 0; i < count; i++) {
      again.next();
      if (index.insert(again.signature, again.key) !== "exact") expect.fail(`lost the exact key of ${i}`);
      // A copy that is left one band of its own, and another exact key.
      const band = next() % 14;
      const copy = again.signature.map((value, at) => (Math.floor(at / 8) === band ? value : value ^ 0x55));
      if (index.insert(copy, Uint8Array.from({ length: 16 }, next)) !== "near") expect.fail(`lost band ${band} of ${i}`);
    }
    expect(index.count).toBe(count);
  });
});

describe("FingerprintIndex in the kernel", () => {
  it.each([
    [14, 8],
    [25, 5],
    [3, 13],
    [128, 4],
    [1, 4],
  ])("has the answers and the tables of plain TypeScript, for %i bands of %i rows, over generations, saved and loaded", (bands, rows) => {
    const next = generator(bands * rows);
    const options = { bands, rows, expected: 0 };
    let [kernel, plain] = [new FingerprintIndex(options), new FingerprintIndex({ ...options, backend: "js" })];
    const pool: Uint8Array[] = [];
    let found = 0;
    for (let i = 0; i < 4500; i++) {
      const signature = Uint8Array.from({ length: bands * rows }, () => next() & 255);
      // Short keys whose halves are 0 now and then; a band of an earlier document, or all of it.
      const key = Uint8Array.from({ length: 16 }, (_, k) => (k > 5 || i % 50 === 0 ? 0 : next() & 255));
      const other = pool[next() % (pool.length + 1)];
      if (other !== undefined && i % 4 === 0) signature.set(i % 8 === 0 ? other : other.subarray(0, rows));
      pool.push(signature);
      if (i % 700 === 350) {
        const saved = kernel.save();
        expect(saved).toEqual(plain.save());
        [kernel, plain] = [new FingerprintIndex(options), new FingerprintIndex({ ...options, backend: "js" })];
        kernel.load(saved);
        plain.load(saved);
      }
      if (i % 11 === 0) for (const index of [kernel, plain]) index.add(signature, key);
      else {
        const answer = kernel.insert(signature, key);
        if (answer !== plain.insert(signature, key)) expect.fail(`document ${i}: the kernel says ${answer}`);
        if (answer !== undefined) found++;
      }
    }
    expect(kernel.save()).toEqual(plain.save());
    expect(kernel.save().length).toBeGreaterThan(2);
    expect(found).toBeGreaterThan(500);
  });
});

describe("BandKeys", () => {
  it.each([
    [14, 8],
    [7, 16],
    [25, 5],
    [9, 13],
    [1, 64],
    [128, 4],
  ])("are those of bandKeys, for %i bands of %i rows", (bands, rows) => {
    const next = generator(bands * rows);
    const reader = new BandKeys(bands, rows);
    for (let i = 0; i < 50; i++) {
      const signature = Uint8Array.from({ length: bands * rows }, () => next() & 255);
      reader.read(signature);
      expect(new Uint32Array(reader.keys.buffer)).toEqual(bandKeys(signature, bands, rows));
    }
  });
});
