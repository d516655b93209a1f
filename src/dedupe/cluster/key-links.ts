/**
 * Who shares a key with whom, out of core: for every band (and, as one band more, for the exact keys) the documents with the same key, in order,
 * as links from each to the next. A bucket of n documents is a chain of n - 1 links, never n^2. Two ways with the same result: the kernel
 * (partitioned-links.ts), and plain TypeScript where there is no WebAssembly SIMD (links.ts).
 */
import type { BatchSource } from "./batches.ts";
import { PlainLinks } from "./links.ts";
import { PartitionedLinks } from "./partitioned-links.ts";

export interface LinkOptions {
  /** 0 when only exact keys count. */
  readonly bands: number;
  readonly rows: number;
  /** Size of all fingerprints: at most so many documents can there be. */
  readonly fingerprintBytes: number;
  readonly memoryBytes: number;
  readonly directory: string;
  readonly signal: AbortSignal;
}

/** `pairs`: from, to, from, to, ... of documents that follow each other among those with one key, valid until the function returns. */
export type VisitLinks = (pairs: Uint32Array, band: number) => void;

export interface KeyLinks {
  /** Documents distributed. */
  readonly documents: number;
  /** Bytes on disk. */
  readonly bytesOnDisk: number;
  /** Takes the keys of all documents. */
  distribute(source: BatchSource): Promise<void>;
  /** Finds all links; those of one band and key come in order; the exact key is band `bands`. */
  link(visit: VisitLinks): Promise<void>;
  /** Removes its files. */
  close(): void;
}

/** "auto": the kernel where it runs. Both find the same links. */
export function keyLinks(options: LinkOptions, backend: "auto" | "js" = "auto"): KeyLinks {
  return (backend === "js" ? undefined : PartitionedLinks.create(options)) ?? new PlainLinks(options);
}
