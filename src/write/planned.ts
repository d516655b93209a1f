/**
 * Shards in a planned run. A task writes shards under names of its attempt; publishing links them to their final names, which
 * are counted over all tasks in order, and writes the manifest last.
 *
 * The final number of a shard is not known while it is written, because it depends on how many shards the tasks before it make.
 * So the keys of its samples are made of what a task knows: `train-t000012-000017` is sample 17 of task 12. Turned down: writing
 * the headers again when the number is known, which reads, hashes and writes every byte a second time.
 *
 * A final name is a second link to the bytes the task wrote. Nothing is moved, so a publish that is killed is simply done again,
 * and two at once do the same. The links of the tasks go with the run's folder.
 */
import { lstat, mkdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import {
  type Json,
  messageOf,
  PipelineError,
  type PlannedSink,
  type PublishContext,
  type SinkContext,
  type TaskPlace,
} from "../core/index.ts";
import { linkIfAbsent, syncFolder } from "../store/index.ts";
import { joinLineage, type LineageFragment, lineageName, type ManifestLineage, type ManifestShard } from "../trace/index.ts";
import type { Sample } from "./format.ts";
import { manifestInput, RunRecord } from "./lineage.ts";
import { buildManifest, identityOf } from "./manifest.ts";
import { indexName, type ShardPattern } from "./pattern.ts";
import { cannotWrite } from "./shard-file.ts";
import { type ShardNames, ShardWriter, tooMany } from "./shard-writer.ts";
import type { ShardPlan } from "./shards.ts";
import { Target } from "./target.ts";

/** What a task hands on to `publish`. */
interface Part {
  readonly shards: readonly ManifestShard[];
  readonly oversized: number;
  readonly refused: readonly (readonly [source: string, documents: number])[];
  /** File name of the lineage of this task; null when none is kept. */
  readonly lineage: string | null;
}

export function plannedShards<S extends Sample>(stage: string, planOf: () => ShardPlan<S>): PlannedSink<unknown> {
  const { pattern, settings, compression, config } = planOf();
  const engine = compression === undefined ? [] : [compression.versionKey];
  const target = new Target(stage, pattern, settings.manifest);
  // As the engine of a streaming run names it.
  const nameOf = (run: Pick<PublishContext, "exclusions">): string => (run.exclusions === true ? `exclusions: ${stage}` : stage);
  const recordOf = (place: TaskPlace, context: SinkContext): RunRecord =>
    new RunRecord(context, join(place.directory, `${place.prefix}lineage`), settings.lineage);
  return {
    folder: pattern.folder,
    name: settings.manifest.slice(0, -".json".length),
    check: (run) => target.check(settings.ifExists, identityOf(run, nameOf(run), config, engine)),
    begin: () => target.ready(),

    async write(input: AsyncIterable<unknown>, place: TaskPlace, context: SinkContext): Promise<Json> {
      const run = recordOf(place, context);
      try {
        const written = await new ShardWriter(planOf(), namesOf(pattern, place), context, run).write(input);
        const lineage = await run.commitFragment();
        const part: Part = { ...written, refused: [...written.refused], lineage };
        return part as unknown as Json;
      } finally {
        await run.abort();
      }
    },

    departures(place, context) {
      const run = recordOf(place, context);
      return {
        async commit(): Promise<Json> {
          const part: Part = { shards: [], oversized: 0, refused: [], lineage: await run.commitFragment() };
          return part as unknown as Json;
        },
        abort: () => run.abort(),
      };
    },

    files(part) {
      const { shards, lineage } = part as unknown as Part;
      return [...shards.flatMap(filesOf), ...(lineage === null ? [] : [lineage])];
    },

    async publish(parts, context) {
      const shards: ManifestShard[] = [];
      const refused = new Map<string, number>();
      let oversized = 0;
      const places: { readonly from: string; readonly to: string }[] = [];
      const fragments: LineageFragment[] = [];
      for (const { directory, part } of parts as readonly { readonly directory: string; readonly part: unknown }[]) {
        const { shards: own, oversized: large, refused: bad, lineage: rows } = part as Part;
        if (rows !== null) fragments.push({ path: join(directory, rows), shards: own.map((_, i) => shards.length + i) });
        oversized += large;
        for (const [source, documents] of bad) refused.set(source, (refused.get(source) ?? 0) + documents);
        for (const shard of own) {
          if (shards.length >= pattern.capacity) throw tooMany(stage, pattern);
          const name = pattern.name(shards.length);
          const index = shard.index === null ? null : indexName(name);
          // The index first: where a shard has its name, its index has too.
          if (shard.index !== null) places.push({ from: join(directory, shard.index), to: pattern.path(indexName(name)) });
          places.push({ from: join(directory, shard.name), to: pattern.path(name) });
          shards.push({ ...shard, name, index });
        }
      }
      if (places.length > 0) await mkdir(pattern.folder, { recursive: true });
      for (const { from, to } of places) {
        context.signal.throwIfAborted();
        await place(stage, from, to);
      }
      // A process that does not mind our marker may have written under these names meanwhile.
      for (const { from, to } of places) {
        if (await sameFile(from, to)) continue;
        const message = `${to} was replaced by another process while this run was publishing; run it again`;
        throw new PipelineError({ kind: "busy", stage, message });
      }
      if (places.length > 0) await syncFolder(pattern.folder);
      const inputs = Object.fromEntries((context.inputs ?? []).map((input) => [input.source, manifestInput(input)]));
      const keeps = settings.lineage ?? context.exclusions !== true;
      const lineage = !keeps ? null : await joined(stage, fragments, pattern.path(lineageName(settings.manifest)));
      const written = { shards, oversized, deliveredBefore: 0, refused, inputs, lineage };
      const manifest = buildManifest(identityOf(context, nameOf(context), config, engine), context.report, written);
      await target.publish(manifest, { same: true });
      return manifest;
    },

    async published() {
      const manifest = await target.manifest();
      if (manifest === undefined) return undefined;
      const files = manifest.lineage === null ? manifest.shards : [...manifest.shards, manifest.lineage];
      const sizes = await Promise.all(
        files.map(async ({ name, bytes }) => (await lstat(pattern.path(name)).catch(() => undefined))?.size === bytes),
      );
      return sizes.every(Boolean) ? manifest : undefined;
    },
  };
}

/** One lineage file of those of all tasks. Two publishing at once make the same bytes, and each puts them in place in one step. */
async function joined(stage: string, fragments: readonly LineageFragment[], path: string): Promise<ManifestLineage> {
  try {
    return { name: basename(path), ...(await joinLineage(fragments, path)) };
  } catch (error) {
    throw error instanceof PipelineError ? error : cannotWrite(stage, path, error);
  }
}

function filesOf(shard: ManifestShard): readonly string[] {
  return shard.index === null ? [shard.name] : [shard.name, shard.index];
}

function namesOf(pattern: ShardPattern, { directory, prefix, task }: TaskPlace): ShardNames {
  const suffix = pattern.label("").slice(pattern.label("").lastIndexOf("."));
  const key = pattern.label(`t${String(task).padStart(6, "0")}`);
  return {
    name: (number) => `${prefix}${number}${suffix}`,
    path: (name) => join(directory, name),
    key: () => key,
    countsOn: true,
  };
}

/** Makes `to` a name of the file `from`, whatever had the name before. */
async function place(stage: string, from: string, to: string): Promise<void> {
  try {
    if (await linkIfAbsent(from, to)) return;
    if (await sameFile(from, to)) return;
    // The remains of an interrupted run. Replaced in one step, so that the name is never without a whole file.
    const temporary = join(dirname(to), `.${basename(to)}.tmp-${process.pid}-0`);
    await rm(temporary, { force: true });
    await linkIfAbsent(from, temporary);
    await rename(temporary, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EPERM" || code === "ENOTSUP" || code === "EOPNOTSUPP") {
      const message = `${messageOf(error)}: this file system has no hard links, which a planned run needs`;
      throw new PipelineError({ kind: "unwritable", stage, message, cause: error });
    }
    throw cannotWrite(stage, to, error);
  }
}

async function sameFile(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([lstat(a).catch(() => undefined), lstat(b).catch(() => undefined)]);
  return one !== undefined && other !== undefined && one.ino === other.ino && one.dev === other.dev;
}
