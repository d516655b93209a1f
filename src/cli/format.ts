/** Numbers as people read them. Units are decimal: 1 MB is 1,000,000 bytes. */

/** 12,345; an em dash stands for nothing at all, so that a column of zeros stays quiet. */
export function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** `count`, with a dash for zero. */
export function countOrDash(value: number): string {
  return value === 0 ? "-" : count(value);
}

/** "999 B", "12.3 kB", "4.56 GB": three digits that count. */
export function bytes(value: number): string {
  if (value < 1000) return `${Math.round(value)} B`;
  let scaled = value;
  for (const unit of ["kB", "MB", "GB", "TB", "PB"]) {
    scaled /= 1000;
    // 999.95 would be printed as "1000.0"
    if (scaled < 999.5 || unit === "PB") return `${digits(scaled)} ${unit}`;
  }
  return "";
}

/** Megabytes a second, without the unit; "-" when there is nothing to divide. */
export function megabytesPerSecond(byteCount: number, seconds: number): string {
  return byteCount === 0 || seconds <= 0 ? "-" : digits(byteCount / 1e6 / seconds);
}

/** Three digits that count: "0.12", "1.23", "12.3", "123", "1,234". */
export function digits(value: number): string {
  if (value >= 99.95) return count(value);
  return value.toFixed(value >= 9.995 ? 1 : 2);
}

/** "0.42 s", "12.3 s", "3 min 05 s", "2 h 10 min". */
export function duration(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(seconds < 9.995 ? 2 : 1)} s`;
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (hours > 0) return `${hours} h ${String(minutes).padStart(2, "0")} min`;
  return `${minutes} min ${String(rest).padStart(2, "0")} s`;
}

/** "71 %"; a share that rounds to nothing is "<1 %". */
export function percent(part: number, whole: number): string {
  if (whole <= 0 || part <= 0) return "0 %";
  const share = (100 * part) / whole;
  return share < 0.5 ? "<1 %" : `${Math.round(share)} %`;
}

/** "1 record", "2 records". */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}
