import { isUtf8 } from "node:buffer";

/** Index of the first byte at which `bytes` stops being UTF-8; its length when it never does. Only errors pay for it. */
export function firstInvalidByte(bytes: Uint8Array): number {
  // The longest valid prefix by bisection. A prefix that cuts a character is invalid too, so three shorter ones count.
  const validTo = (end: number): number => {
    for (let cut = 0; cut < 4 && cut <= end; cut++) if (isUtf8(bytes.subarray(0, end - cut))) return end - cut;
    return -1;
  };
  let low = 0;
  let high = bytes.length + 1;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (validTo(middle) >= 0) low = middle;
    else high = middle;
  }
  return validTo(low);
}
