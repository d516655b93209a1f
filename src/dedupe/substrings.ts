/**
 * `dedupeSubstrings`: cuts out every stretch of `length` words or characters, or longer, that the corpus had before, wherever it stands in a document.
 *
 * Every window of `length` tokens is hashed by a rolling sum over its tokens, and looked up among the windows of everything that came before: the earlier
 * documents, and those of this one that end before it begins, so that a first copy is never taken for its own repeat ("ha ha ha ..."). The union of the
 * windows that are known is what goes. A stretch of at least `length` tokens is a repeat exactly when all its windows are known: nothing is missed, and nothing
 * goes by mistake but for collisions of 64-bit hashes.
 *
 * With `sample: s` only every s-th window is kept, of `length - s + 1` tokens, and memory falls s-fold. A repeat of `length` tokens or more still holds a whole kept
 * window wherever it begins, so it is always found; its edges may stay, up to s - 1 tokens on each side, and repeats of `length - s + 1` tokens or
 * more may go too when they happen to hold a kept window.
 *
 * Turned down: a suffix array (Lee et al. 2022), which finds the same stretches, needs the whole corpus at once and 5 to 9 bytes a byte of it; windows chosen by content
 * (winnowing), which find no more than every s-th one does, since the other side is searched at every place.
 */
import { type Doc, knownOptions, numberOption, optionType, type Stage, wordOption } from "../core/index.ts";
import { mix, POLYNOMIAL_A, POLYNOMIAL_B } from "./hash.ts";
import { SeenKeys } from "./seen-keys.ts";
import { TextTokens, type TokenUnit } from "./text-tokens.ts";

/** Options of {@link dedupeSubstrings}. */
export interface DedupeSubstringsOptions {
  /** What is counted: "word" (default), a run of anything but white space; or "character", a UTF-16 unit, for scripts without spaces and for code. */
  readonly unit?: TokenUnit;
  /** The shortest repeat that goes: 2 to 10,000 tokens. Default 50 words or 200 characters. */
  readonly length?: number;
  /** Keep every how manieth window: 1 (default, exact) to half of `length`. See above for what a larger one costs. */
  readonly sample?: number;
  /** What takes the place of each stretch. Default "": the stretch is removed, with the white space behind it. */
  readonly mask?: string;
}

const NAME = "dedupeSubstrings";

/**
 * Cuts out of each document what it repeats of the documents before it, or of its own earlier text: stretches of at least `length` tokens. A document of which nothing
 * stays is dropped ("nothing-left"); one that loses nothing is passed on as it is. Counters: "repeats", and "words removed" or "characters removed".
 *
 * Words are compared exactly, the white space between them is not. Order is kept; nothing is held back. Memory: 10 to 12.5 bytes for every `sample`-th token of the corpus that is
 * not a repeat, and about 40 bytes a token of the largest document. A checkpoint holds 8 bytes for each of those. It runs in one pass only: there is no `corpusWide`.
 * Throws `TypeError` or `RangeError` for wrong options.
 */
export function dedupeSubstrings<T extends Doc>(options: DedupeSubstringsOptions = {}): Stage<T, T> {
  knownOptions(NAME, options, ["unit", "length", "sample", "mask"]);
  const unit = wordOption(NAME, "unit", options.unit ?? "word", ["word", "character"]);
  const length = numberOption(NAME, "length", options.length ?? (unit === "word" ? 50 : 200), { min: 2, max: 10_000, integer: true });
  const sample = numberOption(NAME, "sample", options.sample ?? 1, { min: 1, max: Math.floor(length / 2), integer: true });
  const { mask = "" } = options;
  if (typeof mask !== "string") throw optionType(NAME, "mask", "a string", mask);
  return {
    name: NAME,
    config: { unit, length, sample, mask },
    lookAhead: 0,
    async *run(input, context) {
      const seen = new SeenKeys(2);
      const saved = context.restored<unknown>();
      if (saved !== undefined) seen.load(saved);
      context.checkpoint(() => seen.save());
      const tokens = new TextTokens(unit);
      const windows = new Windows(length - sample + 1, sample);
      for await (const doc of input) {
        tokens.read(doc.text);
        const ranges = windows.repeats(tokens, seen);
        if (ranges.length === 0) {
          yield doc;
          continue;
        }
        const removed = ranges.reduce((sum, [from, to]) => sum + to - from, 0);
        context.count("repeats", ranges.length);
        context.count(`${unit}s removed`, removed);
        const text = removed === tokens.count && mask === "" ? "" : tokens.without(ranges, mask);
        if (text.trim() === "") context.drop(doc, "nothing-left");
        else yield { ...doc, text };
      }
    },
  };
}

/** The windows of one document at a time. */
export class Windows {
  readonly #size: number;
  readonly #sample: number;
  /** The multipliers to the power of the window's size: what a token weighs when it leaves the window. */
  readonly #leavesA: number;
  readonly #leavesB: number;
  #keys: Int32Array = new Int32Array(0);

  constructor(size: number, sample: number) {
    this.#size = size;
    this.#sample = sample;
    let [a, b] = [1, 1];
    for (let i = 0; i < size; i++) [a, b] = [Math.imul(a, POLYNOMIAL_A), Math.imul(b, POLYNOMIAL_B)];
    this.#leavesA = a;
    this.#leavesB = b;
  }

  /** The stretches of tokens, [from, to) each, that repeat; enters the document's windows into `seen`. */
  repeats(tokens: TextTokens, seen: SeenKeys): [number, number][] {
    const size = this.#size;
    const count = tokens.count - size + 1;
    const ranges: [number, number][] = [];
    if (count <= 0) return ranges;
    this.#hash(tokens, count);
    const keys = this.#keys;
    let last: [number, number] | undefined;
    for (let i = 0; i < count; i++) {
      // A window enters when one that begins behind its end is asked for.
      const behind = i - size;
      if (behind >= 0 && behind % this.#sample === 0) seen.admit(keys, 2 * behind);
      if (!seen.has(keys, 2 * i)) continue;
      if (last !== undefined && i <= last[1]) last[1] = i + size;
      else {
        last = [i, i + size];
        ranges.push(last);
      }
    }
    const first = Math.max(0, count - size);
    for (let i = first + ((this.#sample - (first % this.#sample)) % this.#sample); i < count; i += this.#sample) seen.admit(keys, 2 * i);
    return ranges;
  }

  #hash(tokens: TextTokens, count: number): void {
    if (this.#keys.length < 2 * count) this.#keys = new Int32Array(3 * count);
    const { hashes } = tokens;
    const size = this.#size;
    let a = 0;
    let b = 0;
    for (let i = 0; i < tokens.count; i++) {
      a = (Math.imul(a, POLYNOMIAL_A) + (hashes[2 * i] as number)) | 0;
      b = (Math.imul(b, POLYNOMIAL_B) + (hashes[2 * i + 1] as number)) | 0;
      const at = i - size + 1;
      if (at > 0) {
        a = (a - Math.imul(this.#leavesA, hashes[2 * at - 2] as number)) | 0;
        b = (b - Math.imul(this.#leavesB, hashes[2 * at - 1] as number)) | 0;
      }
      if (at < 0) continue;
      this.#keys[2 * at] = mix(a);
      this.#keys[2 * at + 1] = mix(b ^ a);
    }
  }
}
