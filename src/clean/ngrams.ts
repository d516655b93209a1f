/**
 * Repeated word n-grams, counted exactly as with Python strings but without making any. The hash of any run of letters follows
 * from the hashes of the text's beginnings; those that occur once are struck out by counting hashes in bytes, which leaves a
 * small part of the text; only that part goes through open-addressing tables, which compare what they hold and never trust a
 * hash. Time: a few passes over the words and one over the letters. Memory: about 70 bytes for each word of the longest text seen
 * and 12 for each of its characters.
 *
 * Turned down: n-gram strings in a Map (measured: a twentieth as fast), and hashes without comparison (a wrong count once in a while).
 */
import { HASH_BASE, hashBetween, power, spread } from "./hashing.ts";
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
  /** Where each word begins in the text without white space. */
  #offsets = new Int32Array(1);
  /** Hashes of all beginnings of the text without white space. */
  #prefixes = new Int32Array(1);
  /** Words at which something that may be repeated begins, in order, and the hash of each. */
  #candidates = new Int32Array(0);
  #hashes = new Int32Array(0);
  #sightings = new Uint8Array(0);
  /** The number of the n-gram at each word, or -1 for one that occurs once. */
  #grams = new Int32Array(0);
  /** By number: two values that tell n-grams apart, the word at which it is first seen, how often it was seen. */
  #left = new Int32Array(0);
  #right = new Int32Array(0);
  #first = new Int32Array(0);
  #counts = new Int32Array(0);
  /** The counts of the shorter n-grams, while longer ones are numbered. */
  #partCounts = new Int32Array(0);
  /** The hash table: numbers, -1 for a free slot. */
  #slots = new Int32Array(16);
  #mask = 15;
  #shift = 28;

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
    const tops: TopNgram[] = [];
    const shortest = sizes[0] ?? Number.POSITIVE_INFINITY;
    const longest = Math.min(sizes.at(-1) ?? 0, this.#words.count);
    for (let n = shortest, top: TopNgram | undefined; n <= longest; n++) {
      // What never occurs twice cannot when it is longer.
      if (top === undefined) top = this.#numberNgrams(n);
      else top = top.count === 1 ? { n, first: 0, count: 1 } : this.#extend(n);
      if (sizes.includes(n)) tops.push(top);
    }
    return tops;
  }

  /** Numbers the n-grams, equal ones equally, and returns the most frequent one. */
  #numberNgrams(n: number): TopNgram {
    const words = this.#words;
    const places = words.count - n + 1;
    const offsets = this.#offsets;
    const prefixes = this.#prefixes;
    const candidates = this.#candidates;
    const hashes = this.#hashes;
    for (let i = 0; i < places; i++) {
      const from = offsets[i] as number;
      const to = offsets[i + n] as number;
      candidates[i] = i;
      hashes[i] = hashBetween(prefixes[from] as number, prefixes[to] as number, power(to - from));
    }
    const left = this.#keepRepeated(places);
    this.#clear(left);
    const slots = this.#slots;
    const mask = this.#mask;
    const shift = this.#shift;
    const grams = this.#grams.fill(-1, 0, places);
    const known = this.#left;
    const first = this.#first;
    const counts = this.#counts;
    let numbers = 0;
    let top = -1;
    for (let c = 0; c < left; c++) {
      const i = candidates[c] as number;
      const hash = hashes[c] as number;
      for (let slot = spread(hash) >>> shift; ; slot = (slot + 1) & mask) {
        const gram = slots[slot] as number;
        if (gram === -1) {
          slots[slot] = numbers;
          known[numbers] = hash;
          first[numbers] = i;
          counts[numbers] = 1;
          grams[i] = numbers++;
          break;
        }
        if (known[gram] !== hash || !sameWords(words, first[gram] as number, i, n)) continue;
        grams[i] = gram;
        counts[gram] = (counts[gram] as number) + 1;
        top = moreFrequent(counts, top, gram);
        break;
      }
    }
    return topOf(n, top, first, counts);
  }

  /**
   * Turns the (n-1)-grams of `#grams` into n-grams and returns the most frequent one. An n-gram is told by the two (n-1)-grams in
   * it; where one of those occurs once, so does the n-gram, and it costs no probe.
   */
  #extend(n: number): TopNgram {
    const { count } = this.#words;
    const grams = this.#grams;
    const parts = this.#counts;
    const counts = this.#partCounts;
    this.#counts = counts;
    this.#partCounts = parts;
    this.#clear(count);
    const slots = this.#slots;
    const mask = this.#mask;
    const shift = this.#shift;
    const lefts = this.#left;
    const rights = this.#right;
    const first = this.#first;
    let numbers = 0;
    let top = -1;
    for (let i = 0; i + n <= count; i++) {
      const left = grams[i] as number;
      const right = grams[i + 1] as number;
      grams[i] = -1;
      if (left < 0 || right < 0 || parts[left] === 1 || parts[right] === 1) continue;
      for (let slot = spread((Math.imul(left, 0x85ebca6b) + right) | 0) >>> shift; ; slot = (slot + 1) & mask) {
        const gram = slots[slot] as number;
        if (gram === -1) {
          slots[slot] = numbers;
          lefts[numbers] = left;
          rights[numbers] = right;
          first[numbers] = i;
          counts[numbers] = 1;
          grams[i] = numbers++;
          break;
        }
        if (lefts[gram] !== left || rights[gram] !== right) continue;
        grams[i] = gram;
        counts[gram] = (counts[gram] as number) + 1;
        top = moreFrequent(counts, top, gram);
        break;
      }
    }
    grams[count - n + 1] = -1;
    return topOf(n, top, first, counts);
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
    const left = this.#findCandidates(shortest);
    const candidates = this.#candidates;
    const offsets = this.#offsets;
    const prefixes = this.#prefixes;
    const first = this.#first;
    const known = this.#left;
    for (const n of sizes) {
      this.#clear(left);
      const slots = this.#slots;
      const mask = this.#mask;
      const shift = this.#shift;
      let numbers = 0;
      let resume = 0;
      for (let c = 0; c < left; c++) {
        const i = candidates[c] as number;
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
          if (known[gram] !== hash) continue;
          const from = first[gram] as number;
          seen = (offsets[from + n] as number) - (offsets[from] as number) === length && sameLetters(words, from, i, length);
        }
        if (seen) {
          found(n, i, i + n);
          resume = i + n;
        } else {
          slots[slot] = numbers;
          known[numbers] = hash;
          first[numbers++] = i;
        }
      }
    }
  }

  /**
   * Puts into `#candidates` every word at which an n-gram of at least `shortest` words may begin that equals another one, and
   * returns their number.
   *
   * Two equal n-grams have the same letters from their beginnings on, at least as many as the shortest n-gram of all has. So
   * words are kept by the hash of that many letters; then again with the shortest n-gram of those that are left.
   */
  #findCandidates(shortest: number): number {
    const offsets = this.#offsets;
    const prefixes = this.#prefixes;
    const candidates = this.#candidates;
    const hashes = this.#hashes;
    let left = this.#words.count - shortest + 1;
    for (let c = 0; c < left; c++) candidates[c] = c;
    for (let round = 0, before = 0; round < 3; round++) {
      let letters = Number.POSITIVE_INFINITY;
      for (let c = 0; c < left; c++) {
        const i = candidates[c] as number;
        letters = Math.min(letters, (offsets[i + shortest] as number) - (offsets[i] as number));
      }
      if (left === 0 || letters <= before) break;
      before = letters;
      const weight = power(letters);
      for (let c = 0; c < left; c++) {
        const offset = offsets[candidates[c] as number] as number;
        hashes[c] = hashBetween(prefixes[offset] as number, prefixes[offset + letters] as number, weight);
      }
      left = this.#keepRepeated(left);
    }
    return left;
  }

  /**
   * Strikes out the candidates whose hash occurs once, and returns the number of the others. A few may stay whose hash shares its
   * place with another one; that costs them a probe and changes no count.
   */
  #keepRepeated(count: number): number {
    const bits = Math.max(4, Math.ceil(Math.log2(count * 8)));
    if (this.#sightings.length < 1 << bits) this.#sightings = new Uint8Array(1 << bits);
    const sightings = this.#sightings.fill(0, 0, 1 << bits);
    const shift = 32 - bits;
    const candidates = this.#candidates;
    const hashes = this.#hashes;
    for (let c = 0; c < count; c++) {
      const place = spread(hashes[c] as number) >>> shift;
      sightings[place] = sightings[place] === 0 ? 1 : 2;
    }
    let kept = 0;
    for (let c = 0; c < count; c++) {
      const hash = hashes[c] as number;
      if (sightings[spread(hash) >>> shift] === 1) continue;
      candidates[kept] = candidates[c] as number;
      hashes[kept++] = hash;
    }
    return kept;
  }

  #fit(count: number, letters: number): void {
    if (this.#prefixes.length <= letters) this.#prefixes = new Int32Array(letters * 2 + 1);
    if (this.#offsets.length > count) return;
    const size = count * 2 + 1;
    this.#offsets = new Int32Array(size);
    this.#candidates = new Int32Array(size);
    this.#hashes = new Int32Array(size);
    this.#grams = new Int32Array(size);
    this.#left = new Int32Array(size);
    this.#right = new Int32Array(size);
    this.#first = new Int32Array(size);
    this.#counts = new Int32Array(size);
    this.#partCounts = new Int32Array(size);
  }

  /** Empties the table and sets its size so that `entries` fill at most half of it. */
  #clear(entries: number): void {
    const bits = Math.max(4, Math.ceil(Math.log2(entries * 2)));
    if (this.#slots.length < 1 << bits) this.#slots = new Int32Array(1 << bits);
    this.#slots.fill(-1, 0, 1 << bits);
    this.#mask = (1 << bits) - 1;
    this.#shift = 32 - bits;
  }
}

/** Of two n-grams the one seen more often, else the one seen first: numbers are given in the order of first sight. */
function moreFrequent(counts: Int32Array, top: number, gram: number): number {
  if (top < 0) return gram;
  const lead = (counts[gram] as number) - (counts[top] as number);
  return lead > 0 || (lead === 0 && gram < top) ? gram : top;
}

/** Where nothing repeats (`top` is -1), the first n-gram of the text is the first seen. */
function topOf(n: number, top: number, first: Int32Array, counts: Int32Array): TopNgram {
  return top < 0 ? { n, first: 0, count: 1 } : { n, first: first[top] as number, count: counts[top] as number };
}

/** Whether the `n` words from word `a` on equal those from word `b` on, one by one. */
function sameWords({ units, starts, ends }: Words, a: number, b: number, n: number): boolean {
  for (let k = 0; k < n; k++) {
    let i = starts[a + k] as number;
    let j = starts[b + k] as number;
    const end = ends[a + k] as number;
    if (end - i !== (ends[b + k] as number) - j) return false;
    while (i < end) if (units[i++] !== units[j++]) return false;
  }
  return true;
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
