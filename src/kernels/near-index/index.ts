/** An index of MinHash signatures in WebAssembly. The reference is src/dedupe/near-index-reference.ts. */

export type { NearIndexShape } from "./kernel.ts";
export { NearIndexSegments } from "./segments.ts";
