import { isUtf8 } from "node:buffer";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Bytes that are valid UTF-8: the given ones if they are (checked at several GB/s), else a copy with U+FFFD for every ill-formed
 * sequence, as TextDecoder replaces them.
 */
export function wellFormed(bytes: Uint8Array): Uint8Array {
  return isUtf8(bytes) ? bytes : Buffer.from(decoder.decode(bytes));
}

/** The UTF-8 of a text; lone surrogates become U+FFFD. Bytes are made well-formed. */
export function utf8Of(text: string | Uint8Array): Uint8Array {
  return typeof text === "string" ? Buffer.from(text) : wellFormed(text);
}
