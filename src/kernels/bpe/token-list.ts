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

  push(token: number): void {
    if (this.#length === this.#tokens.length) this.#grow(this.#length + 1);
    this.#tokens[this.#length++] = token;
  }

  append(tokens: Uint32Array): void {
    if (this.#length + tokens.length > this.#tokens.length) this.#grow(this.#length + tokens.length);
    this.#tokens.set(tokens, this.#length);
    this.#length += tokens.length;
  }

  #grow(room: number): void {
    const grown = new Uint32Array(Math.max(2 * this.#tokens.length, room));
    grown.set(this.#tokens.subarray(0, this.#length));
    this.#tokens = grown;
  }

  /** A copy of what was appended. */
  take(): Uint32Array {
    return this.#tokens.slice(0, this.#length);
  }
}
