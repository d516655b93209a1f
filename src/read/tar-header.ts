/**
 * The 512-byte headers of a tar archive: POSIX ustar, GNU and old V7 ones, and the two ways to write what does not fit into
 * one (PAX records, GNU long names). Source: POSIX.1-2017, pax interchange format; the GNU tar manual, "Basic Tar Format".
 */
import { PipelineError } from "../core/index.ts";

export const BLOCK = 512;

/** What a header says about the bytes behind it. */
export interface TarHeader {
  readonly name: string;
  /** Bytes of content that follow, without the padding to a multiple of 512. */
  readonly size: number;
  /** "file" is content; "pax", "global" and "long-name" describe the header that follows; "other" is passed over. */
  readonly kind: "file" | "pax" | "global" | "long-name" | "sparse" | "other";
}

/** Values of a PAX header that override the ones of the header behind it. */
export type PaxRecords = ReadonlyMap<string, string>;

/** Reads one header, or undefined when the block is zero, as at the end of an archive. Throws "corrupt". */
export function parseHeader(block: Buffer): TarHeader | undefined {
  const stored = block[148] === 0 && isZero(block) ? undefined : octal(block, 148, 8, "checksum");
  if (stored === undefined) return undefined;
  if (!checksumFits(block, stored)) {
    throw corrupt("the checksum of a tar header does not match: the archive is damaged, or this is not a tar file");
  }
  const flag = String.fromCharCode(block[156] as number);
  const posix = block.toString("latin1", 257, 263) === "ustar\0";
  const prefix = posix ? text(block, 345, 155) : "";
  const name = (prefix === "" ? "" : `${prefix}/`) + text(block, 0, 100);
  const kind = kindOf(flag, name);
  // Links, devices, folders and pipes have no content, whatever their size field says.
  const size = "123456".includes(flag) ? 0 : octal(block, 124, 12, "size");
  return { name, size, kind };
}

function kindOf(flag: string, name: string): TarHeader["kind"] {
  switch (flag) {
    case "0":
    case "\0":
    case "7":
      return name.endsWith("/") ? "other" : "file"; // V7 archives mark a folder by its name alone
    case "x":
      return "pax";
    case "g":
      return "global";
    case "L":
      return "long-name";
    case "S":
      return "sparse";
    default:
      return "other";
  }
}

/** The records of a PAX header: "<length> <key>=<value>\n", the length counting itself. */
export function parsePax(bytes: Buffer): PaxRecords {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(bytes.toString("latin1", at, space));
    const equals = bytes.indexOf(0x3d, space);
    const end = at + length;
    if (!Number.isInteger(length) || equals < 0 || equals >= end || end > bytes.length || bytes[end - 1] !== 10) {
      if (isZero(bytes.subarray(at))) break; // some writers pad
      throw corrupt("a PAX header of the tar archive is malformed");
    }
    records.set(bytes.toString("utf8", space + 1, equals), bytes.toString("utf8", equals + 1, end - 1));
    at = end;
  }
  return records;
}

/** A NUL-terminated name. Names that are not UTF-8 are read as Latin-1, so that different names stay different. */
export function text(block: Buffer, start: number, length: number): string {
  const field = block.subarray(start, start + length);
  const end = field.indexOf(0);
  const bytes = end < 0 ? field : field.subarray(0, end);
  const decoded = bytes.toString("utf8");
  return decoded.includes("\ufffd") ? bytes.toString("latin1") : decoded;
}

export function isZero(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0);
}

/** A number in octal digits, or in base 256 when the first bit is set (GNU, for files above 8 GiB). */
function octal(block: Buffer, start: number, length: number, field: string): number {
  const first = block[start] as number;
  if (first >= 0x80) {
    let value = first & 0x7f;
    for (let i = 1; i < length; i++) value = value * 256 + (block[start + i] as number);
    if (!Number.isSafeInteger(value)) throw corrupt(`the ${field} in a tar header is not a number of bytes`);
    return value;
  }
  const digits = block
    .toString("latin1", start, start + length)
    .replace(/\0.*$/s, "")
    .trim();
  if (digits === "") return 0;
  if (!/^[0-7]+$/.test(digits))
    throw corrupt(`the ${field} in a tar header is not a number: the archive is damaged, or this is not a tar file`);
  return Number.parseInt(digits, 8);
}

/** The sum of all bytes, the checksum's own eight counted as spaces. Some old writers summed signed bytes. */
function checksumFits(block: Buffer, stored: number): boolean {
  let sum = 8 * 0x20;
  for (let i = 0; i < 148; i++) sum += block[i] as number;
  for (let i = 156; i < BLOCK; i++) sum += block[i] as number;
  if (sum === stored) return true;
  const negative = block.filter((byte, i) => byte >= 0x80 && (i < 148 || i >= 156)).length;
  return sum - 256 * negative === stored;
}

export function corrupt(message: string): PipelineError {
  return new PipelineError({ kind: "corrupt", message });
}
