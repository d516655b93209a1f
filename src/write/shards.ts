/**
 * The part of a sink that all shard formats share: names, limits, hashes, index, manifest. A format only turns one record
 * into bytes (`ShardFormat`).
 *
 * Guarantees: records lie in the order of the pipeline; every file is whole or absent; the manifest comes last; the same
 * records give the same bytes on any machine, at any time. Cost: one copy, one SHA-256 and one write of every byte. Memory:
 * two chunks of 1 MiB for the shard being filled and two for the one before it, which is forced to disk meanwhile; 8 bytes
 * of index per record of a shard; about 200 bytes per finished shard; with lineage 32,768 rows of it.
 */
import type { Json, SinkContext } from "../core/index.ts";
import { lineageName, type Manifest } from "../trace/index.ts";
import type { Compressor } from "./compress.ts";
import type { Sample, ShardFormat } from "./format.ts";
import { RunRecord } from "./lineage.ts";
import { buildManifest, identityOf } from "./manifest.ts";
import type { ShardSettings } from "./options.ts";
import type { ShardPattern } from "./pattern.ts";
import { finalNames, ShardWriter } from "./shard-writer.ts";
import { Target } from "./target.ts";

/** A set of shards to be written. */
export interface ShardPlan<S extends Sample> {
  readonly pattern: ShardPattern;
  readonly settings: ShardSettings;
  readonly format: ShardFormat<S>;
  /** The options that shape the bytes, as the manifest records them. */
  readonly config: Json;
  /** Absent for plain shards, which get an index. */
  readonly compression?: { readonly open: () => Compressor; readonly versionKey: string };
}

/**
 * Writes all records. Returns the manifest, or null when the run was left before its end (only an exclusions sink sees
 * that): its shards then stay as they are, and no manifest vouches for them.
 */
export async function writeShards<S extends Sample>(
  plan: ShardPlan<S>,
  input: AsyncIterable<unknown>,
  context: SinkContext,
): Promise<Manifest | null> {
  const { pattern, settings, compression } = plan;
  const deliveredBefore = context.report().delivered;
  const identity = identityOf(context, context.stage, plan.config, compression === undefined ? [] : [compression.versionKey]);
  const target = new Target(context.stage, pattern, settings.manifest);
  try {
    await target.begin(settings.ifExists, identity);
    const run = new RunRecord(context, pattern.path(lineageName(settings.manifest)), settings.lineage);
    try {
      const written = await new ShardWriter(plan, finalNames(context.stage, pattern), context, run).write(input);
      if (!context.report().finished) return null;
      const lineage = await run.commit();
      const manifest = buildManifest(identity, context.report(), { ...written, deliveredBefore, inputs: run.inputs, lineage });
      await target.publish(manifest);
      return manifest;
    } finally {
      await run.abort();
    }
  } finally {
    target.release();
  }
}
