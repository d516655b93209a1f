// SHA-1 (FIPS 180-4), of which only the first eight bytes are wanted, read as a little-endian number. Not for security: FineWeb's
// signatures are made with it.

/** The block being padded, and the 80 words of its schedule. */
const BLOCK = memory.data(64, 16);
const SCHEDULE = memory.data(320, 16);

let s0: u32 = 0, s1: u32 = 0, s2: u32 = 0, s3: u32 = 0, s4: u32 = 0;

export function sha1(from: usize, length: usize): u64 {
  s0 = 0x67452301;
  s1 = 0xefcdab89;
  s2 = 0x98badcfe;
  s3 = 0x10325476;
  s4 = 0xc3d2e1f0;
  const end = from + length;
  let p = from;
  for (; p + 64 <= end; p += 64) compress(p);
  const rest = end - p;
  memory.fill(BLOCK, 0, 64);
  memory.copy(BLOCK, p, rest);
  store<u8>(BLOCK + rest, 0x80);
  if (rest >= 56) {
    compress(BLOCK);
    memory.fill(BLOCK, 0, 64);
  }
  store<u64>(BLOCK, bswap<u64>(<u64>length << 3), 56);
  compress(BLOCK);
  return (<u64>bswap<u32>(s1) << 32) | bswap<u32>(s0);
}

function compress(block: usize): void {
  for (let i: usize = 0; i < 64; i += 4) store<u32>(SCHEDULE + i, bswap<u32>(load<u32>(block + i)));
  for (let i: usize = 64; i < 320; i += 4) {
    const at = SCHEDULE + i;
    store<u32>(at, rotl(load<u32>(at - 12) ^ load<u32>(at - 32) ^ load<u32>(at - 56) ^ load<u32>(at - 64), 1));
  }
  let a = s0, b = s1, c = s2, d = s3, e = s4;
  for (let i: usize = 0; i < 320; i += 4) {
    let f: u32, k: u32;
    if (i < 80) {
      f = d ^ (b & (c ^ d));
      k = 0x5a827999;
    } else if (i < 160) {
      f = b ^ c ^ d;
      k = 0x6ed9eba1;
    } else if (i < 240) {
      f = (b & c) | (d & (b | c));
      k = 0x8f1bbcdc;
    } else {
      f = b ^ c ^ d;
      k = 0xca62c1d6;
    }
    const next = rotl(a, 5) + f + e + k + load<u32>(SCHEDULE + i);
    e = d;
    d = c;
    c = rotl(b, 30);
    b = a;
    a = next;
  }
  s0 += a;
  s1 += b;
  s2 += c;
  s3 += d;
  s4 += e;
}
