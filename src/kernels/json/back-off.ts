/** Keeps what mostly fails from being tried every time: each failure in a row doubles the number of times that are passed over, up to 63. */
export class BackOff {
  #left = 0;
  #next = 0;

  /** Whether to try now. */
  due(): boolean {
    if (this.#left === 0) return true;
    this.#left--;
    return false;
  }

  failed(): void {
    this.#left = this.#next;
    this.#next = Math.min(63, 2 * this.#next + 1);
  }

  succeeded(): void {
    this.#next = 0;
  }
}
