/**
 * What a deduplication costs, from formulas: bytes follow from the structures themselves, seconds from constants measured
 * with `npm run bench:plan` on one core of a 2-core AMD EPYC virtual machine, Node 20.20, 2026-11-23. Another machine has
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
}

/** Seconds on one core. */
export const SECONDS: Readonly<Record<"sketchByte" | "sketchDocument" | "findKey", number>> = {
  /** From text to signature, exact key included, for each UTF-8 byte, and for each document. */
  sketchByte: 6.4e-9,
  sketchDocument: 1.3e-5,
  /** Looking up a band key among a million documents, and adding it. */
  findKey: 8.6e-7,
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
