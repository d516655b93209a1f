/** What became of the data: the manifest of a set of shards. */
export {
  MANIFEST_FORMAT,
  MANIFEST_NAME,
  MANIFEST_VERSION,
  type Manifest,
  type ManifestShard,
  type ManifestStage,
  type ManifestTotals,
  unfinishedName,
} from "./manifest.ts";
export { parseManifest, readManifest } from "./read-manifest.ts";
