/** Marks: characters of the private use area that a given text does not contain. */

import type { Span } from "../tokenizer.ts";

const FIRST = 0xe000;
const LAST = 0xf8ff;
const PRIVATE = /[\ue000-\uf8ff]/g;

/** Hands out marks that occur in none of the texts it was shown. */
export class Marks {
  readonly #used = new Set<string>();
  #next = FIRST;

  /** Makes sure that no mark given out from now on occurs in any string of the value, keys included. */
  avoid(value: unknown): void {
    for (const text of stringsOf(value)) for (const [character] of text.matchAll(PRIVATE)) this.#used.add(character);
  }

  take(): string {
    for (; this.#next <= LAST; this.#next++) {
      const mark = String.fromCharCode(this.#next);
      if (this.#used.has(mark)) continue;
      this.#next++;
      return mark;
    }
    throw new Error("the text uses the whole private use area of Unicode, which leaves nothing to mark it with");
  }
}

/** Every string in a value, keys included. */
export function* stringsOf(value: unknown): Generator<string, void> {
  if (typeof value === "string") yield value;
  else if (Array.isArray(value)) for (const item of value) yield* stringsOf(item);
  else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      yield key;
      yield* stringsOf(item);
    }
  }
}

/** Whether a value has a character of the private use area in any of its strings. */
export function usesPrivateArea(value: unknown): boolean {
  for (const text of stringsOf(value)) if (text.search(PRIVATE) !== -1) return true;
  return false;
}

/** The text with each mark replaced by what it stands for, and the place of each replacement in the result. */
export function unmark(
  marked: string,
  meaning: ReadonlyMap<string, string>,
): { readonly text: string; readonly places: readonly MarkedPlace[] } {
  const places: MarkedPlace[] = [];
  let text = "";
  let done = 0;
  for (let at = nextMark(marked, 0, meaning); at !== -1; at = nextMark(marked, at + 1, meaning)) {
    const mark = marked.charAt(at);
    text += marked.slice(done, at);
    const start = text.length;
    text += meaning.get(mark) as string;
    places.push({ mark, start, end: text.length });
    done = at + 1;
  }
  return { text: text + marked.slice(done), places };
}

export interface MarkedPlace extends Span {
  readonly mark: string;
}

function nextMark(text: string, from: number, meaning: ReadonlyMap<string, string>): number {
  for (let at = from; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit >= FIRST && unit <= LAST && meaning.has(text.charAt(at))) return at;
  }
  return -1;
}
