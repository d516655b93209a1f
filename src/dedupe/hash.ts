/**
 * The hash functions of `minhash@millrace` version 1. All arithmetic is on 32-bit integers that wrap around; where 64 bits
 * are wanted there are two lanes, A and B, so that JavaScript needs no BigInt and a kernel no 64-bit multiplication.
 *
 * Constants: the xxHash32 primes for blocks; multipliers 5 mod 8 from Steele and Vigna, "Computationally easy, spectrally
 * good multipliers" (2021), for the sums over words, because differences of their powers keep few factors of two; the
 * two-round mixer of the hash prospector project (`lowbias32` with its best known constants) for the rest.
 */

/** 2^32 divided by the golden ratio: steps of this size spread seeds. */
export const GOLDEN = 0x9e3779b9;

/** Where lane A and lane B of a word begin: the first bits of pi. */
export const START_A = 0x243f6a88;
export const START_B = 0x85a308d3;

/** The multipliers of the sum over the words of a shingle. */
export const POLYNOMIAL_A = 0x915f77f5;
export const POLYNOMIAL_B = 0x93d765dd;

/** A bijection of 32 bits in which every input bit changes about half of the output bits. */
export function mix(value: number): number {
  let h = value ^ (value >>> 16);
  h = Math.imul(h, 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0xd35a2d97);
  return h ^ (h >>> 15);
}

/** Lane A over one block of eight bytes, `low` the first four (little-endian). */
export function blockA(state: number, low: number, high: number): number {
  const h = Math.imul(state ^ low, 0x85ebca77);
  const g = Math.imul(h ^ (h >>> 15) ^ high, 0xc2b2ae3d);
  return g ^ (g >>> 13);
}

/** Lane B takes the halves in the other order, so that what cancels in one lane does not cancel in the other. */
export function blockB(state: number, low: number, high: number): number {
  const h = Math.imul(state ^ high, 0x27d4eb2f);
  const g = Math.imul(h ^ (h >>> 16) ^ low, 0x165667b1);
  return g ^ (g >>> 14);
}

/** The n-th number (from 1) of the stream that a seed gives. */
export function seeded(seed: number, n: number): number {
  return mix((seed + Math.imul(n, GOLDEN)) | 0);
}

/** A multiplier to the n-th power, modulo 2^32. */
export function power(base: number, n: number): number {
  let product = 1;
  for (let i = 0; i < n; i++) product = Math.imul(product, base);
  return product;
}
