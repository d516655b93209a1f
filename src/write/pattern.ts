import { basename, dirname, join } from "node:path";
import { optionType } from "../core/index.ts";

const SLOT = /\{shard(?::0([1-9]))?\}/g;
const DEFAULT_DIGITS = 6;

/**
 * The names of a set of shards: `out/train-{shard}.tar` gives `out/train-000000.tar`, `out/train-000001.tar`, and so on.
 * The number has a fixed width (6 digits; `{shard:04}` asks for 4), so that names sort in order and match the brace
 * notation of readers (`train-{000000..000146}.tar`).
 */
export class ShardPattern {
  readonly folder: string;
  /** The pattern without its folder: the part that a manifest records. */
  readonly base: string;
  /** The largest number of shards the width can name. */
  readonly capacity: number;
  readonly #before: string;
  readonly #after: string;
  readonly #digits: number;

  /** Throws a `TypeError` that names the mistake. */
  constructor(stage: string, pattern: unknown, suffixes: readonly string[]) {
    const refused = (rule: string): TypeError => optionType(stage, "pattern", rule, pattern);
    if (typeof pattern !== "string") throw refused("a string");
    if (/^[a-z][a-z0-9+.-]+:\/\//i.test(pattern)) throw refused("a path on this machine");
    this.folder = dirname(pattern);
    this.base = basename(pattern);
    const slots = [...this.base.matchAll(SLOT)];
    const slot = slots[0];
    if (slot === undefined || slots.length > 1) throw refused('a path whose file name holds "{shard}" once, as in "out/train-{shard}.tar"');
    this.#before = this.base.slice(0, slot.index);
    this.#after = this.base.slice(slot.index + slot[0].length);
    this.#digits = Number(slot[1] ?? DEFAULT_DIGITS);
    this.capacity = 10 ** this.#digits;
    // Readers expand braces, so one left over would name other files than the ones written.
    if (/[{}]/.test(this.#before + this.#after + this.folder)) throw refused('a path without braces other than "{shard}"');
    if (this.base.startsWith(".")) throw refused("a path whose file name does not begin with a dot, which globs pass over");
    if (!suffixes.some((suffix) => this.#after.endsWith(suffix))) {
      throw refused(`a path that ends in ${suffixes.map((suffix) => `"${suffix}"`).join(" or ")}`);
    }
  }

  /** File name of shard `number`. */
  name(number: number): string {
    return this.#before + String(number).padStart(this.#digits, "0") + this.#after;
  }

  /** A name in the place of the number: what the keys of a task's samples begin with. */
  label(word: string): string {
    return this.#before + word + this.#after;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** The number of the shard that a file name of this set stands for, or undefined. */
  numberOf(name: string): number | undefined {
    if (!name.startsWith(this.#before) || !name.endsWith(this.#after)) return undefined;
    const digits = name.slice(this.#before.length, name.length - this.#after.length);
    return digits.length === this.#digits && /^[0-9]+$/.test(digits) ? Number(digits) : undefined;
  }
}

/** The name of the file of byte offsets beside a shard, as Megatron Energon expects it. */
export function indexName(shardName: string): string {
  return `${shardName}.idx`;
}
