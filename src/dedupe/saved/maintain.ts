/** What can be done to saved indexes: look into one, put several together, make one smaller. */
import { knownOptions, numberOption, optionType, PipelineError, wordOption } from "../../core/index.ts";
import { type FingerprintHeader, incomparable } from "../cluster/format.ts";
import { ExactIndex } from "../exact.ts";
import type { SketchParameters } from "../parameters.ts";
import { IndexWriter, openIndex, type SavedIndex } from "./index-file.ts";
import { eachRecord } from "./records.ts";

/** What an index says about itself. */
export interface IndexDescription {
  /** Documents in it. */
  readonly documents: number;
  readonly bytes: number;
  /** SHA-256 of its contents, in hexadecimal digits. */
  readonly checksum: string;
  readonly algorithm: string;
  /** Version of the tables by which letters were folded. */
  readonly unicode: string;
  readonly parameters: SketchParameters;
  /** "exact" when it has no signatures, and finds exact copies only. */
  readonly duplicates: "near" | "exact";
  /** True when it knows the ids and origins of its documents. */
  readonly names: boolean;
}

/** Reads an index through, checks it, and says what is in it. Throws a `PipelineError` when it is damaged. */
export async function describeIndex(path: string): Promise<IndexDescription> {
  const { documents, bytes, checksum, header } = await openIndex(path);
  const { algorithm, unicode, parameters, duplicates, names } = header;
  return { documents, bytes, checksum, algorithm, unicode, parameters, duplicates, names };
}

/**
 * Puts indexes together, in the order given, into one at `to` (which may be one of them), and returns how many documents it has.
 * Exact copies enter once. Near duplicates of each other stay both: whoever compares with the index is compared with the first.
 * All must have been made with equal options, or a `PipelineError` of kind "changed" names the difference. Names survive if
 * all have them. Memory: 21 bytes a document.
 */
export async function mergeIndexes(paths: readonly string[], to: string): Promise<number> {
  if (!Array.isArray(paths) || paths.length === 0) throw optionType("mergeIndexes", "paths", "an array of at least one path", paths);
  const indexes: SavedIndex[] = [];
  for (const path of paths) indexes.push(await openIndex(path));
  const first = (indexes[0] as SavedIndex).header;
  for (const { path, header } of indexes) {
    const difference = incomparable(header, first);
    if (difference !== undefined)
      throw new PipelineError({ kind: "changed", message: `${path} and ${paths[0]} cannot be merged: ${difference}` });
  }
  const names = indexes.every(({ header }) => header.names);
  const seen = new ExactIndex(indexes.reduce((sum, { documents }) => sum + documents, 0));
  return await write(to, { ...first, names }, async (writer) => {
    for (const index of indexes) {
      await eachRecord(index.path, index, (record) => {
        if (seen.find(record.key) !== undefined) return undefined;
        seen.add(record.key);
        return writer.add(record);
      });
    }
    return seen.count;
  });
}

/** How {@link shrinkIndex} makes an index smaller; at least one of them. */
export interface ShrinkOptions {
  /** Keep only so many documents, those that were added last. */
  readonly newest?: number;
  /** "exact": without signatures the index takes 17 bytes a document and finds exact copies only (`duplicates: "exact"`). */
  readonly duplicates?: "exact";
  /** False: forget ids and origins. */
  readonly names?: false;
}

/** Writes a smaller copy of an index to `to` (which may be the same path), and returns how many documents it has. */
export async function shrinkIndex(from: string, to: string, options: ShrinkOptions): Promise<number> {
  knownOptions("shrinkIndex", options, ["newest", "duplicates", "names"]);
  const { newest = Number.POSITIVE_INFINITY, duplicates, names } = options;
  numberOption("shrinkIndex", "newest", newest, { min: 0, integer: true });
  if (duplicates !== undefined) wordOption("shrinkIndex", "duplicates", duplicates, ["exact"]);
  if (names !== undefined && names !== false) throw optionType("shrinkIndex", "names", "false, or absent", names);
  if (Object.keys(options).length === 0) throw new TypeError("shrinkIndex: say what goes: `newest`, `duplicates` or `names`");
  const index = await openIndex(from);
  const skipped = Math.max(0, index.documents - newest);
  const header: FingerprintHeader = {
    ...index.header,
    names: index.header.names && names !== false,
    duplicates: duplicates ?? index.header.duplicates,
  };
  return await write(to, header, async (writer) => {
    await eachRecord(from, index, (record) => writer.add(duplicates === "exact" ? { ...record, signature: undefined } : record), skipped);
    return index.documents - skipped;
  });
}

async function write(to: string, header: FingerprintHeader, work: (writer: IndexWriter) => Promise<number>): Promise<number> {
  const writer = await IndexWriter.create(to, header);
  try {
    const count = await work(writer);
    await writer.commit();
    return count;
  } catch (error) {
    await writer.abort();
    throw error;
  }
}
