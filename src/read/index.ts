/** Bytes to records: JSON lines, text files, WebDataset tars. */
export { type NpyArray, type NpyData, readNpy } from "./npy.ts";
export { type Format, type ReadOptions, type ReadSamplesOptions, read, readSamples } from "./read.ts";
export { inputDigests, type ReadAtOptions, readAt } from "./read-at.ts";
export type { Sample } from "./samples.ts";
export type { Worker } from "./share.ts";
