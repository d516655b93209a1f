/**
 * What a deduplication costs, from formulas: bytes follow from the structures themselves, seconds from constants measured
 * with `npm run bench:plan` and `npm run bench:cluster` on one core of a 2-core AMD EPYC virtual machine, Node 20.20, 2026-11-23 and -28. Another machine has
 * other constants; the proportions stay. Reading, cleaning and writing are not in them.
 */

/** What one way of running takes. */
export interface PlanCost {
  /** Bytes of memory at the end, scratch for the largest document not counted. */
  readonly memoryBytes: number;
  readonly diskBytes: number;
  /** Seconds of making signatures, spread over the cores, and of finding duplicates, which is one core's work. */
  readonly sketchSeconds: number;
  readonly findSeconds: number;
}

/** What costs are computed from. */
export interface CostInput {
  readonly docs: number;
  readonly bytesPerDoc: number;
  readonly bands: number;
  readonly rows: number;
  readonly cores: number;
  /** Bytes of memory that the out-of-core way may take. */
  readonly memoryBytes: number;
}

/** Seconds on one core. */
export const SECONDS: Readonly<Record<"sketchByte" | "sketchDocument" | "findKey" | "clusterKey", number>> = {
  /** From text to signature, exact key included, for each UTF-8 byte, and for each document. */
  sketchByte: 1.9e-9,
  sketchDocument: 1.0e-5,
  /** Looking up a band key among a million documents, and adding it. */
  findKey: 1.6e-7,
  /** Out of core, for each band key: to disk, linked, resolved. */
  clusterKey: 7e-8,
};

/** Bytes an entry of a table takes at most (4.1 to 5.2: it grows by a quarter). */
const TABLE_ENTRY = 5.2;
/** Bytes of an exact key. */
const EXACT_KEY = 16;

/** The streaming way: signatures, exact keys and tables in memory, for as many documents as are kept: here, all. */
export function streamingCost({ docs, bytesPerDoc, bands, rows, cores }: CostInput): PlanCost {
  return {
    memoryBytes: docs * (EXACT_KEY + TABLE_ENTRY + bands * rows + bands * TABLE_ENTRY),
    diskBytes: 0,
    sketchSeconds: (docs * (SECONDS.sketchDocument + bytesPerDoc * SECONDS.sketchByte)) / cores,
    findSeconds: docs * bands * SECONDS.findKey,
  };
}

/** On disk, out of core: before the signature of a fingerprint, for each band key, and for the exact key. */
const FINGERPRINT_HEAD = 17;
const KEY_ON_DISK = 12;
const EXACT_KEY_ON_DISK = 20;
/** Keys that take no more than this share of the memory stay there. */
const KEYS_IN_MEMORY = 1 / 3;

/**
 * The out-of-core way: fingerprints and, where they do not fit the memory, keys on disk; memory as large as it is allowed to be, whatever the
 * number of documents. Links and the signatures of documents that share a key come on top, but not all files are there at once: 317 to 320 bytes a
 * document were measured for 14 bands of 8 rows and 30 % copies.
 */
export function outOfCoreCost({ docs, bytesPerDoc, bands, rows, cores, memoryBytes }: CostInput): PlanCost {
  const keys = docs * (bands * KEY_ON_DISK + EXACT_KEY_ON_DISK);
  return {
    memoryBytes,
    diskBytes: docs * (FINGERPRINT_HEAD + bands * rows) + (keys <= memoryBytes * KEYS_IN_MEMORY ? 0 : keys),
    sketchSeconds: (docs * (SECONDS.sketchDocument + bytesPerDoc * SECONDS.sketchByte)) / cores,
    findSeconds: docs * bands * SECONDS.clusterKey,
  };
}
