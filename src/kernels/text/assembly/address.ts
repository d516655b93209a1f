// Whether a chunk is an address (src/clean/affixes.ts, `isAddress`): `scheme://` and `user@` are optional, then an IPv4 number or a domain,
// a port, a path. Linear in the chunk but for its `@`s.
import { COLON, DOT, HYPHEN, PLUS, SLASH } from "./affixes";
import { bitsAt, DIGIT, isPair, LOWER, unitAt, widthAt, WORD_CHARACTER } from "./classes";

const AT: u32 = 0x40;
const UNDERSCORE: u32 = 0x5f;

export function isAddress(start: usize, end: usize): bool {
  if (hostFits(start, end)) return true;
  let scheme = start;
  while (scheme < end && isSchemeUnit(scheme, end)) scheme += widthAt(scheme, end);
  const long = scheme - start >= 4 && !(scheme - start == 4 && isPair(start, end));
  if (long && scheme + 6 < end && unitAt(scheme) == COLON && unitAt(scheme + 2) == SLASH && unitAt(scheme + 4) == SLASH) {
    if (hostFits(scheme + 6, end)) return true;
  }
  for (let at = start + 2; at + 2 < end; at += 2) if (unitAt(at) == AT && hostFits(at + 2, end)) return true;
  return false;
}

/** `[\w+\-.]` */
function isSchemeUnit(at: usize, end: usize): bool {
  const unit = unitAt(at);
  return unit == PLUS || unit == HYPHEN || unit == DOT || (bitsAt(at, end) & WORD_CHARACTER) != 0;
}

/** `[A-Za-z0-9\u00a1-\uffff]`; supplementary characters are outside. */
function isLabelUnit(unit: u32): bool {
  if (unit < 0x80) return (unit | 0x20) - 0x61 < 26 || unit - 0x30 < 10;
  return unit >= 0xa1;
}

/** Whether host, port and path fill [at, end). */
function hostFits(at: usize, end: usize): bool {
  let label = at,
    i = at,
    labels = 0,
    fine = true;
  for (; i < end; i += 2) {
    const unit = unitAt(i);
    if (unit == DOT) {
      fine = fine && isLabel(label, i);
      labels++;
      label = i + 2;
    } else if (!isLabelUnit(unit) && unit != HYPHEN && unit != UNDERSCORE) break;
  }
  if (!tailFits(i, end)) return false;
  if (fine && labels > 0 && isTopLevel(label, i)) return true;
  return labels == 3 && isPublicIp(at, i);
}

/** 1 to 64 units that neither begin nor end with `-` or `_`. */
function isLabel(from: usize, to: usize): bool {
  if (to <= from || to - from > 128) return false;
  for (let i = from; i < to; i += 2) if ((unitAt(i) & 0xf800) == 0xd800) return false;
  return isLabelUnit(unitAt(from)) && isLabelUnit(unitAt(to - 2));
}

/** 2 to 63 small letters. */
function isTopLevel(from: usize, to: usize): bool {
  let letters = 0;
  for (let i = from; i < to; i += widthAt(i, to)) {
    if (!(bitsAt(i, to) & LOWER)) return false;
    letters++;
  }
  return letters >= 2 && letters <= 63;
}

/**
 * Four numbers, of which the first and the last have no leading zeros and the others at most in two digits: 1 to 223, twice 0 to 255, 1 to
 * 254, and not of a private network.
 */
function isPublicIp(from: usize, to: usize): bool {
  if (to - from > 30) return false;
  let numbers: u32 = 0, // the four values, a byte each
    place: u32 = 0;
  for (let i = from; i <= to; i += 2, place++) {
    const first = i;
    let value: u32 = 0;
    for (; i < to && unitAt(i) != DOT; i += 2) {
      const digit = unitAt(i) - 0x30;
      if (digit > 9) return false;
      value = value * 10 + digit;
    }
    const digits = (i - first) >> 1,
      zero = digits > 0 && unitAt(first) == 0x30;
    if (digits < 1 || digits > 3) return false;
    const outer = place == 0 || place == 3;
    if (outer ? zero || value > (place == 0 ? <u32>223 : <u32>254) : (zero && digits == 3) || value > 255) return false;
    numbers = (numbers << 8) | value;
  }
  const first = numbers >> 24,
    second = (numbers >> 16) & 255;
  if (first == 10 || first == 127) return false;
  if ((first == 169 && second == 254) || (first == 192 && second == 168)) return false;
  return !(first == 172 && second >= 16 && second <= 31);
}

/** `(?::\d{2,5})?(?:[/?#]\S*)?$` */
function tailFits(at: usize, end: usize): bool {
  let i = at;
  if (i < end && unitAt(i) == COLON) {
    let digits = 0;
    for (i += 2; i < end && bitsAt(i, end) & DIGIT; i += widthAt(i, end)) digits++;
    if (digits < 2 || digits > 5) return false;
  }
  if (i >= end) return true;
  const unit = unitAt(i);
  return unit == SLASH || unit == 0x3f || unit == 0x23;
}
