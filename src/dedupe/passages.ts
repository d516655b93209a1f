/**
 * `dedupeParagraphs` and `dedupeLines`: of every paragraph, or line, of the corpus the first copy stays; the others are cut out of
 * their documents.
 *
 *   1. the kernel finds the units of a document and hashes each, in one crossing (kernels/hash)
 *   2. each key is looked up in a table of all keys, or in a filter of fixed size
 *   3. a document that has copies is put together again from what stays; one of which nothing stays is dropped
 *
 * Errors: with a table, a new unit goes by mistake when its 64-bit key is another unit's. Among n different units that is expected to
 * happen `n^2 / 2^65` times: 0.03 for 10^9, 2.7 for 10^10. A filter errs at the rate `filterErrorRate` gives. Neither ever keeps a copy.
 *
 * Turned down: comparing the units themselves, for which all of them would have to be kept; 128-bit keys, whose table is twice as large for an error
 * that is already below one unit in 10^9.
 */
import { type Doc, knownOptions, numberOption, optionType, type Stage } from "../core/index.ts";
import { createHasher, type UnitRules, Units } from "../kernels/hash/index.ts";
import { cutUnits } from "./cut.ts";
import { UNICODE_VERSION } from "./fold.ts";
import { type KeyReader, keepFirst } from "./keep-first.ts";

/** What may differ between two copies of one passage. */
export type Ignored = "case" | "space" | "digits";

/** Options of {@link dedupeParagraphs} and {@link dedupeLines}. */
export interface PassageOptions {
  /**
   * What may differ between two copies: "case" (`toLowerCase`), "space" (a run of ASCII white space counts as one space), "digits" (a
   * run of ASCII digits counts as one 0). Default none. White space at the ends of a passage never counts.
   */
  readonly ignore?: readonly Ignored[];
  /** Passages of fewer characters (code points, without white space at the ends) always stay. Default 0. */
  readonly minLength?: number;
  /** Copies of a passage that stay: 1 to 1,000,000, default 1. */
  readonly keep?: number;
  /**
   * Bytes of a filter that takes the place of the table of all passages: memory is then fixed, and some passages that are new go by mistake; see
   * `filterErrorRate`. 1 KiB to 4 GiB; default none. Needs `keep: 1`.
   */
  readonly filterBytes?: number;
}

const OPTIONS = ["ignore", "minLength", "keep", "filterBytes"] as const;

/**
 * Cuts out every paragraph that the corpus had before; of each, the first copy stays (the first `keep`). A paragraph is a run of lines without a blank
 * line (one of nothing but ASCII white space). With a paragraph goes what stands between it and the next one. A document of which nothing stays is
 * dropped ("nothing-left"); one that loses nothing is passed on as it is. Counter: "paragraphs removed".
 *
 * Order is kept; nothing is held back. Memory: 10 to 12.5 bytes for a different paragraph (a table that grows has the old one beside it), 15 to 19 with
 * `keep` above 1, or exactly `filterBytes`; and twice the largest document. A checkpoint holds 8 bytes a paragraph (12), or the filter. Over
 * workers, 8 bytes a paragraph travel, and one bit comes back. Throws `TypeError` or `RangeError` for wrong options.
 *
 * Errors: about `n^2 / 2^65` of n different paragraphs are taken for copies by mistake. Keys are XXH3 hashes without a secret: somebody who wants to can make
 * two paragraphs collide.
 */
export function dedupeParagraphs<T extends Doc>(options: PassageOptions = {}): Stage<T, T> {
  return passages<T>("dedupeParagraphs", "paragraph", options);
}

/**
 * Cuts out every line that the corpus had before, as {@link dedupeParagraphs} does paragraphs. Blank lines are no lines of their own: they stand between
 * lines. Counter: "lines removed". Beware of short lines that repeat by nature, such as a closing brace: `minLength` spares them.
 */
export function dedupeLines<T extends Doc>(options: PassageOptions = {}): Stage<T, T> {
  return passages<T>("dedupeLines", "line", options);
}

function passages<T extends Doc>(name: string, unit: "line" | "paragraph", options: PassageOptions): Stage<T, T> {
  knownOptions(name, options, OPTIONS);
  const { ignore = [] } = options;
  if (!Array.isArray(ignore) || ignore.some((what) => what !== "case" && what !== "space" && what !== "digits")) {
    throw optionType(name, "ignore", 'a list of "case", "space" and "digits"', ignore);
  }
  const minLength = numberOption(name, "minLength", options.minLength ?? 0, { min: 0, max: 2 ** 30, integer: true });
  const keep = numberOption(name, "keep", options.keep ?? 1, { min: 1, max: 1e6, integer: true });
  const filterBytes =
    options.filterBytes === undefined
      ? 0
      : numberOption(name, "filterBytes", options.filterBytes, { min: 1024, max: 2 ** 32, integer: true });
  if (filterBytes > 0 && keep > 1) throw new TypeError(`${name}: a filter cannot count, so \`filterBytes\` needs \`keep: 1\`, got ${keep}`);
  const rules: UnitRules = {
    unit,
    ignoreCase: ignore.includes("case"),
    ignoreSpace: ignore.includes("space"),
    ignoreDigits: ignore.includes("digits"),
    minLength,
  };
  return keepFirst<T, T>({
    name,
    // Which letters have a lower case depends on the Unicode version.
    config: { ignore: [...ignore].sort(), minLength, keep, filterBytes, ...(rules.ignoreCase ? { unicode: UNICODE_VERSION } : {}) },
    words: 2,
    limit: keep,
    filterBytes,
    whole: false,
    reader: () => new PassageReader<T>(rules),
  });
}

/** Reads the units of documents that are long enough to be compared. */
class PassageReader<T extends Doc> implements KeyReader<T, T> {
  readonly #rules: UnitRules;
  readonly #hasher = createHasher();
  readonly #units: Units = new Units();
  /** Keys of the long units only, when there are others. */
  #longKeys: Int32Array = new Int32Array(0);
  keys: Int32Array = this.#units.keys;

  constructor(rules: UnitRules) {
    this.#rules = rules;
  }

  read(doc: T): number {
    const units = this.#units;
    this.#hasher.units(doc.text, this.#rules, units);
    this.keys = units.keys;
    if (this.#rules.minLength === 0) return units.count;
    if (this.#longKeys.length < units.keys.length) this.#longKeys = new Int32Array(units.keys.length);
    let count = 0;
    for (let i = 0; i < units.count; i++) {
      if (units.long[i] === 0) continue;
      this.#longKeys[2 * count] = units.keys[2 * i] as number;
      this.#longKeys[2 * count + 1] = units.keys[2 * i + 1] as number;
      count++;
    }
    this.keys = this.#longKeys;
    return count;
  }

  finish(doc: T, repeated: Uint8Array, count: number, context: Parameters<KeyReader<T, T>["finish"]>[3]): T | undefined {
    let removed = 0;
    for (let i = 0; i < count; i++) removed += repeated[i] as number;
    if (removed === 0) return doc;
    context.count(`${this.#rules.unit}s removed`, removed);
    const units = this.#units;
    if (removed === units.count) {
      context.drop(doc, "nothing-left");
      return undefined;
    }
    let key = 0;
    const goes = (unit: number): boolean => units.long[unit] === 1 && repeated[key++] === 1;
    return { ...doc, text: cutUnits(doc.text, units.starts, units.ends, units.count, goes) };
  }
}
