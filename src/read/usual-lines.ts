/**
 * The usual line, an object with a text, read by a WebAssembly kernel; docs/kernels.md says how. A line that is not usual, or longer than the
 * kernel takes, is left to `JSON.parse`, and so is everything where there is no kernel.
 */
import { BackOff, LineKernel, LONGEST_LINE } from "../kernels/json/index.ts";
import type { FieldNames } from "./fields.ts";
import type { LineSplitter } from "./lines.ts";

export class UsualLines {
  readonly #kernel: LineKernel;
  readonly #text: string;
  readonly #id: string;
  /** The stretch of the current chunk that the kernel holds. */
  #from = 0;
  #to = 0;
  /** A file of other lines pays for few attempts. */
  readonly #attempts = new BackOff();

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
    const ours = kernel.owns(this);
    if (!ours) {
      kernel.claim(this, this.#text, this.#id);
      this.#to = 0;
    }
    if (!lines.isWhole) {
      kernel.load(line, start, end, end);
      this.#from = start;
      this.#to = 0;
    } else if (end > this.#to) {
      // Where two sources take turns, more than the line itself would be copied in vain.
      this.#to = kernel.load(line, start, end, ours ? line.length : end);
      this.#from = start;
    }
    if (kernel.read(start - this.#from, length)) {
      this.#attempts.succeeded();
      return kernel;
    }
    this.#attempts.failed();
    return undefined;
  }
}
