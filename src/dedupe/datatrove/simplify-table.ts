/**
 * `simplifyText` one code point at a time, as far as it goes: the classes and results that the kernel holds as a table. What needs a
 * look at its neighbours is "hard", and a document that has it is simplified in TypeScript.
 */
import { codePoints } from "./code-points.ts";
import { simplifyText } from "./simplify.ts";

/** The kernel's classes; see assembly/fold.ts and assembly/simplify.ts. */
const SPACE = 0;
const SKIP = 1;
const LETTER = 2;
const DIGIT = 3;
const ODD = 4;
const HARD = 5;
const SEVERAL = 6;
const SHIFT = 21;

/** Marks that decomposition may put into another order: those with a combining class that are no Mn and so are not dropped. */
const REORDERED = /^(?!\p{Mn})\p{M}$/u;
/** Small sigma depends on what follows when it comes from a capital one. Separators depend on what stands beside them. */
const IN_CONTEXT: ReadonlySet<number> = new Set([0x3a3, 0x60c, 0x66b, 0x2396, 0x2397, 0x2398]);

/** A page of the kernel's table, with its expansions behind it. */
export function simplifyPage(page: number): Uint32Array {
  const entries: number[] = [];
  const expansions: number[] = [];
  for (let i = 0; i < 256; i++) {
    const parts = partsOf(page * 256 + i);
    if (parts.length === 1) entries.push(parts[0] as number);
    else {
      entries.push(((SEVERAL << SHIFT) | (256 + expansions.length)) >>> 0);
      expansions.push(parts.length, ...parts);
    }
  }
  return Uint32Array.from([...entries, ...expansions]);
}

function partsOf(point: number): number[] {
  const { unassigned, digits } = codePoints();
  // No surrogate stands in well-formed UTF-8.
  if (point >= 0xd800 && point <= 0xdfff) return [HARD << SHIFT];
  if (digits.has(point)) return [DIGIT << SHIFT];
  const character = String.fromCodePoint(point);
  if (unassigned.has(point)) return [(LETTER << SHIFT) | point];
  if (IN_CONTEXT.has(point) || REORDERED.test(character.normalize("NFD").at(-1) ?? "")) return [HARD << SHIFT];
  // Between two letters: a mark vanishes, a space stays.
  const simple = simplifyText(`x${character}x`).slice(1, -1);
  if (simple === "") return [SKIP << SHIFT];
  if (simple === " ") return [SPACE << SHIFT];
  const parts = [...simple].map((part) => part.codePointAt(0) ?? 0);
  return parts.some((part) => part === 0x20 || part === 0x30) || parts.length > 18 ? [HARD << SHIFT] : parts.map(classed);
}

function classed(point: number): number {
  const { prefixes, suffixes, icons } = codePoints();
  const odd = prefixes.has(point) || suffixes.has(point) || icons.has(point);
  return ((odd ? ODD : LETTER) << SHIFT) | point;
}
