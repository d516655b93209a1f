import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NeuralNgram, type Positions, positionsOf } from "../../examples/train/model.ts";
import type { Batch } from "../../src/core/index.ts";

const OPTIONS = { vocabulary: 11, context: 3, embedding: 4, hidden: 5, learningRate: 0.05, seed: 3 };

function batch(rows: readonly (readonly number[])[], padId = 0): Batch {
  const width = Math.max(...rows.map((row) => row.length));
  const cells = rows.flatMap((row) => Array.from({ length: width }, (_, i) => row[i]));
  return {
    width,
    input_ids: Int32Array.from(cells, (id) => id ?? padId),
    attention_mask: Uint8Array.from(cells, (id) => (id === undefined ? 0 : 1)),
    labels: Int32Array.from(cells, (id) => id ?? -100),
    rows: rows.map((row, i) => ({ id: `r${i}`, length: row.length, origin: { source: "s", record: i, offset: 0 } })),
  };
}

const ids = fc.array(fc.integer({ min: 0, max: OPTIONS.vocabulary - 1 }), { minLength: 1, maxLength: 9 });

describe("positions of a batch", () => {
  it("pairs every labelled token but a row's first with the tokens before it", () => {
    const { contexts, targets } = positionsOf(
      batch([
        [1, 2, 3, 4],
        [5, 6],
      ]),
      3,
      10,
    );
    expect([...targets]).toEqual([2, 3, 4, 6]);
    expect(Array.from({ length: 4 }, (_, i) => [...contexts.subarray(3 * i, 3 * i + 3)])).toEqual([
      [10, 10, 1],
      [10, 1, 2],
      [1, 2, 3],
      [10, 10, 5],
    ]);
  });

  it("never learns padding, whatever id pads", () => {
    fc.assert(
      fc.property(fc.array(ids, { minLength: 1, maxLength: 5 }), fc.nat(10), (rows, padId) => {
        const { contexts, targets } = positionsOf(batch(rows, padId), 3, 10);
        expect([...targets]).toEqual(rows.flatMap((row) => row.slice(1)));
        expect(contexts.length).toBe(3 * targets.length);
      }),
    );
  });

  it("leaves out labels of -100 on real tokens too, but keeps them as context", () => {
    const masked = batch([[1, 2, 3]]);
    masked.labels[1] = -100;
    const { contexts, targets } = positionsOf(masked, 2, 10);
    expect([...targets]).toEqual([3]);
    expect([...contexts]).toEqual([1, 2]);
  });
});

describe("the model", () => {
  const positions: Positions = positionsOf(
    batch([
      [1, 2, 3, 4, 5, 9, 9],
      [5, 6, 1],
      [0, 10],
    ]),
    3,
    10,
  );

  it("begins at the loss of guessing", () => {
    expect(new NeuralNgram(OPTIONS).loss(positions)).toBeCloseTo(Math.log(11), 1);
  });

  it("has the gradients that finite differences give, for every parameter", () => {
    const model = new NeuralNgram(OPTIONS);
    for (let i = 0; i < 20; i++) model.step(positions); // away from the start, where many gradients are nearly 0
    model.backward(positions);
    const gradients = [...model.gradients];
    const epsilon = 1e-5;
    for (const [i, gradient] of gradients.entries()) {
      const value = model.parameters[i] as number;
      model.parameters[i] = value + epsilon;
      const up = model.loss(positions);
      model.parameters[i] = value - epsilon;
      const down = model.loss(positions);
      model.parameters[i] = value;
      expect(Math.abs(gradient - (up - down) / (2 * epsilon)), `parameter ${i}`).toBeLessThan(1e-8);
    }
    expect(gradients.filter((g) => g !== 0).length).toBeGreaterThan(gradients.length / 2);
  });

  it("learns a sequence by heart", () => {
    const model = new NeuralNgram(OPTIONS);
    const before = model.loss(positions);
    for (let i = 0; i < 200; i++) model.step(positions);
    expect(model.loss(positions)).toBeLessThan(0.1);
    expect(before).toBeGreaterThan(2);
  });

  it("is a function of its seed, bit for bit", () => {
    const trained = (seed: number): number[] => {
      const model = new NeuralNgram({ ...OPTIONS, seed });
      for (let i = 0; i < 5; i++) model.step(positions);
      return [...model.parameters];
    };
    expect(trained(1)).toEqual(trained(1));
    expect(trained(1)).not.toEqual(trained(2));
  });

  it("asking for the loss changes nothing", () => {
    const model = new NeuralNgram(OPTIONS);
    const before = [...model.parameters];
    expect(model.loss(positions)).toBe(model.loss(positions));
    expect([...model.parameters]).toEqual(before);
  });
});
