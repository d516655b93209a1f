import type { BpePattern } from "./patterns.ts";
import { CharClass, classOf } from "./unicode.ts";

/**
 * Where a long text may be cut so that the two parts, encoded one after the other, give the tokens of the whole. A place is safe when
 * every pattern in question ends a piece there, and would end it there too if the text ended. The rules, each read off the patterns:
 *
 * - before a blank (U+0020) that follows anything but white space: a blank only ever begins a piece or stands among white space;
 * - before other ASCII white space that follows a letter or a number; in r50k, anything but white space. (In the other patterns
 *   symbols take line breaks along.)
 * - after a line feed that is followed by an ASCII letter or digit or by a character from U+4000 on, which are never white space;
 *   not in r50k, where a run of white space depends on what follows it.
 *
 * Almost any text has such a place every few dozen bytes. One that has none (a million letters) is encoded in one go.
 */
export function isSafeCut(text: Uint8Array, at: number, pattern: BpePattern): boolean {
  const next = text[at] ?? 0;
  const before = text[at - 1] ?? 0;
  if (next === 0x20) return classBefore(text, at) !== CharClass.space;
  if (next === 0x09 || next === 0x0a || next === 0x0d) {
    const kind = classBefore(text, at);
    return pattern === "r50k" ? kind !== CharClass.space : isWordLike(kind);
  }
  return before === 0x0a && pattern !== "r50k" && (next >= 0xe4 || (next < 0x80 && isWordLike(classOf(next))));
}

/** The last safe cut behind `start` and up to `limit`; `start` when there is none. */
export function lastCut(text: Uint8Array, start: number, limit: number, pattern: BpePattern): number {
  for (let at = limit; at > start; at--) if (isSafeCut(text, at, pattern)) return at;
  return start;
}

/** The first safe cut from `from` on, or the end of the text. */
export function nextCut(text: Uint8Array, from: number, pattern: BpePattern): number {
  for (let at = from; at < text.length; at++) if (isSafeCut(text, at, pattern)) return at;
  return text.length;
}

function isWordLike(kind: number): boolean {
  return kind === CharClass.upper || kind === CharClass.lower || kind === CharClass.caseless || kind === CharClass.number;
}

/** The class of the character that ends before `at`. */
function classBefore(text: Uint8Array, at: number): number {
  let start = at - 1;
  while (start > 0 && ((text[start] ?? 0) & 0xc0) === 0x80 && at - start < 4) start--;
  const lead = text[start] ?? 0;
  if (lead < 0x80) return classOf(lead);
  let point = lead < 0xe0 ? lead & 0x1f : lead < 0xf0 ? lead & 0x0f : lead & 0x07;
  for (let i = start + 1; i < at; i++) point = (point << 6) | ((text[i] ?? 0) & 0x3f);
  return classOf(point);
}
