/**
 * The compiled rewriting rules of SentencePiece (`precompiled_charsmap`): a double-array trie over UTF-8 bytes whose values are
 * places in a text of replacements, each ended by a zero byte. Layout: the size of the trie in bytes (little-endian, 32 bits),
 * the trie's units, the replacements.
 *
 * A unit holds, from the low end: the label of the edge to it (8 bits), whether it has a value (1 bit), the shift of the offset
 * (1 bit) and the offset to its children (22 bits). All reads are checked: a broken map is an error, not a wrong result.
 */
import { TokenizerFormatError } from "../hf/errors.ts";

export class Charsmap {
  readonly #units: Uint32Array;
  readonly #replacements: Uint8Array;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });

  /** Throws TokenizerFormatError when the bytes are not such a map. */
  constructor(bytes: Uint8Array) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const size = bytes.length < 4 ? 0 : view.getUint32(0, true);
    if (size === 0 || size % 4 !== 0 || size > bytes.length - 4) {
      throw new TokenizerFormatError(`tokenizer: the precompiled_charsmap of ${bytes.length} bytes has no trie of ${size} bytes`);
    }
    this.#units = new Uint32Array(size / 4);
    for (let i = 0; i < this.#units.length; i++) this.#units[i] = view.getUint32(4 + 4 * i, true);
    this.#replacements = bytes.subarray(4 + size);
  }

  /**
   * Looks for rules at the beginning of `bytes[start .. end)`. Returns the number of bytes the rule takes, 0 when there is none,
   * and leaves the place of its replacement in `found`. `longest` as SentencePiece does it; otherwise the shortest, as Hugging
   * Face does it.
   */
  match(bytes: Uint8Array, start: number, end: number, longest: boolean): number {
    let node = offsetOf(this.#unit(0));
    let length = 0;
    for (let at = start; at < end; at++) {
      const byte = bytes[at] ?? 0;
      // Hugging Face ends a text at a zero byte; SentencePiece has it like any other.
      if (byte === 0 && !longest) break;
      node ^= byte;
      const unit = this.#unit(node);
      if ((unit & 0x800000ff) >>> 0 !== byte) break;
      node ^= offsetOf(unit);
      if (((unit >>> 8) & 1) === 0) continue;
      length = at - start + 1;
      this.found = this.#unit(node) & 0x7fffffff;
      if (!longest) break;
    }
    return length;
  }

  /** The place of the replacement found last. */
  found = 0;

  /** The bytes of the replacement at a place. */
  replacement(place: number): Uint8Array {
    const end = this.#replacements.indexOf(0, place);
    return this.#replacements.subarray(place, end === -1 ? this.#replacements.length : end);
  }

  replacementText(place: number): string {
    return this.#decoder.decode(this.replacement(place));
  }

  #unit(index: number): number {
    const unit = this.#units[index];
    if (unit === undefined) throw new TokenizerFormatError(`tokenizer: the precompiled_charsmap points outside itself (unit ${index})`);
    return unit;
  }
}

function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}
