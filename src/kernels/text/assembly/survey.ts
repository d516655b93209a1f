// One look at the whole text: whether normalising it can change anything, and what later passes may take for granted. 16 units at a time
// are printable ASCII, as nearly always, or the others among them are looked at one by one.
import { classOf, classOfUnit, CONTROL, LINE_BREAK, pairAt, SPACE, SURROGATE, unitAt, unitClass, UNSETTLED as NOT_SETTLED } from "./classes";
import { text, textEnd } from "./layout";

/** What `survey` says, as bits. */
/** Half of a surrogate pair alone. */
export const LONE: u32 = 1;
/** A line break other than `\n`. */
export const OTHER_BREAK: u32 = 2;
export const CONTROLS: u32 = 4;
/** A character that composition (NFC) may change, alone or with its neighbours. */
export const UNSETTLED: u32 = 8;
/** White space before a `\n` or at the end. */
export const TRAILING: u32 = 16;
/** White space at the beginning or at the end. */
export const ENDS: u32 = 32;

/** Surrogate pairs, and the longest run of `\n`, where the start of the text counts as one. */
export let pairs: u32 = 0;
export let longestRun: u32 = 1;
/** `\n`s in all. */
export let feeds: u32 = 0;
/** Whether every line break is a `\n`. */
export let plainBreaks: bool = true;

@inline
function isBlankAt(at: usize): bool {
  return (unitClass(at) & (SPACE | LINE_BREAK)) == SPACE;
}

export function survey(): u32 {
  const from = text,
    end = textEnd;
  let flags: u32 = 0,
    bits: u32 = 0,
    run: u32 = 1,
    longest: u32 = 1,
    lineFeeds: u32 = 0,
    lastFeed = from, // the end of the last one
    skip: usize = 0; // the second half of a pair
  pairs = 0;
  for (let at = from; at < end; at += 32) {
    // A unit above 255 becomes 255, or 0, neither of which is printable. Those behind the end are a space and whatever; they are masked off.
    const bytes = i8x16.narrow_i16x8_u(v128.load(at), v128.load(at, 16));
    let odd = i8x16.bitmask(i8x16.ge_u(i8x16.sub(bytes, i8x16.splat(0x20)), i8x16.splat(0x5f)));
    if (!odd) continue;
    if (end - at < 32) odd &= (1 << <i32>((end - at) >> 1)) - 1;
    for (; odd; odd &= odd - 1) {
      const p = at + (<usize>ctz(odd) << 1),
        unit = unitAt(p);
      if (unit == 0x0a) {
        lineFeeds++;
        if (p > from && isBlankAt(p - 2)) flags |= TRAILING;
        run = p == lastFeed ? run + 1 : 1;
        if (run > longest) longest = run;
        lastFeed = p + 2;
        continue;
      }
      let known = classOfUnit(unit);
      if (known & SURROGATE) {
        if (p == skip) continue;
        if ((unit & 0xfc00) == 0xd800 && p + 2 < end && (unitAt(p + 2) & 0xfc00) == 0xdc00) {
          known = classOf(pairAt(p));
          skip = p + 2;
          pairs++;
        } else {
          flags |= LONE;
          known = 0;
        }
      }
      bits |= known;
    }
  }
  if (bits & LINE_BREAK) flags |= OTHER_BREAK;
  if (bits & CONTROL) flags |= CONTROLS;
  if (bits & NOT_SETTLED) flags |= UNSETTLED;
  if (end > from) {
    if (unitClass(from) & SPACE) flags |= ENDS;
    if (unitClass(end - 2) & SPACE) flags |= ENDS | TRAILING;
  }
  longestRun = longest;
  feeds = lineFeeds;
  plainBreaks = !(flags & OTHER_BREAK);
  return flags;
}
