/**
 * The permutations of datatrove (and, interleaved, of datasketch): numpy's legacy generator, which is MT19937 (Matsumoto and
 * Nishimura 1998) seeded by `init_genrand`, with numbers up to a bound by masked rejection.
 */

const N = 624;
/** 2^61 - 1. */
export const MERSENNE_61: bigint = (1n << 61n) - 1n;

/** MT19937, 64 bits at a time: the first output is the high half. */
class Twister {
  readonly #state: Uint32Array = new Uint32Array(N);
  #at = N;

  constructor(seed: number) {
    const state = this.#state;
    state[0] = seed;
    for (let i = 1; i < N; i++) {
      const before = state[i - 1] as number;
      state[i] = Math.imul(1812433253, before ^ (before >>> 30)) + i;
    }
  }

  #next32(): number {
    if (this.#at === N) this.#twist();
    let y = this.#state[this.#at++] as number;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  #twist(): void {
    const state = this.#state;
    for (let i = 0; i < N; i++) {
      const y = ((state[i] as number) & 0x8000_0000) | ((state[(i + 1) % N] as number) & 0x7fff_ffff);
      state[i] = (state[(i + 397) % N] as number) ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#at = 0;
  }

  /** A number from 0 to `largest`, which is below 2^61. */
  upTo(largest: bigint): bigint {
    for (;;) {
      const high = this.#next32();
      const drawn = ((BigInt(high) << 32n) | BigInt(this.#next32())) & MERSENNE_61;
      if (drawn <= largest) return drawn;
    }
  }
}

/** a and b of each permutation h -> ((h * a + b) mod 2^64) mod (2^61 - 1). */
export interface Permutations {
  readonly a: BigUint64Array;
  readonly b: BigUint64Array;
}

/** As datatrove draws them: all a in [1, 2^61 - 1), then all b in [0, 2^61 - 1). `seed` is an unsigned 32-bit integer. */
export function drawPermutations(count: number, seed: number): Permutations {
  const twister = new Twister(seed);
  const a = BigUint64Array.from({ length: count }, () => 1n + twister.upTo(MERSENNE_61 - 2n));
  const b = BigUint64Array.from({ length: count }, () => twister.upTo(MERSENNE_61 - 1n));
  return { a, b };
}

/** As datasketch and text-dedup draw them: a, then b, of one permutation after the other. */
export function drawInterleaved(count: number, seed: number): Permutations {
  const twister = new Twister(seed);
  const a = new BigUint64Array(count);
  const b = new BigUint64Array(count);
  for (let j = 0; j < count; j++) {
    a[j] = 1n + twister.upTo(MERSENNE_61 - 2n);
    b[j] = twister.upTo(MERSENNE_61 - 1n);
  }
  return { a, b };
}
