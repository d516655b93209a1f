/**
 * The policy for texts of special tokens, in the words of `tiktoken`: `allowedSpecial` are recognized, `disallowedSpecial` are an
 * error, and the rest is text. A document from the web may well contain "<|endoftext|>"; whether that ends the document is for
 * whoever encodes it to say.
 */
import { optionType, PipelineError } from "../core/index.ts";
import { type EncodeOptions, overlaps } from "./tokenizer.ts";

/** Three values a part: where it starts and ends, and the id of the special token it is, or -1 for text. */
export type TextPart = readonly [start: number, end: number, id: number];

/** The special tokens of one tokenizer, ready to be found. */
export class SpecialTokenPolicy {
  readonly #name: string;
  readonly #ids: ReadonlyMap<string, number>;
  /** Expressions that find sets of tokens, by their texts. Few sets are ever used. */
  readonly #finders = new Map<string, RegExp>();

  constructor(name: string, ids: Readonly<Record<string, number>>) {
    this.#name = name;
    this.#ids = new Map(Object.entries(ids));
  }

  /** The tokens an option names. */
  resolve(option: "allowedSpecial" | "disallowedSpecial", value: EncodeOptions["allowedSpecial"] | undefined): readonly string[] {
    if (value === undefined) return [];
    if (value === "all") return [...this.#ids.keys()];
    if (!Array.isArray(value)) throw optionType(this.#name, option, '"all" or a list of special tokens', value);
    for (const token of value as readonly unknown[]) {
      if (typeof token === "string" && this.#ids.has(token)) continue;
      const known = [...this.#ids.keys()].slice(0, 8).join(" ") || "none";
      throw new RangeError(`${this.#name}: expected \`${option}\` to name special tokens (${known}), got ${JSON.stringify(token)}`);
    }
    return value as readonly string[];
  }

  /** Throws for a text in which a disallowed token stands. */
  refuse(text: string, { allowedSpecial, disallowedSpecial }: EncodeOptions): void {
    const allowed = this.resolve("allowedSpecial", allowedSpecial);
    const refused = this.resolve("disallowedSpecial", disallowedSpecial).filter((token) => !allowed.includes(token));
    if (refused.length === 0) return;
    const [found] = text.matchAll(this.#finder(refused));
    if (found === undefined) return;
    const message =
      `the text has the special token ${JSON.stringify(found[0])} at ${found.index}; name it in allowedSpecial to make it one, ` +
      "or leave it out of disallowedSpecial to encode it as text";
    throw new PipelineError({ kind: "special-token", message });
  }

  /** The parts of a text, once the allowed tokens are found in it; undefined when there is none. */
  split(text: string, { allowedSpecial, literal = [] }: EncodeOptions): readonly TextPart[] | undefined {
    const allowed = this.resolve("allowedSpecial", allowedSpecial);
    if (allowed.length === 0) return undefined;
    const parts: TextPart[] = [];
    let done = 0;
    for (const { 0: token, index } of text.matchAll(this.#finder(allowed))) {
      if (overlaps(literal, index, index + token.length)) continue;
      if (done < index) parts.push([done, index, -1]);
      done = index + token.length;
      parts.push([index, done, this.#ids.get(token) ?? -1]);
    }
    if (parts.length === 0) return undefined;
    if (done < text.length) parts.push([done, text.length, -1]);
    return parts;
  }

  #finder(tokens: readonly string[]): RegExp {
    const key = tokens.join("\0");
    let finder = this.#finders.get(key);
    if (finder === undefined) {
      // The longest of those that begin alike.
      const longestFirst = tokens.filter((token) => token !== "").sort((a, b) => b.length - a.length);
      finder = new RegExp(longestFirst.map((token) => token.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")).join("|"), "gu");
      this.#finders.set(key, finder);
    }
    return finder;
  }
}
