/** Longer pieces seldom repeat. */
export const longestCached: number = 32;
/** A power of two: more different pieces than a few megabytes of text have often. */
const places = 2 ** 16;

/**
 * The ids of pieces seen before, by their bytes. Every piece has one place where it can stand, and the newer takes it; keys are compared
 * in full, so a collision costs time and never changes an id. Fixed size: 2.5 MB and the arrays of ids.
 *
 * A Map of strings would do the same, but making the string and hashing it takes three times as long as all of this.
 */
export class PieceCache {
  readonly #keys = new Uint8Array(places * longestCached);
  readonly #lengths = new Uint8Array(places); // 0: nothing stands here
  readonly #ids: (number | Uint32Array)[] = new Array<number>(places).fill(0);

  /** The place of the piece `bytes[start .. end)`, whether it stands there or not. */
  placeOf(bytes: Uint8Array, start: number, end: number): number {
    let hash = end - start;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
    // Of a product the upper bits are the good ones.
    return Math.imul(hash, 0x9e3779b1) >>> 16;
  }

  /** The one id, or all of them, of the piece at its place; undefined when another stands there. */
  get(place: number, bytes: Uint8Array, start: number, end: number): number | Uint32Array | undefined {
    const length = end - start;
    if (this.#lengths[place] !== length) return undefined;
    const key = place * longestCached;
    for (let i = 0; i < length; i++) if (this.#keys[key + i] !== bytes[start + i]) return undefined;
    return this.#ids[place];
  }

  /** Puts a piece of up to `longestCached` bytes in its place. */
  set(place: number, bytes: Uint8Array, start: number, end: number, ids: number | Uint32Array): void {
    this.#lengths[place] = end - start;
    this.#ids[place] = ids;
    const key = place * longestCached;
    for (let i = start; i < end; i++) this.#keys[key + i - start] = bytes[i] ?? 0;
  }
}
