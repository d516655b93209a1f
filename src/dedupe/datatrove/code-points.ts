/** What the generated tables say of code points. They are pinned, so that the profile does not depend on the Unicode version of Node. */
import { DIGITS, ICONS, LETTERS, PREFIXES, PUNCTUATION, SUFFIXES, UNASSIGNED } from "./tables.ts";

/** Runs of code points, for binary search: the first one of each, and the one behind its last. */
class Runs {
  readonly #borders: Uint32Array;

  constructor(table: string) {
    let at = 0;
    const pairs = table.trim().split(/\s+/u);
    this.#borders = Uint32Array.from(
      pairs.flatMap((pair) => {
        const [gap = "0", length = "0"] = pair.split(",");
        const first = at + Number.parseInt(gap, 36);
        at = first + Number.parseInt(length, 36);
        return [first, at];
      }),
    );
  }

  has(codePoint: number): boolean {
    const borders = this.#borders;
    let low = 0;
    let high = borders.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((borders[middle] as number) <= codePoint) low = middle + 1;
      else high = middle;
    }
    return low % 2 === 1;
  }
}

function setOf(table: string): ReadonlySet<number> {
  return new Set(table.split(" ").map((hex) => Number.parseInt(hex, 16)));
}

let tables: CodePoints | undefined;

/** Unpacked on first use: about a millisecond. */
export function codePoints(): CodePoints {
  tables ??= {
    unassigned: new Runs(UNASSIGNED),
    digits: new Runs(DIGITS),
    punctuation: new Runs(PUNCTUATION),
    icons: new Runs(ICONS),
    letters: new Runs(LETTERS),
    prefixes: setOf(PREFIXES),
    suffixes: setOf(SUFFIXES),
  };
  return tables;
}

interface CodePointSet {
  has(codePoint: number): boolean;
}

export interface CodePoints {
  readonly unassigned: CodePointSet;
  readonly digits: CodePointSet;
  readonly punctuation: CodePointSet;
  readonly icons: CodePointSet;
  readonly letters: CodePointSet;
  readonly prefixes: CodePointSet;
  readonly suffixes: CodePointSet;
}
