/**
 * The usual line, an object with a text, read by a WebAssembly kernel; docs/kernels.md says how. A line that is not usual, or longer than the
 * kernel takes, is left to `JSON.parse`, and so is everything where there is no kernel.
 */
import { BackOff, LineKernel, LONGEST_LINE } from "../kernels/json/index.ts";
import type { FieldNames } from "./fields.ts";
import type { LineSplitter } from "./lines.ts";

/** A line shorter than this is not worth the kernel's changing hands, where readers take turns. */
const WORTH_A_TURN = 256;
/** Bytes loaded at once, beyond the line, grow from one to the other: where readers take turns, more would be copied in vain. */
const FIRST_REACH = 2048;
const FULL_REACH = 100_000;

export class UsualLines {
  readonly #kernel: LineKernel;
  readonly #text: string;
  readonly #id: string;
  /** The stretch of the current chunk that the kernel holds. */
  #from = 0;
  #to = 0;
  #reach = 0;
  /** A file of other lines pays for few attempts. */
  readonly #attempts = new BackOff();
  readonly #turns = new BackOff();

  /** Undefined without WebAssembly SIMD, and for names that no usual line has. */
  static for({ text, id }: FieldNames): UsualLines | undefined {
    if (text === false || !LineKernel.takes(text, id || "")) return undefined;
    const kernel = LineKernel.shared();
    return kernel && new UsualLines(kernel, text, id || "");
  }

  private constructor(kernel: LineKernel, text: string, id: string) {
    this.#kernel = kernel;
    this.#text = text;
    this.#id = id;
  }

  /** What was loaded belongs to a chunk that is gone. */
  forgetChunk(): void {
    this.#to = 0;
  }

  /** The kernel with what the current line holds, or undefined: it is left to `JSON.parse`. */
  read(lines: LineSplitter): LineKernel | undefined {
    const { line, from: start, to: end } = lines;
    const length = end - start;
    if (!this.#attempts.due()) return undefined;
    if (length > LONGEST_LINE || !lines.isUtf8()) return undefined;
    const kernel = this.#kernel;
    if (!kernel.owns(this)) {
      if (length < WORTH_A_TURN && !this.#turns.due()) return undefined;
      this.#turns.failed();
      kernel.claim(this, this.#text, this.#id);
      this.#reach = 0;
      this.#to = 0;
    }
    if (!lines.isWhole) {
      kernel.load(line, start, end, end);
      this.#from = start;
      this.#to = 0;
    } else if (end > this.#to) {
      this.#to = kernel.load(line, start, end, Math.min(line.length, Math.max(end, start + this.#reach)));
      this.#from = start;
      if (this.#reach > FULL_REACH) this.#turns.succeeded();
      else this.#reach = 2 * this.#reach + FIRST_REACH;
    }
    if (kernel.read(start - this.#from, length)) {
      this.#attempts.succeeded();
      return kernel;
    }
    this.#attempts.failed();
    return undefined;
  }
}
