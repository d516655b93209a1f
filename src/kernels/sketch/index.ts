/** MinHash sketching of UTF-8: normal form, signature and band keys, in WebAssembly. The reference is in src/dedupe. */
export { type BatchSketches, type FoldPage, SketchKernel, type SketchShape } from "./kernel.ts";
