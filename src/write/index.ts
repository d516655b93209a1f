/** Where a pipeline ends on disk: shards that are whole, reproducible and accounted for. */
export { type JsonlShardsOptions, jsonlShards } from "./jsonl.ts";
export type { ShardOptions } from "./options.ts";
export { type TarMember, type TarRecord, type TarShardsOptions, type TokenDtype, tarShards } from "./tar.ts";
export type { IfExists } from "./target.ts";
