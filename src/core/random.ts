/**
 * Seeded randomness that can be saved: xoshiro128** (Blackman and Vigna, 2018), 128 bits of state, seeded from the run's
 * seed and the stage's name through a 32-bit mixer, so that adding a stage does not change the numbers another one draws.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: number, label: string) {
    let h = (Math.trunc(seed) ^ Math.trunc(seed / 0x1_0000_0000)) >>> 0;
    for (let i = 0; i < label.length; i++) h = mix32(h ^ label.charCodeAt(i));
    this.#a = h = mix32(h + 0x9e3779b9);
    this.#b = h = mix32(h + 0x9e3779b9);
    this.#c = h = mix32(h + 0x9e3779b9);
    this.#d = mix32(h + 0x9e3779b9) | 1; // the all-zero state is the one that never leaves itself
  }

  /** The next number, uniform in [0, 1), with 32 random bits. */
  next(): number {
    const product = Math.imul(this.#b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const t = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= t;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result / 0x1_0000_0000;
  }

  save(): number[] {
    return [this.#a, this.#b, this.#c, this.#d];
  }

  restore(state: readonly number[]): void {
    [this.#a, this.#b, this.#c, this.#d] = state as [number, number, number, number];
  }
}

/** The finaliser of murmur3: every input bit changes about half of the output bits. */
function mix32(value: number): number {
  let h = value >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
