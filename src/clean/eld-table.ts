/**
 * eld's database as one hash table with open addressing: for the exact bytes of each gram, up to six, its scores by language.
 *
 * Sixteen bytes a slot and at most two thirds of them taken, so that a look-up is mostly one cache line: 2.1 MB for the small
 * database's 81,206 grams, and 0.3 MB for their 141,339 scores.
 */
import type { EldData } from "./eld-scorer.ts";

export const SLOT = 4; // a slot: 4 bytes of the gram, 2 more bytes below the number of scores, where they begin, the text that last had it
const LONGEST_KEY = 6;

export interface GramTable {
  readonly slots: Int32Array;
  /** 32 less the number of bits of a slot's number. */
  readonly shift: number;
  /** Language number above 8 bits of score. */
  readonly scores: Uint16Array;
}

/** Always below the number of slots. Both factors are odd and have their bits spread. */
export function slotOf(low: number, high: number, shift: number): number {
  return Math.imul(low ^ Math.imul(high, 0x2c1b3c6d), 0x9e3779b1) >>> shift;
}

/** Undefined when the database holds anything that the table has no room for. */
export function tableOf({ languages, ngrams }: EldData["ngramsData"]): GramTable | undefined {
  const count = Object.keys(languages).length;
  const grams = Object.keys(ngrams);
  const bits = Math.ceil(Math.log2(Math.max(1, grams.length) * 1.5));
  const slots = new Int32Array(SLOT << bits);
  const shift = 32 - bits;
  const mask = (1 << bits) - 1;
  let scores = new Uint16Array(2 * grams.length);
  let used = 0;
  for (const gram of grams) {
    if (gram.length > LONGEST_KEY) return undefined;
    let low = 0;
    let high = 0;
    for (let i = 0; i < gram.length; i++) {
      const byte = gram.charCodeAt(i);
      if (byte === 0 || byte > 0xff) return undefined;
      if (i < 4) low |= byte << (8 * i);
      else high |= byte << (8 * (i - 4));
    }
    const first = used;
    const byLanguage = ngrams[gram] as Readonly<Record<string, number>>;
    for (const key in byLanguage) {
      const language = Number(key);
      const score = byLanguage[key] as number;
      if (!(language >= 0 && language < count && language < 256) || !(score >= 0 && score < 256) || score % 1 !== 0) return undefined;
      if (used === scores.length) {
        const longer = new Uint16Array(2 * used);
        longer.set(scores);
        scores = longer;
      }
      scores[used++] = (language << 8) | score;
    }
    if (used === first) continue; // adds nothing, and no scores mark an empty slot
    let at = slotOf(low, high, shift);
    while (slots[at * SLOT + 1] !== 0) at = (at + 1) & mask;
    slots[at * SLOT] = low;
    slots[at * SLOT + 1] = high | ((used - first) << 16);
    slots[at * SLOT + 2] = first;
  }
  return { slots, shift, scores: scores.slice(0, used) };
}
