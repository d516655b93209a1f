/**
 * The sketch `minhash@millrace` version 1 in plain TypeScript, which the kernel is compared with: one-permutation hashing (Li, Owen,
 * Zhang 2012) with a real MinHash for every bin left empty, cut to 8 bits a value (b-bit MinHash, Li and König 2010). Two documents
 * agree in a value with probability J + (1 - J) / 256, where J is the Jaccard similarity of their sets of shingles.
 *
 *   bin       K = bands * rows of them; a shingle goes to bin ((place >>> 16) * K) >>> 16, which keeps the least value in
 *             signed order
 *   hole      a bin that got nothing (or 2^31 - 1) takes the least of value * a_j + b_j over all shingles instead;
 *             a_j = `seeded(seed, 3 + 2j)` | 1, b_j = `seeded(seed, 4 + 2j)`
 *   signature mix(bin) >>> 24, in the order of the bins
 *
 * A bin empty in one of two documents must differ between them, and does; one that is empty in both is plain MinHash. So
 * the estimate has no bias, and none of the extra variance that filling holes from other bins brings to short documents.
 *
 * Cost: O(shingles), and for each hole one step a shingle: documents of more than about 5 K shingles have no hole.
 * Classical MinHash takes K steps for every shingle. Memory: 64 KiB; more only while a bin stays empty beside 4,000
 * different shingles, which does not happen for K = 112 (1e-14).
 */
import { mix, seeded } from "./hash.ts";
import type { ReferenceNormaliser } from "./normalise-reference.ts";
import type { SketchParameters } from "./parameters.ts";
import { ShingleHasher } from "./shingle.ts";

/** What a bin without a shingle holds. */
const EMPTY = 0x7fff_ffff;
/** Shingles hashed in one go; a power of two. */
const PIECE = 8192;

/** Makes the signatures of documents, one at a time; it owns the scratch arrays. */
export class ReferenceSketcher {
  readonly parameters: SketchParameters;
  readonly #hasher: ShingleHasher;
  readonly #bins: Int32Array;
  readonly #multiply: Int32Array;
  readonly #add: Int32Array;
  #values: Int32Array = new Int32Array(PIECE);
  #places: Int32Array = new Int32Array(PIECE);

  constructor(parameters: SketchParameters) {
    const { bands, rows, seed } = parameters;
    const size = bands * rows;
    this.parameters = parameters;
    this.#hasher = new ShingleHasher(parameters);
    this.#bins = new Int32Array(size);
    this.#multiply = Int32Array.from({ length: size }, (_, j) => seeded(seed, 3 + 2 * j) | 1);
    this.#add = Int32Array.from({ length: size }, (_, j) => seeded(seed, 4 + 2 * j));
  }

  /** Writes the `bands * rows` values of the document into `signature`; false, and nothing written, when it has no shingle. */
  sketch(document: ReferenceNormaliser, signature: Uint8Array): boolean {
    const units = this.parameters.unit === "words" ? document.words : document.characters;
    if (units < this.parameters.ngram) return false;
    const kept = this.#scatter(document);
    const bins = this.#bins;
    if (bins.includes(EMPTY)) this.#fill(kept);
    for (let j = 0; j < bins.length; j++) signature[j] = mix(bins[j] as number) >>> 24;
    return true;
  }

  /** Puts every shingle into its bin. If a bin is left empty, the values of all shingles lie before the returned index. */
  #scatter(document: ReferenceNormaliser): number {
    const bins = this.#bins.fill(EMPTY);
    const size = bins.length;
    this.#hasher.begin();
    let kept = 0;
    for (;;) {
      const values = this.#values;
      const places = this.#places;
      const end = this.#hasher.read(document, values, places, kept);
      for (let i = kept; i < end; i++) {
        const bin = (((places[i] as number) >>> 16) * size) >>> 16;
        bins[bin] = Math.min(bins[bin] as number, values[i] as number);
      }
      if (end < values.length) return end;
      kept = this.#makeRoom();
    }
  }

  /**
   * The arrays are full. Once no bin is empty nobody needs the values again; before that, values seen already are left out
   * (no minimum changes), so that a huge document of few different shingles stays cheap.
   */
  #makeRoom(): number {
    if (!this.#bins.includes(EMPTY)) return 0;
    const values = this.#values;
    const seen = new Int32Array(PIECE);
    for (let i = 0; i < PIECE; i++) seen[i] = i ^ 1; // a value that belongs into another slot, so nothing looks seen
    let kept = 0;
    for (const value of values) {
      if (seen[value & (PIECE - 1)] === value) continue;
      seen[value & (PIECE - 1)] = value;
      values[kept++] = value;
    }
    if (kept > values.length / 2) {
      this.#values = new Int32Array(values.length * 2);
      this.#values.set(values.subarray(0, kept));
      this.#places = new Int32Array(values.length * 2); // places were used already
    }
    return kept;
  }

  /** Gives every hole a MinHash of its own over the first `kept` values: four holes in one walk over them. */
  #fill(kept: number): void {
    const bins = this.#bins;
    const values = this.#values;
    const holes: number[] = [];
    for (let j = 0; j < bins.length; j++) if (bins[j] === EMPTY) holes.push(j);
    for (let h = 0; h < holes.length; h += 4) {
      const j0 = holes[h] as number;
      const j1 = holes[h + 1] ?? j0;
      const j2 = holes[h + 2] ?? j0;
      const j3 = holes[h + 3] ?? j0;
      const a0 = this.#multiply[j0] as number;
      const a1 = this.#multiply[j1] as number;
      const a2 = this.#multiply[j2] as number;
      const a3 = this.#multiply[j3] as number;
      const b0 = this.#add[j0] as number;
      const b1 = this.#add[j1] as number;
      const b2 = this.#add[j2] as number;
      const b3 = this.#add[j3] as number;
      let m0 = EMPTY;
      let m1 = EMPTY;
      let m2 = EMPTY;
      let m3 = EMPTY;
      for (let i = 0; i < kept; i++) {
        const value = values[i] as number;
        m0 = Math.min(m0, (Math.imul(value, a0) + b0) | 0);
        m1 = Math.min(m1, (Math.imul(value, a1) + b1) | 0);
        m2 = Math.min(m2, (Math.imul(value, a2) + b2) | 0);
        m3 = Math.min(m3, (Math.imul(value, a3) + b3) | 0);
      }
      bins[j0] = m0;
      bins[j1] = m1;
      bins[j2] = m2;
      bins[j3] = m3;
    }
  }
}
