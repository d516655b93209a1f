// What the FineWeb rule counts: lines cut at `\n`, blank ones left out.
import { classOf, classOfUnit, isPair, isSpaceAt, pairAt, pairsIn, SURROGATE, TERMINAL, unitAt } from "./classes";
import { behindWords, text, textEnd } from "./layout";
import { addPart, beginParts, copiedPoints, countCopies, nextFeed, partCount, stripStart } from "./lines";
import { feeds, pairs } from "./survey";

/** The bits of the last character of a line that is not empty. */
function lastClass(start: usize, end: usize): u32 {
  const bits = classOfUnit(unitAt(end - 2));
  return bits & SURROGATE && end - start >= 4 && isPair(end - 4, end) ? classOf(pairAt(end - 4)) : bits;
}

/** To `results`, u32 each: line feeds, lines, those that end in a terminal mark, short ones, code points in copies of an earlier one. */
export function measureFineweb(shortLength: u32, results: usize): void {
  const end = textEnd;
  let terminal: u32 = 0,
    short: u32 = 0;
  beginParts(behindWords());
  for (let at = text; at <= end; ) {
    const stop = nextFeed(at, end);
    if (stripStart(at, stop) < stop) {
      addPart(at, stop);
      terminal += u32((lastClass(at, stop) & TERMINAL) != 0);
      const units = <u32>((stop - at) >> 1);
      // Units are never fewer than code points, so a line of few units needs no count.
      short += u32(units <= shortLength || (pairs && units >> 1 <= shortLength && units - pairsIn(at, stop) <= shortLength));
    }
    at = stop + 2;
  }
  store<u32>(results, feeds);
  store<u32>(results, partCount(), 4);
  store<u32>(results, terminal, 8);
  store<u32>(results, short, 12);
  countCopies(pairs != 0);
  store<u32>(results, copiedPoints, 16);
}

/**
 * Whether the text plainly has `fewest` words: every run of characters between white space holds at least one. It spares cutting the text
 * into words when nearly every document passes by far.
 */
export function hasWords(at: usize, end: usize, fewest: u32): bool {
  let runs: u32 = 0,
    inside = false;
  for (; at < end && runs < fewest; at += 2) {
    const space = isSpaceAt(at);
    runs += u32(!space && !inside);
    inside = !space;
  }
  return runs >= fewest;
}
