/** Signatures made from numbers, for benches of what comes after the sketch: the same everywhere, in any order. */

export const VALUES = 112;

/** 32 pseudo-random bits of a number; a bijection. */
export function mix(value: number): number {
  let h = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  return (h ^ (h >>> 15)) >>> 0;
}

export interface Signatures {
  /** The document that a document is a copy of, or itself. Copies of copies do not occur: families are stars. */
  original(document: number): number;
  /** Writes a document's 112 values. */
  fill(document: number, into: Uint8Array, at: number): void;
}

/** A share of the documents are copies of an earlier one that have a share of its values. */
export function signatures(copies: number, similarity: number): Signatures {
  const share = copies * 2 ** 32;
  const same = similarity * 2 ** 32;
  const isCopy = (document: number): boolean => document >= 100 && mix(3 * document + 7) < share;
  const original = (document: number): number => {
    let of = document;
    while (isCopy(of)) of = mix(5 * of + 1) % of;
    return of;
  };
  const fill = (document: number, into: Uint8Array, at: number): void => {
    const of = original(document);
    for (let v = 0; v < VALUES; v += 4) {
      const word = mix(of * 31 + v);
      for (let k = 0; k < 4; k++) into[at + v + k] = (word >>> (8 * k)) & 255;
    }
    if (of === document) return;
    for (let v = 0; v < VALUES; v++) {
      const draw = mix(Math.imul(document, 113) + v);
      if (draw >= same) into[at + v] = (into[at + v] as number) ^ (1 + (draw % 255));
    }
  };
  return { original, fill };
}
