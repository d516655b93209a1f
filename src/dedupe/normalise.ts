/**
 * One document at a time, normalised: what exact keys and sketches are made of. It hides where the work is done: in the kernel
 * (src/kernels/sketch) or, where there is no WebAssembly SIMD, in plain TypeScript. Both give the same bytes.
 */
import { createHash, hash } from "node:crypto";
import { wordOption } from "../core/index.ts";
import { SketchKernel } from "../kernels/sketch/index.ts";
import { foldPage } from "./fold.ts";
import { ReferenceNormaliser } from "./normalise-reference.ts";

/** What becomes of punctuation and symbols: they part words ("drop"), or each is a word ("keep"). */
export type Punctuation = "drop" | "keep";

/** "wasm": the kernel, or an error. "js": plain TypeScript. "auto": the kernel where it runs. All give the same results. */
export type SketchBackend = "auto" | "wasm" | "js";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Holds the normal form of one document at a time: its words, folded, with one space between two. In the kernel, memory is 1.7 MB
 * whatever the size of the document, which goes through in windows; in plain TypeScript it is about 5 bytes for a byte of it.
 */
export class Normaliser {
  /** What holds the document, for the sketcher. */
  readonly source: SketchKernel | ReferenceNormaliser;

  constructor(backend: SketchBackend = "auto") {
    wordOption("Normaliser", "backend", backend, ["auto", "wasm", "js"]);
    const kernel = backend === "js" ? undefined : SketchKernel.create(foldPage);
    if (kernel === undefined && backend === "wasm") throw new Error("Normaliser: the kernel needs WebAssembly SIMD");
    this.source = kernel ?? new ReferenceNormaliser();
  }

  get backend(): "wasm" | "js" {
    return this.source instanceof SketchKernel ? "wasm" : "js";
  }

  /** Reads a document; bytes are expected to be UTF-8, and what is not counts as U+FFFD, as do halves of surrogate pairs. */
  read(text: string | Uint8Array, punctuation: Punctuation = "drop"): void {
    if (this.source instanceof SketchKernel) this.source.read(text, punctuation === "keep");
    else this.source.read(text, punctuation);
  }

  /** How many words the document has. */
  get words(): number {
    return this.source.words;
  }

  /** How many characters its words have. */
  get characters(): number {
    return this.source.characters;
  }

  /** The normal form in UTF-8, valid until the next `read`. Of a document larger than the kernel's window it is a copy. */
  get bytes(): Uint8Array {
    const { source } = this;
    if (source instanceof ReferenceNormaliser) return source.bytes.subarray(0, source.length);
    return source.inParts ? Buffer.concat([...source.normalParts()]) : source.normal;
  }

  /** The normal form as a string. */
  text(): string {
    return decoder.decode(this.bytes);
  }

  /** SHA-256 of the normal form, a character for each byte. */
  sha256(): string {
    const { source } = this;
    // One call without a stream object; as a string of bytes, since a Buffer for each document costs 1.5 us.
    if (source instanceof ReferenceNormaliser || !source.inParts) return hash("sha256", this.bytes, "binary");
    const sum = createHash("sha256");
    for (const part of source.normalParts()) sum.update(part);
    return sum.digest("binary");
  }
}
