/** Documents read again from their sources, by their origins. */
import { resolve } from "node:path";
import { messageOf, type Origin } from "../core/index.ts";
import { read } from "../read/index.ts";
import type { ManifestStage } from "../trace/index.ts";

/** The texts of documents, by `placeOf` of their origins. */
export interface FoundDocuments {
  readonly texts: ReadonlyMap<string, { readonly id: string; readonly text: string }>;
  /** Why documents are missing, one line a source, and what else went wrong. */
  readonly problems: readonly string[];
}

/** "corpus/a.jsonl:12": how the command line names a record. */
export function placeOf({ source, record }: Origin): string {
  return `${source}:${record}`;
}

type ReaderConfig = { readonly text?: string | false; readonly id?: string | false; readonly format?: "auto" | "jsonl" | "text" | "tar" };

/**
 * Reads each source once, up to the last record that is wanted; memory is that of the texts wanted. Only what `read` has read
 * can be read again, with the options the manifest tells.
 */
export async function findDocuments(
  origins: readonly Origin[],
  stages: readonly ManifestStage[],
  root: string,
  signal: AbortSignal,
): Promise<FoundDocuments> {
  const wanted = new Map<string, Set<number>>();
  for (const { source, record } of origins) wanted.set(source, (wanted.get(source) ?? new Set()).add(record));
  const texts = new Map<string, { id: string; text: string }>();
  const problems: string[] = [];
  const first = stages[0];
  if (first !== undefined && first.name !== "read") {
    return {
      texts,
      problems: origins.length === 0 ? [] : [`the documents came from ${first.name}, which cannot be read again: only read() can`],
    };
  }
  const { text, id, format } = (first?.config ?? {}) as ReaderConfig;
  const options = {
    ...(text === undefined ? {} : { text }),
    ...(id === undefined ? {} : { id }),
    ...(format === undefined ? {} : { format }),
  };
  for (const [source, records] of [...wanted].sort(([a], [b]) => (a < b ? -1 : 1))) {
    // A run that skipped bad records has their numbers too, so they are skipped here.
    const pass = read(root === "" ? source : resolve(root, source), { ...options, onError: "skip" }).run({ signal });
    let left = records.size;
    try {
      for await (const doc of pass) {
        if (!records.has(doc.origin.record)) continue;
        texts.set(placeOf({ ...doc.origin, source }), { id: doc.id, text: doc.text });
        if (--left === 0) break;
      }
      if (left > 0) problems.push(`${source}: ${left} of ${records.size} documents are not there any more; did the file change?`);
    } catch (error) {
      if (signal.aborted) throw error;
      problems.push(
        `${source}: ${messageOf(error)} (sources are looked for from ${root === "" ? "here; --root names another folder" : root})`,
      );
    }
  }
  return { texts, problems };
}
