import { expect, it } from "vitest";
import { createBpe } from "../../src/kernels/bpe/index.ts";
import { BpeKernel, maxSpans } from "../../src/kernels/bpe/kernel.ts";
import { vocabularyOf } from "./oracle.ts";

function kernel(windowBytes: number): BpeKernel {
  const made = BpeKernel.create(vocabularyOf("r50k_base"), windowBytes);
  if (made === undefined) throw new Error("no WebAssembly SIMD here");
  return made;
}

it("refuses spans and bounds outside its window instead of reading past it", () => {
  const k = kernel(1_000);
  const refused = (...spans: number[]): void => {
    k.spans.set(spans);
    expect(() => k.encode(spans.length / 2, "cl100k")).toThrow(/refused its input/);
  };
  refused(0, 1_001);
  refused(1_000, 1);
  refused(0xffffffff, 2); // the sum wraps around in 32 bits
  refused(0, 600, 0, 600); // each fits, but there would not be room for the ids of both
  k.spans.set([0, 1_001]);
  expect(() => k.encodePieces(1)).toThrow(/refused its input/);
  k.spans.set([500, 400, 600]);
  expect(() => k.encodePieces(2)).toThrow(/refused its input/);
  expect(() => k.encode(maxSpans + 1, "cl100k")).toThrow(/refused its input/);
  expect(() => k.encode(1, "none" as "r50k")).toThrow(/refused its input/);
  // and works on
  k.text.set(Buffer.from("hello"));
  k.spans.set([0, 5]);
  expect([...k.ids.subarray(0, k.encode(1, "r50k"))]).toEqual([31373]);
});

it("does not depend on what lay in the window before", () => {
  const k = kernel(1_000);
  // A word's end is found sixteen bytes at a time: letters behind the text must not belong to it.
  k.text.fill(0x61);
  k.text.set(Buffer.from("hello"));
  k.spans.set([0, 5]);
  expect([...k.ids.subarray(0, k.encode(1, "r50k"))]).toEqual([31373]);
});

it("keeps its size, however much text goes through it", () => {
  const k = createBpe({ vocabulary: vocabularyOf("r50k_base"), pattern: "r50k", windowBytes: 4_096 });
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 3_000; i++) k.count(`${i} words that differ ${i * 7919} each time, ${Math.sqrt(i)}`.repeat(20));
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4_000_000);
});

it("grows its window for one long piece, and no further than needed", () => {
  const k = kernel(1_000);
  const before = k.memoryBytes;
  k.grow(100_000);
  expect(k.windowBytes).toBe(100_000);
  expect(k.memoryBytes - before).toBeLessThan(700_000);
  expect(() => k.grow(2 ** 30)).toThrow(/no memory for a window of 1073741824 bytes/);
  expect(k.windowBytes).toBe(100_000);
});
