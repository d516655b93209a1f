/** What an index of signatures does, with maps and strings. */
import { estimateJaccard } from "../../src/dedupe/index.ts";

export interface PlainShape {
  readonly bands: number;
  readonly rows: number;
  readonly threshold: number;
}

export class PlainIndex {
  readonly #options: PlainShape;
  readonly #kept: Uint8Array[] = [];
  readonly #owners = new Map<string, number>();
  /** Pairs compared so far. */
  compared = 0;

  constructor(options: PlainShape) {
    this.#options = options;
  }

  find(signature: Uint8Array): { id: number; similarity: number } | undefined {
    const candidates = [...new Set(this.#keys(signature).flatMap((key) => this.#owners.get(key) ?? []))];
    this.compared += candidates.length;
    return candidates
      .map((id) => ({ id, similarity: estimateJaccard(signature, this.#kept[id] as Uint8Array) }))
      .filter(({ similarity }) => similarity >= this.#options.threshold)
      .sort((a, b) => b.similarity - a.similarity || a.id - b.id)[0];
  }

  add(signature: Uint8Array): void {
    const id = this.#kept.push(signature.slice()) - 1;
    for (const key of this.#keys(signature)) if (!this.#owners.has(key)) this.#owners.set(key, id);
  }

  #keys(signature: Uint8Array): string[] {
    const { bands, rows } = this.#options;
    return Array.from({ length: bands }, (_, band) => `${band}/${signature.subarray(band * rows, (band + 1) * rows)}`);
  }
}
