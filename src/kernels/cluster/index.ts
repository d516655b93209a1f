/** Fingerprints of many documents in linear memory: to columns, to keys in partitions, to links between documents with the same key. */
export { ColumnKernel } from "./columns.ts";
export { BAND_ENTRY, BLOCK_UNIT, EXACT_ENTRY, PartitionKernel, type PartitionShape, type TakePairs } from "./partitions.ts";
export { type ComponentSizes, UnionKernel } from "./unions.ts";
