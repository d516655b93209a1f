import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { npy } from "../../src/write/npy.ts";
import { readNpy } from "./fixtures.ts";

const bytesOf = (values: Parameters<typeof npy>[0], shape: readonly number[]): Buffer => Buffer.concat(npy(values, shape));

describe("npy", () => {
  it("writes the bytes NumPy writes", () => {
    // numpy.save of np.array([1, 2, 300], dtype="<u2"), NumPy 2.4.6
    const header = "{'descr': '<u2', 'fortran_order': False, 'shape': (3,), }";
    expect(bytesOf(Uint16Array.of(1, 2, 300), [3]).toString("latin1")).toBe(
      `\x93NUMPY\x01\x00\x76\x00${header.padEnd(117)}\n\x01\x00\x02\x00\x2c\x01`,
    );
  });

  it("gives back every array it was given", () => {
    const arrays = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((values) => ({ values, descr: "|u1" })),
      fc.uint16Array({ maxLength: 300 }).map((values) => ({ values, descr: "<u2" })),
      fc.uint32Array({ maxLength: 300 }).map((values) => ({ values, descr: "<u4" })),
      fc.int32Array({ maxLength: 300 }).map((values) => ({ values, descr: "<i4" })),
    );
    fc.assert(
      fc.property(arrays, fc.integer({ min: 1, max: 7 }), ({ values, descr }, columns) => {
        const rows = Math.floor(values.length / columns);
        const shapes = [[values.length], [rows, columns]];
        for (const shape of shapes) {
          const part = values.subarray(
            0,
            shape.reduce((a, b) => a * b),
          );
          expect(readNpy(bytesOf(part, shape))).toEqual({ descr, shape, values: [...part] });
        }
      }),
    );
  });

  it("writes the part of the buffer that the view covers", () => {
    const view = new Uint32Array(Uint32Array.of(9, 9, 1, 2, 9).buffer, 8, 2);
    expect(readNpy(bytesOf(view, [2])).values).toEqual([1, 2]);
  });

  it("refuses a shape that is not the array's", () => {
    expect(() => npy(Int32Array.of(1, 2, 3), [2, 2])).toThrow("an array of 3 values does not have the shape [2, 2]");
  });
});
