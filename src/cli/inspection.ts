import { Distribution } from "./distribution.ts";
import type { SampleView, ShardLook } from "./sample-view.ts";
import { excerpt } from "./text-width.ts";
import { TokenCounts } from "./token-counts.ts";

/** One of the samples that are printed. */
export interface ShownSample {
  readonly shard: string;
  readonly key: string;
  readonly id: string | undefined;
  readonly characters: number | undefined;
  readonly tokens: number | undefined;
  readonly rows: number;
  readonly parts: string;
  /** The begin of the text, or of what the first row decodes to. */
  readonly excerpt: string | undefined;
}

/** Letters of an excerpt: two lines of a wide terminal. */
const EXCERPT = 200;

/** Ids of a row that are decoded for an excerpt. */
const DECODED = 64;

/** Gathers what `millrace inspect` tells, in memory that does not depend on the size of the shards. */
export class Inspection {
  readonly shards: ShardLook[] = [];
  readonly shown: ShownSample[] = [];
  readonly characters: Distribution = new Distribution();
  readonly rowTokens: Distribution = new Distribution();
  readonly ids: TokenCounts = new TokenCounts();
  textBytes = 0;
  batches = 0;
  padding = 0;
  readonly #show: number;
  readonly #decode: ((ids: ArrayLike<number>) => string) | undefined;

  /** `show` samples are kept for printing; `decode` turns ids into text where the tokenizer is known. */
  constructor(show: number, decode: ((ids: ArrayLike<number>) => string) | undefined) {
    this.#show = show;
    this.#decode = decode;
  }

  add(shard: string, sample: SampleView): void {
    const { text, rows, padding } = sample;
    const characters = text === undefined ? undefined : codePoints(text);
    if (text !== undefined && characters !== undefined) {
      this.characters.add(characters);
      this.textBytes += Buffer.byteLength(text);
    }
    for (const row of rows) {
      this.rowTokens.add(row.length);
      this.ids.add(row);
    }
    if (rows.length > 1 || padding > 0) this.batches++;
    this.padding += padding;
    if (this.shown.length < this.#show) {
      const tokens = rows.length === 0 ? undefined : rows.reduce((n, row) => n + row.length, 0);
      const { key, id, parts } = sample;
      this.shown.push({ shard, key, id, characters, tokens, rows: rows.length, parts, excerpt: this.#excerpt(sample) });
    }
  }

  #excerpt({ text, rows }: SampleView): string | undefined {
    if (text !== undefined) return excerpt(text, EXCERPT);
    const [row] = rows;
    if (row === undefined || this.#decode === undefined) return undefined;
    return excerpt(this.#decode(Array.from(row).slice(0, DECODED)), EXCERPT);
  }
}

/** Unicode characters: what a person counts, rather than UTF-16 units. */
function codePoints(text: string): number {
  let pairs = 0;
  for (let i = 0; i < text.length - 1; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) pairs++;
  }
  return text.length - pairs;
}
