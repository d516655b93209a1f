import type { TokenBatch } from "../token-batch.ts";
import { TokenBuffer } from "./token-buffer.ts";

/**
 * What texts come apart into before they are encoded together: stretches of text, and the ids of added tokens between them.
 * Where the stretches are encoded, `join` puts everything back in order.
 */
export class Stretches {
  readonly texts: string[] = [];
  /** The ids of all added tokens, in order. */
  readonly added: TokenBuffer = new TokenBuffer(false);
  /** How many added tokens stand before each stretch. */
  readonly #before: number[] = [];
  /** For each text that has ended: how many stretches and added tokens there were. */
  readonly #ends: { readonly stretches: number; readonly added: number }[] = [];

  add(text: string): void {
    this.texts.push(text);
    this.#before.push(this.added.count);
  }

  endText(): void {
    this.#ends.push({ stretches: this.texts.length, added: this.added.count });
  }

  /** The ids of the texts, from those of the stretches. */
  join(encoded: TokenBatch): TokenBatch {
    // The usual case: no added token anywhere, and every text is one stretch.
    if (this.added.count === 0 && this.#ends.every(({ stretches }, i) => stretches === i + 1)) return encoded;
    const tokens = new Uint32Array(encoded.tokens.length + this.added.count);
    const offsets = new Uint32Array(this.#ends.length + 1);
    let at = 0;
    let added = 0;
    const addUpTo = (count: number): void => {
      tokens.set(this.added.ids.subarray(added, count), at);
      at += count - added;
      added = count;
    };
    let stretch = 0;
    for (const [i, end] of this.#ends.entries()) {
      for (; stretch < end.stretches; stretch++) {
        addUpTo(this.#before[stretch] ?? added);
        const own = encoded.tokens.subarray(encoded.offsets[stretch], encoded.offsets[stretch + 1]);
        tokens.set(own, at);
        at += own.length;
      }
      addUpTo(end.added);
      offsets[i + 1] = at;
    }
    return { tokens, offsets };
  }
}
