/** MinHash sketching of UTF-8: normal form, signature and band keys, in WebAssembly. The references are in src/dedupe. */
export { DatatroveKernel, type DatatroveShape, type DatatroveTables, SHINGLE_HASHES, type ShingleHash } from "./datatrove-kernel.ts";
export { type BatchSketches, type FoldPage, SketchKernel, type SketchShape } from "./kernel.ts";
