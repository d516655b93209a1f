/**
 * Sets of code points with pinned members.
 *
 * JavaScript's own `\p{...}`, `\s`, `toLowerCase` and `normalize` follow the Unicode version of the Node that runs them; a
 * tokenizer's rules belong to its vocabulary and must not. The members come from unicode-data.ts, which was read out of the
 * reference implementation.
 */
import { categoryNames, categoryRuns, type SetName, scriptRanges, segmentScripts, setRuns } from "./unicode-data.ts";

const LAST = 0x10ffff;

/** An immutable set of code points, kept as sorted ranges; a bitmap of the first 65,536 answers most questions. */
export class CodePointSet {
  /** First and last member of each range, in order. */
  readonly ranges: readonly number[];
  #bits: Uint32Array | undefined;

  private constructor(ranges: readonly number[]) {
    this.ranges = ranges;
  }

  /** The set of pairs of first and last members, in any order. */
  static of(pairs: readonly (readonly [first: number, last: number])[]): CodePointSet {
    const out: number[] = [];
    for (const [first, last] of [...pairs].sort((a, b) => a[0] - b[0])) {
      const end = out[out.length - 1];
      if (end !== undefined && first <= end + 1) out[out.length - 1] = Math.max(end, last);
      else out.push(first, last);
    }
    return new CodePointSet(out);
  }

  has(point: number): boolean {
    if (point < 0x10000) {
      this.#bits ??= this.#bitmap();
      return (((this.#bits[point >>> 5] ?? 0) >>> (point & 31)) & 1) === 1;
    }
    const { ranges } = this;
    let low = 0;
    let high = ranges.length >> 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ranges[2 * middle + 1] ?? LAST) < point) low = middle + 1;
      else high = middle;
    }
    return (ranges[2 * low] ?? Infinity) <= point;
  }

  complement(): CodePointSet {
    const out: [number, number][] = [];
    let next = 0;
    for (let i = 0; i < this.ranges.length; i += 2) {
      const first = this.ranges[i] ?? 0;
      if (first > next) out.push([next, first - 1]);
      next = (this.ranges[i + 1] ?? 0) + 1;
    }
    if (next <= LAST) out.push([next, LAST]);
    return CodePointSet.of(out);
  }

  union(...others: readonly CodePointSet[]): CodePointSet {
    return CodePointSet.of([this, ...others].flatMap((set) => set.pairs()));
  }

  intersection(other: CodePointSet): CodePointSet {
    return this.complement().union(other.complement()).complement();
  }

  pairs(): [number, number][] {
    const out: [number, number][] = [];
    for (let i = 0; i < this.ranges.length; i += 2) out.push([this.ranges[i] ?? 0, this.ranges[i + 1] ?? 0]);
    return out;
  }

  /** The inside of a character class `[...]` of a JavaScript regular expression with the flag `u`; empty for the empty set. */
  classBody(): string {
    return this.pairs()
      .map(([first, last]) => (first === last ? escaped(first) : `${escaped(first)}-${escaped(last)}`))
      .join("");
  }

  #bitmap(): Uint32Array {
    const bits = new Uint32Array(2048);
    for (let i = 0; i < this.ranges.length; i += 2) {
      const last = Math.min(this.ranges[i + 1] ?? 0, 0xffff);
      for (let point = this.ranges[i] ?? 0; point <= last; point++) {
        const word = point >>> 5;
        bits[word] = (bits[word] ?? 0) | (1 << (point & 31));
      }
    }
    return bits;
  }
}

function escaped(point: number): string {
  return `\\u{${point.toString(16)}}`;
}

/** The set of nothing, and of everything. */
export const NOTHING: CodePointSet = CodePointSet.of([]);
export const EVERYTHING: CodePointSet = CodePointSet.of([[0, LAST]]);

/** Runs over all code points: a class letter and a length in base 36, left out when it is one. */
function eachRun(runs: string, visit: (letter: string, first: number, last: number) => void): void {
  let point = 0;
  for (const [, letter = "", length = ""] of runs.matchAll(/([^0-9a-z])([0-9a-z]*)/g)) {
    const end = point + (length === "" ? 1 : Number.parseInt(length, 36));
    visit(letter, point, end - 1);
    point = end;
  }
}

function parseRanges(text: string): CodePointSet {
  const pairs: [number, number][] = [];
  let at = 0;
  for (const item of text.split(" ")) {
    if (item === "") continue;
    const [gap = "0", more = "0"] = item.split("-");
    const first = at + Number.parseInt(gap, 36);
    at = first + Number.parseInt(more, 36);
    pairs.push([first, at]);
  }
  return CodePointSet.of(pairs);
}

const sets = new Map<SetName, CodePointSet>();

/** A set of unicode-data.ts, unpacked on first use. */
export function pinnedSet(name: SetName): CodePointSet {
  let set = sets.get(name);
  if (set === undefined) {
    const pairs: [number, number][] = [];
    eachRun(setRuns[name], (letter, first, last) => {
      if (letter === "B") pairs.push([first, last]);
    });
    set = CodePointSet.of(pairs);
    sets.set(name, set);
  }
  return set;
}

let categories: ReadonlyMap<string, CodePointSet> | undefined;

/** The code points of a general category ("Lu") or of a group of them ("L"), as Oniguruma has them; undefined for other names. */
export function generalCategory(name: string): CodePointSet | undefined {
  categories ??= unpackCategories();
  const direct = categories.get(name);
  if (direct !== undefined) return direct;
  const members = name === "LC" ? ["Lu", "Ll", "Lt"] : [...categories.keys()].filter((key) => name.length === 1 && key.startsWith(name));
  const parts = members.map((key) => categories?.get(key) ?? NOTHING);
  return parts.length === 0 ? undefined : NOTHING.union(...parts);
}

function unpackCategories(): Map<string, CodePointSet> {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ!#%&";
  const pairs = new Map<string, [number, number][]>();
  eachRun(categoryRuns, (letter, first, last) => {
    const list = pairs.get(letter);
    if (list === undefined) pairs.set(letter, [[first, last]]);
    else list.push([first, last]);
  });
  return new Map(categoryNames.split(" ").map((name, index) => [name, CodePointSet.of(pairs.get(letters[index] ?? "") ?? [])]));
}

/** The code points of a script by its long name without spaces, hyphens or underscores, in lower case; undefined for other names. */
export function scriptSet(name: string): CodePointSet | undefined {
  for (const item of scriptRanges.split(";")) {
    const colon = item.indexOf(":");
    if (item.slice(0, colon).replaceAll("_", "").toLowerCase() === name) return parseRanges(item.slice(colon + 1));
  }
  return undefined;
}

/** The scripts that the pre-tokenizer `UnicodeScripts` tells apart. */
export function segmentScriptSets(): readonly CodePointSet[] {
  return segmentScripts.split(";").map((item) => parseRanges(item));
}
