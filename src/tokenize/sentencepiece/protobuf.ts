/** The wire format of Protocol Buffers, as far as a SentencePiece model needs it. */
import { TokenizerFormatError } from "../hf/errors.ts";

/** A field: its number and its value, a whole number, four or eight raw bytes, or a run of bytes. */
export interface Field {
  readonly number: number;
  readonly value: number | Uint8Array;
}

/** The fields of a message in order. Throws TokenizerFormatError when the bytes end inside a field. */
export function* fields(bytes: Uint8Array): Generator<Field> {
  let at = 0;
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new TokenizerFormatError(`tokenizer: the SentencePiece model ends inside a field (byte ${at})`);
    at += length;
    return bytes.subarray(at - length, at);
  };
  // Seven bits a byte, low first. Numbers above 2^53 do not occur; negative ones take ten bytes and come out as they are written.
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = take(1)[0] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new TokenizerFormatError(`tokenizer: the SentencePiece model has a number that does not end (byte ${at})`);
  };
  while (at < bytes.length) {
    const key = varint();
    const number = Math.floor(key / 8);
    const kind = key % 8;
    if (kind === 0) yield { number, value: varint() };
    else if (kind === 1) yield { number, value: take(8) };
    else if (kind === 2) yield { number, value: take(varint()) };
    else if (kind === 5) yield { number, value: take(4) };
    else throw new TokenizerFormatError(`tokenizer: this is not a SentencePiece model (a field of kind ${kind} at byte ${at})`);
  }
}

/** The value of a field that is a 32-bit float. */
export function floatOf(value: number | Uint8Array): number {
  if (typeof value === "number" || value.length !== 4)
    throw new TokenizerFormatError("tokenizer: a score of the SentencePiece model is no float");
  return new DataView(value.buffer, value.byteOffset, 4).getFloat32(0, true);
}

export function bytesOf(value: number | Uint8Array): Uint8Array {
  if (typeof value === "number") throw new TokenizerFormatError("tokenizer: a field of the SentencePiece model is a number, not text");
  return value;
}

export function numberOf(value: number | Uint8Array): number {
  if (typeof value !== "number") throw new TokenizerFormatError("tokenizer: a field of the SentencePiece model is text, not a number");
  return value;
}
