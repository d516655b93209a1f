import { dice } from "../kernels/generators.ts";
import { firstDifference } from "../kernels/oracle.ts";
import { minimise } from "./minimise.ts";
import type { Encoded, Encoder, Subject } from "./subject.ts";

/** One string for which an encoder is wrong, as short as it could be made. */
export interface Mismatch {
  readonly encoder: string;
  readonly text: string;
  readonly expected: Encoded;
  readonly got: Encoded;
}

export interface FuzzReport {
  readonly strings: number;
  readonly characters: number;
  /** How many strings each encoder was compared on. */
  readonly compared: Readonly<Record<string, number>>;
  readonly mismatches: number;
  /** The first one. */
  readonly first: Mismatch | undefined;
}

/**
 * Encodes `count` generated strings with the reference and with every encoder of a subject, and counts where ids or decoded text
 * differ. The same seed gives the same strings. Memory does not grow with the count.
 */
export async function fuzz(subject: Subject, count: number, seed: number): Promise<FuzzReport> {
  const d = dice(seed);
  const compared = Object.fromEntries(subject.encoders.map(({ name }) => [name, 0]));
  let characters = 0;
  let mismatches = 0;
  let first: Mismatch | undefined;
  for (let i = 0; i < count; i++) {
    const text = subject.generate(d);
    characters += text.length;
    const expected = await subject.expected(text);
    for (const encoder of subject.encoders) {
      if (i % (encoder.every ?? 1) !== 0) continue;
      const got = encodeWith(encoder, text);
      if (got === undefined) continue;
      compared[encoder.name] = (compared[encoder.name] ?? 0) + 1;
      if (agree(got, expected)) continue;
      mismatches++;
      first ??= await shortest(subject, encoder, text);
    }
  }
  return { strings: count, characters, compared, mismatches, first };
}

/** An encoder that throws has failed on the text, and the others are still to be asked. */
function encodeWith({ encode }: Encoder, text: string): Encoded | undefined {
  try {
    return encode(text);
  } catch (error) {
    return { ids: [], text: `(threw ${error instanceof Error ? error.message : String(error)})` };
  }
}

function agree(got: Encoded, expected: Encoded): boolean {
  if (firstDifference(got.ids, expected.ids) !== -1) return false;
  return got.text === undefined || expected.text === undefined || got.text === expected.text;
}

async function shortest(subject: Subject, encoder: Encoder, text: string): Promise<Mismatch> {
  const short = await minimise(text, async (candidate) => {
    const got = encodeWith(encoder, candidate);
    return got !== undefined && !agree(got, await subject.expected(candidate));
  });
  const got = encodeWith(encoder, short) ?? { ids: [] };
  return { encoder: encoder.name, text: short, expected: await subject.expected(short), got };
}
