/** What a shard format adds to the machinery all formats share (names, limits, hashes, index, manifest). */

/** One record made ready, before it is known in which shard it will lie. */
export interface Sample {
  /** Bytes it takes in a shard, headers and padding included. */
  readonly size: number;
}

export interface ShardFormat<S extends Sample> {
  /** Makes a record ready. The sample is valid until the next call. What it throws counts as an error of that record. */
  encode(record: unknown): S;
  /** Writes the sample, whose key is made of `name` (a shard's) and `number`: all of `sample.size` bytes from `at` on. */
  fill(sample: S, name: string, number: number, into: Buffer, at: number): void;
  /** Zero bytes that end a shard holding this many bytes of samples. */
  padding(bytes: number): number;
}

const CAPACITY = 1 << 20;
/** UTF-8 takes at most three bytes for one UTF-16 unit. */
const WORST = 3;

/**
 * UTF-8 bytes of the strings of one sample. They are laid into one buffer that is used again for every sample: a string
 * is then converted once, instead of being measured, converted and thrown away. Long strings get a buffer of their own.
 */
export class Utf8 {
  /** Made for the first string: a task without records should cost nothing. */
  #buffer: Buffer | undefined;
  #used = 0;

  /** Forgets the strings of the sample before. */
  reset(): void {
    this.#used = 0;
  }

  /** Lone surrogates become U+FFFD. */
  bytes(text: string): Uint8Array {
    const from = this.#used;
    if (text.length * WORST > CAPACITY - from) return Buffer.from(text);
    this.#buffer ??= Buffer.allocUnsafeSlow(CAPACITY);
    this.#used += this.#buffer.write(text, from, "utf8");
    return this.#buffer.subarray(from, this.#used);
  }
}
