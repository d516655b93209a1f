/** datatrove's MinHash deduplication, exactly: signatures, pairs, clusters, and their files. */
export { type DatatroveClustered, type DatatroveClusterOptions, readDatatroveRemovals, writeDatatroveClusters } from "./clusters.ts";
export { type DatatrovePairOptions, writeDatatroveIndex, writeDatatrovePairs } from "./pairs.ts";
export { type DatatroveRecord, type DatatroveSigned, readDatatroveSignatures, writeDatatroveSignatures } from "./sig-files.ts";
export { type DatatroveOptions, type DatatroveParameters, DatatroveSketcher } from "./signature.ts";
