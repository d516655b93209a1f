/**
 * The tokens of short pieces of text that were seen before. Keys are the UTF-16 units themselves, compared one by one, so a
 * collision costs time but never changes a result. The size is fixed: a new piece takes the place of the older one of its two
 * slots, so memory is bounded whatever the corpus (about 3 MB with the default of 32,768 slots).
 */
const KEY = 24;
const TOKENS = 8;

/** Longer pieces are not kept. */
export const longestCached: number = KEY;

export class PieceCache {
  readonly #mask: number;
  readonly #lengths: Uint8Array;
  readonly #units: Uint16Array;
  readonly #counts: Uint8Array;
  readonly #tokens: Uint32Array;
  /** Which slot of each pair is the older. */
  readonly #turns: Uint8Array;

  /** `bits`: two to the power of this many slots. */
  constructor(bits = 15) {
    const slots = 1 << bits;
    this.#mask = slots - 1;
    this.#lengths = new Uint8Array(slots);
    this.#units = new Uint16Array(slots * KEY);
    this.#counts = new Uint8Array(slots);
    this.#tokens = new Uint32Array(slots * TOKENS);
    this.#turns = new Uint8Array(slots / 2);
  }

  /** Appends the tokens of `text[start .. end)` to `ids` at `count`, which has room for 8 more; the new count, or -1 if not known. */
  copy(text: string, start: number, end: number, hash: number, ids: Uint32Array, count: number): number {
    const length = end - start;
    const first = (hash ^ (hash >>> 15)) & this.#mask;
    for (let way = 0; way < 2; way++) {
      const slot = first ^ way;
      if (this.#lengths[slot] !== length) continue;
      const key = slot * KEY;
      let i = 0;
      while (i < length && this.#units[key + i] === text.charCodeAt(start + i)) i++;
      if (i < length) continue;
      const tokens = slot * TOKENS;
      const known = this.#counts[slot] as number;
      for (let k = 0; k < known; k++) ids[count + k] = this.#tokens[tokens + k] as number;
      return count + known;
    }
    return -1;
  }

  /** Keeps the tokens `ids[from .. to)` of a piece, if both are short enough. */
  keep(text: string, start: number, end: number, hash: number, ids: Uint32Array, from: number, to: number): void {
    const length = end - start;
    if (length > KEY || to - from > TOKENS || length === 0) return;
    const first = (hash ^ (hash >>> 15)) & this.#mask;
    // The two slots of a pair are filled in turn.
    const turn = this.#turns[first >> 1] as number;
    this.#turns[first >> 1] = 1 - turn;
    const slot = first ^ turn;
    this.#lengths[slot] = length;
    for (let i = 0; i < length; i++) this.#units[slot * KEY + i] = text.charCodeAt(start + i);
    this.#counts[slot] = to - from;
    for (let k = from; k < to; k++) this.#tokens[slot * TOKENS + k - from] = ids[k] as number;
  }
}

/** The hash of a piece; scanners that meet every unit anyway add them up themselves with `addUnit`. */
export function hashPiece(text: string, start: number, end: number): number {
  let hash = 0;
  for (let at = start; at < end; at++) hash = addUnit(hash, text.charCodeAt(at));
  return hash;
}

export function addUnit(hash: number, unit: number): number {
  const mixed = Math.imul(hash ^ unit, 0x01000193);
  return mixed ^ (mixed >>> 13);
}
