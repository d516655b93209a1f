/**
 * One chunk of text without white space, cut into words as spaCy 3.8's `Tokenizer` does it with English rules: off come, in
 * turns, prefixes and suffixes until an exception or nothing more is found; an address stays whole; the rest is cut at its
 * infixes. One word always ends where the next begins, so words are places in the text and no string is made.
 */
import { infixLength, isAddress, prefixLength, suffixLength } from "./affixes.ts";
import { EXCEPTION_CUTS, EXCEPTION_SET } from "./exceptions.ts";
import { BEFORE_DOT, CUTTING, NUMERAL, ORDINARY, SUFFIX, UNIT_CLASS } from "./unicode.ts";

/** Where the words go. */
export interface WordSink {
  readonly units: Uint16Array;
  push(start: number, end: number): void;
}

const DOT = 0x2e;

/** Pushes the words of an exception that begins at `start`. */
export function pushException(sink: WordSink, start: number, exception: number): void {
  let from = start;
  for (const cut of EXCEPTION_CUTS[exception] as readonly number[]) {
    sink.push(from, start + cut);
    from = start + cut;
  }
}

/** True when no rule can cut a chunk of these bits: no mark, and no numeral beside a letter. */
export function isUncuttable(bits: number): boolean {
  return (bits & CUTTING) === 0 && (bits & (NUMERAL | ORDINARY)) !== (NUMERAL | ORDINARY);
}

/**
 * Whether the chunk is an uncuttable word of letters and one mark behind it, such as "word," or "word.": three in five of the
 * chunks that are cut at all. `bits` are those of all units but the last. No prefix, tail or infix can then be found, so the mark
 * is the only cut; a dot is one behind a small letter, where no second dot makes it longer.
 */
export function isWordAndMark(units: Uint16Array, start: number, end: number, bits: number): boolean {
  if (end - start < 2 || (bits & (CUTTING | NUMERAL)) !== 0) return false;
  const last = units[end - 1] as number;
  if (last === DOT) return ((UNIT_CLASS[units[end - 2] as number] as number) & BEFORE_DOT) !== 0;
  return ((UNIT_CLASS[last] as number) & SUFFIX) !== 0;
}

/** Where the suffixes of the current chunk begin, the outermost first. It only ever grows: emptying an array is slow. */
const suffixes: number[] = [];

const NONE = -1;

/**
 * Cuts `units[start, end)`, which is no exception as a whole, and pushes its words. `exceptions` is off only while the exceptions
 * themselves are being learnt.
 */
export function cutChunk(sink: WordSink, start: number, end: number, exceptions: boolean): void {
  const { units } = sink;
  let from = start;
  let to = end;
  let depth = 0;
  let exception = NONE;
  for (let last = -1; from < to && to - from !== last; ) {
    last = to - from;
    const prefix = prefixLength(units, from, to);
    if (prefix > 0) {
      exception = exceptions ? EXCEPTION_SET.find(units, from + prefix, to) : NONE;
      if (exception !== NONE) {
        sink.push(from, from + prefix);
        from += prefix;
        break;
      }
    }
    // The suffix is sought behind the prefix, yet an exception may be what a suffix leaves of the two together.
    const suffix = suffixLength(units, from + prefix, to);
    if (suffix > 0) {
      suffixes[depth++] = to - suffix;
      exception = exceptions ? EXCEPTION_SET.find(units, from, to - suffix) : NONE;
      if (exception !== NONE) {
        to -= suffix;
        break;
      }
    }
    if (prefix > 0) sink.push(from, from + prefix);
    from += prefix;
    to -= suffix;
    // What is left of one cut has been looked up above; what is left of two has not.
    if (prefix > 0 && suffix > 0 && exceptions) {
      exception = EXCEPTION_SET.find(units, from, to);
      if (exception !== NONE) break;
    }
  }
  if (exception !== NONE) pushException(sink, from, exception);
  else if (from < to) cutMiddle(sink, from, to);
  for (let i = depth - 1; i >= 0; i--) sink.push(suffixes[i] as number, i === 0 ? end : (suffixes[i - 1] as number));
}

/** What prefixes and suffixes leave: an address, or pieces between infixes. */
function cutMiddle(sink: WordSink, start: number, end: number): void {
  const { units } = sink;
  const table = UNIT_CLASS;
  let bits = 0;
  let dot = false;
  for (let i = start; i < end; i++) {
    const unit = units[i] as number;
    bits |= table[unit] as number;
    if (unit === DOT) dot = true;
  }
  let from = start;
  if ((bits & CUTTING) !== 0 && !(dot && isAddress(units, start, end))) {
    for (let at = start; at < end; ) {
      // A unit that cuts nothing is passed over without asking which rule it might be for.
      const infix = ((table[units[at] as number] as number) & CUTTING) === 0 ? 0 : infixLength(units, start, at, end);
      if (infix > 0 && at > start) {
        if (at > from) sink.push(from, at);
        sink.push(at, at + infix);
        from = at + infix;
      }
      at += infix > 0 ? infix : 1;
    }
  }
  if (from < end) sink.push(from, end);
}
