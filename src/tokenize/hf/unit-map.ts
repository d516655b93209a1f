/**
 * Normalizing a short chunk by a table. Most characters become one UTF-16 unit whatever stands around them; for a chunk of such
 * characters alone, the normalizer is a look-up a unit. A unit gets into the table when it is first met, by running the
 * normalizer on it, and only if nothing in the normalizer can make it depend on its neighbours.
 */
import { pinnedSet } from "./code-points.ts";
import { type NormalizerStep, normalize } from "./normalizer.ts";
import { PlainText } from "./plain-text.ts";

const COMPLEX = 1;
const REMOVED = 2;
/** Results are kept plus this. */
const FIRST = 3;

/** Longer chunks take the general way. */
const LONGEST = 64;

export class UnitMap {
  readonly #steps: readonly NormalizerStep[];
  readonly #table = new Uint32Array(0x10000);
  /** Units that a pattern of several characters may match: two in a row are left to the general way. */
  readonly #suspects = new Set<number>();
  readonly #mayRemove: boolean;
  readonly #units = new Uint16Array(LONGEST);

  constructor(steps: readonly NormalizerStep[]) {
    this.#steps = steps;
    for (const step of steps) {
      if (step.kind !== "replace" || step.isRegex || step.source.length === 1) continue;
      for (let i = 0; i < step.source.length; i++) this.#suspects.add(step.source.charCodeAt(i));
    }
    // What is composed could have been blocked by what was removed.
    this.#mayRemove = steps.every(
      (step) => step.kind === "rewrite" && step.name !== "NFC" && step.name !== "NFKC" && step.name !== "Precompiled",
    );
  }

  /** The normal form of `text[start .. end)`, or undefined when it has to be found the general way. */
  map(text: string, start: number, end: number): string | undefined {
    if (end - start > LONGEST) return undefined;
    const units = this.#units;
    let count = 0;
    let suspicious = false;
    let changed = false;
    for (let at = start; at < end; at++) {
      const unit = text.charCodeAt(at);
      const known = (this.#table[unit] as number) || this.#classify(unit);
      if (known === COMPLEX) return undefined;
      if (known === REMOVED) {
        changed = true;
        continue;
      }
      if (known - FIRST !== unit) changed = true;
      if (this.#suspects.size > 0) {
        // What a character was on its way to another is not known, so it may have been one of those.
        const suspect = this.#suspects.has(unit) || unit !== known - FIRST;
        if (suspect && suspicious) return undefined;
        suspicious = suspect;
      }
      units[count++] = known - FIRST;
    }
    if (!changed) return text.slice(start, end);
    return String.fromCharCode.apply(null, units.subarray(0, count) as unknown as number[]);
  }

  #classify(unit: number): number {
    const kind = this.#kindOf(unit);
    this.#table[unit] = kind;
    return kind;
  }

  #kindOf(unit: number): number {
    if (unit >= 0xd800 && unit <= 0xdfff) return COMPLEX;
    const text = new PlainText(String.fromCharCode(unit), false);
    normalize(this.#steps, text);
    if (text.text === "") return this.#mayRemove ? REMOVED : COMPLEX;
    if (dependsOnNeighbours(unit)) return COMPLEX;
    const result = text.text.charCodeAt(0);
    const isOne = text.text.length === 1 && (result < 0xd800 || result > 0xdfff);
    return isOne && !dependsOnNeighbours(result) && !pinnedSet("space").has(result) && result !== 0x2581 ? result + FIRST : COMPLEX;
  }
}

/** Whether a character may combine, or share a grapheme, with one beside it. */
function dependsOnNeighbours(point: number): boolean {
  if (point < 0x300) return point < 32;
  // Conjoining jamo.
  if ((point >= 0x1100 && point <= 0x11ff) || (point >= 0xa960 && point <= 0xa97c) || (point >= 0xd7b0 && point <= 0xd7fb)) return true;
  return (["combiningMark", "graphemeExtend", "graphemePrepend", "graphemeControl"] as const).some((name) => pinnedSet(name).has(point));
}
