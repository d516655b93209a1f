import { type BpeVocabulary, checkVocabulary } from "./vocabulary.ts";

/** The value of each base64 digit by character code; 255 is no digit. */
const digitOf: Uint8Array = new Uint8Array(128).fill(255);
for (const [value, digit] of [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"].entries()) {
  digitOf[digit.charCodeAt(0)] = value;
}

/** Tokens as they are read, before they are put in order. */
interface Draft {
  readonly bytes: Uint8Array;
  readonly ends: Uint32Array;
  readonly ids: Uint32Array;
  count: number;
  used: number;
}

/**
 * Reads a rank table: the text of a `.tiktoken` file (a base64 token and its rank per line), or the `bpe_ranks` of the `tiktoken`
 * package's own `encoders/*.json` (lines of "!", a first rank, and base64 tokens of consecutive ranks). The rank is the id.
 *
 * Decodes digit by digit into one array, since a Buffer per token costs 100 ms for 200,000 of them. Throws a RangeError that names
 * the line when the text is neither.
 */
export function parseTiktokenRanks(text: string): BpeVocabulary {
  const room = Math.ceil(text.length / 2) + 1;
  const draft: Draft = { bytes: new Uint8Array(text.length), ends: new Uint32Array(room), ids: new Uint32Array(room), count: 0, used: 0 };
  const lines = text.split("\n");
  for (const [number, line] of lines.entries()) {
    if (line === "" || line === "\r") continue;
    const isRun = line.startsWith("! ");
    if (!(isRun ? readRun(draft, line) : readLine(draft, line))) {
      throw new RangeError(
        `bpe: line ${number + 1} of the rank table is neither "base64 rank" nor "! rank base64 ...": ${line.slice(0, 40)}`,
      );
    }
  }
  const vocabulary = inRankOrder(draft);
  checkVocabulary(vocabulary);
  return vocabulary;
}

/** "IQ== 0" */
function readLine(draft: Draft, line: string): boolean {
  const space = line.indexOf(" ");
  const rank = line.slice(space + 1).trim();
  return space > 0 && /^\d+$/.test(rank) && readToken(draft, line, 0, space, Number(rank));
}

/** "! 0 IQ== Ig== ..." */
function readRun(draft: Draft, line: string): boolean {
  let space = line.indexOf(" ", 2);
  if (space === -1) return false;
  let rank = Number(line.slice(2, space));
  if (!Number.isInteger(rank)) return false;
  while (space < line.length) {
    const start = space + 1;
    space = line.indexOf(" ", start);
    if (space === -1) space = line.length;
    if (!readToken(draft, line, start, space, rank++)) return false;
  }
  return true;
}

function readToken(draft: Draft, line: string, start: number, end: number, id: number): boolean {
  if (end <= start || (end - start) % 4 !== 0 || id > 0xffffffff) return false;
  let used = draft.used;
  for (let at = start; at < end; at += 4) {
    const first = digitOf[line.charCodeAt(at)] ?? 255;
    const second = digitOf[line.charCodeAt(at + 1)] ?? 255;
    if (first > 63 || second > 63) return false;
    draft.bytes[used++] = (first << 2) | (second >> 4);
    // "=" may close the last group only.
    const isLast = at + 4 === end;
    const third = digitOf[line.charCodeAt(at + 2)] ?? 255;
    const fourth = digitOf[line.charCodeAt(at + 3)] ?? 255;
    if (third > 63) {
      if (isLast && line.endsWith("==", end)) break;
      return false;
    }
    draft.bytes[used++] = ((second & 15) << 4) | (third >> 2);
    if (fourth > 63) {
      if (isLast && line[end - 1] === "=") break;
      return false;
    }
    draft.bytes[used++] = ((third & 3) << 6) | fourth;
  }
  draft.used = used;
  draft.ids[draft.count++] = id;
  draft.ends[draft.count] = used;
  return true;
}

/** Puts single bytes first and the rest by rank. The published tables are in that order already and are only cut to size. */
function inRankOrder({ bytes, ends, ids, count, used }: Draft): BpeVocabulary {
  const lengthOf = (token: number): number => (ends[token + 1] ?? 0) - (ends[token] ?? 0);
  const goesBefore = (a: number, b: number): number => Number(lengthOf(a) > 1) - Number(lengthOf(b) > 1) || (ids[a] ?? 0) - (ids[b] ?? 0);
  let sorted = true;
  for (let token = 1; token < count && sorted; token++) sorted = goesBefore(token - 1, token) < 0;
  const rules = { merges: undefined, wholePieces: true };
  if (sorted) return { bytes: bytes.slice(0, used), offsets: ends.slice(0, count + 1), ids: ids.slice(0, count), ...rules };

  const order = Array.from({ length: count }, (_, token) => token).sort(goesBefore);
  const packed = new Uint8Array(used);
  const offsets = new Uint32Array(count + 1);
  for (const [rank, token] of order.entries()) {
    const start = offsets[rank] ?? 0;
    packed.set(bytes.subarray(ends[token], ends[token + 1]), start);
    offsets[rank + 1] = start + lengthOf(token);
  }
  return { bytes: packed, offsets, ids: Uint32Array.from(order, (token) => ids[token] ?? 0), ...rules };
}
