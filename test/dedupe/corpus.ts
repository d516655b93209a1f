/** Texts made by ourselves, from a linear congruential generator, so that they are the same everywhere and for ever. */
import type { Doc } from "../../src/core/index.ts";

/** Numerical Recipes' generator; the upper 16 bits of each state. */
export function generator(seed: number): () => number {
  let x = seed >>> 0;
  return () => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return x >>> 16;
  };
}

/** Word i: the four base-26 digits of i as letters, most significant first. */
export function word(i: number): string {
  let rest = i;
  let letters = "";
  for (let k = 0; k < 4; k++) {
    letters = String.fromCharCode(97 + (rest % 26)) + letters;
    rest = Math.floor(rest / 26);
  }
  return letters;
}

/** 120 texts of 60 to 160 words, and 80 copies of the first 60 with 0 to 8 words replaced. */
export function generatedCorpus(): string[] {
  const next = generator(12345);
  const texts: string[][] = [];
  for (let d = 0; d < 120; d++) {
    const length = 60 + (next() % 101);
    texts.push(Array.from({ length }, () => word(next() % 2000)));
  }
  for (let d = 120; d < 200; d++) {
    const copy = [...(texts[(d - 120) % 60] as string[])];
    const replacements = d % 9;
    for (let k = 0; k < replacements; k++) copy[Math.floor((k * copy.length) / replacements)] = word(next() % 2000);
    texts.push(copy);
  }
  return texts.map((words) => words.join(" "));
}

/** A text of `length` words from a vocabulary of `vocabulary`. */
export function randomWords(next: () => number, length: number, vocabulary = 20_000): string[] {
  return Array.from({ length }, () => word(next() % vocabulary));
}

/** A copy in which each word is edited with probability `rate`: 70 % replaced, 15 % followed by a new one, 15 % deleted. */
export function edited(next: () => number, words: readonly string[], rate: number, vocabulary = 20_000): string[] {
  const out: string[] = [];
  for (const original of words) {
    if (next() / 0x1_0000 >= rate) {
      out.push(original);
      continue;
    }
    const kind = next() % 100;
    if (kind < 70) out.push(word(next() % vocabulary));
    else if (kind < 85) out.push(original, word(next() % vocabulary));
  }
  return out;
}

/** The set of word n-grams, as strings. */
export function shingleSet(words: readonly string[], ngram = 5): Set<string> {
  const set = new Set<string>();
  for (let i = 0; i + ngram <= words.length; i++) set.add(words.slice(i, i + ngram).join(" "));
  return set;
}

export function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let common = 0;
  for (const item of a) if (b.has(item)) common++;
  return common / (a.size + b.size - common);
}

/** Documents from texts, with the position as id. */
export function docsOf(texts: readonly string[]): Doc[] {
  return texts.map((text, record) => ({ id: String(record), text, meta: {}, origin: { source: "generated", record, offset: record } }));
}
