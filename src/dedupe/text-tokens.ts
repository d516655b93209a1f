/** A text as words or characters with their places and hashes, and the text without some of them: what `dedupeSubstrings` counts in. */
import { mix, POLYNOMIAL_A, POLYNOMIAL_B, START_A, START_B } from "./hash.ts";

/** A run of anything but white space, or one UTF-16 unit. */
export type TokenUnit = "word" | "character";

/** White space as `\s` has it. */
const WHITE: Uint8Array = new Uint8Array(0x1_0000);
for (let code = 0; code < WHITE.length; code++) WHITE[code] = /\s/.test(String.fromCharCode(code)) ? 1 : 0;

export class TextTokens {
  count = 0;
  /** Two 32-bit lanes a token. */
  hashes: Int32Array = new Int32Array(2048);
  readonly #unit: TokenUnit;
  #text = "";
  #starts: Uint32Array = new Uint32Array(1024);
  #ends: Uint32Array = new Uint32Array(1024);

  constructor(unit: TokenUnit) {
    this.#unit = unit;
  }

  read(text: string): void {
    this.#text = text;
    this.count = 0;
    if (this.#unit === "character") {
      this.#reserve(text.length);
      for (let i = 0; i < text.length; i++) {
        const code = text.charCodeAt(i);
        this.#push(i, i + 1, mix(code + START_A), mix(code + START_B));
      }
      return;
    }
    // A word takes two places at least.
    this.#reserve((text.length >>> 1) + 1);
    for (let i = 0; i < text.length; ) {
      if (WHITE[text.charCodeAt(i)] === 1) {
        i++;
        continue;
      }
      const start = i;
      let a = START_A;
      let b = START_B;
      for (; i < text.length; i++) {
        const code = text.charCodeAt(i);
        if (WHITE[code] === 1) break;
        a = Math.imul(a ^ code, POLYNOMIAL_A);
        b = Math.imul(b + code, POLYNOMIAL_B) ^ (b >>> 15);
      }
      this.#push(start, i, mix(a), mix(b ^ (i - start)));
    }
  }

  /**
   * The text without the given ranges of tokens, `[from, to)` in order. An empty mask takes the white space behind a stretch along (before it, at the end of the text); a range of
   * characters never takes half of a surrogate pair.
   */
  without(ranges: readonly (readonly [number, number])[], mask: string): string {
    const text = this.#text;
    const words = this.#unit === "word";
    let out = "";
    let from = 0;
    for (const [first, behind] of ranges) {
      let start = this.#starts[first] as number;
      let end = this.#ends[behind - 1] as number;
      if (!words) {
        if (isInsidePair(text, start)) start++;
        if (isInsidePair(text, end)) end--;
      } else if (mask === "") {
        if (behind < this.count) end = this.#starts[behind] as number;
        // What follows the last word stays, what parted it from the one before goes.
        else if (first > 0) start = this.#ends[first - 1] as number;
      }
      out += text.slice(from, Math.max(from, start)) + mask;
      from = end;
    }
    return out + text.slice(from);
  }

  #push(start: number, end: number, a: number, b: number): void {
    const i = this.count++;
    this.#starts[i] = start;
    this.#ends[i] = end;
    this.hashes[2 * i] = a;
    this.hashes[2 * i + 1] = b;
  }

  #reserve(tokens: number): void {
    if (tokens <= this.#starts.length) return;
    this.#starts = new Uint32Array(2 * tokens);
    this.#ends = new Uint32Array(2 * tokens);
    this.hashes = new Int32Array(4 * tokens);
  }
}

function isInsidePair(text: string, at: number): boolean {
  return at > 0 && at < text.length && (text.charCodeAt(at) & 0xfc00) === 0xdc00 && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800;
}
