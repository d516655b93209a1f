/** What a sink keeps of the run around it: lineage of every document, and the inputs with their digests. */
import { basename } from "node:path";
import { type InputFacts, type SinkContext, tracedRows } from "../core/index.ts";
import { LineageWriter, type ManifestInput, type ManifestLineage } from "../trace/index.ts";
import { cannotWrite } from "./shard-file.ts";

export class RunRecord {
  readonly inputs: Record<string, ManifestInput> = Object.create(null);
  readonly #stage: string;
  readonly #path: string;
  readonly #writer: LineageWriter | undefined;
  /** True once there is a row. */
  #used = false;

  /**
   * To be made before the first record is asked for. `path` is that of the lineage file, whose folder must be ready: rows may be
   * put aside in it. `keeps` is the option; undefined means yes, but for an exclusions sink.
   */
  constructor(context: SinkContext, path: string, keeps: boolean = context.observe !== undefined) {
    this.#stage = context.stage;
    this.#path = path;
    const writer = keeps ? new LineageWriter(path) : undefined;
    this.#writer = writer;
    context.observe?.({
      departed: ({ origin: { source, record, offset }, part, outcome, stage, reason }) => {
        this.#used = true;
        writer?.add({ source, record, offset, part, outcome, stage, reason });
      },
      inputRead: (input) => {
        this.inputs[input.source] = manifestInput(input);
      },
    });
  }

  /** The record was written as sample `sample` of shard `shard`. */
  delivered(record: unknown, shard: number, sample: number): void {
    if (this.#writer === undefined) return;
    this.#used = true;
    const rows = tracedRows(record);
    const isBatch = rows[0] !== record;
    for (let i = 0; i < rows.length; i++) {
      const { origin, part } = rows[i] as (typeof rows)[number];
      const { source, record: number, offset } = origin;
      this.#writer.add({ source, record: number, offset, part, outcome: "delivered", shard, sample, row: isBatch ? i : undefined });
    }
  }

  /** Gives the lineage file its name; null when none is kept. */
  async commit(): Promise<ManifestLineage | null> {
    if (this.#writer === undefined) return null;
    try {
      return { name: basename(this.#path), ...(await this.#writer.commit()) };
    } catch (error) {
      throw cannotWrite(this.#stage, this.#path, error);
    }
  }

  /** The same for the lineage of one task of many: without rows there is nothing to join, and no file to force to disk. */
  async commitFragment(): Promise<string | null> {
    return this.#used ? ((await this.commit())?.name ?? null) : null;
  }

  /** Removes what `commit` has not made a file of; behind it, does nothing. */
  async abort(): Promise<void> {
    await this.#writer?.abort();
  }
}

export function manifestInput({ bytes, sha256, pieces }: InputFacts): ManifestInput {
  return pieces === undefined ? { bytes, sha256 } : { bytes, sha256, pieces };
}
