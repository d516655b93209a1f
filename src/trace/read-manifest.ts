import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { messageOf, PipelineError } from "../core/index.ts";
import { MANIFEST_FORMAT, MANIFEST_NAME, MANIFEST_VERSION, type Manifest, unfinishedName } from "./manifest.ts";

/**
 * Reads the manifest of a folder of shards, or the manifest file itself. Throws a `PipelineError`: "vanished" when there is
 * none (it tells whether a run was left unfinished there), "corrupt" when it is not a manifest, "changed" when it has a
 * version this library does not know.
 */
export async function readManifest(path: string): Promise<Manifest> {
  const file = path.endsWith(".json") && !(await isFolder(path)) ? path : join(path, MANIFEST_NAME);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const marker = join(dirname(file), unfinishedName(basename(file)));
    const unfinished = await stat(marker).then(
      () => true,
      () => false,
    );
    const message = unfinished
      ? `${file} is not there yet: the run that writes these shards has not finished, or was interrupted; run it again`
      : `cannot read ${file}: ${messageOf(error)}`;
    throw new PipelineError({ kind: "vanished", message, cause: error });
  }
  return parseManifest(text, file);
}

/** Checks the text of a manifest; `file` names it in errors. */
export function parseManifest(text: string, file: string): Manifest {
  const refuse = (why: string, kind = "corrupt"): never => {
    throw new PipelineError({ kind, message: `${file} is not a manifest of millrace: ${why}` });
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    refuse(messageOf(error));
  }
  if (!isObject(value) || value["format"] !== MANIFEST_FORMAT) return refuse(`\`format\` is not "${MANIFEST_FORMAT}"`);
  if (value["version"] !== MANIFEST_VERSION) {
    return refuse(`it has version ${String(value["version"])}, this library reads version ${MANIFEST_VERSION}`, "changed");
  }
  const whole = { ...LATER_FIELDS, ...value };
  for (const [name, fits] of Object.entries(FIELDS)) if (!fits(whole[name])) refuse(`\`${name}\` is missing or malformed`);
  return whole as unknown as Manifest;
}

type Check = (value: unknown) => boolean;

const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isText: Check = (value) => typeof value === "string";
const isTextOrNull: Check = (value) => value === null || isText(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const mapOf =
  (check: Check): Check =>
  (value) =>
    isObject(value) && Object.values(value).every(check);
const shape =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isObject(value) && Object.entries(fields).every(([name, check]) => check(value[name]));

const books = { in: isCount, out: isCount, dropped: mapOf(isCount), errors: mapOf(isCount) };
const piece = shape({ end: isCount, sha256: isTextOrNull });
const sums = { bytes: isCount, records: isCount, documents: isCount, tokens: isCount };

/** Fields that manifests of version 1 did not have from the beginning. */
const LATER_FIELDS: Readonly<Record<string, unknown>> = { inputs: {}, lineage: null };

/** What a program that trusts the types would otherwise trip over far from here. */
const FIELDS: Readonly<Record<string, Check>> = {
  versions: mapOf(isText),
  seed: Number.isSafeInteger,
  sink: shape({ name: isText }),
  deliveredBefore: isCount,
  totals: shape({ ...sums, shards: isCount, oversized: isCount }),
  stages: listOf(shape({ name: isText, ...books, bytes: isCount, counters: mapOf((value) => typeof value === "number") })),
  sources: mapOf(shape(books)),
  inputs: mapOf(shape({ bytes: isCount, sha256: isTextOrNull, pieces: (value) => value === undefined || listOf(piece)(value) })),
  lineage: (value) => value === null || shape({ name: isText, bytes: isCount, sha256: isText, rows: isCount })(value),
  shards: listOf(shape({ ...sums, name: isText, sha256: isText, index: isTextOrNull })),
};

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
