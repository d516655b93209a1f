/** An index of MinHash signatures in WebAssembly, and one of fingerprints. The references are in src/dedupe. */
export type { NearIndexShape } from "./kernel.ts";
export { PrintsKernel } from "./prints.ts";
export { NearIndexSegments } from "./segments.ts";
