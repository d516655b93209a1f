// XXH64 and XXH32 with seed 0 (Yann Collet, specification 0.1.1).

const P1: u64 = 0x9e3779b185ebca87, P2: u64 = 0xc2b2ae3d27d4eb4f, P3: u64 = 0x165667b19e3779f9, P4: u64 = 0x85ebca77c2b2ae63,
  P5: u64 = 0x27d4eb2f165667c5;

@inline
function round(accumulator: u64, lane: u64): u64 {
  return rotl(accumulator + lane * P2, 31) * P1;
}

@inline
function merge(accumulator: u64, lane: u64): u64 {
  return (accumulator ^ round(0, lane)) * P1 + P4;
}

export function xxh64(from: usize, length: usize): u64 {
  const end = from + length;
  let p = from, h: u64;
  if (length >= 32) {
    let a: u64 = P1 + P2, b: u64 = P2, c: u64 = 0, d: u64 = 0 - P1;
    for (; p + 32 <= end; p += 32) {
      a = round(a, load<u64>(p));
      b = round(b, load<u64>(p, 8));
      c = round(c, load<u64>(p, 16));
      d = round(d, load<u64>(p, 24));
    }
    h = rotl(a, 1) + rotl(b, 7) + rotl(c, 12) + rotl(d, 18);
    h = merge(merge(merge(merge(h, a), b), c), d);
  } else h = P5;
  h += <u64>length;
  for (; p + 8 <= end; p += 8) h = rotl(h ^ round(0, load<u64>(p)), 27) * P1 + P4;
  if (p + 4 <= end) {
    h = rotl(h ^ (<u64>load<u32>(p) * P1), 23) * P2 + P3;
    p += 4;
  }
  for (; p < end; p++) h = rotl(h ^ (<u64>load<u8>(p) * P5), 11) * P1;
  h = (h ^ (h >> 33)) * P2;
  h = (h ^ (h >> 29)) * P3;
  return h ^ (h >> 32);
}

const Q1: u32 = 0x9e3779b1, Q2: u32 = 0x85ebca77, Q3: u32 = 0xc2b2ae3d, Q4: u32 = 0x27d4eb2f, Q5: u32 = 0x165667b1;

@inline
function round32(accumulator: u32, lane: u32): u32 {
  return rotl(accumulator + lane * Q2, 13) * Q1;
}

export function xxh32(from: usize, length: usize): u64 {
  const end = from + length;
  let p = from, h: u32;
  if (length >= 16) {
    let a: u32 = Q1 + Q2, b: u32 = Q2, c: u32 = 0, d: u32 = 0 - Q1;
    for (; p + 16 <= end; p += 16) {
      a = round32(a, load<u32>(p));
      b = round32(b, load<u32>(p, 4));
      c = round32(c, load<u32>(p, 8));
      d = round32(d, load<u32>(p, 12));
    }
    h = rotl(a, 1) + rotl(b, 7) + rotl(c, 12) + rotl(d, 18);
  } else h = Q5;
  h += <u32>length;
  for (; p + 4 <= end; p += 4) h = rotl(h + load<u32>(p) * Q3, 17) * Q4;
  for (; p < end; p++) h = rotl(h + <u32>load<u8>(p) * Q5, 11) * Q1;
  h = (h ^ (h >> 15)) * Q2;
  h = (h ^ (h >> 13)) * Q3;
  return <u64>(h ^ (h >> 16));
}
