import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as example from "../../examples/custom-stage/shuffle.ts";
import { type Doc, from, type Stage } from "../../src/core/index.ts";
import { stageLaws } from "../laws/laws.ts";

/** The example is typed against the built package, the laws against its source: the same shapes under two names. */
const shuffle = example.shuffle as unknown as (options?: example.ShuffleOptions) => Stage<Doc, Doc>;

const docs = (count: number): Doc[] =>
  Array.from({ length: count }, (_, i) => ({ id: `d${i}`, text: `text ${i}`, meta: {}, origin: { source: "a", record: i, offset: i } }));

async function shuffled(count: number, buffer: number, seed: number): Promise<string[]> {
  const found: string[] = [];
  for await (const doc of from(docs(count)).pipe(shuffle({ buffer })).with({ seed })) found.push(doc.id);
  return found;
}

// A stage from outside keeps the same laws as a built-in one.
stageLaws({ name: "shuffle (examples)", make: () => shuffle({ buffer: 6 }), input: () => docs(25) });
stageLaws({ name: "shuffle (examples), buffer of one", make: () => shuffle({ buffer: 1 }), input: () => docs(20) });

describe("shuffle (examples)", () => {
  it("is a permutation, whatever the sizes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(40), fc.integer({ min: 1, max: 50 }), fc.integer(), async (count, buffer, seed) => {
        const ids = await shuffled(count, buffer, seed);
        expect([...ids].sort()).toEqual(
          docs(count)
            .map((doc) => doc.id)
            .sort(),
        );
      }),
      { numRuns: 50 },
    );
  });

  it("follows the seed", async () => {
    expect(await shuffled(30, 10, 1)).toEqual(await shuffled(30, 10, 1));
    expect(await shuffled(30, 10, 1)).not.toEqual(await shuffled(30, 10, 2));
  });

  it("mixes within its buffer: over many seeds every record comes out first equally often", async () => {
    const firsts = new Map<string, number>();
    for (let seed = 0; seed < 1000; seed++) {
      const [first = ""] = await shuffled(20, 5, seed);
      firsts.set(first, (firsts.get(first) ?? 0) + 1);
    }
    expect([...firsts.keys()].sort()).toEqual(["d0", "d1", "d2", "d3", "d4"]);
    // 1000 draws of 5: 200 each, standard deviation 13; the seeds are fixed, so this cannot flicker.
    for (const times of firsts.values()) expect(Math.abs(times - 200)).toBeLessThan(60);
  });

  it("refuses a buffer that is none", () => {
    expect(() => shuffle({ buffer: 0 })).toThrow(RangeError);
    expect(() => shuffle({ buffer: 1.5 })).toThrow(/at least 1, got 1.5/);
  });
});
