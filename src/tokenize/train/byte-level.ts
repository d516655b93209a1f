/** Byte strings as a `tokenizer.json` writes them: each byte by its printable stand-in (see `kernels/bpe/merges.ts`). */
import { byteLevelAlphabet } from "../../kernels/bpe/index.ts";

/** A byte string as text. */
export function byteLevelText(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byteLevelAlphabet[byte];
  return text;
}

/** The bytes in the order of their stand-ins: the order in which Hugging Face's trainer numbers them. */
export function bytesInOrder(): Uint8Array {
  const order = (byte: number): number => (byteLevelAlphabet[byte] as string).charCodeAt(0);
  return Uint8Array.from(Array.from({ length: 256 }, (_, byte) => byte).sort((a, b) => order(a) - order(b)));
}
