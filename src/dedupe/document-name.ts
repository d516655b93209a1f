/** Who a document is, as it stands in fingerprints, verdicts and indexes: JSON of its id and origin. */
import type { Doc, ExclusionDetail } from "../core/index.ts";

type Named = Pick<Doc, "id" | "origin">;

/** The name of a document. */
export function documentName({ id, origin: { source, record, offset } }: Named): string {
  return JSON.stringify([id, source, record, offset]);
}

export function parseName(name: string): Named {
  const [id, source, record, offset] = JSON.parse(name) as [string, string, number, number];
  return { id, origin: { source, record, offset } };
}

/** The name in a removal's detail, or "" where nobody knows it. */
export function nameOf({ of, origin }: ExclusionDetail): string {
  return typeof of === "string" ? documentName({ id: of, origin: origin as unknown as Doc["origin"] }) : "";
}
