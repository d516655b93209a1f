/**
 * Which compression a file has. The first bytes decide, the suffix only says what to expect: a compressed file without the
 * suffix is decompressed, and a `.gz` that an HTTP client has already unpacked (plain text under the old name) is read as
 * it is. What is neither is an error, not a stream of bad lines.
 */
import { isUtf8 } from "node:buffer";
import { PipelineError } from "../core/index.ts";

export type Compression = "gzip" | "zstd" | "none";

/** Bytes `detectCompression` wants to see: enough for the magic of a tar header, at 257. */
export const HEAD_BYTES = 512;

const SUFFIXES: readonly (readonly [RegExp, Exclude<Compression, "none">, string])[] = [
  [/\.(gz|tgz)$/i, "gzip", "1f8b"],
  [/\.(zst|zstd|tzst)$/i, "zstd", "28b52ffd"],
];

/** What would otherwise be read as text and fail line by line, by its first bytes in hexadecimal. */
const UNSUPPORTED: readonly (readonly [string, RegExp])[] = [
  ["xz", /^fd377a585a00/],
  ["bzip2", /^425a683[1-9]314159265359/],
  ["zip", /^504b0304/],
];

/** The name without a suffix of compression, `.tgz` and `.tzst` becoming `.tar`. */
export function withoutCompression(name: string): string {
  return name.replace(/\.(tgz|tzst)$/i, ".tar").replace(/\.(gz|zst|zstd)$/i, "");
}

/** Decides by the first bytes (all of them, when the file is shorter than `HEAD_BYTES`). */
export function detectCompression(name: string, head: Buffer): Compression {
  if (head[0] === 0x1f && head[1] === 0x8b) return "gzip";
  if (head.length >= 4) {
    const magic = head.readUInt32LE(0);
    if (magic === 0xfd2fb528 || (magic & 0xfffffff0) >>> 0 === 0x184d2a50) return "zstd"; // the second: a skippable frame
  }
  const begin = head.toString("hex", 0, 10);
  for (const [format, magic] of UNSUPPORTED) {
    if (!magic.test(begin)) continue;
    throw new PipelineError({
      kind: "unreadable",
      message: `the file is compressed with ${format}, which cannot be read; use gzip or zstd`,
    });
  }
  for (const [suffix, expected, magic] of SUFFIXES) {
    if (!suffix.test(name)) continue;
    // A writer that was killed leaves the first bytes or none, and even nothing compresses to 20 or 9 bytes.
    if (magic.startsWith(head.toString("hex"))) {
      throw new PipelineError({ kind: "truncated", message: `the ${expected} file ends after ${head.length} bytes, inside its header` });
    }
    if (!looksPlain(head)) {
      const message = `the name says ${expected}, but the content begins with ${begin.slice(0, 8)}, which is neither ${expected} nor text nor tar`;
      throw new PipelineError({ kind: "corrupt", message });
    }
  }
  return "none";
}

function looksPlain(head: Buffer): boolean {
  if (head.length >= 262 && head.toString("latin1", 257, 262) === "ustar") return true;
  if (head.some((byte) => byte < 9 || (byte > 13 && byte < 32))) return false;
  // The last character may be cut.
  for (let cut = 0; cut < 4; cut++) if (isUtf8(head.subarray(0, head.length - cut))) return true;
  return false;
}
