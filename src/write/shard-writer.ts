/** Fills shards one after the other: the loop of a sink, without names and manifests. */
import { PipelineError, type SinkContext, tracedRows } from "../core/index.ts";
import type { ManifestShard } from "../trace/index.ts";
import type { Sample } from "./format.ts";
import type { RunRecord } from "./lineage.ts";
import type { Written } from "./manifest.ts";
import { indexName, type ShardPattern } from "./pattern.ts";
import { ShardFile } from "./shard-file.ts";
import type { ShardPlan } from "./shards.ts";

/** How the shards of one writer are called. */
export interface ShardNames {
  /** Name of shard `number`, counted from 0 by this writer. */
  name(number: number): string;
  path(name: string): string;
  /** What the keys of samples begin with, and how many samples with that beginning came before: keys must be unique. */
  key(name: string): string;
  /** True when samples are counted over all shards of the writer, because their keys begin alike. */
  readonly countsOn: boolean;
}

/** The names of a sink that writes alone: every shard has its final name from the start. */
export function finalNames(stage: string, pattern: ShardPattern): ShardNames {
  return {
    name(number) {
      if (number < pattern.capacity) return pattern.name(number);
      throw tooMany(stage, pattern);
    },
    path: (name) => pattern.path(name),
    key: (name) => name,
    countsOn: false,
  };
}

export function tooMany(stage: string, pattern: ShardPattern): PipelineError {
  const message = `more than ${pattern.capacity} shards, which ${pattern.base} cannot name; give {shard} more digits or raise \`maxBytes\``;
  return new PipelineError({ kind: "too-long", stage, message });
}

export class ShardWriter<S extends Sample> {
  readonly #plan: ShardPlan<S>;
  readonly #context: SinkContext;
  readonly #names: ShardNames;
  readonly #run: RunRecord;
  readonly #shards: ManifestShard[] = [];
  readonly #refused = new Map<string, number>();
  #oversized = 0;
  #opened = 0;
  /** Samples in shards that are closed. */
  #before = 0;
  #current: ShardFile | undefined;
  #documents = 0;
  #tokens = 0;
  /** The shard before the current one, on its way to the disk. */
  #closing: Promise<void> = Promise.resolve();

  constructor(plan: ShardPlan<S>, names: ShardNames, context: SinkContext, run: RunRecord) {
    this.#plan = plan;
    this.#names = names;
    this.#context = context;
    this.#run = run;
  }

  /** Writes all records. When it throws, the shard that was being filled is gone. */
  async write(input: AsyncIterable<unknown>): Promise<Pick<Written, "shards" | "oversized" | "refused">> {
    try {
      for await (const record of input) {
        const full = this.#add(record);
        if (full !== undefined) await full;
      }
      await this.#close();
      await this.#closing;
    } catch (error) {
      await this.#closing.catch(() => {});
      await this.#current?.abort();
      throw error;
    }
    return { shards: this.#shards, oversized: this.#oversized, refused: this.#refused };
  }

  /** Returns undefined when the record was only gathered, a promise when there is something to wait for. */
  #add(record: unknown): Promise<void> | undefined {
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

  #fits(file: ShardFile, sample: S): boolean {
    const { settings, format } = this.#plan;
    const size = file.size + sample.size;
    return file.samples < settings.maxRecords && size + format.padding(size) <= settings.maxBytes;
  }

  async #rotate(record: unknown, sample: S): Promise<void> {
    await this.#close();
    const { settings, format, compression } = this.#plan;
    const name = this.#names.name(this.#opened++);
    this.#current = await ShardFile.open(this.#context.stage, this.#names.path(name), name, compression?.open());
    if (sample.size + format.padding(sample.size) > settings.maxBytes) this.#oversized++;
    await this.#append(this.#current, record, sample);
  }

  #append(file: ShardFile, record: unknown, sample: S): Promise<void> | undefined {
    for (const row of tracedRows(record)) if ((row.part?.index ?? 0) === 0) this.#documents++;
    this.#tokens += tokensOf(record);
    const { format } = this.#plan;
    const key = this.#names.key(file.name);
    this.#run.delivered(record, this.#opened - 1, file.samples);
    const number = file.samples + (this.#names.countsOn ? this.#before : 0);
    return file.add(sample.size, (into, at) => format.fill(sample, key, number, into, at));
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
    this.#before += file.samples;
    this.#closing = this.#seal(file, documents, tokens);
    this.#closing.catch(() => {}); // thrown where it is awaited
  }

  async #seal(file: ShardFile, documents: number, tokens: number): Promise<void> {
    const { format, compression } = this.#plan;
    const index = compression === undefined ? indexName(file.name) : null;
    const { name, samples: records } = file;
    try {
      const { bytes, sha256 } = await file.close(format.padding(file.size), index === null ? undefined : this.#names.path(index));
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
