import { numberOption, optionType, wordOption } from "../core/index.ts";
import { MANIFEST_NAME } from "../trace/index.ts";
import type { IfExists } from "./target.ts";

/** Options that every shard format shares. */
export interface ShardOptions {
  /**
   * Bytes of a shard at most, 1 to 2^53; default 256 MiB. A shard is closed before the record that would pass the limit; a
   * record larger than that gets a shard of its own (counted as `oversized` in the manifest). For compressed shards it
   * limits the bytes before compression.
   */
  readonly maxBytes?: number;
  /** Records of a shard at most, 1 to 1,000,000; default 100,000. */
  readonly maxRecords?: number;
  /**
   * What happens to shards that are there already. `"rerun"` (default) replaces them when a run with the same
   * configuration, seed and versions wrote them or when a run was interrupted, and refuses otherwise; `"replace"` replaces
   * whatever has the names.
   */
  readonly ifExists?: IfExists;
  /** File name of the manifest, beside the shards. Default "manifest.json". Several sinks that share a folder need one each. */
  readonly manifest?: string;
  /**
   * Keep, beside the manifest, what became of every document: its place in a shard, or the stage and reason of its drop. About
   * 4 bytes a document. Default true; false for an exclusions sink, whose records are in the lineage of the run's own sink.
   */
  readonly lineage?: boolean;
}

export const SHARD_OPTIONS = ["maxBytes", "maxRecords", "ifExists", "manifest", "lineage"] as const;

export interface ShardLimits {
  readonly maxBytes: number;
  readonly maxRecords: number;
}

export interface ShardSettings extends ShardLimits {
  readonly ifExists: IfExists;
  readonly manifest: string;
  /** Undefined: as the kind of sink asks for. */
  readonly lineage: boolean | undefined;
}

const MIB = 1 << 20;

export function shardSettings(stage: string, options: ShardOptions): ShardSettings {
  const { maxBytes = 256 * MIB, maxRecords = 100_000, ifExists = "rerun", manifest = MANIFEST_NAME, lineage } = options;
  if (typeof manifest !== "string" || !/^[^./\\][^/\\]*\.json$/.test(manifest)) {
    throw optionType(stage, "manifest", 'a file name that ends in ".json"', manifest);
  }
  if (lineage !== undefined && typeof lineage !== "boolean") throw optionType(stage, "lineage", "a boolean", lineage);
  return {
    lineage,
    maxBytes: numberOption(stage, "maxBytes", maxBytes, { min: 1, max: Number.MAX_SAFE_INTEGER, integer: true }),
    maxRecords: numberOption(stage, "maxRecords", maxRecords, { min: 1, max: 1_000_000, integer: true }),
    ifExists: wordOption(stage, "ifExists", ifExists, ["rerun", "replace"]),
    manifest,
  };
}
