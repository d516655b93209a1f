/** A Uint32Array that grows by doubling. */
export class TokenList {
  #tokens: Uint32Array;
  #length = 0;

  constructor(room: number = 1024) {
    this.#tokens = new Uint32Array(room);
  }

  get length(): number {
    return this.#length;
  }

  append(tokens: Uint32Array): void {
    if (this.#length + tokens.length > this.#tokens.length) {
      const grown = new Uint32Array(Math.max(2 * this.#tokens.length, this.#length + tokens.length));
      grown.set(this.#tokens.subarray(0, this.#length));
      this.#tokens = grown;
    }
    this.#tokens.set(tokens, this.#length);
    this.#length += tokens.length;
  }

  /** A copy of what was appended. */
  take(): Uint32Array {
    return this.#tokens.slice(0, this.#length);
  }
}
