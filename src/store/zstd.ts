/**
 * Zstandard through the reference decoder compiled to WebAssembly (package `zstddec`), driven call by call, so that memory
 * stays at one window however large the frame. Every frame is read, skippable frames are skipped, checksums are checked.
 *
 * Measured on 60 MB of JSONL at level 3: 300 to 540 MB/s. Turned down: `zlib.createZstdDecompress` (Node 22.15 and later; on
 * 24.21 it stops in silence after the first frame, and it is no faster), `fzstd` (90 to 150 MB/s, no checksums), and
 * `zstddec`'s own streaming call (it ignores error codes, loops for ever on corrupt data and does not free its memory when
 * left). Each decoder here is a WebAssembly instance of its own, so damage and an early end leave nothing behind.
 */
import { PipelineError } from "../core/index.ts";
import type { Decoder } from "./decompress.ts";

/** The part of the WebAssembly interface used here; the type libraries of a Node project do not declare it. */
declare const WebAssembly: { instantiate(module: WasmModule, imports: object): Promise<{ readonly exports: object }> };
type WasmModule = { readonly brand: "WebAssembly.Module" };

/** What the module exports, as far as it is used here. Pointers and sizes are 32-bit numbers. */
interface ZstdExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  malloc(bytes: number): number;
  ZSTD_createDCtx(): number;
  ZSTD_DStreamOutSize(): number;
  ZSTD_decompressStream(context: number, output: number, input: number): number;
}

/** Error codes are the negated members of an enumeration that ends at 120, seen as unsigned numbers. */
const FIRST_ERROR = 2 ** 32 - 120;
const ERRORS: ReadonlyMap<number, string> = new Map([
  [10, "this is not a zstd frame"],
  [14, "the frame uses a feature this decoder lacks"],
  [16, "the frame needs a window of more than 128 MiB"],
  [22, "a checksum does not match"],
  [32, "the frame needs a dictionary"],
  [64, "out of memory"],
]);

/** An instance that has grown beyond this for a large window is not kept. The smallest has 16 MiB. */
const MAX_IDLE_BYTES = 32 * 1024 * 1024;

/** Bytes copied into the module's memory at once. */
const INPUT_BYTES = 64 * 1024;

export class ZstdDecoder implements Decoder {
  readonly #zstd: ZstdExports;
  readonly #context: number;
  readonly #input: number;
  readonly #output: number;
  readonly #outputBytes: number;
  /** Two structs `{ pointer, size, position }` side by side: the input's, then the output's. */
  readonly #structs: number;
  /** 0 between two frames, -1 before the first. */
  #wanted = -1;

  static async create(): Promise<ZstdDecoder> {
    const decoder = idle;
    idle = undefined;
    if (decoder !== undefined) {
      decoder.#wanted = -1;
      return decoder;
    }
    module ??= compile();
    const imports = { env: { emscripten_notify_memory_growth: () => {} } };
    return new ZstdDecoder((await WebAssembly.instantiate(await module, imports)).exports as unknown as ZstdExports);
  }

  private constructor(zstd: ZstdExports) {
    this.#zstd = zstd;
    this.#context = zstd.ZSTD_createDCtx();
    this.#outputBytes = zstd.ZSTD_DStreamOutSize();
    this.#input = zstd.malloc(INPUT_BYTES);
    this.#output = zstd.malloc(this.#outputBytes);
    this.#structs = zstd.malloc(24);
  }

  async *decode(piece: Buffer): AsyncGenerator<Buffer, void> {
    const { memory } = this.#zstd;
    for (let at = 0; at < piece.length; at += INPUT_BYTES) {
      const input = piece.subarray(at, at + INPUT_BYTES);
      new Uint8Array(memory.buffer).set(input, this.#input);
      let step = { taken: 0, made: 0 };
      // In the middle of a frame a full output may leave more behind although the input is used up: where the data was cut,
      // nobody would fetch it later.
      while (step.taken < input.length || (step.made === this.#outputBytes && this.#wanted !== 0)) {
        step = this.#step(input.length, step.taken);
        if (step.made > 0) yield Buffer.from(memory.buffer, this.#output, step.made);
      }
    }
  }

  async finish(): Promise<void> {
    if (this.#wanted !== 0) throw new PipelineError({ kind: "truncated", message: "the zstd data ends in the middle" });
  }

  /** An instance that stands between two frames serves the next file; any other goes with its last reference. */
  close(): void {
    if (this.#wanted === 0 && this.#zstd.memory.buffer.byteLength <= MAX_IDLE_BYTES) idle = this;
  }

  /** One call: how far it has read the input, and how many bytes it wrote. */
  #step(inputLength: number, taken: number): { taken: number; made: number } {
    const { memory } = this.#zstd;
    new Uint32Array(memory.buffer, this.#structs, 6).set([this.#input, inputLength, taken, this.#output, this.#outputBytes, 0]);
    const code = this.#zstd.ZSTD_decompressStream(this.#context, this.#structs + 12, this.#structs) >>> 0;
    if (code >= FIRST_ERROR) {
      const number = 2 ** 32 - code;
      const what = this.#wanted === 0 && number === 10 ? "bytes that are not zstd follow the compressed data" : ERRORS.get(number);
      this.#wanted = -1; // after an error the instance is in no known state
      throw new PipelineError({ kind: "corrupt", message: `the zstd data is damaged (${what ?? `error ${number}`})` });
    }
    this.#wanted = code;
    // The call may have grown the memory, which detaches every earlier view.
    const after = new Uint32Array(memory.buffer, this.#structs, 6);
    return { taken: after[2] as number, made: after[5] as number };
  }
}

let module: Promise<WasmModule> | undefined;

/** One instance is kept: making one takes some milliseconds, which would be most of the time of a small file. */
let idle: ZstdDecoder | undefined;

/**
 * The compiled module out of `zstddec`. Its initialiser compiles once and hands the result to a method, which is overridden
 * here. The query gives us a copy of the package's script that nobody else has initialised before.
 */
async function compile(): Promise<WasmModule> {
  const url = `${import.meta.resolve("zstddec/stream")}?millrace`;
  const { ZSTDDecoder } = (await import(url)) as typeof import("zstddec/stream");
  return new Promise((resolve, reject) => {
    class Capture extends ZSTDDecoder {
      override _init(result: { readonly module: WasmModule }): void {
        resolve(result.module);
      }
    }
    new Capture().init().catch(reject);
  });
}
