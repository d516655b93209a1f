/** What signatures tell about the similarity of documents. */

/** Equal values of two signatures, or of one and a part of a block that holds many. */
export function matches(a: Uint8Array, b: Uint8Array, bFrom = 0): number {
  let equal = 0;
  for (let i = 0; i < a.length; i++) equal += a[i] === b[bFrom + i] ? 1 : 0;
  return equal;
}

/**
 * The estimate that belongs to a number of equal values out of `size`: (256 * equal - size) / (255 * size), since values of
 * 8 bits are also equal by chance once in 256. It is not biased, hence a little below 0 (-1/255) for nothing in common.
 */
export function estimateOf(equal: number, size: number): number {
  return (256 * equal - size) / (255 * size);
}

/**
 * Estimates the Jaccard similarity of the shingle sets of two documents from their signatures (arrays of equal length,
 * made with equal parameters). From -1/255 to 1; standard error about sqrt(J * (1 - J) / length), 0.05 at most for 112
 * values. Throws a `RangeError` when the lengths differ; other differences of parameters cannot be seen in a signature.
 */
export function estimateJaccard(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length || a.length === 0) {
    throw new RangeError(`estimateJaccard: expected two signatures of equal length, got ${a.length} and ${b.length} values`);
  }
  return estimateOf(matches(a, b), a.length);
}

/** The least number of equal values whose estimate reaches `threshold`. */
export function matchesNeeded(threshold: number, size: number): number {
  let equal = 0;
  while (equal < size && estimateOf(equal, size) < threshold) equal++;
  return equal;
}

/**
 * The share of document pairs of Jaccard similarity `jaccard` that share the key of a band: 1 - (1 - s^rows)^bands. With
 * values of 8 bits s is J + (1 - J) / 256. 14 bands of 8 rows: 0.06 at 0.5, 0.22 at 0.6, 0.57 at 0.7, 0.92 at 0.8, 0.9996
 * at 0.9.
 */
export function detection(jaccard: number, bands = 14, rows = 8): number {
  const s = jaccard + (1 - jaccard) / 256;
  return 1 - (1 - s ** rows) ** bands;
}
