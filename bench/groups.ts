/** All bench groups by name. */

import { batchGroup } from "./groups/batch.ts";
import { cleanGroup } from "./groups/clean.ts";
import { dedupeGroup } from "./groups/dedupe.ts";
import { granularityGroups } from "./groups/granularities.ts";
import { jobGroup } from "./groups/job.ts";
import { readGzipGroup, readPlainGroup } from "./groups/read.ts";
import { datatroveSha1Group, datatroveXxh64Group, sketchGroup } from "./groups/sketch.ts";
import { readTarGroup, writeTarGroup } from "./groups/tar.ts";
import { tokenizeGroup } from "./groups/tokenize-stage.ts";
import type { Group } from "./harness.ts";

export const groups: Readonly<Record<string, Group>> = {
  read: readPlainGroup,
  "read-gzip": readGzipGroup,
  clean: cleanGroup,
  dedupe: dedupeGroup,
  sketch: sketchGroup,
  "datatrove-xxh64": datatroveXxh64Group,
  "datatrove-sha1": datatroveSha1Group,
  ...granularityGroups,
  "tokenize-stage": tokenizeGroup,
  batch: batchGroup,
  "write-tar": writeTarGroup,
  "read-tar": readTarGroup,
  job: jobGroup,
};
