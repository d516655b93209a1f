// Band keys, as src/dedupe/bands.ts defines them, four at a time: of four bands of one signature, or of one band of four signatures.

export const GOLDEN: u32 = 0x9e3779b9;
export const START_A: u32 = 0x243f6a88, START_B: u32 = 0x85a308d3;

/** The halves of the four keys that `keysOf4` made last. */
export let high4: v128 = i32x4.splat(0);
export let low4: v128 = i32x4.splat(0);

@inline
function mix4(value: v128): v128 {
  let h = i32x4.mul(v128.xor(value, i32x4.shr_u(value, 16)), i32x4.splat(0x21f0aaad));
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 15)), i32x4.splat(0xd35a2d97));
  return v128.xor(h, i32x4.shr_u(h, 15));
}

/** The key of the `rows` values at `p`, and those of the values `rows`, 2 * `rows` and 3 * `rows` behind. Reads eight bytes too many. */
@inline
export function keysOf4(p: usize, rows: usize, startA: v128, startB: v128): void {
  if (rows == 8) {
    // The usual shape: the four lie side by side.
    block4(v128.load(p), v128.load(p, 16), startA, startB);
    high4 = mix4(high4);
    low4 = mix4(low4);
  } else keysOfOdd4(p, rows, startA, startB);
}

/** For any number of values. */
function keysOfOdd4(p: usize, rows: usize, startA: v128, startB: v128): void {
  high4 = startA;
  low4 = startB;
  for (let q = p, end = p + rows; q < end; q += 8) {
    let x = v128.load64_lane(q + rows, v128.load64_zero(q), 1), y = v128.load64_lane(q + 3 * rows, v128.load64_zero(q + 2 * rows), 1);
    if (end - q < 8) {
      const mask = i64x2.splat((<i64>1 << (<i64>(end - q) << 3)) - 1);
      x = v128.and(x, mask);
      y = v128.and(y, mask);
    }
    block4(x, y, high4, low4);
  }
  high4 = mix4(high4);
  low4 = mix4(low4);
}

/** Takes a block of eight values of each of the four into their lanes. */
@inline
function block4(x: v128, y: v128, stateA: v128, stateB: v128): void {
  const low = i8x16.shuffle(x, y, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
  const high = i8x16.shuffle(x, y, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
  let a = i32x4.mul(v128.xor(stateA, low), i32x4.splat(0x85ebca77));
  a = i32x4.mul(v128.xor(v128.xor(a, i32x4.shr_u(a, 15)), high), i32x4.splat(0xc2b2ae3d));
  high4 = v128.xor(a, i32x4.shr_u(a, 13));
  let b = i32x4.mul(v128.xor(stateB, high), i32x4.splat(0x27d4eb2f));
  b = i32x4.mul(v128.xor(v128.xor(b, i32x4.shr_u(b, 16)), low), i32x4.splat(0x165667b1));
  low4 = v128.xor(b, i32x4.shr_u(b, 14));
}
