/**
 * NumPy's `.npy` format, version 1.0: magic, a Python dict that names dtype and shape, padded with spaces so that the data
 * begins at a multiple of 64 bytes, then the values, little-endian, row-major. The dict leaves room for the first dimension
 * to grow to 21 digits, as `numpy.save` does, so the bytes equal NumPy's.
 */
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0];
const ALIGN = 64;
const GROWTH_DIGITS = 21;

const DTYPES = { Uint8Array: "|u1", Uint16Array: "<u2", Uint32Array: "<u4", Int32Array: "<i4" } as const;

/** An array as the bytes of a `.npy` file: the header, then a view of the values (not a copy). */
export function npy(
  values: Uint8Array | Uint16Array | Uint32Array | Int32Array,
  shape: readonly number[],
): readonly [Uint8Array, Uint8Array] {
  const cells = shape.reduce((product, length) => product * length, 1);
  if (cells !== values.length)
    throw new RangeError(`npy: an array of ${values.length} values does not have the shape [${shape.join(", ")}]`);
  const descr = DTYPES[values.constructor.name as keyof typeof DTYPES];
  const dims = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${dims}, }${" ".repeat(GROWTH_DIGITS - String(shape[0]).length)}`;
  const head = MAGIC.length + 2;
  const length = Math.ceil((head + dict.length + 1) / ALIGN) * ALIGN;
  const header = Buffer.allocUnsafe(length).fill(" "); // of Node's pool: an array buffer for each would cost more than the rest
  header.set(MAGIC);
  header.writeUInt16LE(length - head, MAGIC.length);
  header.write(dict, head, "latin1");
  header[length - 1] = 0x0a;
  return [header, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)];
}
