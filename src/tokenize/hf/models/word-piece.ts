/**
 * WordPiece: from the left, the longest token that the rest of the word begins with; tokens inside a word carry a prefix ("##").
 * A word in which this gets stuck, or of more characters than the limit, is the unknown token as a whole.
 *
 * The reference tries every end from the right, each by a hash of the substring. Here one walk down a trie meets all candidates
 * and the last is the longest: linear in the length of the longest token for each token.
 */

import { EdgeTrie } from "../edge-trie.ts";
import { TokenizerFormatError } from "../errors.ts";
import { countAt, type JsonObject, stringAt } from "../json.ts";
import { type TokenBuffer, utf8Length } from "../token-buffer.ts";
import type { Model } from "./model.ts";
import { Vocabulary } from "./vocabulary.ts";

export class WordPieceModel implements Model {
  readonly type = "WordPiece";
  readonly #vocabulary: Vocabulary;
  readonly #unknown: string;
  readonly #limit: number;
  /** Tokens that begin a word, and tokens inside a word without their prefix. */
  readonly #first = new EdgeTrie();
  readonly #inner = new EdgeTrie();

  constructor(part: JsonObject) {
    this.#vocabulary = Vocabulary.fromJson(part["vocab"], "model.vocab");
    this.#unknown = stringAt(part["unk_token"], "model.unk_token");
    this.#limit = countAt(part["max_input_chars_per_word"], "model.max_input_chars_per_word");
    const prefix = stringAt(part["continuing_subword_prefix"], "model.continuing_subword_prefix");
    for (const [token, id] of this.#vocabulary.ids) {
      this.#first.add(token, id);
      if (token.startsWith(prefix)) this.#inner.add(token.slice(prefix.length), id);
    }
  }

  get size(): number {
    return this.#vocabulary.ids.size;
  }

  encode(piece: string, out: TokenBuffer): void {
    const before = out.count;
    if (!this.#tooLong(piece) && this.#split(piece, out)) return;
    out.count = before;
    if (out.ranged) for (const list of [out.starts, out.ends, out.values]) list.length = before;
    const unknown = this.#vocabulary.ids.get(this.#unknown);
    if (unknown === undefined) throw new TokenizerFormatError(`tokenizer: the unk_token ${this.#unknown} is not in the vocabulary`);
    out.pushRanged(unknown, 0, out.ranged ? utf8Length(piece, 0, piece.length) : 0);
  }

  #tooLong(piece: string): boolean {
    if (piece.length <= this.#limit) return false;
    let characters = 0;
    for (const _ of piece) characters++;
    return characters > this.#limit;
  }

  /** Whether the whole word came apart into tokens. */
  #split(piece: string, out: TokenBuffer): boolean {
    for (let start = 0; start < piece.length; ) {
      const trie = start === 0 ? this.#first : this.#inner;
      const unit = piece.charCodeAt(start);
      let id = trie.rootValues[unit] as number;
      let end = start + 1;
      let node = trie.rootNodes[unit] as number;
      for (let at = start + 1; node !== 0 && at < piece.length; at++) {
        const edge = trie.step(node, piece.charCodeAt(at));
        if (edge === -1) break;
        node = trie.edges[edge + 2] as number;
        const value = trie.edges[edge + 3] as number;
        if (value === -1) continue;
        id = value;
        end = at + 1;
      }
      if (id === -1) return false;
      if (out.ranged) out.pushRanged(id, utf8Length(piece, 0, start), utf8Length(piece, 0, end));
      else out.push(id);
      start = end;
    }
    return true;
  }

  tokenToId(token: string): number | undefined {
    return this.#vocabulary.ids.get(token);
  }

  idToToken(id: number): string | undefined {
    return this.#vocabulary.token(id);
  }

  entries(): Iterable<readonly [string, number]> {
    return this.#vocabulary.ids;
  }
}
