/**
 * Gzip through `node:zlib`, which reads all members, checks each CRC and works off the main thread. Around it stands what
 * zlib does in silence: it stops at the first zero byte behind a member and never says what else the file holds. Zero bytes
 * are padding here; another member behind them is read; anything else is corruption.
 */
import { createGunzip, type Gunzip } from "node:zlib";
import { PipelineError } from "../core/index.ts";
import type { Decoder } from "./decompress.ts";

/** Bytes of one output. */
const OUTPUT_BYTES = 256 * 1024;

export class GzipDecoder implements Decoder {
  #engine: Gunzip | undefined;
  #error: Error | undefined;
  #ended = false;
  /** True behind a zero byte that followed a member: the engine takes no more. */
  #padding = false;
  #wake: () => void = () => {};

  async *decode(piece: Buffer): AsyncGenerator<Buffer, void> {
    let rest = piece;
    while (rest.length > 0) {
      if (this.#padding) {
        rest = afterZeros(rest);
        if (rest.length === 0) return;
        this.close();
        this.#padding = false;
      }
      this.#engine ??= this.#open();
      const before = this.#engine.bytesWritten;
      yield* this.#pump(this.#engine, rest);
      rest = rest.subarray(this.#engine.bytesWritten - before);
      this.#padding = rest.length > 0; // zlib refuses a byte only there
    }
  }

  async finish(): Promise<void> {
    if (this.#padding) return;
    this.#engine ??= this.#open();
    const engine = this.#engine;
    engine.end();
    while (!this.#ended) {
      if (this.#error !== undefined) throw decodeError(this.#error);
      const change = this.#change();
      if (engine.read() === null) await change;
    }
  }

  close(): void {
    this.#engine?.destroy();
    this.#engine = undefined;
  }

  /** Feeds one piece and hands out the output. The engine fills the next output while the caller works on this one. */
  async *#pump(engine: Gunzip, piece: Buffer): AsyncGenerator<Buffer, void> {
    let written = false;
    engine.write(piece, () => {
      written = true;
      this.#wake();
    });
    for (;;) {
      const change = this.#change();
      const output = engine.read() as Buffer | null;
      if (output !== null) yield output;
      else if (this.#error !== undefined) throw decodeError(this.#error);
      else if (written) return;
      else await change;
    }
  }

  #open(): Gunzip {
    const engine = createGunzip({ chunkSize: OUTPUT_BYTES });
    this.#ended = false;
    engine.on("readable", () => this.#wake());
    engine.on("end", () => {
      this.#ended = true;
      this.#wake();
    });
    engine.on("error", (error) => {
      this.#error = error;
      this.#wake();
    });
    return engine;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

function afterZeros(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? bytes.subarray(bytes.length) : bytes.subarray(first);
}

function decodeError(error: Error): PipelineError {
  const truncated = (error as NodeJS.ErrnoException).code === "Z_BUF_ERROR";
  const message = truncated ? "the gzip data ends in the middle" : `the gzip data is damaged (${error.message})`;
  return new PipelineError({ kind: truncated ? "truncated" : "corrupt", message, cause: error });
}
