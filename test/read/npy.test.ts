import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readNpy } from "../../src/read/index.ts";

/** A .npy file as numpy writes it: the header padded with spaces to a multiple of 64. */
function npy(descr: string, shape: string, data: Uint8Array, options: { version?: number; fortran?: boolean } = {}): Buffer {
  const { version = 1, fortran = false } = options;
  const text = `{'descr': '${descr}', 'fortran_order': ${fortran ? "True" : "False"}, 'shape': ${shape}, }`;
  const lead = version === 1 ? 10 : 12;
  const header = `${text.padEnd(64 * Math.ceil((lead + text.length + 1) / 64) - lead - 1)}\n`;
  const begin = Buffer.alloc(lead);
  begin.write("\x93NUMPY", "latin1");
  begin[6] = version;
  if (version === 1) begin.writeUInt16LE(header.length, 8);
  else begin.writeUInt32LE(header.length, 8);
  return Buffer.concat([begin, Buffer.from(header), data]);
}

const bytesOf = (array: NodeJS.TypedArray): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

describe("readNpy", () => {
  it("decodes one and two dimensions of every type", () => {
    const arrays = [
      ["|u1", new Uint8Array([1, 2, 255])],
      ["|i1", new Int8Array([1, -2, 3])],
      ["<u2", new Uint16Array([1, 65535, 3])],
      ["<i2", new Int16Array([1, -32768, 3])],
      ["<u4", new Uint32Array([1, 4294967295, 3])],
      ["<i4", new Int32Array([1, -2147483648, 3])],
      ["<u8", new BigUint64Array([1n, 2n ** 64n - 1n, 3n])],
      ["<i8", new BigInt64Array([1n, -(2n ** 63n), 3n])],
      ["<f4", new Float32Array([1, 0.5, -3])],
      ["<f8", new Float64Array([1, 1e300, -3])],
    ] as const;
    for (const [descr, data] of arrays) {
      expect(readNpy(npy(descr, "(3,)", bytesOf(data)))).toEqual({ shape: [3], data });
      expect(readNpy(npy(descr, "(1, 3)", bytesOf(data))).shape).toEqual([1, 3]);
    }
  });

  it("reads all versions, misaligned input, empty arrays and scalars, and copies", () => {
    const data = new Uint32Array([7, 8]);
    for (const version of [1, 2, 3]) expect(readNpy(npy("<u4", "(2,)", bytesOf(data), { version })).data).toEqual(data);
    const file = npy("<u4", "(2,)", bytesOf(data));
    const shifted = Buffer.concat([Buffer.from("x"), file]).subarray(1);
    const { data: copy } = readNpy(shifted);
    shifted.fill(0);
    expect(copy).toEqual(data);
    expect(readNpy(npy("<u4", "(0,)", new Uint8Array(0)))).toEqual({ shape: [0], data: new Uint32Array(0) });
    expect(readNpy(npy("<u4", "()", bytesOf(new Uint32Array([9]))))).toEqual({ shape: [], data: new Uint32Array([9]) });
    expect(readNpy(npy("<u2", "(2,)", bytesOf(new Uint16Array([1, 2])), { fortran: true })).data).toEqual(new Uint16Array([1, 2]));
  });

  it("says what it cannot read", () => {
    const two = bytesOf(new Uint16Array([1, 2, 3, 4]));
    expect(() => readNpy(Buffer.from("not numpy at all"))).toThrow("do not begin like");
    expect(() => readNpy(Buffer.alloc(0))).toThrow("do not begin like");
    expect(() => readNpy(npy(">u2", "(4,)", two))).toThrow(">u2");
    expect(() => readNpy(npy("|O", "(4,)", two))).toThrow("|O");
    expect(() => readNpy(npy("<u2", "(2, 2)", two, { fortran: true }))).toThrow("Fortran");
    expect(() => readNpy(npy("<u2", "(5,)", two))).toThrow("need 10 bytes, there are 8");
    expect(() => readNpy(npy("<u2", "(4,)", two).subarray(0, 30))).toThrow("header is damaged");
  });

  // The pinned environment of the oracles, or whatever Python has numpy.
  const pinned = fileURLToPath(new URL("../oracles/.venv/bin/python", import.meta.url));
  const python = existsSync(pinned) ? pinned : "python3";
  const numpy = spawnSync(python, ["-c", "import numpy"]).status === 0;
  if (!numpy) console.log("skipped: reading what numpy saves (no numpy here)");
  it.skipIf(!numpy)("reads what numpy saves", () => {
    const script =
      "import numpy,sys,io; b=io.BytesIO(); numpy.save(b, numpy.arange(6,dtype='<u2').reshape(2,3)); sys.stdout.buffer.write(b.getvalue())";
    expect(readNpy(spawnSync(python, ["-c", script]).stdout)).toEqual({ shape: [2, 3], data: new Uint16Array([0, 1, 2, 3, 4, 5]) });
  });
});
