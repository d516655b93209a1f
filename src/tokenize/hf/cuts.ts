/**
 * How pre-tokenizers cut a text: first it is taken apart into matches of a pattern and what lies between them, then a behaviour
 * says which parts belong together.
 */
import type { CodePointSet } from "./code-points.ts";
import { TokenizerFormatError } from "./errors.ts";
import { matchRanges, type Pattern } from "./regex.ts";

/** Parts of a text in order, three numbers each: start, end, and 1 for a match. Together they cover the text. */
export type Parts = number[];

export type Behavior = "Removed" | "Isolated" | "MergedWithPrevious" | "MergedWithNext" | "Contiguous";

const BEHAVIORS: readonly Behavior[] = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"];

export function behaviorAt(value: unknown, where: string): Behavior {
  const known = BEHAVIORS.find((behavior) => behavior === value);
  if (known === undefined)
    throw new TokenizerFormatError(`tokenizer: ${where} must be one of ${BEHAVIORS.join(", ")}, got ${String(value)}`);
  return known;
}

/** The matches of a pattern and what lies between. */
export function patternParts(pattern: Pattern, text: string): Parts {
  const out: Parts = [];
  const matches = matchRanges(pattern, text);
  let last = 0;
  for (let i = 0; i < matches.length; i += 2) {
    const start = matches[i] ?? 0;
    const end = matches[i + 1] ?? 0;
    if (last !== start) out.push(last, start, 0);
    out.push(start, end, 1);
    last = end;
  }
  if (last !== text.length) out.push(last, text.length, 0);
  return out;
}

/** Each member of a set is a match by itself. */
export function memberParts(set: CodePointSet, text: string): Parts {
  const out: Parts = [];
  let last = 0;
  for (let at = 0; at < text.length; ) {
    const point = text.codePointAt(at) ?? 0;
    const next = at + (point > 0xffff ? 2 : 1);
    if (set.has(point)) {
      if (last !== at) out.push(last, at, 0);
      out.push(at, next, 1);
      last = next;
    }
    at = next;
  }
  if (last !== text.length) out.push(last, text.length, 0);
  return out;
}

/** Exchanges matches and what lies between. */
export function inverted(parts: Parts): Parts {
  return parts.map((value, index) => (index % 3 === 2 ? 1 - value : value));
}

/** The pieces that a behaviour makes of the parts: pairs of start and end. */
export function cut(parts: Parts, behavior: Behavior): number[] {
  const out: number[] = [];
  if (behavior === "MergedWithNext") return mergedWithNext(parts);
  let previous = 0;
  for (let i = 0; i < parts.length; i += 3) {
    const start = parts[i] ?? 0;
    const end = parts[i + 1] ?? 0;
    const match = parts[i + 2] ?? 0;
    if (behavior === "Removed" && match === 1) continue;
    const joined = behavior === "Contiguous" ? match === previous : behavior === "MergedWithPrevious" && match === 1 && previous === 0;
    if (joined && out.length > 0) out[out.length - 1] = end;
    else out.push(start, end);
    previous = match;
  }
  return out;
}

/** From the end: a match joins what follows it, unless that is a match too. */
function mergedWithNext(parts: Parts): number[] {
  const reversed: number[] = [];
  let previous = 0;
  for (let i = parts.length - 3; i >= 0; i -= 3) {
    const start = parts[i] ?? 0;
    const match = parts[i + 2] ?? 0;
    if (match === 1 && previous === 0 && reversed.length > 0) reversed[reversed.length - 1] = start;
    else reversed.push(parts[i + 1] ?? 0, start);
    previous = match;
  }
  return reversed.reverse();
}
