/** Byte fallback: a character that is no token is written as the tokens of its bytes, `<0x00>` to `<0xFF>`. */
const encoder = new TextEncoder();

/** The id of each byte's token; -1 where the vocabulary lacks it. */
export function byteTokens(idOf: (token: string) => number | undefined): Int32Array {
  return Int32Array.from({ length: 256 }, (_, byte) => idOf(byteToken(byte)) ?? -1);
}

export function byteToken(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
}

export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}
