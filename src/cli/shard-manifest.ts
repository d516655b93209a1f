/** The manifest beside shards, and whether the shards still are what it says. */
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type Entry, type Store, storeFor } from "../store/index.ts";
import { type FoundManifest, findManifest, type ManifestShard } from "../trace/index.ts";
import { fileHash, type ShardLook } from "./sample-view.ts";

/** One shard compared with its manifest. */
export interface Verdict {
  readonly name: string;
  readonly ok: boolean;
  readonly what: string;
}

/** The manifest of each folder the shards lie in: the one that lists one of them, whatever its file is called. */
export async function manifestsOf(entries: readonly Entry[]): Promise<FoundManifest[]> {
  const folders = new Map<string, string[]>();
  for (const { name } of entries) folders.set(dirname(name), [...(folders.get(dirname(name)) ?? []), basename(name)]);
  return Promise.all([...folders].map(([folder, names]) => findManifest(folder, new Set(names))));
}

/** Compares the shards that were read with what the manifest says, and names the ones that are gone. */
export async function verify(
  { folder, manifest }: FoundManifest,
  entries: readonly Entry[],
  looks: readonly ShardLook[],
  signal: AbortSignal,
): Promise<Verdict[]> {
  if (manifest === undefined) return [{ name: folder, ok: false, what: "there is no manifest to compare with" }];
  const store = storeFor([]);
  const here = entries.filter((entry) => dirname(entry.name) === folder);
  const verdicts: Verdict[] = [];
  for (const entry of here) {
    const listed = manifest.shards.find((shard) => shard.name === basename(entry.name));
    const samples = looks.find((look) => look.name === entry.name)?.samples;
    const what = listed === undefined ? "the manifest does not list it" : await difference(store, entry, listed, samples, signal);
    verdicts.push({ name: entry.name, ok: what === undefined, what: what ?? "size, sha256 and number of records as the manifest says" });
  }
  const files = new Set(await readdir(folder));
  for (const { name } of manifest.shards) if (!files.has(name)) verdicts.push({ name: join(folder, name), ok: false, what: "is missing" });
  return verdicts;
}

async function difference(
  store: Store,
  entry: Entry,
  listed: ManifestShard,
  samples: number | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (entry.size !== listed.bytes) return `has ${entry.size} bytes, the manifest says ${listed.bytes}`;
  const hash = await fileHash(store, entry, signal);
  if (hash !== listed.sha256) return `has the sha256 ${hash}, the manifest says ${listed.sha256}`;
  return samples === listed.records ? undefined : `has ${samples} records, the manifest says ${listed.records}`;
}
