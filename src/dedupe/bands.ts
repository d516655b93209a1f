/**
 * Band keys. Documents are compared only if they agree in all values of a band; its key is a hash of those values' 8 bits,
 * so a signature holds its keys, and an index needs to store nothing else. The price: a band of r rows also agrees by
 * chance, (J + (1 - J) / 256)^r instead of J^r, for 8 rows 2^-64 between strangers.
 */
import { blockA, blockB, GOLDEN, mix, START_A, START_B } from "./hash.ts";

/**
 * Writes the key of one band: high half, low half. The values go through the word hash (blocks of eight, zeros behind the
 * last), which begins with the band's number mixed in, so that keys of different bands differ.
 */
export function bandKey(values: Uint8Array, from: number, rows: number, band: number, out: Int32Array, outAt: number): void {
  const salt = Math.imul(band + 1, GOLDEN);
  let a = START_A ^ salt;
  let b = START_B ^ salt;
  let at = from;
  for (let left = rows; left > 0; left -= 8, at += 8) {
    const low = left >= 4 ? quad(values, at) : some(values, at, left);
    const high = left >= 8 ? quad(values, at + 4) : some(values, at + 4, left - 4);
    a = blockA(a, low, high);
    b = blockB(b, low, high);
  }
  out[outAt] = mix(a);
  out[outAt + 1] = mix(b);
}

/** Four bytes as a little-endian number. */
function quad(values: Uint8Array, at: number): number {
  return (
    (values[at] as number) | ((values[at + 1] as number) << 8) | ((values[at + 2] as number) << 16) | ((values[at + 3] as number) << 24)
  );
}

/** The first `count` (0 to 3, or less) bytes of four. */
function some(values: Uint8Array, at: number, count: number): number {
  let number = 0;
  for (let i = 0; i < count; i++) number |= (values[at + i] as number) << (8 * i);
  return number;
}

/**
 * The keys of all bands of a signature of `bands * rows` values: `Uint32Array` of 2 * `bands`, for each band the high and
 * the low half of its 64-bit key. Throws a `RangeError` when the signature has another length.
 */
export function bandKeys(signature: Uint8Array, bands = 14, rows = 8): Uint32Array {
  if (signature.length !== bands * rows) {
    throw new RangeError(`bandKeys: expected a signature of ${bands} * ${rows} = ${bands * rows} values, got ${signature.length}`);
  }
  const keys = new Int32Array(2 * bands);
  for (let band = 0; band < bands; band++) bandKey(signature, band * rows, rows, band, keys, 2 * band);
  return new Uint32Array(keys.buffer);
}
