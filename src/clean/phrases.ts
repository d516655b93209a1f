/**
 * The second pass of spaCy's tokenizer: an exception that prefixes, suffixes or infixes have cut apart ("see:)" gives `see`,
 * `:`, `)`) is put together again. spaCy matches all of them against the words of the whole document, longest first, and drops
 * a match whose first or last word belongs to another one already, even to one that is not used because white space lies in
 * it. That is repeated here word for word, but only for the rare document in which some chunk holds such a match.
 */
import { infixLength, prefixLength, suffixLength } from "./affixes.ts";
import { cutChunk, type WordSink } from "./chunks.ts";
import { EXCEPTION_CUTS, EXCEPTION_TEXTS, UnitSet } from "./exceptions.ts";

/** Words by place, as words.ts keeps them. */
export interface WordList extends WordSink {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly count: number;
}

interface Phrases {
  /** Every word that occurs in a phrase. */
  readonly vocabulary: UnitSet;
  /** Those with which one begins. */
  readonly beginnings: UnitSet;
  /** `node * size + word` to the next node; node 0 is the root. */
  readonly next: ReadonlyMap<number, number>;
  readonly size: number;
  /** The exception whose words end at a node. */
  readonly exceptionAt: ReadonlyMap<number, number>;
}

interface Match {
  readonly start: number;
  readonly end: number;
  readonly exception: number;
}

let learnt: Phrases | undefined;

/** Learnt on first use: many programs never come here. */
function phrases(): Phrases {
  learnt ??= learn();
  return learnt;
}

function learn(): Phrases {
  const pieces = new Map<number, readonly string[]>();
  for (const [exception, text] of EXCEPTION_TEXTS.entries()) {
    const units = Uint16Array.from(text.split(""), (unit) => unit.charCodeAt(0));
    if (!hasAffix(units)) continue;
    const words: string[] = [];
    cutChunk({ units, push: (start, end) => words.push(text.slice(start, end)) }, 0, units.length, false);
    // One that nothing cuts needs no putting together (and spaCy's matches of one word change nothing either).
    if (words.length > 1) pieces.set(exception, words);
  }
  const vocabulary = [...new Set([...pieces.values()].flat())];
  const numbers = new Map(vocabulary.map((word, number) => [word, number]));
  const next = new Map<number, number>();
  const exceptionAt = new Map<number, number>();
  let nodes = 1;
  for (const [exception, words] of pieces) {
    let node = 0;
    for (const word of words) {
      const key = node * vocabulary.length + (numbers.get(word) as number);
      const known = next.get(key);
      node = known ?? nodes++;
      if (known === undefined) next.set(key, node);
    }
    exceptionAt.set(node, exception);
  }
  const beginnings = new Set([...pieces.values()].map((words) => words[0] as string));
  return { vocabulary: new UnitSet(vocabulary), beginnings: new UnitSet([...beginnings]), next, size: vocabulary.length, exceptionAt };
}

function hasAffix(units: Uint16Array): boolean {
  if (prefixLength(units, 0, units.length) > 0 || suffixLength(units, 0, units.length) > 0) return true;
  return units.some((_, at) => infixLength(units, 0, at, units.length) > 0);
}

/** Calls `found` for every phrase among the words from `first` on. Only a single space may lie between two of its words. */
function findPhrases(words: WordList, first: number, found: (match: Match) => void): void {
  const { vocabulary, beginnings, next, size, exceptionAt } = phrases();
  for (let start = first; start + 1 < words.count; start++) {
    if (beginnings.find(words.units, words.starts[start] as number, words.ends[start] as number) < 0) continue;
    let node = 0;
    for (let i = start; i < words.count && (i === start || !isSeparated(words, i)); i++) {
      const word = vocabulary.find(words.units, words.starts[i] as number, words.ends[i] as number);
      const step = word < 0 ? undefined : next.get(node * size + word);
      if (step === undefined) break;
      node = step;
      const exception = exceptionAt.get(node);
      if (exception !== undefined) found({ start, end: i + 1, exception });
    }
  }
}

/** Whether white space that spaCy makes a word of its own stands before word `i`: anything but one plain space. */
export function isSeparated(words: WordList, i: number): boolean {
  const gap = (words.starts[i] as number) - (words.ends[i - 1] as number);
  return gap > 1 || (gap === 1 && words.units[(words.starts[i] as number) - 1] !== 0x20);
}

/** Whether the words of the match stand together and are cut otherwise than the exception wants. */
function isCutWrongly(words: WordList, { start, end, exception }: Match): boolean {
  if (!stands(words, start, end)) return false;
  const cuts = EXCEPTION_CUTS[exception] as readonly number[];
  if (cuts.length !== end - start) return true;
  return cuts.some((cut, i) => (words.starts[start] as number) + cut !== words.ends[start + i]);
}

function stands(words: WordList, start: number, end: number): boolean {
  for (let i = start + 1; i < end; i++) if (words.starts[i] !== words.ends[i - 1]) return false;
  return true;
}

/** Whether the words of one chunk, those from `first` on, hold an exception that was cut apart. */
export function holdsCutPhrase(words: WordList, first: number): boolean {
  let holds = false;
  findPhrases(words, first, (match) => {
    holds ||= isCutWrongly(words, match);
  });
  return holds;
}

/** The places of the document's words once cut phrases are whole again. */
export function rejoin(words: WordList): { readonly starts: number[]; readonly ends: number[] } {
  const matches: Match[] = [];
  findPhrases(words, 0, (match) => matches.push(match));
  matches.sort((a, b) => b.end - b.start - (a.end - a.start) || a.start - b.start);
  const taken = new Set<number>();
  const used = new Map<number, Match>();
  for (const match of matches) {
    if (!taken.has(match.start) && !taken.has(match.end - 1)) used.set(match.start, match);
    for (let i = match.start; i < match.end; i++) taken.add(i);
  }
  const starts: number[] = [];
  const ends: number[] = [];
  for (let i = 0; i < words.count; ) {
    const match = used.get(i);
    const end = match?.end ?? i + 1;
    // A match across a space is not in the rules: its words stay as they are.
    if (match !== undefined && stands(words, match.start, match.end)) {
      const first = words.starts[i] as number;
      let from = first;
      for (const cut of EXCEPTION_CUTS[match.exception] as readonly number[]) {
        starts.push(from);
        from = first + cut;
        ends.push(from);
      }
      i = end;
    }
    for (; i < end; i++) {
      starts.push(words.starts[i] as number);
      ends.push(words.ends[i] as number);
    }
  }
  return { starts, ends };
}
