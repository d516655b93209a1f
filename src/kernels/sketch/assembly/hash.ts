// The hash functions of src/dedupe/hash.ts, on one number and on four at a time.

export const GOLDEN: u32 = 0x9e3779b9;
export const START_A: u32 = 0x243f6a88, START_B: u32 = 0x85a308d3;
export const POLYNOMIAL_A: u32 = 0x915f77f5, POLYNOMIAL_B: u32 = 0x93d765dd;

@inline
export function mix(value: u32): u32 {
  let h = value ^ (value >> 16);
  h *= 0x21f0aaad;
  h = (h ^ (h >> 15)) * 0xd35a2d97;
  return h ^ (h >> 15);
}

@inline
export function blockA(state: u32, low: u32, high: u32): u32 {
  const h = (state ^ low) * 0x85ebca77, g = (h ^ (h >> 15) ^ high) * 0xc2b2ae3d;
  return g ^ (g >> 13);
}

@inline
export function blockB(state: u32, low: u32, high: u32): u32 {
  const h = (state ^ high) * 0x27d4eb2f, g = (h ^ (h >> 16) ^ low) * 0x165667b1;
  return g ^ (g >> 14);
}

@inline
export function mix4(value: v128): v128 {
  let h = v128.xor(value, i32x4.shr_u(value, 16));
  h = i32x4.mul(h, i32x4.splat(0x21f0aaad));
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 15)), i32x4.splat(0xd35a2d97));
  return v128.xor(h, i32x4.shr_u(h, 15));
}

/** Four units of one block each, or the first blocks of four units. */
@inline
export function blockA4(low: v128, high: v128): v128 {
  const h = i32x4.mul(v128.xor(i32x4.splat(START_A), low), i32x4.splat(0x85ebca77));
  const g = i32x4.mul(v128.xor(v128.xor(h, i32x4.shr_u(h, 15)), high), i32x4.splat(0xc2b2ae3d));
  return v128.xor(g, i32x4.shr_u(g, 13));
}

@inline
export function blockB4(low: v128, high: v128): v128 {
  const h = i32x4.mul(v128.xor(i32x4.splat(START_B), high), i32x4.splat(0x27d4eb2f));
  const g = i32x4.mul(v128.xor(v128.xor(h, i32x4.shr_u(h, 16)), low), i32x4.splat(0x165667b1));
  return v128.xor(g, i32x4.shr_u(g, 14));
}
