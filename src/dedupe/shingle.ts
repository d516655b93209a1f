/**
 * Words and shingles to numbers, `minhash@millrace` version 1.
 *
 *   word      its folded UTF-8 in blocks of eight bytes, zeros behind the last; two lanes of 32 bits, `blockA` and
 *             `blockB`, beginning at START_A and START_B. A character, where they are the unit, is hashed like a word; the
 *             spaces between words are left out
 *   shingle   n words in a row; per lane mix(seed + sum of word_i * P^(n-1-i), i from 0). Lane A is the shingle's value, by
 *             which minima are taken; lane B is its place, which chooses the bin
 *   seeds     `seeded(seed, 1)` for lane A, `seeded(seed, 2)` for lane B
 *
 * The sum rolls: the word that leaves the shingle is subtracted, so the cost is the same for every n.
 */
import { blockA, blockB, mix, POLYNOMIAL_A, POLYNOMIAL_B, power, START_A, START_B, seeded } from "./hash.ts";
import type { ReferenceNormaliser } from "./normalise-reference.ts";
import { LARGEST_NGRAM, type SketchParameters } from "./parameters.ts";

/** The last word hashes, a ring: the sum needs the one that leaves. */
const RING = LARGEST_NGRAM;

/** Which bytes of a block count when it has n of them. */
const LOW_BYTES: Int32Array = Int32Array.from({ length: 9 }, (_, n) => (n >= 4 ? -1 : (1 << (8 * n)) - 1));
const HIGH_BYTES: Int32Array = Int32Array.from({ length: 9 }, (_, n) => (n >= 8 ? -1 : n <= 4 ? 0 : (1 << (8 * (n - 4))) - 1));

/** Hashes the shingles of one document after the other, in pieces of any size. */
export class ShingleHasher {
  readonly #ofCharacters: boolean;
  readonly #ngram: number;
  readonly #seedA: number;
  readonly #seedB: number;
  readonly #leaveA: number;
  readonly #leaveB: number;
  readonly #ringA: Int32Array = new Int32Array(RING);
  readonly #ringB: Int32Array = new Int32Array(RING);
  #sumA = 0;
  #sumB = 0;
  /** The next word, and where it begins. */
  #word = 0;
  #at = 0;

  constructor(options: Pick<SketchParameters, "ngram" | "unit" | "seed">) {
    this.#ofCharacters = options.unit === "characters";
    this.#ngram = options.ngram;
    this.#seedA = seeded(options.seed, 1);
    this.#seedB = seeded(options.seed, 2);
    this.#leaveA = power(POLYNOMIAL_A, options.ngram);
    this.#leaveB = power(POLYNOMIAL_B, options.ngram);
  }

  /** Begins a document. */
  begin(): void {
    // Words before the first are zero, so the first sums lose nothing.
    this.#ringA.fill(0);
    this.#ringB.fill(0);
    this.#sumA = this.#sumB = this.#word = this.#at = 0;
  }

  /** Writes the next shingles into both arrays from `from` on, until they are full or the document ends; returns where it stopped. */
  read(document: ReferenceNormaliser, values: Int32Array, places: Int32Array, from: number): number {
    const { bytes, view, ends } = document;
    const ofCharacters = this.#ofCharacters;
    const units = ofCharacters ? document.characters : document.words;
    const ngram = this.#ngram;
    const seedA = this.#seedA;
    const seedB = this.#seedB;
    const leaveA = this.#leaveA;
    const leaveB = this.#leaveB;
    const ringA = this.#ringA;
    const ringB = this.#ringB;
    let sumA = this.#sumA;
    let sumB = this.#sumB;
    let word = this.#word;
    let at = this.#at;
    let to = from;
    for (; word < units && to < values.length; word++) {
      if (ofCharacters && bytes[at] === 0x20) at++;
      const end = ofCharacters ? at + bytesOf(bytes[at] as number) : (ends[word] as number);
      let a = START_A | 0;
      let b = START_B | 0;
      let low = view.getInt32(at, true);
      let high = view.getInt32(at + 4, true);
      while (end - at > 8) {
        a = blockA(a, low, high);
        b = blockB(b, low, high);
        at += 8;
        low = view.getInt32(at, true);
        high = view.getInt32(at + 4, true);
      }
      low &= LOW_BYTES[end - at] as number;
      high &= HIGH_BYTES[end - at] as number;
      a = blockA(a, low, high);
      b = blockB(b, low, high);
      at = ofCharacters ? end : end + 1;
      const leaving = (word - ngram) & (RING - 1);
      sumA = (Math.imul(sumA, POLYNOMIAL_A) + a - Math.imul(ringA[leaving] as number, leaveA)) | 0;
      sumB = (Math.imul(sumB, POLYNOMIAL_B) + b - Math.imul(ringB[leaving] as number, leaveB)) | 0;
      ringA[word & (RING - 1)] = a;
      ringB[word & (RING - 1)] = b;
      if (word < ngram - 1) continue;
      values[to] = mix((sumA + seedA) | 0);
      places[to++] = mix((sumB + seedB) | 0);
    }
    this.#sumA = sumA;
    this.#sumB = sumB;
    this.#word = word;
    this.#at = at;
    return to;
  }
}

/** The length of the character that begins with this byte. */
function bytesOf(first: number): number {
  return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}
