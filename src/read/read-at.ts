/**
 * One record, read again where its origin says it lies: the way back from a sample to the text it was made of. A plain file is
 * entered at the offset; a compressed one is decompressed up to it.
 */
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { type Doc, knownOptions, messageOf, numberOption, type Origin, PipelineError } from "../core/index.ts";
import { type Entry, readEntry, storeFor } from "../store/index.ts";
import type { Parser } from "./parser.ts";
import { DEFAULT_MAX_BYTES, docParsing, type ReadOptions } from "./read.ts";
import { withEnd } from "./source.ts";

/** Options of {@link readAt}: those of the `read` that made the origin. */
export interface ReadAtOptions extends Pick<ReadOptions, "format" | "text" | "id" | "maxLineBytes"> {
  /** Where the input lies now. Default: where the origin says. */
  readonly path?: string;
  readonly signal?: AbortSignal;
}

/**
 * Reads the record at `origin` and gives the document that `read` made of it. Memory: as `read`. Throws a `PipelineError` with
 * the origin: "vanished", "changed" (no record begins there now), the error that `read` had reported of that record, and what
 * reading the file throws.
 */
export async function readAt(origin: Origin, options: ReadAtOptions = {}): Promise<Doc> {
  knownOptions("readAt", options, ["format", "text", "id", "maxLineBytes", "path", "signal"]);
  const { path = origin.source, signal } = options;
  const { source, record, offset } = origin;
  const maxBytes = numberOption("readAt", "maxLineBytes", options.maxLineBytes ?? DEFAULT_MAX_BYTES, { min: 1, integer: true });
  const report = (error: PipelineError): never => {
    throw new PipelineError({ ...error.facts, origin });
  };
  const { parser } = docParsing("readAt", options);
  try {
    const records: Parser<Doc> = parser({ source, record, offset, maxBytes, mine: (n) => n === record, report, count: () => {} });
    const entry = await entryAt(path);
    const bytes = readEntry(storeFor([]), entry, { start: offset, ...(signal === undefined ? {} : { signal }) });
    for await (const chunk of withEnd(bytes)) {
      if (chunk === undefined) records.end();
      else records.push(chunk);
      const doc = records.next();
      if (doc !== undefined) return doc;
    }
  } catch (error) {
    if (error instanceof PipelineError && error.origin === undefined) report(error);
    throw error;
  }
  return report(new PipelineError({ kind: "changed", message: "the file ends before this record: it is not the file it was" }));
}

/**
 * SHA-256 in hex of the stretches of a file, as it lies on disk, that end at `ends` (increasing), and the size of the file: what
 * manifests have of an input. One read of the file up to the last end.
 */
export async function inputDigests(
  path: string,
  ends: readonly number[],
  signal?: AbortSignal,
): Promise<{ readonly bytes: number; readonly sha256: readonly string[] }> {
  const entry = await entryAt(path);
  const sha256: string[] = [];
  let start = 0;
  for (const end of ends) {
    const hash = createHash("sha256");
    const stretch = { start, end: Math.min(end, entry.size), ...(signal === undefined ? {} : { signal }) };
    if (stretch.end > start) for await (const chunk of storeFor([]).stream(entry, stretch)) hash.update(chunk);
    sha256.push(hash.digest("hex"));
    start = end;
  }
  return { bytes: entry.size, sha256 };
}

async function entryAt(path: string): Promise<Entry> {
  try {
    const { size, mtimeMs } = await stat(path);
    return { name: path, size, mtime: mtimeMs };
  } catch (error) {
    throw new PipelineError({ kind: "vanished", message: `${path} is not there: ${messageOf(error)}`, cause: error });
  }
}
