/**
 * Repeated word n-grams, counted exactly as with Python strings but without making any: a word is a number, an n-gram is the
 * pair (the (n-1)-gram before its last word, that word), both found in open-addressing tables that compare what they hold and
 * never trust a hash. Time per n: one probe for each word. Memory: about 70 bytes for each word of the longest text seen and 8
 * for each of its characters.
 *
 * Turned down: n-gram strings in a Map (a tenth as fast), and hashes without comparison (a wrong count once in a while).
 */
import { HASH_BASE, spread } from "./exceptions.ts";
import { Words } from "./words.ts";

/** The most frequent n-gram of a text; of equally frequent ones the first seen. */
export interface TopNgram {
  readonly n: number;
  /** The word at which it is first seen. */
  readonly first: number;
  readonly count: number;
}

/** Counts n-grams of one text at a time; it owns the tables and grows them to the largest text. */
export class NgramCounter {
  #words = new Words();
  #slots = new Int32Array(16);
  #mask = 15;
  #shift = 28;
  /** Where each word begins in the text without white space. */
  #offsets = new Int32Array(1);
  /** Hashes of all beginnings of the text without white space. */
  #prefixes = new Int32Array(1);
  #ids = new Int32Array(0);
  #grams = new Int32Array(0);
  #head = new Int32Array(0);
  #tail = new Int32Array(0);
  #first = new Int32Array(0);
  #counts = new Int32Array(0);
  #spare = new Int32Array(0);
  #candidates = new Int32Array(0);
  #sightings = new Uint8Array(0);

  /** Takes a text's words, which must not change while they are counted. */
  read(words: Words): this {
    this.#words = words;
    const { units, starts, ends, count } = words;
    this.#fit(count, words.text.length);
    const offsets = this.#offsets;
    const prefixes = this.#prefixes;
    const base = HASH_BASE;
    let offset = 0;
    let hash = 0;
    for (let i = 0; i < count; i++) {
      offsets[i] = offset;
      const end = ends[i] as number;
      for (let at = starts[i] as number; at < end; at++) {
        hash = (Math.imul(hash, base) + (units[at] as number)) | 0;
        prefixes[++offset] = hash;
      }
    }
    offsets[count] = offset;
    return this;
  }

  /** Units of the words before each word; the units of words `a` to `b` are `offsets[b] - offsets[a]`. */
  get offsets(): Int32Array {
    return this.#offsets;
  }

  /** The top n-grams for each of `sizes` (ascending), which may overlap themselves; none for a size beyond the text. */
  top(sizes: readonly number[]): TopNgram[] {
    const shortest = sizes[0] ?? Number.POSITIVE_INFINITY;
    const tops: TopNgram[] = [];
    if (this.#words.count < shortest) return tops;
    let top = this.#numberRepeated(shortest);
    for (let n = shortest; n <= Math.min(sizes.at(-1) as number, this.#words.count); n++) {
      // What never occurs twice cannot when it is longer.
      if (n > shortest) top = top.count === 1 ? { n, first: 0, count: 1 } : this.#extend(n);
      if (sizes.includes(n)) tops.push(top);
    }
    return tops;
  }

  /** Gives every n-gram that may occur twice a number in `#grams`, equal ones the same, and returns the most frequent one. */
  #numberRepeated(n: number): TopNgram {
    const words = this.#words;
    const grams = this.#grams;
    const candidates = this.#candidates;
    const hashes = this.#hashes;
    const places = words.count - n + 1;
    this.#hashRuns(places, n);
    const left = this.#keepRepeated(places);
    grams.fill(-1, 0, places);
    this.#startNumbering(left);
    for (let c = 0; c < left; c++) {
      const i = candidates[c] as number;
      grams[i] = this.#number(hashes[c] as number, i, (first) => sameWords(words, first, i, n));
    }
    return this.#top(n);
  }
  /**
   * Calls `found(n, from, to)` for every n of `sizes` and every n-gram (words `from` to `to`) whose letters were seen before,
   * walking from the left: behind a repeated n-gram the walk goes on after its last word, else after its first. Equal means
   * equal when joined without spaces, so `12 3` repeats `1 23`.
   */
  duplicates(sizes: readonly number[], found: (n: number, from: number, to: number) => void): void {
    const words = this.#words;
    const { count } = words;
    const shortest = sizes[0] ?? Number.POSITIVE_INFINITY;
    if (count < shortest) return;
    const candidates = this.#findCandidates(shortest);
    const offsets = this.#offsets;
    const prefixes = this.#prefixes;
    const first = this.#first;
    const hashes = this.#head;
    for (const n of sizes) {
      this.#clear(candidates);
      const slots = this.#slots;
      const mask = this.#mask;
      const shift = this.#shift;
      let known = 0;
      let resume = 0;
      for (let c = 0; c < candidates; c++) {
        const i = this.#candidates[c] as number;
        if (i < resume) continue;
        if (i + n > count) break;
        const offset = offsets[i] as number;
        const length = (offsets[i + n] as number) - offset;
        const hash = hashBetween(prefixes[offset] as number, prefixes[offset + length] as number, power(length));
        let slot = spread(hash) >>> shift;
        let seen = false;
        for (; !seen; slot = (slot + 1) & mask) {
          const gram = slots[slot] as number;
          if (gram === -1) break;
          if (hashes[gram] !== hash) continue;
          const from = first[gram] as number;
          seen = (offsets[from + n] as number) - (offsets[from] as number) === length && sameLetters(words, from, i, length);
        }
        if (seen) {
          found(n, i, i + n);
          resume = i + n;
        } else {
          slots[slot] = known;
          hashes[known] = hash;
          first[known++] = i;
        }
      }
    }
  }

  /**
   * Puts into `#candidates`, in order, every word at which an n-gram of at least `shortest` words may begin that equals another
   * one, and returns their number: usually a small part of the text, so that all further walks are short.
   *
   * Two equal n-grams have the same letters from their beginnings on, at least as many as the shortest n-gram of all has. So
   * the hashes of that many letters are counted, and words whose hash occurs once are struck out; then again with the shortest
   * n-gram of those that are left. A false match of two hashes strikes out one word too few, which does no harm.
   */
  #findCandidates(shortest: number): number {
    const offsets = this.#offsets;
    const prefixes = this.#prefixes;
    const candidates = this.#candidates;
    const places = this.#head;
    let left = this.#words.count - shortest + 1;
    for (let c = 0; c < left; c++) candidates[c] = c;
    for (let round = 0, before = 0; round < 3 && left > 0; round++) {
      let letters = Number.POSITIVE_INFINITY;
      for (let c = 0; c < left; c++) {
        const i = candidates[c] as number;
        letters = Math.min(letters, (offsets[i + shortest] as number) - (offsets[i] as number));
      }
      if (letters <= before) break;
      before = letters;
      // Sightings of each hash, or of the few that share a place: 0, 1, or more.
      const bits = Math.max(4, Math.ceil(Math.log2(left * 8)));
      if (this.#sightings.length < 1 << bits) this.#sightings = new Uint8Array(1 << bits);
      const sightings = this.#sightings.fill(0, 0, 1 << bits);
      const shift = 32 - bits;
      const weight = power(letters);
      for (let c = 0; c < left; c++) {
        const offset = offsets[candidates[c] as number] as number;
        const place = spread(hashBetween(prefixes[offset] as number, prefixes[offset + letters] as number, weight)) >>> shift;
        places[c] = place;
        sightings[place] = (sightings[place] as number) === 0 ? 1 : 2;
      }
      let kept = 0;
      for (let c = 0; c < left; c++) if (sightings[places[c] as number] === 2) candidates[kept++] = candidates[c] as number;
      left = kept;
    }
    return left;
  }

  #fit(count: number, letters: number): void {
    if (this.#prefixes.length <= letters) this.#prefixes = new Int32Array(letters * 2 + 1);
    if (this.#ids.length > count) return;
    const size = count * 2 + 1;
    this.#offsets = new Int32Array(size);
    this.#ids = new Int32Array(size);
    this.#grams = new Int32Array(size);
    this.#head = new Int32Array(size);
    this.#tail = new Int32Array(size);
    this.#first = new Int32Array(size);
    this.#counts = new Int32Array(size);
    this.#spare = new Int32Array(size);
    this.#candidates = new Int32Array(size);
  }

  /** Empties the table (-1 marks a free slot) and sets its size so that `entries` fill at most half of it. */
  #clear(entries: number): void {
    const bits = Math.max(4, Math.ceil(Math.log2(entries * 2)));
    if (this.#slots.length < 1 << bits) this.#slots = new Int32Array(1 << bits);
    this.#slots.fill(-1, 0, 1 << bits);
    this.#mask = (1 << bits) - 1;
    this.#shift = 32 - bits;
  }
}

/** Powers of the hash's base. */
const POWERS = new Int32Array(1024);
POWERS[0] = 1;
for (let k = 1; k < POWERS.length; k++) POWERS[k] = Math.imul(POWERS[k - 1] as number, HASH_BASE);

function power(exponent: number): number {
  return exponent < 1024 ? (POWERS[exponent] as number) : greatPower(exponent);
}

/** For runs of giant words, by squaring. */
function greatPower(exponent: number): number {
  let result = 1;
  for (let left = exponent, square = HASH_BASE; left > 0; left >>>= 1) {
    if ((left & 1) === 1) result = Math.imul(result, square);
    square = Math.imul(square, square);
  }
  return result;
}

/**
 * The hash of the letters between two beginnings of the text, by their hashes; `weight` is the base to the power of their
 * distance.
 */
function hashBetween(from: number, to: number, weight: number): number {
  return (to - Math.imul(from, weight)) | 0;
}

/** Whether `length` letters from word `a` on, white space left out, equal those from word `b` on. */
function sameLetters({ units, starts, ends }: Words, a: number, b: number, length: number): boolean {
  let i = starts[a] as number;
  let j = starts[b] as number;
  for (let left = length; left > 0; left--) {
    // Words are never empty, so one step over a gap is enough.
    if (i === ends[a]) i = starts[++a] as number;
    if (j === ends[b]) j = starts[++b] as number;
    if (units[i++] !== units[j++]) return false;
  }
  return true;
}
