/**
 * A polynomial hash of UTF-16 units modulo 2^32. It is chosen because the hash of any run of letters follows from those of two
 * beginnings of the text; every use compares what it finds, so a text made to collide is slow and not wrong.
 */

/** Multiplier of {@link hashUnit}; odd, so no unit is lost. */
export const HASH_BASE: number = 0x01000193;

/** The next value of a word's hash: `h * B + unit` modulo 2^32. That of two words joined follows from theirs (see {@link hashBetween}). */
export function hashUnit(hash: number, unit: number): number {
  return (Math.imul(hash, HASH_BASE) + unit) | 0;
}

/** Spreads a hash over the upper bits, so that a table takes the top of it. */
export function spread(hash: number): number {
  return Math.imul(hash ^ (hash >>> 15), 0x9e3779b1);
}

/** Powers of the hash's base. */
const POWERS = new Int32Array(1024);
POWERS[0] = 1;
for (let k = 1; k < POWERS.length; k++) POWERS[k] = Math.imul(POWERS[k - 1] as number, HASH_BASE);

/** The hash's base to the power of a distance. */
export function power(exponent: number): number {
  return exponent < 1024 ? (POWERS[exponent] as number) : greatPower(exponent);
}

/** For runs of giant words, by squaring. */
function greatPower(exponent: number): number {
  let result = 1;
  for (let left = exponent, square = HASH_BASE; left > 0; left >>>= 1) {
    if ((left & 1) === 1) result = Math.imul(result, square);
    square = Math.imul(square, square);
  }
  return result;
}

/** The hash of the letters between two beginnings of the text, by their hashes; `weight` is the base to the power of the distance. */
export function hashBetween(from: number, to: number, weight: number): number {
  return (to - Math.imul(from, weight)) | 0;
}
