/** The numbers of assembly/layout.ts that the host needs too. */
export const INPUT_BYTES: number = 1 << 12;
/** Signatures in a batch. */
export const BATCH = 128;
export const LARGEST_BANDS = 128;
