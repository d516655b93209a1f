/**
 * Added tokens: texts that are one token wherever they stand, found before anything else is done. Those that are not `normalized`
 * are looked for in the text as it is, the others in the text as the normalizer leaves it, between the former. At each place the
 * longest wins.
 */

import { AlignedText } from "./aligned-text.ts";
import { pinnedSet } from "./code-points.ts";
import { EdgeTrie } from "./edge-trie.ts";
import { TokenizerFormatError } from "./errors.ts";
import { arrayAt, booleanAt, objectAt, optional, stringAt } from "./json.ts";
import type { Model } from "./models/model.ts";
import { type NormalizerStep, normalize } from "./normalizer.ts";
import { wellFormed } from "./well-formed.ts";

export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** What is looked for: the content, normalized if the token is. */
  readonly pattern: string;
  readonly special: boolean;
  readonly normalized: boolean;
  readonly singleWord: boolean;
  readonly leftStrip: boolean;
  readonly rightStrip: boolean;
}

/** Three numbers a part of a text: start, end, and the id of the token it is, or -1. */
export type TextParts = number[];

export class AddedTokens {
  /** By content, in the order of the file. */
  readonly all: ReadonlyMap<string, AddedToken>;
  readonly byId: ReadonlyMap<number, AddedToken>;
  readonly raw: TokenFinder | undefined;
  readonly normalized: TokenFinder | undefined;

  constructor(json: unknown, model: Model, normalizer: readonly NormalizerStep[]) {
    const all = new Map<string, AddedToken>();
    const byId = new Map<number, AddedToken>();
    let next = model.size;
    for (const [index, item] of (optional(json, "added_tokens", arrayAt) ?? []).entries()) {
      const where = `added_tokens[${index}]`;
      const part = objectAt(item, where);
      const content = stringAt(part["content"], `${where}.content`);
      if (content === "") continue;
      const flag = (name: string): boolean => booleanAt(part[name], `${where}.${name}`);
      const normalized = flag("normalized");
      // The id in the file is not asked: the reference numbers new tokens on from the end of the vocabulary.
      const id = all.get(content)?.id ?? model.tokenToId(content) ?? next++;
      const token: AddedToken = {
        id,
        content,
        pattern: normalized ? normalizedText(content, normalizer) : content,
        special: flag("special") || (all.get(content)?.special ?? false),
        normalized,
        singleWord: flag("single_word"),
        leftStrip: flag("lstrip"),
        rightStrip: flag("rstrip"),
      };
      all.set(content, token);
      byId.set(id, token);
    }
    this.all = all;
    this.byId = byId;
    this.raw = finderOf([...byId.values()].filter((token) => !token.normalized));
    this.normalized = finderOf([...byId.values()].filter((token) => token.normalized));
  }

  /** The token's text when decoding; undefined for an id that was not added. */
  textOf(id: number): string | undefined {
    return this.byId.get(id)?.pattern;
  }

  /** Whether a text is the content of a special token. */
  isSpecial(text: string): boolean {
    return this.all.get(text)?.special ?? false;
  }
}

function normalizedText(content: string, normalizer: readonly NormalizerStep[]): string {
  // Aligned, because what some normalizers do depends on where characters came from.
  const text = AlignedText.from(wellFormed(content));
  normalize(normalizer, text);
  return text.text;
}

function finderOf(tokens: readonly AddedToken[]): TokenFinder | undefined {
  return tokens.length === 0 ? undefined : new TokenFinder(tokens);
}

/** Finds the tokens of one kind in a text. */
export class TokenFinder {
  readonly #trie = new EdgeTrie();
  readonly #byId = new Map<number, AddedToken>();
  /** The unit that all tokens begin with, if it is the same: then most texts are passed over at the speed of a string search. */
  readonly #onlyFirst: string | undefined;

  constructor(tokens: readonly AddedToken[]) {
    const patterns = new Set<string>();
    for (const token of tokens) {
      if (token.pattern === "")
        throw new TokenizerFormatError(`tokenizer: nothing is left of the added token ${JSON.stringify(token.content)}`);
      if (patterns.has(token.pattern))
        throw new TokenizerFormatError(`tokenizer: two added tokens are found as ${JSON.stringify(token.pattern)}`);
      patterns.add(token.pattern);
      this.#trie.add(token.pattern, token.id);
      this.#byId.set(token.id, token);
    }
    const firsts = new Set(tokens.map((token) => token.pattern.charAt(0)));
    this.#onlyFirst = firsts.size === 1 ? [...firsts][0] : undefined;
  }

  /**
   * The parts of a text; undefined when no token is in it. Tokens in `passed` stay text; what they stand for is not searched again,
   * as in the reference; so does what is `barred`, by its place in the text.
   */
  find(text: string, passed?: ReadonlySet<number>, barred?: (start: number, end: number) => boolean): TextParts | undefined {
    const { rootNodes, rootValues, edges } = this.#trie;
    let out: TextParts | undefined;
    let done = 0;
    for (let at = 0; at < text.length; ) {
      if (this.#onlyFirst !== undefined) {
        at = text.indexOf(this.#onlyFirst, at);
        if (at === -1) break;
      }
      const unit = text.charCodeAt(at);
      let id = rootValues[unit] as number;
      let node = rootNodes[unit] as number;
      let end = at + 1;
      for (let look = end; node !== 0 && look < text.length; look++) {
        const edge = this.#trie.step(node, text.charCodeAt(look));
        if (edge === -1) break;
        node = edges[edge + 2] as number;
        const value = edges[edge + 3] as number;
        if (value === -1) continue;
        id = value;
        end = look + 1;
      }
      if (id === -1) {
        at++;
        continue;
      }
      const token = this.#byId.get(id);
      if (
        token !== undefined &&
        passed?.has(id) !== true &&
        barred?.(at, end) !== true &&
        (!token.singleWord || standsAlone(text, at, end))
      ) {
        let start = at;
        let stop = end;
        if (token.leftStrip) {
          while (start > 0 && pinnedSet("space").has(text.charCodeAt(start - 1))) start--;
          // The spaces may belong to the match before.
          start = Math.max(start, done);
        }
        if (token.rightStrip) while (stop < text.length && pinnedSet("space").has(text.charCodeAt(stop))) stop++;
        out ??= [];
        if (done < start) out.push(done, start, -1);
        // White space that the match before took leaves nothing of this one, and nothing is no token.
        if (start < stop) out.push(start, stop, id);
        done = stop;
      }
      // The search goes on behind the token itself, even when white space behind it was taken.
      at = end;
    }
    if (out !== undefined && done !== text.length) out.push(done, text.length, -1);
    return out;
  }
}

function standsAlone(text: string, start: number, end: number): boolean {
  const word = pinnedSet("regexWord");
  const before = text.charCodeAt(start - 1);
  const low = before >= 0xdc00 && before < 0xe000;
  if (start > 0 && word.has(text.codePointAt(start - (low ? 2 : 1)) ?? 0)) return false;
  return end === text.length || !word.has(text.codePointAt(end) ?? 0);
}
