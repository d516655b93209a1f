/**
 * The indexes a corpus is compared with, as they were when the comparison began. Between the observation of a corpus and the decision
 * lie hours, crashes and resumed runs, and an index can change meanwhile: another run writes it, or this one does, where `save` is one
 * of `against`. A decision that was made again after that would find every document in the index, and drop all of them without a word.
 *
 * So the fingerprints carry a mark of the indexes, and the decision compares it. An index that was replaced by this very run begins
 * with all records of the one before it, because they are saved first; where that is so, its beginning is taken, and the decision can be
 * repeated. Anything else is refused.
 */
import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { PipelineError } from "../../core/index.ts";
import type { FingerprintHeader } from "../cluster/format.ts";
import { indexEnd, openIndex, prefixOf, type SavedIndex } from "./index-file.ts";

/** What fingerprints say of the indexes they are to be compared with. */
export interface BaseMark {
  /** SHA-256 of the checksums of all indexes, in their order. */
  readonly digest: string;
  /** Of the index that `save` will replace: its size. */
  readonly replaced?: { readonly documents: number; readonly bytes: number };
}

/** A header of fingerprints with such a mark. Absent without indexes. */
export interface MarkedHeader extends FingerprintHeader {
  readonly against?: BaseMark;
}

/** Marks the indexes, from their ends alone: whether they are whole is for the decision to check. */
export async function markOf(against: readonly string[], save: string | undefined): Promise<BaseMark | undefined> {
  if (against.length === 0) return undefined;
  const replacedAt = placeOf(against, save);
  const checksums: string[] = [];
  let replaced: BaseMark["replaced"];
  for (const [i, path] of against.entries()) {
    const { checksum, documents, bytes } = await indexEnd(path);
    checksums.push(checksum);
    if (i === replacedAt) replaced = { documents, bytes };
  }
  return { digest: digestOf(checksums), ...(replaced === undefined ? {} : { replaced }) };
}

/**
 * Opens and checks the indexes as they were when `mark` was made. Throws a `PipelineError` of kind "changed" when they are not what
 * they were, and what `openIndex` throws.
 */
export async function openMarked(
  against: readonly string[],
  save: string | undefined,
  mark: BaseMark | undefined,
  wanted: FingerprintHeader,
): Promise<SavedIndex[]> {
  const indexes: SavedIndex[] = [];
  for (const path of against) indexes.push(await openIndex(path, wanted));
  const digest = digestOf(indexes.map(({ checksum }) => checksum));
  if (mark === undefined || digest === mark.digest) return indexes;
  const at = placeOf(against, save);
  const now = indexes[at];
  if (now !== undefined && mark.replaced !== undefined) {
    const before = await prefixOf(now, mark.replaced);
    const all = indexes.with(at, before ?? now);
    if (digestOf(all.map(({ checksum }) => checksum)) === mark.digest) return all;
  }
  const which = against.length === 1 ? `the index ${against[0]}` : `one of the indexes ${against.join(", ")}`;
  const message = `${which} is not what it was when this corpus was compared with it; put it back, or begin anew with the one there is now`;
  throw new PipelineError({ kind: "changed", message });
}

/** Which of the indexes will be replaced; -1 for none. */
function placeOf(against: readonly string[], save: string | undefined): number {
  return save === undefined ? -1 : against.findIndex((path) => resolve(path) === resolve(save));
}

function digestOf(checksums: readonly string[]): string {
  return createHash("sha256").update(checksums.join()).digest("hex");
}
