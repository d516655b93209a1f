/** Everything in the kit is made from this generator, so that it is the same everywhere and for ever. */

/** Numerical Recipes' linear congruential generator; the upper 16 bits of each state. */
export function generator(seed: number): () => number {
  let x = seed >>> 0;
  return () => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return x >>> 16;
  };
}

/** Word i: the four base-26 digits of i as letters, most significant first. */
export function word(i: number): string {
  return [17576, 676, 26, 1].map((place) => String.fromCharCode(97 + (Math.floor(i / place) % 26))).join("");
}

export function pick<T>(next: () => number, list: readonly T[]): T {
  return list[next() % list.length] as T;
}

/** 50 texts of 60 to 160 words; 40 copies of the first 25 with 0 to 8 words replaced; chains, short texts, equal ones. */
export function corpus(): string[] {
  const next = generator(12345);
  const some = (count: number): string[] => Array.from({ length: count }, () => word(next() % 2000));
  const originals = Array.from({ length: 50 }, () => some(60 + (next() % 101)));
  const copies = Array.from({ length: 40 }, (_, d) => {
    const copy = [...(originals[d % 25] as string[])];
    const replaced = d % 9;
    for (let k = 0; k < replaced; k++) copy[Math.floor((k * copy.length) / replaced)] = word(next() % 2000);
    return copy;
  });
  // Each link of a chain is an edit of the one before, so that its ends are strangers.
  const chains: string[][] = [];
  for (let chain = 0; chain < 2; chain++) {
    let link = some(100);
    for (let i = 0; i < 15; i++) {
      chains.push(link);
      link = link.map((old) => (next() % 40 === 0 ? word(next() % 2000) : old));
    }
  }
  const texts = [...originals, ...copies, ...chains].map((words) => words.join(" "));
  const equal = [0, 7, 60].map((i) => `${(texts[i] as string).replaceAll(" ", ",\n").toUpperCase()}!`);
  return [...texts, ...equal, "too short", "Too  short", "too short!", "C++", "C#", "", "\n", "東京", "東 京"];
}
