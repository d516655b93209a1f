/**
 * datatrove's `simplify_text` (0.10.0, default options), in its order: lower case; a 0 for each number; a space for each punctuation
 * character; single spaces; canonical decomposition; no non-spacing marks. Lower case, decomposition and marks are those of Python
 * 3.11 (Unicode 14): what that does not assign is left alone.
 *
 * This is the plain form, which the kernel is compared with, and which takes what the kernel leaves. Time is linear in the text.
 */
import { codePoints } from "./code-points.ts";

/** Python's white space, less what is punctuation before it is looked at. JavaScript's `\s` has U+FEFF, which Python's has not. */
const SPACES = /[\t\n \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/gu;
const ENDS = /^ | $/gu;
const MARKS = /\p{Mn}/gu;
const LONE = /\p{Surrogate}/gu;
const ONLY_ASCII = /^[\0-\x7f]*$/u;
/** Behind the digits of a number may stand one of these and more digits. */
const SEPARATORS: ReadonlySet<number> = new Set([0x2e, 0x2c, 0x60c, 0x66b, 0x2396, 0x2397, 0x2398]);

export function simplifyText(text: string): string {
  // Halves of surrogate pairs have no UTF-8; they are U+FFFD everywhere in this library.
  const whole = text.replace(LONE, "\ufffd");
  if (ONLY_ASCII.test(whole)) return simplifyAscii(whole);
  const spaced = withoutPunctuation(lowerCase(whole)).replace(SPACES, " ").replace(ENDS, "");
  return known(spaced, (part) => part.normalize("NFD").replace(MARKS, "")).replace(OUTER_SPACES, "");
}

/** Python's `strip`, at the end: decomposition has left single spaces only, and those between marks. */
const OUTER_SPACES = /^ +| +$/gu;

function simplifyAscii(text: string): string {
  return text
    .toLowerCase()
    .replace(/[0-9]+(?:[.,][0-9]+)?/gu, "0")
    .replace(/[^a-z0]+/gu, " ")
    .replace(ENDS, "");
}

/** Applies a function to the parts of a text between code points that Unicode 14 does not assign. */
function known(text: string, change: (part: string) => string): string {
  const { unassigned } = codePoints();
  let out = "";
  let from = 0;
  for (let at = 0; at < text.length; ) {
    const point = text.codePointAt(at) ?? 0;
    const next = at + (point > 0xffff ? 2 : 1);
    // No code point below has been assigned since.
    if (point >= 0x300 && unassigned.has(point)) {
      out += change(text.slice(from, at)) + text.slice(at, next);
      from = next;
    }
    at = next;
  }
  return from === 0 ? change(text) : out + change(text.slice(from));
}

function lowerCase(text: string): string {
  return known(text, (part) => part.toLowerCase());
}

/** A 0 for each number, then a space for each punctuation character. */
function withoutPunctuation(text: string): string {
  const { digits, punctuation } = codePoints();
  const isDigit = (at: number): boolean => {
    const point = text.codePointAt(at) ?? 0;
    return point < 0x80 ? point >= 0x30 && point <= 0x39 : digits.has(point);
  };
  const digitsEnd = (from: number): number => {
    let at = from;
    while (at < text.length && isDigit(at)) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
    return at;
  };
  let out = "";
  let from = 0;
  for (let at = 0; at < text.length; ) {
    const point = text.codePointAt(at) ?? 0;
    let next = at + (point > 0xffff ? 2 : 1);
    if (isDigit(at)) {
      next = digitsEnd(next);
      if (next < text.length && SEPARATORS.has(text.charCodeAt(next))) {
        const end = digitsEnd(next + 1);
        if (end > next + 1) next = end;
      }
      out += `${text.slice(from, at)}0`;
      from = next;
    } else if (punctuation.has(point)) {
      out += `${text.slice(from, at)} `;
      from = next;
    }
    at = next;
  }
  return out + text.slice(from);
}
