import { byteLevelAlphabet } from "../../kernels/bpe/index.ts";

/** The byte that a character of the byte-level alphabet stands for. */
export const byteOfCharacter: ReadonlyMap<string, number> = new Map(byteLevelAlphabet.map((character, byte) => [character, byte]));
