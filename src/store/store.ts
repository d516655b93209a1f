/**
 * The seam between the readers and the places bytes lie in: list, then stream. Local files fill it today; HTTP and S3 fit
 * the same two calls (a listing, and a GET with a range), so the readers will not notice.
 */
import { PipelineError } from "../core/index.ts";
import { localFiles } from "./local.ts";

/** One input as it was listed. */
export interface Entry {
  /** As the pattern matched it, with forward slashes: relative stays relative. It is the `source` of every origin. */
  readonly name: string;
  /** Bytes as they lie there, before decompression. */
  readonly size: number;
  /** Last change, in milliseconds since 1970; undefined when the entry could not be looked at (opening it will say why). */
  readonly mtime: number | undefined;
}

/** How to stream one entry. */
export interface StreamOptions {
  /** First byte to read. Default 0. */
  readonly start?: number;
  /** Byte to stop before. Default: the size the entry was listed with. */
  readonly end?: number;
  /** Ends the stream with its reason before the next chunk. */
  readonly signal?: AbortSignal;
  /** Called with the position reached, in bytes as they lie there. */
  readonly onRead?: (position: number) => void;
}

/** A place that holds inputs. */
export interface Store {
  /**
   * What the patterns match: sorted by UTF-16 code unit, without duplicates. Throws a `PipelineError` of kind "empty-match"
   * for a pattern that matches nothing.
   */
  list(patterns: readonly string[]): Promise<readonly Entry[]>;
  /**
   * The bytes of an entry from `start` to `end`. A chunk is valid until the next one is asked for.
   * Throws a `PipelineError` of kind "vanished", "unreadable" or "changed"; closes what it opened when the loop ends.
   */
  stream(entry: Entry, options?: StreamOptions): AsyncIterable<Buffer>;
}

const SCHEME = /^([a-z][a-z0-9+.-]+):\/\//i;

/** The store that the patterns name. Only local files exist so far: a URL is a clear error, not a file of that name. */
export function storeFor(patterns: readonly string[]): Store {
  for (const pattern of patterns) {
    const scheme = SCHEME.exec(pattern)?.[1];
    if (scheme !== undefined) {
      const message = `${JSON.stringify(pattern)}: ${scheme}:// cannot be read yet; copy the files to a local folder first`;
      throw new PipelineError({ kind: "unreadable", message });
    }
  }
  return localFiles;
}
