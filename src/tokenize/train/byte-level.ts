/**
 * The printable stand-ins that GPT-2 gave to the 256 bytes, so that a vocabulary of byte strings can be written as text: bytes
 * that are printable in Latin-1 stand for themselves, the others for the characters from U+0100 on, in order.
 */

function standIns(): string[] {
  const printable = (byte: number): boolean => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
}

const characters: readonly string[] = standIns();

/** A byte string as a vocabulary of `tokenizer.json` writes it. */
export function byteLevelText(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += characters[byte];
  return text;
}

/** The bytes in the order of their stand-ins: the order in which Hugging Face's trainer numbers them. */
export function byteLevelAlphabet(): Uint8Array {
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  const order = (byte: number): number => (characters[byte] as string).charCodeAt(0);
  return Uint8Array.from(bytes.sort((a, b) => order(a) - order(b)));
}
