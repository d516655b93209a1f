import { unicode16Runs } from "./unicode-16.ts";

/**
 * The classes of characters that byte-pair patterns tell apart. `upper` is Lu and Lt, `caseless` is Lm and Lo (letters that stand
 * on both sides of o200k's upper/lower split), `mark` is M, `number` is N, `space` is White_Space.
 */
export const CharClass = { other: 0, upper: 1, lower: 2, caseless: 3, mark: 4, number: 5, space: 6 } as const;

/** How many code points share a page. Small pages repeat more, and a repeated page is stored once. */
export const pageSize = 64;

/** A two-level table: `pages[(index[point / 64] * 64) + point % 64]` is the class of a code point. */
export interface ClassTable {
  readonly index: Uint16Array;
  readonly pages: Uint8Array;
}

let table: ClassTable | undefined;

/**
 * The pinned Unicode 16.0 classes, unpacked on first use (a few milliseconds, about 45 KB). Pinned because a tokenizer's pattern
 * belongs to its vocabulary: with the tables of the Node at hand the same text would give other tokens after an upgrade, and
 * Node 20.20 (Unicode 17) already differs from the reference in thousands of letters.
 */
export function classTable(): ClassTable {
  table ??= unpack(unicode16Runs);
  return table;
}

/** The class of one code point. */
export function classOf(point: number): number {
  const { index, pages } = classTable();
  return pages[(index[point >> 6] ?? 0) * pageSize + (point & (pageSize - 1))] ?? CharClass.other;
}

function unpack(runs: string): ClassTable {
  const flat = new Uint8Array(0x110000);
  let point = 0;
  for (const [, letter = "A", length] of runs.matchAll(/([A-G])([0-9a-z]*)/g)) {
    const end = point + (length === "" || length === undefined ? 1 : Number.parseInt(length, 36));
    flat.fill(letter.charCodeAt(0) - 65, point, end);
    point = end;
  }
  if (point !== flat.length) throw new Error(`bpe: the Unicode table covers ${point} code points instead of ${flat.length}`);

  const index = new Uint16Array(flat.length / pageSize);
  const known = new Map<string, number>();
  const pages: Uint8Array[] = [];
  const bytes = Buffer.from(flat.buffer);
  for (let page = 0; page < index.length; page++) {
    const content = flat.subarray(page * pageSize, (page + 1) * pageSize);
    const key = bytes.toString("latin1", page * pageSize, (page + 1) * pageSize);
    let number = known.get(key);
    if (number === undefined) {
      number = pages.push(content) - 1;
      known.set(key, number);
    }
    index[page] = number;
  }
  const packed = new Uint8Array(pages.length * pageSize);
  for (const [number, content] of pages.entries()) packed.set(content, number * pageSize);
  return { index, pages: packed };
}
