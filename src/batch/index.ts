/** Order, shares and batches of records: grouping by length, padding to batches, sharing records out. */
export { type BucketOptions, bucketByLength } from "./bucket.ts";
export { type PadLimits, type PadOptions, padBatch } from "./pad.ts";
export { type ShardOptions, shard } from "./shard.ts";
