/** Records with tokens, as the tests of this folder use them. */
import fc from "fast-check";
import { type Doc, from, type Pipeline, type Tokenized } from "../../src/core/index.ts";

export type TokenDoc = Doc & Tokenized;

/** Records of the given lengths; the ids of record i begin with i, so that every token says where it comes from. */
export function recordsOf(lengths: readonly number[]): TokenDoc[] {
  return lengths.map((length, i) => ({
    id: `d${i}`,
    text: `text ${i}`,
    meta: { i },
    origin: { source: i % 2 === 0 ? "even" : "odd", record: i, offset: 10 * i },
    tokens: Uint32Array.from({ length }, (_, k) => i * 1000 + k),
  }));
}

/** Lengths as corpora have them: many short, some long. */
export const lengthsArbitrary: fc.Arbitrary<number[]> = fc.array(
  fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 1, max: 20 }) }, { weight: 1, arbitrary: fc.integer({ min: 21, max: 90 }) }),
  { maxLength: 120 },
);

/** Lengths that look random and never change. */
export function someLengths(count: number, most: number): number[] {
  let state = 12345;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return 1 + Math.floor((state / 2 ** 32) ** 3 * most);
  });
}

export async function collect<T>(pipeline: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of pipeline) all.push(item);
  return all;
}

export function pipelineOf(lengths: readonly number[]): Pipeline<TokenDoc> {
  return from(recordsOf(lengths));
}
