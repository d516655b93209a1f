/**
 * Copies among lines or paragraphs. Strings are only hashed where two are of one length: most lines of a text are not, and
 * hashing every character of every line would cost as much as cutting the text into words.
 */
import { codePoints } from "./unicode.ts";

/** What is in parts that equal an earlier one. */
export interface Copies {
  readonly count: number;
  /** Their code points. */
  readonly chars: number;
}

/** Every copy after the first. */
export function countCopies(parts: readonly string[]): Copies {
  if (parts.length < 2) return { count: 0, chars: 0 };
  const seen = new Map<number, string | Set<string>>(); // by length: one string, or all of them
  let count = 0;
  let chars = 0;
  for (const part of parts) {
    const known = seen.get(part.length);
    if (known === undefined) {
      seen.set(part.length, part);
      continue;
    }
    const strings = typeof known === "string" ? new Set([known]) : known;
    if (typeof known === "string") seen.set(part.length, strings);
    const before = strings.size;
    if (strings.add(part).size > before) continue;
    count++;
    chars += codePoints(part);
  }
  return { count, chars };
}
