import { statSync } from "node:fs";
import { join } from "node:path";
import { messageOf, PipelineError } from "../core/index.ts";
import { type Entry, storeFor } from "../store/index.ts";
import { ENCODINGS, type EncodingName, loadTokenizer, type Tokenizer } from "../tokenize/index.ts";
import type { FoundManifest } from "../trace/index.ts";
import { type Terminal, UsageError } from "./command.ts";
import type { InspectSettings } from "./inspect.ts";
import { Inspection } from "./inspection.ts";
import { inspectionLines, manifestLines, verdictLines } from "./inspection-view.ts";
import { abortOnSignals, Interrupted } from "./interrupts.ts";
import { lookAt, shardKind } from "./sample-view.ts";
import { manifestsOf, verify } from "./shard-manifest.ts";
import { printable } from "./text-width.ts";

/** Most frequent ids that are listed. */
const TOP_IDS = 10;

/** Reads the shards and prints what is in them; returns the exit code. */
export async function inspectShards(patterns: readonly string[], settings: InspectSettings, terminal: Terminal): Promise<number> {
  const controller = new AbortController();
  const say = (text: string): void => void terminal.stderr.write(`millrace: ${text}\n`);
  const release = abortOnSignals(controller, say);
  try {
    return await inspectAll(patterns, settings, terminal, controller.signal);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { reason } = controller.signal;
    if (reason instanceof Interrupted) return reason.exitCode;
    say(printable(messageOf(error)));
    return 1;
  } finally {
    release();
  }
}

async function inspectAll(
  patterns: readonly string[],
  { samples, verify: check, json }: InspectSettings,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const entries = await listShards(patterns);
  const manifests = await manifestsOf(entries);
  const tokenizer = await tokenizerOf(manifests);
  try {
    const decode = tokenizer === undefined ? undefined : (ids: ArrayLike<number>) => tokenizer.decode(Uint32Array.from(ids));
    const found = new Inspection(samples, decode);
    const store = storeFor(patterns);
    for (const entry of entries) found.shards.push(await lookAt(store, entry, (sample) => found.add(entry.name, sample), signal));
    const verdicts = check ? (await Promise.all(manifests.map((one) => verify(one, entries, found.shards, signal)))).flat() : [];

    const top = found.ids.top(TOP_IDS).map(({ id, count }) => ({ id, count, text: decode?.([id]) }));
    if (json) terminal.out(`${JSON.stringify(asJson(found, top, manifests, check ? verdicts : undefined), null, 2)}\n`);
    else {
      const width = terminal.stdout.isTTY ? terminal.stdout.columns || 80 : 120;
      const lines = [
        ...inspectionLines(found, top, width),
        ...manifests.flatMap((one) => manifestLines(one, width)),
        ...verdictLines(verdicts),
      ];
      terminal.out(`${lines.join("\n")}\n`);
    }
    const damaged = found.shards.some((shard) => shard.problems > 0);
    return damaged || verdicts.some((verdict) => !verdict.ok) ? 1 : 0;
  } finally {
    tokenizer?.dispose?.();
  }
}

/** The files the patterns name; a folder stands for the shards in it. */
async function listShards(patterns: readonly string[]): Promise<readonly Entry[]> {
  const expanded = patterns.map((pattern) => {
    const isFolder = statSync(pattern, { throwIfNoEntry: false })?.isDirectory() === true;
    return isFolder ? join(pattern, "*.{tar,tar.gz,tgz,tar.zst,jsonl,jsonl.gz,jsonl.zst}") : pattern;
  });
  let entries: readonly Entry[];
  try {
    entries = await storeFor(expanded).list(expanded);
  } catch (error) {
    if (error instanceof PipelineError && error.kind === "empty-match") throw new UsageError(error.message, { cause: error });
    throw error;
  }
  const other = entries.find(({ name }) => shardKind(name) === undefined);
  if (other !== undefined) throw new UsageError(`${other.name} is not a shard: expected .tar or .jsonl, with .gz or .zst behind it or not`);
  return entries;
}

/** The tokenizer that a manifest names, where this library can load it: ids then show as text. */
async function tokenizerOf(manifests: readonly FoundManifest[]): Promise<Tokenizer | undefined> {
  for (const { manifest } of manifests) {
    for (const { config } of manifest?.stages ?? []) {
      const { tokenizer, fingerprint } = (config ?? {}) as { readonly tokenizer?: unknown; readonly fingerprint?: unknown };
      if (typeof tokenizer !== "string" || !Object.hasOwn(ENCODINGS, tokenizer)) continue;
      const name = tokenizer as EncodingName;
      if (ENCODINGS[name].fingerprint !== fingerprint) continue;
      // Without the package that holds the vocabulary, ids stay numbers.
      return loadTokenizer(name).catch(() => undefined);
    }
  }
  return undefined;
}

function asJson(found: Inspection, top: unknown, manifests: readonly FoundManifest[], verdicts: unknown): object {
  const { shards, shown, characters, rowTokens, ids, textBytes, batches, padding } = found;
  return {
    shards,
    samples: shown,
    text: { bytes: textBytes, characters },
    tokens: {
      total: ids.total,
      rows: rowTokens,
      batches,
      padding,
      distinct: ids.distinct,
      largestId: ids.largest,
      entropyBits: ids.entropy,
      top,
    },
    manifests: manifests.map(({ folder, file, manifest, unfinished }) => ({
      folder,
      file,
      unfinished,
      sources: manifest?.sources,
      totals: manifest?.totals,
    })),
    ...(verdicts === undefined ? {} : { verify: verdicts }),
  };
}
