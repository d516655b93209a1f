/** What became of the data: the manifest of a set of shards, and the lineage of every document. */
export type { DeliveredRow, DepartedRow, LineageRow, Place, RecordKey } from "./lineage.ts";
export { LineageFile } from "./lineage-file.ts";
export { joinLineage, type LineageFacts, type LineageFragment, LineageWriter } from "./lineage-writer.ts";
export {
  lineageName,
  MANIFEST_FORMAT,
  MANIFEST_NAME,
  MANIFEST_VERSION,
  type Manifest,
  type ManifestInput,
  type ManifestLineage,
  type ManifestShard,
  type ManifestStage,
  type ManifestTotals,
  unfinishedName,
} from "./manifest.ts";
export { parseManifest, readManifest } from "./read-manifest.ts";
