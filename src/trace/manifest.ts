/**
 * `manifest.json`: what a set of shards is and how it came to be. It is written last, so a folder that has one is whole.
 * Every field follows from the input, the configuration, the seed and the versions, so the same run gives the same bytes:
 * there are no dates, durations, host names or process ids in it. Those belong in a log.
 */
import type { Json, SourceReport } from "../core/index.ts";

export const MANIFEST_NAME = "manifest.json";
export const MANIFEST_FORMAT = "millrace-manifest";
export const MANIFEST_VERSION = 1;

/** One finished shard. */
export interface ManifestShard {
  /** File name, in the folder of the manifest. */
  readonly name: string;
  /** Size of the file, and the SHA-256 of its bytes in hex. */
  readonly bytes: number;
  readonly sha256: string;
  /** Samples of a tar, or lines: what the pipeline delivered. */
  readonly records: number;
  /** Documents whose first (or only) part lies in this shard, so that the sum over shards counts each document once. */
  readonly documents: number;
  /** Token ids, padding left out; 0 when the records carry none. */
  readonly tokens: number;
  /** File of byte offsets beside the shard; null for a compressed shard, which cannot be entered in the middle. */
  readonly index: string | null;
}

/** One stage of the pipeline: its configuration and what passed through it. */
export interface ManifestStage {
  readonly name: string;
  readonly config: Json;
  readonly in: number;
  readonly out: number;
  /** UTF-8 bytes of text yielded; for batches, bytes of `input_ids`. */
  readonly bytes: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
  readonly counters: Readonly<Record<string, number>>;
}

/** One input as it was read. */
export interface ManifestInput {
  /** Bytes as they lie there, before decompression. */
  readonly bytes: number;
  /** SHA-256 of these bytes in hex; null when the run did not read all of them in one go. */
  readonly sha256: string | null;
  /** For an input that a planned run has cut: where each piece ends, in order, and the SHA-256 of its bytes. */
  readonly pieces?: readonly { readonly end: number; readonly sha256: string | null }[];
}

/** The file that says what became of every document (see `openLineage`). */
export interface ManifestLineage {
  /** File name, in the folder of the manifest. */
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  /** One for each whole document and each part of a document. */
  readonly rows: number;
}

export interface ManifestTotals {
  readonly shards: number;
  readonly bytes: number;
  readonly records: number;
  readonly documents: number;
  readonly tokens: number;
  /** Records larger than a whole shard may be; each has a shard of its own. */
  readonly oversized: number;
}

export interface Manifest {
  readonly format: typeof MANIFEST_FORMAT;
  readonly version: typeof MANIFEST_VERSION;
  /** What the bytes depend on beside the configuration: `millrace`, `unicode` (tables of the engine), a compressor's. */
  readonly versions: Readonly<Record<string, string>>;
  readonly seed: number;
  readonly sink: { readonly name: string; readonly config: Json };
  /** Records the run had delivered before it was restored from a state: 0 when the shards hold the whole run. */
  readonly deliveredBefore: number;
  readonly totals: ManifestTotals;
  readonly stages: readonly ManifestStage[];
  /** By input file. `in = out + dropped + errors`, counted in whole documents. */
  readonly sources: Readonly<Record<string, SourceReport>>;
  /** By input file, for sources that report them (`read` and `readSamples` do). */
  readonly inputs: Readonly<Record<string, ManifestInput>>;
  /** Null when the run kept none. */
  readonly lineage: ManifestLineage | null;
  readonly shards: readonly ManifestShard[];
}

/** The lineage file that belongs to a manifest: "manifest.lineage" beside "manifest.json". */
export function lineageName(manifestName: string): string {
  return manifestName.replace(/\.json$/, ".lineage");
}

/** The marker that lies beside an unfinished set of shards, named after the manifest that is yet to come. */
export function unfinishedName(manifestName: string): string {
  return `.${manifestName}.unfinished`;
}
