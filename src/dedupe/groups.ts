/** What `groups: true` adds to a document instead of dropping it. */
import type { Doc, ExclusionDetail } from "../core/index.ts";

/** The group of duplicates that a document belongs to. */
export interface DuplicateGroup {
  /** The `id` of the document that stays; of a document without duplicates its own. */
  readonly id: string;
  /** How the document is a copy of that one; absent on the one that stays. */
  readonly copy?: "exact" | "near";
  /** Estimated Jaccard similarity with the one that stays, where it was compared: near copies, `match: "verified"`. */
  readonly similarity?: number;
  /** Documents in the group, the one that stays included; only with `match: "components"`, since others learn it too late. */
  readonly size?: number;
}

export function groupOf(
  doc: Doc,
  copy: "exact" | "near" | undefined,
  detail: ExclusionDetail | undefined,
  size: number | undefined,
): DuplicateGroup {
  const sized = size === undefined ? {} : { size };
  if (copy === undefined) return { id: doc.id, ...sized };
  const { of, similarity } = detail ?? {};
  const id = typeof of === "string" ? of : "";
  return { id, copy, ...(typeof similarity === "number" ? { similarity } : {}), ...sized };
}
