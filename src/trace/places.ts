/** From a sample to the document it was made of, and back: the look-ups behind `millrace trace`. */
import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { PipelineError } from "../core/index.ts";
import { findRun, type Run } from "./find-manifest.ts";
import type { DeliveredRow, DepartedRow, LineageRow, RecordKey } from "./lineage.ts";
import { LineageFile } from "./lineage-file.ts";

/** A sample of a run, as a person names it. */
export interface SampleName {
  /** File name of the shard. */
  readonly shard: string;
  /** Number of the sample in the shard, from 0. */
  readonly sample: number;
  /** Row, when the sample is a batch; left out, all of them. */
  readonly row?: number | undefined;
}

/** Where a document, or a part of one, went. */
export type Whereabouts = (DeliveredRow & { /** File name of the shard. */ readonly shardName: string }) | DepartedRow;

/**
 * The documents that a sample was made of: one, or one for each row of a batch. `run` is a folder, a manifest or a shard.
 * Throws a `PipelineError`: "vanished" when there is no such manifest, shard, sample, row or lineage file, and what
 * `LineageFile.open` throws.
 */
export async function locate(run: string | Run, { shard, sample, row }: SampleName): Promise<DeliveredRow[]> {
  const found = typeof run === "string" ? await findRun(run) : run;
  const { shards } = found.manifest;
  const number = shards.findIndex(({ name }) => name === basename(shard));
  const listed = shards[number];
  if (listed === undefined) {
    const range = shards.length === 0 ? "no shard" : `${shards.length} of them, ${shards[0]?.name} to ${shards.at(-1)?.name}`;
    throw vanished(`${found.path} does not list ${basename(shard)}; it lists ${range}`);
  }
  if (sample >= listed.records) throw vanished(`${listed.name} has ${listed.records} samples, from 0; there is no sample ${sample}`);
  const rows = await withLineage(found, (lineage) => lineage.at({ shard: number, sample }));
  if (rows.length === 0) throw vanished(`${found.path} has no lineage of ${listed.name}#${sample}: its record had no origin`);
  if (row === undefined) return rows;
  const wanted = rows.filter((one) => one.row === row);
  if (wanted.length > 0) return wanted;
  const has = rows[0]?.row === undefined ? "is no batch, so it has no rows" : `has ${rows.length} rows, from 0`;
  throw vanished(`${listed.name}#${sample} ${has}; there is no row ${row}`);
}

/**
 * What became of a record: one row, or one for each part of it, in order. `run` is a folder, a manifest or a shard. Throws a
 * `PipelineError`: "vanished" when the run has not read that source or record, and what `locate` throws.
 */
export async function whereIs(run: string | Run, key: RecordKey): Promise<Whereabouts[]> {
  const found = typeof run === "string" ? await findRun(run) : run;
  const rows = await withLineage(found, (lineage) => lineage.of(key));
  if (rows.length > 0) return rows.map((row) => withName(found, row));
  if (found.manifest.deliveredBefore > 0) {
    throw vanished(
      `${found.path} does not know ${key.source}:${key.record}: the run was continued from a state, and what came before is not in it`,
    );
  }
  const books = found.manifest.sources[key.source];
  if (books !== undefined)
    throw vanished(`the run has read ${books.in} records of ${key.source}; there is none with the number ${key.record}`);
  throw vanished(`the run has read nothing of ${key.source}${meant(Object.keys(found.manifest.sources), key.source)}`);
}

/** All rows of a run, by source and record. `path` is a folder, a manifest, a shard or a lineage file. Memory: one block. */
export async function* readLineage(path: string): AsyncGenerator<LineageRow, void> {
  const lineage = path.endsWith(".lineage") ? await LineageFile.open(path) : await openLineage(await findRun(path));
  try {
    for await (const row of lineage) yield row;
  } finally {
    await lineage.close();
  }
}

/** Opens the lineage of a run for the time of the work. */
export async function withLineage<T>(run: Run, work: (lineage: LineageFile) => Promise<T>): Promise<T> {
  const lineage = await openLineage(run);
  try {
    return await work(lineage);
  } finally {
    await lineage.close();
  }
}

/** Opens the lineage of a run. Throws "vanished" when it has none, and "changed" when the file is not the one it wrote. */
export async function openLineage({ folder, path, manifest }: Run): Promise<LineageFile> {
  const { lineage } = manifest;
  if (lineage === null) {
    throw vanished(`${path} names no lineage file: the run was written with \`lineage: false\`, or by an older version; run it again`);
  }
  const file = join(folder, lineage.name);
  const bytes = (await stat(file).catch(() => undefined))?.size;
  if (bytes === undefined) throw vanished(`${file} is gone, which ${path} names; without it nothing can be traced`);
  if (bytes !== lineage.bytes) {
    const message = `${file} has ${bytes} bytes, but ${path} says ${lineage.bytes}: it is not the file that the run wrote`;
    throw new PipelineError({ kind: "changed", message });
  }
  return LineageFile.open(file);
}

function withName({ manifest }: Run, row: LineageRow): Whereabouts {
  if (row.outcome !== "delivered") return row;
  return { ...row, shardName: manifest.shards[row.shard]?.name ?? `shard ${row.shard}` };
}

/** The sources that end like the name that was given: people leave folders out. */
function meant(sources: readonly string[], name: string): string {
  const alike = sources.filter((source) => source.endsWith(`/${basename(name)}`) || source === basename(name));
  if (alike.length > 0) return `; did you mean ${alike.slice(0, 3).join(" or ")}?`;
  return sources.length === 0
    ? ""
    : `; it has read ${sources.slice(0, 3).join(", ")}${sources.length > 3 ? ` and ${sources.length - 3} more` : ""}`;
}

function vanished(message: string): PipelineError {
  return new PipelineError({ kind: "vanished", message });
}
