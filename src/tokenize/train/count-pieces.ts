/**
 * Counts the different pieces of a corpus, the first half of training. Text is cut by the same scanner that the encoder uses, so
 * training and encoding can never disagree about where a piece ends.
 *
 * Memory: about 100 bytes for each different piece. Natural text has some hundred thousand of them in 100 MB; text that is all
 * identifiers or base64 has more, so beyond `maxPieces` the rare ones are forgotten (a piece that occurs once cannot carry a merge
 * on its own), and that is counted.
 */
import type { BpePattern } from "../../kernels/bpe/patterns.ts";
import { scannerOf } from "../../kernels/bpe/scan.ts";
import type { CountedPiece } from "./learn-merges.ts";

export class PieceCounter {
  readonly #scan: ReturnType<typeof scannerOf>;
  readonly #maxPieces: number;
  #counts = new Map<string, number>();
  /** Occurrences forgotten because there were too many different pieces. */
  forgotten = 0;
  documents = 0;
  bytes = 0;

  constructor(pattern: BpePattern, maxPieces: number) {
    this.#scan = scannerOf(pattern);
    this.#maxPieces = maxPieces;
  }

  /** Counts the pieces of one document, given as valid UTF-8. */
  add(text: Uint8Array): void {
    // One character a byte: map keys are strings, and Latin-1 strings are the compact kind.
    const latin1 = Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString("latin1");
    const counts = this.#counts;
    for (let start = 0; start < text.length; ) {
      const end = this.#scan(text, start, text.length);
      const piece = latin1.slice(start, end);
      counts.set(piece, (counts.get(piece) ?? 0) + 1);
      start = end;
    }
    this.documents++;
    this.bytes += text.length;
    if (counts.size > this.#maxPieces) this.#forget();
  }

  /** The pieces in the order of their bytes, so that nothing depends on the order of the documents. */
  pieces(): CountedPiece[] {
    const sorted = [...this.#counts].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return sorted.map(([piece, count]) => ({ bytes: Uint8Array.from(piece, (c) => c.charCodeAt(0)), count }));
  }

  /** Drops the rarest pieces until half of the room is free. */
  #forget(): void {
    for (let rare = 1; this.#counts.size > this.#maxPieces / 2; rare++) {
      for (const [piece, count] of this.#counts) {
        if (count > rare) continue;
        this.forgotten += count;
        this.#counts.delete(piece);
      }
    }
  }
}
