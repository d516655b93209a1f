/** What became of the data: the manifest of a set of shards, and the lineage of every document. */
export { type Change, type Configuration, configurationChanges, describeChange } from "./compare.ts";
export { type CountChange, type DiffOptions, diffRuns, type RunDiff } from "./diff.ts";
export type { DocumentChanges, Fate, FateChange } from "./diff-documents.ts";
export { type FoundManifest, findManifest, findRun, type Run } from "./find-manifest.ts";
export type { DeliveredRow, DepartedRow, LineageRow, Place, RecordKey } from "./lineage.ts";
export { LineageFile } from "./lineage-file.ts";
export { joinLineage, type LineageFragment } from "./lineage-join.ts";
export { type LineageFacts, LineageWriter } from "./lineage-writer.ts";
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
export { locate, openLineage, readLineage, type SampleName, type Whereabouts, whereIs } from "./places.ts";
export { parseManifest, readManifest } from "./read-manifest.ts";
