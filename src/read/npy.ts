/**
 * NumPy's `.npy` format, versions 1 to 3, as token members of shards use it: little-endian numbers in C order.
 * Source: numpy/lib/format.py.
 */

/** Typed arrays by NumPy's `descr`. */
const TYPES = {
  "|u1": Uint8Array,
  "|i1": Int8Array,
  "<u2": Uint16Array,
  "<i2": Int16Array,
  "<u4": Uint32Array,
  "<i4": Int32Array,
  "<u8": BigUint64Array,
  "<i8": BigInt64Array,
  "<f4": Float32Array,
  "<f8": Float64Array,
} as const;

/** The typed arrays `readNpy` returns; 64-bit integers come as bigints. */
export type NpyData =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

export interface NpyArray {
  /** Length of each dimension; `[]` for a single number. */
  readonly shape: readonly number[];
  /** All values, row by row; a copy. */
  readonly data: NpyData;
}

const HEADER = /'descr':\s*'([^']*)'.*'fortran_order':\s*(True|False).*'shape':\s*\(([\d,\s]*)\)/s;

/**
 * Decodes one `.npy` file: u1, i1, u2, i2, u4, i4, u8, i8, f4 and f8, of any shape. Memory: one copy of the values. Throws a
 * `RangeError` that says what is wrong: not a `.npy` file, big-endian or Fortran order, another type, too few bytes.
 */
export function readNpy(bytes: Uint8Array): NpyArray {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = file[6] ?? 0;
  if (file.length < 12 || file.toString("latin1", 0, 6) !== "\x93NUMPY" || version < 1 || version > 3) {
    throw new RangeError("npy: these bytes do not begin like a .npy file of version 1 to 3");
  }
  const begin = version === 1 ? 10 : 12;
  const end = begin + (version === 1 ? file.readUInt16LE(8) : file.readUInt32LE(8));
  const header = HEADER.exec(file.toString(version === 3 ? "utf8" : "latin1", begin, end));
  if (header === null || end > file.length) throw new RangeError("npy: the header is damaged");
  const [descr, fortran, dimensions] = header.slice(1) as [string, string, string];
  const shape = dimensions.split(",").flatMap((part) => (part.trim() === "" ? [] : [Number(part)]));
  if (!Object.hasOwn(TYPES, descr)) throw new RangeError(`npy: the type ${descr} is not one of ${Object.keys(TYPES).join(", ")}`);
  if (fortran === "True" && shape.length > 1) throw new RangeError("npy: the array is in Fortran order; save it with np.ascontiguousarray");
  const type = TYPES[descr as keyof typeof TYPES];
  const count = shape.reduce((product, length) => product * length, 1);
  const needed = count * type.BYTES_PER_ELEMENT;
  if (file.length - end < needed)
    throw new RangeError(`npy: ${count} values of ${descr} need ${needed} bytes, there are ${file.length - end}`);
  const copy = new Uint8Array(needed); // values may be misaligned in the file
  copy.set(file.subarray(end, end + needed));
  return { shape, data: new type(copy.buffer) };
}
