/**
 * The part of a sink that all shard formats share: names, limits, hashes, index, manifest. A format only turns one record
 * into bytes (`ShardFormat`).
 *
 * Guarantees: records lie in the order of the pipeline; every file is whole or absent; the manifest comes last; the same
 * records give the same bytes on any machine, at any time. Cost: one copy, one SHA-256 and one write of every byte. Memory:
 * two chunks of 1 MiB for the shard being filled and two for the one before it, which is forced to disk meanwhile; 8 bytes
 * of index per record of a shard; about 200 bytes per finished shard.
 */
import { type Json, PipelineError, type SinkContext, tracedRows } from "../core/index.ts";
import type { Manifest, ManifestShard } from "../trace/index.ts";
import type { Compressor } from "./compress.ts";
import type { Sample, ShardFormat } from "./format.ts";
import { buildManifest, type Identity, identityOf } from "./manifest.ts";
import type { ShardSettings } from "./options.ts";
import { indexName, type ShardPattern } from "./pattern.ts";
import { ShardFile } from "./shard-file.ts";
import { Target } from "./target.ts";

/** A set of shards to be written. */
export interface ShardPlan<S extends Sample> {
  readonly pattern: ShardPattern;
  readonly settings: ShardSettings;
  readonly format: ShardFormat<S>;
  /** The options that shape the bytes, as the manifest records them. */
  readonly config: Json;
  /** Absent for plain shards, which get an index. */
  readonly compression?: { readonly open: () => Compressor; readonly versionKey: string };
}

/**
 * Writes all records. Returns the manifest, or null when the run was left before its end (only an exclusions sink sees
 * that): its shards then stay as they are, and no manifest vouches for them.
 */
export async function writeShards<S extends Sample>(
  plan: ShardPlan<S>,
  input: AsyncIterable<unknown>,
  context: SinkContext,
): Promise<Manifest | null> {
  const { pattern, settings, compression } = plan;
  const identity = identityOf(context, plan.config, compression === undefined ? [] : [compression.versionKey]);
  const target = new Target(context.stage, pattern, settings.manifest);
  try {
    await target.begin(settings.ifExists, identity);
    const writer = new ShardWriter(plan, context);
    let manifest: Manifest | null;
    try {
      for await (const record of input) {
        const full = writer.add(record);
        if (full !== undefined) await full;
      }
      manifest = await writer.finish(identity);
    } catch (error) {
      await writer.abort();
      throw error;
    }
    if (manifest !== null) await target.publish(manifest);
    return manifest;
  } finally {
    target.release();
  }
}

class ShardWriter<S extends Sample> {
  readonly #plan: ShardPlan<S>;
  readonly #context: SinkContext;
  readonly #deliveredBefore: number;
  readonly #shards: ManifestShard[] = [];
  readonly #refused = new Map<string, number>();
  #oversized = 0;
  #opened = 0;
  #current: ShardFile | undefined;
  #documents = 0;
  #tokens = 0;
  /** The shard before the current one, on its way to the disk. */
  #closing: Promise<void> = Promise.resolve();

  constructor(plan: ShardPlan<S>, context: SinkContext) {
    this.#plan = plan;
    this.#context = context;
    this.#deliveredBefore = context.report().delivered;
  }

  /** Returns undefined when the record was only gathered, a promise when there is something to wait for. */
  add(record: unknown): Promise<void> | undefined {
    let sample: S;
    try {
      sample = this.#plan.format.encode(record);
    } catch (error) {
      this.#refuse(record, error);
      return undefined;
    }
    const current = this.#current;
    if (current === undefined || !this.#fits(current, sample)) return this.#rotate(record, sample);
    return this.#append(current, record, sample);
  }

  async finish(identity: Identity): Promise<Manifest | null> {
    await this.#close();
    await this.#closing;
    if (!this.#context.report().finished) return null;
    const [shards, oversized, deliveredBefore, refused] = [this.#shards, this.#oversized, this.#deliveredBefore, this.#refused];
    return buildManifest(identity, this.#context, { shards, oversized, deliveredBefore, refused });
  }

  async abort(): Promise<void> {
    await this.#closing.catch(() => {});
    await this.#current?.abort();
  }

  #fits(file: ShardFile, sample: S): boolean {
    const { settings, format } = this.#plan;
    const size = file.size + sample.size;
    return file.samples < settings.maxRecords && size + format.padding(size) <= settings.maxBytes;
  }

  async #rotate(record: unknown, sample: S): Promise<void> {
    await this.#close();
    const { pattern, settings, format, compression } = this.#plan;
    const number = this.#opened++;
    if (number >= pattern.capacity) {
      const message = `more than ${pattern.capacity} shards, which ${pattern.base} cannot name; give {shard} more digits or raise \`maxBytes\``;
      throw new PipelineError({ kind: "too-long", stage: this.#context.stage, message });
    }
    const name = pattern.name(number);
    this.#current = await ShardFile.open(this.#context.stage, pattern.path(name), name, compression?.open());
    if (sample.size + format.padding(sample.size) > settings.maxBytes) this.#oversized++;
    await this.#append(this.#current, record, sample);
  }

  #append(file: ShardFile, record: unknown, sample: S): Promise<void> | undefined {
    for (const row of tracedRows(record)) if ((row.part?.index ?? 0) === 0) this.#documents++;
    this.#tokens += tokensOf(record);
    const { format } = this.#plan;
    const number = file.samples;
    return file.add(sample.size, (into, at) => format.fill(sample, file.name, number, into, at));
  }

  /** Begins to close the current shard; the next one may be filled meanwhile. */
  async #close(): Promise<void> {
    const file = this.#current;
    if (file === undefined) return;
    await this.#closing; // one at a time, so that memory is bounded and shards appear in order
    this.#current = undefined;
    const [documents, tokens] = [this.#documents, this.#tokens];
    this.#documents = 0;
    this.#tokens = 0;
    this.#closing = this.#seal(file, documents, tokens);
    this.#closing.catch(() => {}); // thrown where it is awaited
  }

  async #seal(file: ShardFile, documents: number, tokens: number): Promise<void> {
    const { pattern, format, compression } = this.#plan;
    const index = compression === undefined ? indexName(file.name) : null;
    const { name, samples: records } = file;
    try {
      const { bytes, sha256 } = await file.close(format.padding(file.size), index === null ? undefined : pattern.path(index));
      this.#shards.push({ name, bytes, sha256, records, documents, tokens, index });
    } catch (error) {
      await file.abort();
      throw error;
    }
  }

  /** The engine has counted the record as delivered; the manifest must count it as an error instead. */
  #refuse(record: unknown, error: unknown): void {
    const rows = tracedRows(record);
    const kind = error instanceof PipelineError ? error.kind : "unwritable";
    if (rows.length === 0) this.#context.fail(error, { record, kind });
    for (const row of rows) {
      this.#context.fail(error, { record: row, kind });
      if ((row.part?.index ?? 0) > 0) continue;
      this.#refused.set(row.origin.source, (this.#refused.get(row.origin.source) ?? 0) + 1);
    }
  }
}

/** Token ids in a record, padding left out. */
function tokensOf(record: unknown): number {
  if (typeof record !== "object" || record === null) return 0;
  const { tokens, input_ids, rows } = record as { tokens?: unknown; input_ids?: unknown; rows?: readonly { readonly length: number }[] };
  if (ArrayBuffer.isView(tokens)) return (tokens as Uint32Array).length;
  if (Array.isArray(tokens)) return tokens.length;
  if (ArrayBuffer.isView(input_ids) && Array.isArray(rows))
    return rows.reduce((sum: number, row: { readonly length: number }) => sum + row.length, 0);
  return 0;
}
