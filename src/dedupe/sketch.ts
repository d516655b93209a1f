/**
 * The sketch `minhash@millrace`: signatures and band keys of documents. What it is, is defined in sketch-reference.ts, shingle.ts
 * and bands.ts, in plain TypeScript; where the kernel runs (src/kernels/sketch), it does the work, with the same results.
 */
import { knownOptions } from "../core/index.ts";
import { SketchKernel } from "../kernels/sketch/index.ts";
import { bandKey } from "./bands.ts";
import { Normaliser } from "./normalise.ts";
import { SKETCH_OPTIONS, type SketchOptions, type SketchParameters, sketchParameters } from "./parameters.ts";
import { ReferenceSketcher } from "./sketch-reference.ts";

/** Sketches of many documents: those of document `i` are the `i`-th part of each array. */
export interface SketchBatch {
  /** `bands * rows` values of 8 bits a document; zeros for one without a shingle. */
  readonly signatures: Uint8Array;
  /** For each band the high and the low half of its 64-bit key; zeros for a document without a shingle. */
  readonly keys: Uint32Array;
  /** Words or characters a document; fewer than `ngram` make no shingle. */
  readonly units: Uint32Array;
}

/** Makes the signatures of documents, one at a time or many in one call. */
export class Sketcher {
  readonly parameters: SketchParameters;
  #reference: ReferenceSketcher | undefined;
  #own: Normaliser | undefined;

  /** Throws `TypeError` or `RangeError` for wrong options. */
  constructor(options: SketchOptions = {}) {
    knownOptions("Sketcher", options, SKETCH_OPTIONS);
    this.parameters = sketchParameters("Sketcher", options);
  }

  /** Whether a document has no shingle: fewer words, or characters, than a shingle is long. */
  isShort(document: Normaliser): boolean {
    const { unit, ngram } = this.parameters;
    return (unit === "words" ? document.words : document.characters) < ngram;
  }

  /**
   * Writes the `bands * rows` values of the document into `signature`, and the high and low half of each band's key into `keys`
   * (2 * `bands` numbers) where it is given; false, and nothing written, when the document has no shingle.
   */
  sketch(document: Normaliser, signature: Uint8Array, keys?: Int32Array): boolean {
    const { source } = document;
    if (source instanceof SketchKernel) return source.sketch(this.parameters, signature, keys);
    this.#reference ??= new ReferenceSketcher(this.parameters);
    if (!this.#reference.sketch(source, signature)) return false;
    const { bands, rows } = this.parameters;
    if (keys !== undefined) for (let band = 0; band < bands; band++) bandKey(signature, band * rows, rows, band, keys, 2 * band);
    return true;
  }

  /** Sketches many documents; with the kernel, one crossing for 256 of them or 256 KiB. Bytes are UTF-8. */
  sketchBatch(texts: readonly (string | Uint8Array)[]): SketchBatch {
    this.#own ??= new Normaliser();
    if (this.#own.source instanceof SketchKernel) return this.#own.source.sketchBatch(this.parameters, texts);
    return this.#oneByOne(this.#own, texts);
  }

  #oneByOne(document: Normaliser, texts: readonly (string | Uint8Array)[]): SketchBatch {
    const { bands, rows, unit } = this.parameters;
    const signatures = new Uint8Array(texts.length * bands * rows);
    const keys = new Int32Array(texts.length * 2 * bands);
    const units = new Uint32Array(texts.length);
    for (const [i, text] of texts.entries()) {
      document.read(text);
      units[i] = unit === "words" ? document.words : document.characters;
      const signature = signatures.subarray(i * bands * rows, (i + 1) * bands * rows);
      this.sketch(document, signature, keys.subarray(2 * i * bands, 2 * (i + 1) * bands));
    }
    return { signatures, keys: new Uint32Array(keys.buffer), units };
  }
}
