/** What a user's embedding function returns, checked and brought to unit length. */
import { PipelineError } from "../core/index.ts";

/**
 * Makes one vector for each text, all of one length. It must be deterministic and must not depend on which texts are asked for together, or decisions depend
 * on it too.
 */
export type Embed = (texts: readonly string[]) => Promise<readonly Float32Array[]>;

/** Calls the function and returns unit vectors; a vector without a direction (all zeros) stays as it is. Throws a `PipelineError` for anything but vectors of finite numbers. */
export async function embedAll(embed: Embed, texts: readonly string[], dimensions: number | undefined): Promise<Float32Array[]> {
  const vectors: unknown = await embed(texts);
  if (!Array.isArray(vectors) || vectors.length !== texts.length) {
    throw bad(`a list of ${texts.length} vectors, one a text`, Array.isArray(vectors) ? `${vectors.length} of them` : typeof vectors);
  }
  const first: unknown = vectors[0];
  const expected = dimensions ?? (first instanceof Float32Array ? first.length : 0);
  return vectors.map((vector: unknown) => {
    if (!(vector instanceof Float32Array)) throw bad("Float32Arrays", typeof vector);
    if (vector.length !== expected || expected === 0)
      throw bad(`vectors of ${expected || "at least 1"} numbers`, `one of ${vector.length}`);
    return unit(vector);
  });
}

/** A copy of length 1, computed in double precision. */
export function unit(vector: Float32Array): Float32Array {
  let sum = 0;
  for (const value of vector) sum += value * value;
  if (!Number.isFinite(sum)) throw bad("finite numbers", String(vector.find((value) => !Number.isFinite(value)) ?? "numbers too large"));
  return sum === 0 ? vector.slice() : vector.map((value) => value / Math.sqrt(sum));
}

export function hasDirection(vector: Float32Array): boolean {
  return vector.some((value) => value !== 0);
}

/** Inner product of two stretches of numbers; of unit vectors the cosine. Four sums side by side, in an order that is always the same. */
export function inner(a: Float32Array, atA: number, b: Float32Array, atB: number, length: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    s0 += (a[atA + i] as number) * (b[atB + i] as number);
    s1 += (a[atA + i + 1] as number) * (b[atB + i + 1] as number);
    s2 += (a[atA + i + 2] as number) * (b[atB + i + 2] as number);
    s3 += (a[atA + i + 3] as number) * (b[atB + i + 3] as number);
  }
  for (; i < length; i++) s0 += (a[atA + i] as number) * (b[atB + i] as number);
  return s0 + s1 + (s2 + s3);
}

function bad(expected: string, got: string): PipelineError {
  return new PipelineError({ kind: "bad-embedding", message: `expected \`embed\` to return ${expected}, got ${got}` });
}
