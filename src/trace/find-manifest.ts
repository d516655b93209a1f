/** Finds the manifest that speaks of a set of shards: by folder, by its own file, or by one of the shards. */
import { open, readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { PipelineError } from "../core/index.ts";
import { MANIFEST_NAME, type Manifest, unfinishedName } from "./manifest.ts";
import { parseManifest, readManifest } from "./read-manifest.ts";

/** What lies beside the shards of one folder. */
export interface FoundManifest {
  readonly folder: string;
  /** File name of the manifest; undefined when no manifest lists one of the shards. */
  readonly file: string | undefined;
  readonly manifest: Manifest | undefined;
  /** True where a run was begun and has not finished. */
  readonly unfinished: boolean;
}

/** The manifest in `folder` that lists one of the shards of these names, whatever its file is called. */
export async function findManifest(folder: string, shards: ReadonlySet<string>): Promise<FoundManifest> {
  const files = await readdir(folder);
  const [before = "", after = ""] = unfinishedName("*").split("*");
  const unfinished = files.some((file) => file.startsWith(before) && file.endsWith(after));
  for (const file of files.filter((name) => name.endsWith(".json"))) {
    const path = join(folder, file);
    if (!(await looksLikeManifest(path))) continue;
    const manifest = parseManifest(await readFile(path, "utf8"), path);
    if (manifest.shards.some((shard) => shards.has(shard.name))) return { folder, file, manifest, unfinished };
  }
  return { folder, file: undefined, manifest: undefined, unfinished };
}

/** Any other `.json` may be gigabytes of data: only the begin is read. */
async function looksLikeManifest(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0);
    return buffer.toString("latin1", 0, bytesRead).includes('"millrace-manifest"');
  } finally {
    await file.close();
  }
}

/** A finished run, as its manifest tells it. */
export interface Run {
  readonly folder: string;
  /** Path of the manifest. */
  readonly path: string;
  readonly manifest: Manifest;
}

/**
 * The run that `path` names: a folder with a `manifest.json`, a manifest, or one of its shards. Throws what `readManifest`
 * throws, and "vanished" for a shard that no manifest in its folder lists.
 */
export async function findRun(path: string): Promise<Run> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) return { folder: path, path: join(path, MANIFEST_NAME), manifest: await readManifest(path) };
  if (path.endsWith(".json")) return { folder: dirname(path), path, manifest: await readManifest(path) };
  const folder = dirname(path);
  const isThere = (await stat(folder).catch(() => undefined))?.isDirectory() === true;
  if (!isThere) throw new PipelineError({ kind: "vanished", message: `there is no folder ${folder}` });
  const { file, manifest, unfinished } = await findManifest(folder, new Set([basename(path)]));
  if (file !== undefined && manifest !== undefined) return { folder, path: join(folder, file), manifest };
  const shards = (await readManifest(folder).catch(() => undefined))?.shards ?? [];
  const listed = shards.length === 0 ? "" : `; ${MANIFEST_NAME} lists ${shards[0]?.name} to ${shards.at(-1)?.name}`;
  const why = unfinished ? "; a run into that folder has not finished, or was interrupted" : listed;
  throw new PipelineError({ kind: "vanished", message: `no manifest in ${folder} lists ${basename(path)}${why}` });
}
