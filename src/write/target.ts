/**
 * The folder a set of shards is written into, and the rules that keep it honest:
 *
 * - `manifest.json` is there exactly when the shards beside it are a whole, finished set. It is removed before the first
 *   shard is touched and written after the last one is in place.
 * - While a run writes, and after one was interrupted, `.manifest.json.unfinished` marks the folder. What lies beside the
 *   marker is worth nothing, so the same command simply starts again.
 * - Nobody's finished work is overwritten by mistake: a manifest of another configuration, or shards that no run of ours
 *   left unfinished, are refused unless the caller says `ifExists: "replace"`.
 * - Shards of a longer earlier run do not survive beside the manifest of a shorter one, nor do temporary files of dead
 *   processes.
 *
 * Turned down: lock files, which a `kill -9` leaves behind for a person to remove. Two runs into one folder are refused in
 * one process; across processes the one that finishes second finds a manifest it did not expect, and fails.
 */
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { PipelineError } from "../core/index.ts";
import { lineageName, type Manifest, parseManifest, unfinishedName } from "../trace/index.ts";
import { differences, type Identity } from "./manifest.ts";
import { indexName, type ShardPattern } from "./pattern.ts";
import { cannotWrite, writeWhole } from "./shard-file.ts";

export type IfExists = "rerun" | "replace";

/** Paths that sinks of this process are writing. */
const CLAIMED = new Set<string>();

const MARKER_TEXT = "A run of millrace is writing the shards beside this file, or was interrupted while it did. Run it again.\n";

export class Target {
  readonly #stage: string;
  readonly #pattern: ShardPattern;
  readonly #manifestName: string;
  #claims: readonly string[] = [];

  constructor(stage: string, pattern: ShardPattern, manifestName: string) {
    this.#stage = stage;
    this.#pattern = pattern;
    this.#manifestName = manifestName;
  }

  /** Checks that the folder may be written and makes it ready. */
  async begin(ifExists: IfExists, identity: Identity): Promise<void> {
    this.#claim();
    await this.check(ifExists, identity);
    await this.ready();
  }

  /** Throws when the folder holds what must not be replaced; changes nothing but that the folder exists. */
  async check(ifExists: IfExists, identity: Identity): Promise<void> {
    const { folder } = this.#pattern;
    try {
      await mkdir(folder, { recursive: true });
      if (ifExists !== "replace") await this.#mayReplace(await readdir(folder), identity);
    } catch (error) {
      throw error instanceof PipelineError ? error : cannotWrite(this.#stage, folder, error);
    }
  }

  /** Makes the folder look unfinished, and removes what dead processes left; what has our own pid is theirs too, since this process claimed the names. */
  async ready(): Promise<void> {
    const { folder } = this.#pattern;
    try {
      await mkdir(folder, { recursive: true }); // that of the exclusions may have been removed since the check
      const names = await readdir(folder);
      // The marker comes first: at no moment does the folder look like neither a finished set nor an unfinished one.
      await writeWhole(this.#path(this.#marker), new TextEncoder().encode(MARKER_TEXT));
      await rm(this.#path(this.#manifestName), { force: true });
      await rm(this.#path(this.#lineageName), { force: true });
      for (const name of names) {
        const pid = this.#writerOf(name);
        if (pid === process.pid || (pid !== undefined && !isAlive(pid))) await rm(this.#path(name), { force: true });
      }
    } catch (error) {
      throw error instanceof PipelineError ? error : cannotWrite(this.#stage, folder, error);
    }
  }

  /**
   * Makes the set whole: removes what an earlier run left beyond it, and what processes left that died while they published, then
   * writes the manifest. With `same`, an equal manifest may be there already: another process that ran the same plan was faster.
   */
  async publish(manifest: Manifest, options: { readonly same?: boolean } = {}): Promise<void> {
    const path = this.#path(this.#manifestName);
    const text = `${JSON.stringify(manifest, null, 2)}\n`;
    try {
      const ours = new Set(manifest.shards.flatMap((shard) => (shard.index === null ? [shard.name] : [shard.name, shard.index])));
      const names = await readdir(this.#pattern.folder);
      const equal = options.same === true && names.includes(this.#manifestName) && (await readFile(path, "utf8")) === text;
      if (names.includes(this.#manifestName) && !equal)
        throw this.#refusal("another run has finished in this folder while this one was writing");
      for (const name of names) {
        const pid = this.#writerOf(name);
        const left = pid !== undefined && pid !== process.pid && !isAlive(pid);
        if (left || (this.#isShard(name) && !ours.has(name))) await rm(this.#path(name), { force: true });
      }
      if (!equal) await writeWhole(path, new TextEncoder().encode(text));
      await rm(this.#path(this.#marker), { force: true });
    } catch (error) {
      throw error instanceof PipelineError ? error : cannotWrite(this.#stage, path, error);
    }
  }

  /** The manifest that is there, if there is one. */
  async manifest(): Promise<Manifest | undefined> {
    const path = this.#path(this.#manifestName);
    const text = await readFile(path, "utf8").catch(() => undefined);
    return text === undefined ? undefined : parseManifest(text, path);
  }

  /** Lets another sink of this process use the folder. */
  release(): void {
    for (const path of this.#claims) CLAIMED.delete(path);
    this.#claims = [];
  }

  get #marker(): string {
    return unfinishedName(this.#manifestName);
  }

  get #lineageName(): string {
    return lineageName(this.#manifestName);
  }

  #path(name: string): string {
    return this.#pattern.path(name);
  }

  #claim(): void {
    const claims = [this.#pattern.base, this.#manifestName].map((name) => resolve(this.#path(name)));
    const taken = claims.find((path) => CLAIMED.has(path));
    if (taken !== undefined) {
      const message = `another sink is writing ${taken}; give each its own folder, or its own file names and \`manifest\` option`;
      throw new PipelineError({ kind: "busy", stage: this.#stage, message });
    }
    for (const path of claims) CLAIMED.add(path);
    this.#claims = claims;
  }

  async #mayReplace(names: readonly string[], identity: Identity): Promise<void> {
    const path = this.#path(this.#manifestName);
    if (names.includes(this.#manifestName)) {
      const text = await readFile(path, "utf8");
      let earlier: Manifest;
      try {
        earlier = parseManifest(text, path);
      } catch (error) {
        throw this.#refusal(error instanceof Error ? error.message : String(error));
      }
      const changed = differences(earlier, identity);
      if (changed.length > 0) throw this.#refusal(`it holds the finished shards of another run: ${changed.join("; ")}`);
    } else if (!names.includes(this.#marker)) {
      const foreign = names.find((name) => this.#isShard(name));
      if (foreign !== undefined) throw this.#refusal(`${foreign} is there already, and no ${this.#manifestName} tells what it is`);
    }
  }

  #refusal(why: string): PipelineError {
    const message = `will not write into ${this.#pattern.folder}: ${why}; remove it, choose another folder, or pass \`ifExists: "replace"\``;
    return new PipelineError({ kind: "exists", stage: this.#stage, message });
  }

  #isShard(name: string): boolean {
    const shard = name.endsWith(".idx") ? name.slice(0, -".idx".length) : name;
    return this.#pattern.numberOf(shard) !== undefined && (shard === name || indexName(shard) === name);
  }

  /** The process that made a temporary file of this set; undefined for any other file. */
  #writerOf(name: string): number | undefined {
    const parts = /^\.(.+)\.tmp-([0-9]+)-[0-9a-f]+$/.exec(name);
    if (parts === null) return undefined;
    const [, base = "", pid = ""] = parts;
    const ours = this.#isShard(base) || [this.#manifestName, this.#lineageName, this.#marker].includes(base);
    return ours ? Number(pid) : undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
