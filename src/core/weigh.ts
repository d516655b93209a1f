/** How many bytes of text a record carries, for the MB/s of reports. */

let lastText = "";
let lastBytes = 0;

/**
 * UTF-8 bytes of `record.text`, or the bytes of a batch's `input_ids`, or 0. One record passes all stages before the next
 * one moves, so remembering the last string spares every stage but the first the measuring.
 */
export function recordBytes(record: unknown): number {
  if (typeof record !== "object" || record === null) return 0;
  const { text, input_ids } = record as { readonly text?: unknown; readonly input_ids?: unknown };
  if (typeof text === "string") return utf8Length(text);
  return ArrayBuffer.isView(input_ids) ? input_ids.byteLength : 0;
}

/** Bytes of a string in UTF-8; lone surrogates count as U+FFFD. Asking again for the string that was asked for last costs nothing. */
export function utf8Length(text: string): number {
  if (text !== lastText) {
    lastText = text;
    lastBytes = Buffer.byteLength(text);
  }
  return lastBytes;
}

/** Says how many bytes a text has that the next record will carry, where that is known already. */
export function rememberBytes(text: string, bytes: number): void {
  lastText = text;
  lastBytes = bytes;
}
