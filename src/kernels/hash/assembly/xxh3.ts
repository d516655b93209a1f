// XXH3 with 64 and 128 bits of result, seed 0, by its specification (github.com/Cyan4973/xxHash, doc/xxhash_spec.md): short inputs take
// paths of their own, by length; from 241 bytes on eight lanes of 64 bits run over stripes of 64 bytes, two lanes to a SIMD
// register. The callers have checked that [at, at + length) lies in the text; no path reads outside of it.
import { SECRET_BYTES, secret } from "./secret";

const PRIME32_1: u64 = 0x9e3779b1,
  PRIME32_2: u64 = 0x85ebca77,
  PRIME32_3: u64 = 0xc2b2ae3d,
  PRIME64_1: u64 = 0x9e3779b185ebca87,
  PRIME64_2: u64 = 0xc2b2ae3d27d4eb4f,
  PRIME64_3: u64 = 0x165667b19e3779f9,
  PRIME64_4: u64 = 0x85ebca77c2b2ae63,
  PRIME64_5: u64 = 0x27d4eb2f165667c5,
  PRIME_MX1: u64 = 0x165667919e3779f9,
  PRIME_MX2: u64 = 0x9fb21c651e98df25;

const STRIPE: u32 = 64;
const STRIPES_PER_BLOCK: u32 = (SECRET_BYTES - STRIPE) / 8;
const BLOCK: u32 = STRIPE * STRIPES_PER_BLOCK;

/** The eight lanes of a long input. */
const lanes: usize = memory.data(64, 16);

/** The upper half of the last 128-bit result; the function returns the lower one. */
export let high: u64 = 0;

@inline
function word(at: usize): u64 {
  return load<u64>(at);
}

@inline
function half(at: usize): u64 {
  return <u64>load<u32>(at);
}

let productHigh: u64 = 0;

/** The lower half of the product of two 64-bit numbers; the upper one is left in productHigh. */
@inline
function multiply(a: u64, b: u64): u64 {
  const lowLow = (a & 0xffffffff) * (b & 0xffffffff),
    highLow = (a >> 32) * (b & 0xffffffff),
    lowHigh = (a & 0xffffffff) * (b >> 32),
    cross = (lowLow >> 32) + (highLow & 0xffffffff) + lowHigh;
  productHigh = (a >> 32) * (b >> 32) + (highLow >> 32) + (cross >> 32);
  return (cross << 32) | (lowLow & 0xffffffff);
}

@inline
function fold(a: u64, b: u64): u64 {
  const low = multiply(a, b);
  return low ^ productHigh;
}

@inline
function avalanche(hash: u64): u64 {
  const a = (hash ^ (hash >> 37)) * PRIME_MX1;
  return a ^ (a >> 32);
}

/** The finaliser of XXH64, which inputs of up to three bytes use. */
function avalanche64(hash: u64): u64 {
  const a = (hash ^ (hash >> 33)) * PRIME64_2,
    b = (a ^ (a >> 29)) * PRIME64_3;
  return b ^ (b >> 32);
}

/** Sixteen bytes of input with sixteen of the secret. */
@inline
function mix16(at: usize, key: usize): u64 {
  return fold(word(at) ^ word(key), word(at + 8) ^ word(key + 8));
}

/** The lower 32 bits of the first, middle and last byte of an input of one to three bytes, and of its length. */
@inline
function tiny(at: usize, length: u32): u32 {
  const first = <u32>load<u8>(at),
    middle = <u32>load<u8>(at + (length >> 1)),
    last = <u32>load<u8>(at + length - 1);
  return (first << 16) | (middle << 24) | last | (length << 8);
}

/** XXH3_64bits of `length` bytes. */
export function xxh3Of64(at: usize, length: u32): u64 {
  if (length > 240) return long64(at, length);
  if (length > 128) return medium64(at, length);
  if (length > 16) {
    const end = at + length;
    let sum = <u64>length * PRIME64_1;
    if (length > 32) {
      if (length > 64) {
        if (length > 96) sum += mix16(at + 48, secret + 96) + mix16(end - 64, secret + 112);
        sum += mix16(at + 32, secret + 64) + mix16(end - 48, secret + 80);
      }
      sum += mix16(at + 16, secret + 32) + mix16(end - 32, secret + 48);
    }
    return avalanche(sum + mix16(at, secret) + mix16(end - 16, secret + 16));
  }
  if (length > 8) {
    const low = word(at) ^ word(secret + 24) ^ word(secret + 32),
      top = word(at + length - 8) ^ word(secret + 40) ^ word(secret + 48);
    return avalanche(<u64>length + bswap(low) + top + fold(low, top));
  }
  if (length > 3) {
    const input = half(at + length - 4) + (half(at) << 32);
    const keyed = input ^ word(secret + 8) ^ word(secret + 16);
    let mixed = (keyed ^ rotl<u64>(keyed, 49) ^ rotl<u64>(keyed, 24)) * PRIME_MX2;
    mixed = (mixed ^ ((mixed >> 35) + <u64>length)) * PRIME_MX2;
    return mixed ^ (mixed >> 28);
  }
  if (length > 0) return avalanche64(<u64>tiny(at, length) ^ half(secret) ^ half(secret + 4));
  return avalanche64(word(secret + 56) ^ word(secret + 64));
}

function medium64(at: usize, length: u32): u64 {
  let sum = <u64>length * PRIME64_1;
  for (let i: u32 = 0; i < 8; i++) sum += mix16(at + 16 * i, secret + 16 * i);
  sum = avalanche(sum);
  const rounds = length >> 4;
  for (let i: u32 = 8; i < rounds; i++) sum += mix16(at + 16 * i, secret + 16 * (i - 8) + 3);
  return avalanche(sum + mix16(at + length - 16, secret + 136 - 17));
}

function long64(at: usize, length: u32): u64 {
  accumulate(at, length);
  return merge(secret + 11, <u64>length * PRIME64_1);
}

/** XXH3_128bits of `length` bytes: the lower half; the upper one is left in `high`. */
export function xxh3Of128(at: usize, length: u32): u64 {
  if (length > 240) {
    accumulate(at, length);
    high = merge(secret + SECRET_BYTES - 64 - 11, ~(<u64>length * PRIME64_2));
    return merge(secret + 11, <u64>length * PRIME64_1);
  }
  if (length > 16) return medium128(at, length);
  if (length > 8) {
    const first = word(at),
      last = word(at + length - 8);
    let low = multiply(first ^ last ^ word(secret + 32) ^ word(secret + 40), PRIME64_1),
      top = productHigh;
    low += <u64>(length - 1) << 54;
    const keyed = last ^ word(secret + 48) ^ word(secret + 56);
    top += keyed + (keyed & 0xffffffff) * (PRIME32_2 - 1);
    low ^= bswap(top);
    const result = multiply(low, PRIME64_2);
    high = avalanche(productHigh + top * PRIME64_2);
    return avalanche(result);
  }
  if (length > 3) {
    const keyed = (half(at) + (half(at + length - 4) << 32)) ^ word(secret + 16) ^ word(secret + 24);
    let low = multiply(keyed, PRIME64_1 + (<u64>length << 2));
    const top = productHigh + (low << 1);
    low ^= top >> 3;
    low = (low ^ (low >> 35)) * PRIME_MX2;
    high = avalanche(top);
    return low ^ (low >> 28);
  }
  if (length > 0) {
    const low = tiny(at, length);
    high = avalanche64(<u64>rotl<u32>(bswap<u32>(low), 13) ^ half(secret + 8) ^ half(secret + 12));
    return avalanche64(<u64>low ^ half(secret) ^ half(secret + 4));
  }
  high = avalanche64(word(secret + 80) ^ word(secret + 88));
  return avalanche64(word(secret + 64) ^ word(secret + 72));
}

let sumLow: u64 = 0,
  sumHigh: u64 = 0;

/** Two times sixteen bytes of input with 32 of the secret. */
@inline
function mix32(first: usize, second: usize, key: usize): void {
  sumLow = (sumLow + mix16(first, key)) ^ (word(second) + word(second + 8));
  sumHigh = (sumHigh + mix16(second, key + 16)) ^ (word(first) + word(first + 8));
}

function medium128(at: usize, length: u32): u64 {
  const end = at + length;
  sumLow = <u64>length * PRIME64_1;
  sumHigh = 0;
  if (length > 128) {
    for (let i: u32 = 0; i < 128; i += 32) mix32(at + i, at + i + 16, secret + i);
    sumLow = avalanche(sumLow);
    sumHigh = avalanche(sumHigh);
    for (let i: u32 = 160; i <= length; i += 32) mix32(at + i - 32, at + i - 16, secret + 3 + i - 160);
    mix32(end - 16, end - 32, secret + 136 - 17 - 16);
  } else {
    if (length > 96) mix32(at + 48, end - 64, secret + 96);
    if (length > 64) mix32(at + 32, end - 48, secret + 64);
    if (length > 32) mix32(at + 16, end - 32, secret + 32);
    mix32(at, end - 16, secret);
  }
  high = 0 - avalanche(sumLow * PRIME64_1 + sumHigh * PRIME64_4 + <u64>length * PRIME64_2);
  return avalanche(sumLow + sumHigh);
}

/** One stripe into the lanes 2i and 2i + 1. */
@inline
function stripe(lane: v128, at: usize, key: usize): v128 {
  const value = v128.load(at),
    keyed = v128.xor(value, v128.load(key));
  // Lower half times upper half of each word, and the neighbour's input word.
  const product = i64x2.extmul_low_i32x4_u(i8x16.shuffle(keyed, keyed, 0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11),
    i8x16.shuffle(keyed, keyed, 4, 5, 6, 7, 12, 13, 14, 15, 4, 5, 6, 7, 12, 13, 14, 15));
  return i64x2.add(i64x2.add(lane, product), i8x16.shuffle(value, value, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
}

@inline
function scramble(lane: v128, key: usize): v128 {
  const mixed = v128.xor(v128.xor(lane, i64x2.shr_u(lane, 47)), v128.load(key));
  return i64x2.mul(mixed, i64x2.splat(PRIME32_1));
}

/** Runs a long input through the lanes. */
function accumulate(at: usize, length: u32): void {
  let a = i64x2(PRIME32_3, PRIME64_1),
    b = i64x2(PRIME64_2, PRIME64_3),
    c = i64x2(PRIME64_4, PRIME32_2),
    d = i64x2(PRIME64_5, PRIME32_1);
  const last = at + length - STRIPE,
    stripes = (length - 1) / STRIPE;
  let key = secret,
    inBlock: u32 = 0,
    p = at;
  // `stripes` whole stripes; after each block of sixteen the lanes are scrambled, and after them comes the last stripe.
  for (let i: u32 = 0; i < stripes; i++) {
    a = stripe(a, p, key);
    b = stripe(b, p + 16, key + 16);
    c = stripe(c, p + 32, key + 32);
    d = stripe(d, p + 48, key + 48);
    p += STRIPE;
    key += 8;
    if (++inBlock == STRIPES_PER_BLOCK) {
      const end = secret + SECRET_BYTES - STRIPE;
      a = scramble(a, end);
      b = scramble(b, end + 16);
      c = scramble(c, end + 32);
      d = scramble(d, end + 48);
      inBlock = 0;
      key = secret;
    }
  }
  const end = secret + SECRET_BYTES - STRIPE - 7;
  v128.store(lanes, stripe(a, last, end));
  v128.store(lanes + 16, stripe(b, last + 16, end + 16));
  v128.store(lanes + 32, stripe(c, last + 32, end + 32));
  v128.store(lanes + 48, stripe(d, last + 48, end + 48));
}

function merge(key: usize, start: u64): u64 {
  let sum = start;
  for (let i: usize = 0; i < 64; i += 16) sum += fold(word(lanes + i) ^ word(key + i), word(lanes + i + 8) ^ word(key + i + 8));
  return avalanche(sum);
}
