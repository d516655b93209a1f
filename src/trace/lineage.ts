/**
 * Lineage: what became of every document, one row for each whole document or each part of one. A run's rows lie in one file
 * beside its manifest, sorted by source and record; `docs/trace.md` describes the format.
 */
import type { Part } from "../core/index.ts";

/** Where a document was read: its file and its number in it. */
export interface RecordKey {
  readonly source: string;
  /** Number of the record in its source, from 0. */
  readonly record: number;
}

/** Where a document, or a part of one, was written. */
export interface Place {
  /** Number of the shard, from 0: its place in the manifest's list of shards. */
  readonly shard: number;
  /** Number of the sample in the shard, from 0: a line, or one key of a tar. */
  readonly sample: number;
  /** Row of the sample when that is a batch, from 0; undefined when the sample is the document itself. */
  readonly row: number | undefined;
}

interface Read extends RecordKey {
  /** Byte offset of the record in its source, after decompression. */
  readonly offset: number;
  /** Which piece of the document this is, when a stage has cut it. */
  readonly part: Part | undefined;
}

/** A document that was written. */
export interface DeliveredRow extends Read, Place {
  readonly outcome: "delivered";
}

/** A document that did not reach a shard: dropped on purpose, or skipped as an error. */
export interface DepartedRow extends Read {
  readonly outcome: "dropped" | "error";
  /** The stage (or the sink) it ended in. */
  readonly stage: string;
  /** The reason of the drop, or the kind of the error. */
  readonly reason: string;
}

export type LineageRow = DeliveredRow | DepartedRow;

/** Numbers in a row stay below 2^52, so that the difference of any two of them is exact and has room for a sign. */
export const MAX_NUMBER: number = 2 ** 52 - 1;

/** The order of the file: by source (UTF-16 code units) and record. */
export function compareKeys(a: RecordKey, b: RecordKey): number {
  if (a.source !== b.source) return a.source < b.source ? -1 : 1;
  return a.record - b.record;
}

/** A total order, so that equal sets of rows make equal files: by source, record and part, then by what became of them. */
export function compareRows(a: LineageRow, b: LineageRow): number {
  if (a.source !== b.source) return a.source < b.source ? -1 : 1;
  if (a.record !== b.record) return a.record - b.record;
  return comparePieces(a, b); // apart, because rows of one record are rare and this function must stay small
}

function comparePieces(a: LineageRow, b: LineageRow): number {
  const parts = (a.part?.index ?? 0) - (b.part?.index ?? 0) || (a.part?.count ?? 0) - (b.part?.count ?? 0) || a.offset - b.offset;
  if (parts !== 0) return parts;
  if (a.outcome !== "delivered" && b.outcome !== "delivered") {
    return compareText(a.outcome, b.outcome) || compareText(a.stage, b.stage) || compareText(a.reason, b.reason);
  }
  if (a.outcome !== "delivered") return 1;
  if (b.outcome !== "delivered") return -1;
  return a.shard - b.shard || a.sample - b.sample || (a.row ?? -1) - (b.row ?? -1);
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** True for the row that stands for its document in counts: a whole document, or the first part of one. */
export function standsForDocument(row: LineageRow): boolean {
  return (row.part?.index ?? 0) === 0;
}
