/**
 * XXH3 with seed 0 in plain TypeScript, by the specification, on 64-bit BigInts: what the kernel is compared with, and what runs where
 * WebAssembly SIMD is missing (about a thousand times slower). It shares nothing with the kernel but the published secret.
 */

const MASK = 0xffff_ffff_ffff_ffffn;
const P32 = [0n, 0x9e3779b1n, 0x85ebca77n, 0xc2b2ae3dn] as const;
const P64 = [0n, 0x9e3779b185ebca87n, 0xc2b2ae3d27d4eb4fn, 0x165667b19e3779f9n, 0x85ebca77c2b2ae63n, 0x27d4eb2f165667c5n] as const;
const MX1 = 0x165667919e3779f9n;
const MX2 = 0x9fb21c651e98df25n;

const SECRET: Buffer = Buffer.from(
  "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221" +
    "b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8" +
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb" +
    "170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e",
  "hex",
);

const wrap = (value: bigint): bigint => value & MASK;
const times = (a: bigint, b: bigint): bigint => wrap(a * b);
const shifted = (value: bigint, by: bigint): bigint => value ^ (value >> by);
const rotated = (value: bigint, by: bigint): bigint => wrap(value << by) | (value >> (64n - by));
const folded = (a: bigint, b: bigint): bigint => wrap(a * b) ^ ((a * b) >> 64n);
const key = (at: number): bigint => SECRET.readBigUInt64LE(at);
const key32 = (at: number): bigint => BigInt(SECRET.readUInt32LE(at));

function swapped(value: bigint): bigint {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes.readBigUInt64BE();
}

function avalanche(hash: bigint): bigint {
  return shifted(times(shifted(hash, 37n), MX1), 32n);
}

function avalanche64(hash: bigint): bigint {
  return shifted(times(shifted(times(shifted(hash, 33n), P64[2]), 29n), P64[3]), 32n);
}

/** One input: its bytes, and how 16 of them are mixed with 16 of the secret. */
class Input {
  readonly #bytes: Buffer;
  readonly length: number;
  readonly size: bigint;

  constructor(data: Uint8Array) {
    this.#bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
    this.length = data.length;
    this.size = BigInt(data.length);
  }

  byte(at: number): number {
    return this.#bytes.readUInt8(at);
  }

  half(at: number): bigint {
    return BigInt(this.#bytes.readUInt32LE(at));
  }

  word(at: number): bigint {
    return this.#bytes.readBigUInt64LE(at);
  }

  mix(at: number, secretAt: number): bigint {
    return folded(this.word(at) ^ key(secretAt), this.word(at + 8) ^ key(secretAt + 8));
  }

  /** Bytes of an input of one to three as one number. */
  tiny(): number {
    const { length } = this;
    return ((this.byte(0) << 16) | (this.byte(length >> 1) << 24) | this.byte(length - 1) | (length << 8)) >>> 0;
  }

  /** The eight lanes after all stripes of a long input. */
  lanes(): bigint[] {
    const lanes = [P32[3], P64[1], P64[2], P64[3], P64[4], P32[2], P64[5], P32[1]] as bigint[];
    const stripe = (at: number, secretAt: number): void => {
      for (let i = 0; i < 8; i++) {
        const value = this.word(at + 8 * i);
        const keyed = value ^ key(secretAt + 8 * i);
        lanes[i ^ 1] = wrap((lanes[i ^ 1] as bigint) + value);
        lanes[i] = wrap((lanes[i] as bigint) + (keyed & 0xffffffffn) * (keyed >> 32n));
      }
    };
    const blocks = Math.floor((this.length - 1) / 1024);
    for (let block = 0; block < blocks; block++) {
      for (let n = 0; n < 16; n++) stripe(block * 1024 + n * 64, 8 * n);
      for (let i = 0; i < 8; i++) lanes[i] = times(shifted(lanes[i] as bigint, 47n) ^ key(128 + 8 * i), P32[1]);
    }
    const rest = Math.floor((this.length - 1 - blocks * 1024) / 64);
    for (let n = 0; n < rest; n++) stripe(blocks * 1024 + n * 64, 8 * n);
    stripe(this.length - 64, 121);
    return lanes;
  }
}

function merged(lanes: readonly bigint[], secretAt: number, start: bigint): bigint {
  let sum = start;
  for (let i = 0; i < 4; i++) {
    sum += folded((lanes[2 * i] as bigint) ^ key(secretAt + 16 * i), (lanes[2 * i + 1] as bigint) ^ key(secretAt + 16 * i + 8));
  }
  return avalanche(wrap(sum));
}

/** XXH3_64bits. */
export function xxh3Reference64(data: Uint8Array): bigint {
  const input = new Input(data);
  const { length, size } = input;
  if (length === 0) return avalanche64(key(56) ^ key(64));
  if (length <= 3) return avalanche64(BigInt(input.tiny()) ^ key32(0) ^ key32(4));
  if (length <= 8) {
    const keyed = (input.half(length - 4) + (input.half(0) << 32n)) ^ key(8) ^ key(16);
    const mixed = times(keyed ^ rotated(keyed, 49n) ^ rotated(keyed, 24n), MX2);
    return shifted(times(mixed ^ wrap((mixed >> 35n) + size), MX2), 28n);
  }
  if (length <= 16) {
    const low = input.word(0) ^ key(24) ^ key(32);
    const high = input.word(length - 8) ^ key(40) ^ key(48);
    return avalanche(wrap(size + swapped(low) + high + folded(low, high)));
  }
  if (length <= 128) {
    let sum = times(size, P64[1]);
    for (let i = (length - 1) >> 5; i >= 0; i--) sum += input.mix(16 * i, 32 * i) + input.mix(length - 16 * (i + 1), 32 * i + 16);
    return avalanche(wrap(sum));
  }
  if (length <= 240) {
    let sum = times(size, P64[1]);
    for (let i = 0; i < 8; i++) sum += input.mix(16 * i, 16 * i);
    sum = avalanche(wrap(sum));
    for (let i = 8; i < length >> 4; i++) sum += input.mix(16 * i, 16 * (i - 8) + 3);
    return avalanche(wrap(sum + input.mix(length - 16, 119)));
  }
  return merged(input.lanes(), 11, times(size, P64[1]));
}

/** XXH3_128bits. */
export function xxh3Reference128(data: Uint8Array): bigint {
  const input = new Input(data);
  const { length, size } = input;
  const joined = (high: bigint, low: bigint): bigint => (wrap(high) << 64n) | wrap(low);
  if (length === 0) return joined(avalanche64(key(80) ^ key(88)), avalanche64(key(64) ^ key(72)));
  if (length <= 3) {
    const low = input.tiny();
    const turned = Number(swapped(BigInt(low)) >> 32n);
    const high = ((turned << 13) | (turned >>> 19)) >>> 0;
    return joined(avalanche64(BigInt(high) ^ key32(8) ^ key32(12)), avalanche64(BigInt(low) ^ key32(0) ^ key32(4)));
  }
  if (length <= 8) {
    const product = ((input.half(0) + (input.half(length - 4) << 32n)) ^ key(16) ^ key(24)) * wrap(P64[1] + (size << 2n));
    const high = wrap((product >> 64n) + (product << 1n));
    return joined(avalanche(high), shifted(times(shifted(wrap(product) ^ (high >> 3n), 35n), MX2), 28n));
  }
  if (length <= 16) {
    const [first, last] = [input.word(0), input.word(length - 8)];
    const product = (first ^ last ^ key(32) ^ key(40)) * P64[1];
    const keyed = last ^ key(48) ^ key(56);
    const high = wrap((product >> 64n) + keyed + (keyed & 0xffffffffn) * (P32[2] - 1n));
    const low = wrap(product + ((size - 1n) << 54n)) ^ swapped(high);
    const result = low * P64[2];
    return joined(avalanche(wrap((result >> 64n) + high * P64[2])), avalanche(wrap(result)));
  }
  if (length > 240) {
    const lanes = input.lanes();
    return joined(merged(lanes, 117, wrap(~times(size, P64[2]))), merged(lanes, 11, times(size, P64[1])));
  }
  let [low, high] = [times(size, P64[1]), 0n];
  const mix = (first: number, second: number, secretAt: number): void => {
    low = wrap(low + input.mix(first, secretAt)) ^ wrap(input.word(second) + input.word(second + 8));
    high = wrap(high + input.mix(second, secretAt + 16)) ^ wrap(input.word(first) + input.word(first + 8));
  };
  if (length <= 128) {
    for (let i = (length - 1) >> 5; i >= 0; i--) mix(16 * i, length - 16 * (i + 1), 32 * i);
  } else {
    for (let i = 0; i < 128; i += 32) mix(i, i + 16, i);
    [low, high] = [avalanche(low), avalanche(high)];
    for (let i = 160; i <= length; i += 32) mix(i - 32, i - 16, i - 157);
    mix(length - 16, length - 32, 103);
  }
  return joined(-avalanche(wrap(low * P64[1] + high * P64[4] + size * P64[2])), avalanche(wrap(low + high)));
}
