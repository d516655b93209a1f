/** The numbers of assembly/layout.ts that the host needs too. */
export const INPUT_BYTES: number = 1 << 18;
export const NORMAL_BYTES: number = 3 << 18;
export const HANDOVER_WORDS: number = 256 * 20;
/** Documents in a batch. */
export const BATCH = 256;
export const LARGEST_SIGNATURE = 512;
export const LARGEST_BANDS = 128;
