/** Which files of a run hold its exclusions, and how it was configured. */
import { statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Excluded, PipelineError } from "../core/index.ts";
import { read } from "../read/index.ts";
import { type Entry, storeFor } from "../store/index.ts";
import type { Manifest, ManifestStage } from "../trace/index.ts";
import { UsageError } from "./command.ts";
import { manifestsOf } from "./shard-manifest.ts";

/** What an audit starts from. */
export interface RunFiles {
  /** Shards of exclusions, in order. */
  readonly files: readonly string[];
  /** Stages of the run with their configuration; empty where no manifest tells. */
  readonly stages: readonly ManifestStage[];
}

const JSONL = "*.{jsonl,jsonl.gz,jsonl.zst}";

/** Finds the exclusions that the arguments of the command line name. Throws a `UsageError` that says what to do where there are none. */
export async function exclusionFiles(paths: readonly string[]): Promise<RunFiles> {
  const patterns: string[] = [];
  for (const path of paths) patterns.push(...((await isFolder(path)) ? await patternsIn(path) : [path]));
  const entries = await list(patterns);
  const manifests = (await manifestsOf(entries)).flatMap(({ folder, manifest }) => (manifest === undefined ? [] : [{ folder, manifest }]));
  const stages = manifests.find(({ manifest }) => manifest.stages.length > 0)?.manifest.stages ?? [];
  const files: string[] = [];
  const looked = new Map<string, boolean>();
  for (const { name } of entries) {
    // The shards of one set are all alike, so one look is enough for it.
    const set = manifests.find(({ folder, manifest }) => lists(manifest, folder, name));
    const key = set === undefined ? name : `${set.folder}\0${set.manifest.shards[0]?.name}`;
    let holds = looked.get(key);
    if (holds === undefined) {
      holds = await holdsExclusions(name);
      looked.set(key, holds);
    }
    if (holds) files.push(name);
  }
  if (files.length > 0) return { files, stages };
  throw none(paths, stages);
}

function lists(manifest: Manifest, folder: string, name: string): boolean {
  return manifest.shards.some((shard) => join(folder, shard.name) === name);
}

/** The folder and the ones directly below it, where `--exclusions out/dropped/{shard}.jsonl` puts them. */
async function patternsIn(folder: string): Promise<string[]> {
  const below = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory() && !entry.name.startsWith("."));
  const folders = [folder, ...below.map((entry) => join(folder, entry.name)).sort()];
  const found: string[] = [];
  for (const one of folders) {
    if ((await readdir(one)).some((name) => /\.jsonl(\.gz|\.zst)?$/.test(name))) found.push(join(one, JSONL));
  }
  if (found.length > 0) return found;
  const anything = (await readdir(folder)).length > 0;
  throw new UsageError(anything ? `${folder}: ${NO_EXCLUSIONS}` : `${folder} is empty`);
}

async function isFolder(path: string): Promise<boolean> {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

async function list(patterns: readonly string[]): Promise<readonly Entry[]> {
  try {
    return await storeFor(patterns).list(patterns);
  } catch (error) {
    if (error instanceof PipelineError && error.kind === "empty-match") throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

/** True when the first record says which stage dropped it, and why. A shard without records holds none. */
async function holdsExclusions(file: string): Promise<boolean> {
  try {
    for await (const record of excludedRecords([file])) return record !== undefined;
  } catch (error) {
    // Lines of another kind: records without a text, say. Damage behind the first line is met when all are read.
    if (!(error instanceof PipelineError)) throw error;
  }
  return false;
}

/** The excluded records of the files, in order; undefined for a record that is none. */
export async function* excludedRecords(files: readonly string[], signal?: AbortSignal): AsyncGenerator<Excluded | undefined> {
  const pass = read(files, { format: "jsonl" }).run(signal === undefined ? {} : { signal });
  for await (const { id, text, meta } of pass) {
    const { stage, reason, origin } = meta as Partial<Excluded>;
    const is = typeof stage === "string" && typeof reason === "string" && typeof origin === "object" && origin !== null;
    yield is ? ({ ...meta, id, text } as Excluded) : undefined;
  }
}

const NO_EXCLUSIONS =
  "the run kept no exclusions, so nobody knows what was removed; run it again with `millrace run pipeline.ts --exclusions out/dropped-{shard}.jsonl.gz`, " +
  'with or without --workers, or with `.with({ exclusions: jsonlShards("out/dropped/{shard}.jsonl.gz") })` in a program';

function none(paths: readonly string[], stages: readonly ManifestStage[]): UsageError {
  const dropped = stages.filter((stage) => stage.name.startsWith("dedupe")).flatMap((stage) => Object.values(stage.dropped));
  const count = dropped.reduce((a, b) => a + b, 0);
  if (stages.length > 0 && count === 0) return new UsageError(`${paths.join(", ")}: no stage of the run removed a duplicate`);
  return new UsageError(`${paths.join(", ")}: ${NO_EXCLUSIONS}`);
}
