/**
 * Unigram: of all ways to cut a piece into tokens, the one whose scores add up to the most (Viterbi). A character that no token
 * covers by itself can be the unknown token, at ten below the lowest score; neighbouring unknowns become one.
 *
 * One forward pass: at each character all tokens that begin there are met in one walk down a trie, and each end keeps its best
 * predecessor. Equal sums keep the one found first, that is the longer last token, as in the reference; sums are doubles, added in
 * the same order. O(length x longest token), in three arrays that are reused.
 */

import { EdgeTrie } from "../edge-trie.ts";
import { TokenizerFormatError } from "../errors.ts";
import { arrayAt, booleanAt, countAt, type JsonObject, optional, stringAt } from "../json.ts";
import { rustFloat } from "../rust-float.ts";
import { type TokenBuffer, utf8Length } from "../token-buffer.ts";
import { byteTokens, encodeUtf8 } from "./byte-fallback.ts";
import type { Model } from "./model.ts";

const UNKNOWN_PENALTY = 10;

export class UnigramModel implements Model {
  readonly type = "Unigram";
  readonly size: number;
  readonly #tokens: readonly string[];
  readonly #ids = new Map<string, number>();
  readonly #scores: Float64Array;
  readonly #unknown: number | undefined;
  readonly #unknownScore: number;
  readonly #bytes: Int32Array | undefined;
  readonly #trie = new EdgeTrie();
  // The best way to each place: its score, where its last token starts (-1: not reached yet), and that token.
  #best = new Float64Array(0);
  #from = new Int32Array(0);
  #last = new Int32Array(0);
  readonly #path: number[] = [];

  constructor(part: JsonObject) {
    const vocabulary = arrayAt(part["vocab"], "model.vocab");
    this.size = vocabulary.length;
    this.#scores = new Float64Array(vocabulary.length);
    let lowest = Infinity;
    this.#tokens = vocabulary.map((item, id) => {
      const [token, score] = Array.isArray(item) ? item : arrayAt(item, `model.vocab[${id}]`);
      if (typeof score !== "number") throw new TokenizerFormatError(`tokenizer: model.vocab[${id}] has no score`);
      const exact = rustFloat(score);
      this.#scores[id] = exact;
      lowest = Math.min(lowest, exact);
      const text = typeof token === "string" ? token : stringAt(token, `model.vocab[${id}][0]`);
      this.#ids.set(text, id);
      this.#trie.add(text, id);
      return text;
    });
    this.#unknown = optional(part["unk_id"], "model.unk_id", countAt);
    if (this.#unknown !== undefined && this.#unknown >= this.size) {
      throw new TokenizerFormatError(`tokenizer: model.unk_id is ${this.#unknown} in a vocabulary of ${this.size}`);
    }
    this.#unknownScore = lowest - UNKNOWN_PENALTY;
    const fallback = optional(part["byte_fallback"], "model.byte_fallback", booleanAt) ?? false;
    this.#bytes = fallback ? byteTokens((token) => this.#ids.get(token)) : undefined;
  }

  encode(piece: string, out: TokenBuffer): void {
    const length = piece.length;
    if (length === 0) return;
    this.#forward(piece);
    // Walk back from the end; runs of unknowns become one.
    const path = this.#path;
    path.length = 0;
    for (let end = length; end > 0; ) {
      let start = this.#from[end] as number;
      const id = this.#last[end] as number;
      if (id === this.#unknown) while (start > 0 && this.#last[start] === id) start = this.#from[start] as number;
      path.push(end, start, id);
      end = start;
    }
    let bytesBefore = 0;
    for (let i = path.length - 3; i >= 0; i -= 3) {
      const end = path[i] as number;
      const start = path[i + 1] as number;
      const id = path[i + 2] as number;
      if (!out.ranged && id !== this.#unknown) {
        out.push(id);
        continue;
      }
      const bytesAfter = out.ranged ? bytesBefore + utf8Length(piece, start, end) : 0;
      if (id !== this.#unknown) out.pushRanged(id, bytesBefore, bytesAfter);
      else this.#pushUnknown(piece.slice(start, end), bytesBefore, bytesAfter, out);
      bytesBefore = bytesAfter;
    }
  }

  #pushUnknown(text: string, start: number, end: number, out: TokenBuffer): void {
    // Several unknowns together may happen to be a token.
    const id = this.#ids.get(text);
    if (id !== undefined) {
      out.pushRanged(id, start, end, text);
      return;
    }
    const fallback = this.#bytes;
    if (fallback !== undefined) {
      const bytes = encodeUtf8(text);
      if (bytes.every((byte) => fallback[byte] !== -1)) {
        for (const byte of bytes) out.pushRanged(fallback[byte] ?? 0, start, end);
        return;
      }
    }
    out.pushRanged(this.#unknown ?? 0, start, end, text);
  }

  #forward(piece: string): void {
    const length = piece.length;
    if (this.#best.length <= length) this.#grow(length);
    const best = this.#best;
    const from = this.#from;
    const last = this.#last;
    const scores = this.#scores;
    const trie = this.#trie;
    const { rootNodes, rootValues, edges } = trie;
    from.fill(-1, 0, length + 1);
    best[0] = 0;
    for (let start = 0; start < length; ) {
      const unit = piece.charCodeAt(start);
      const width = unit >= 0xd800 && unit < 0xdc00 ? 2 : 1;
      const here = best[start] as number;
      let alone = false;
      let id = rootValues[unit] as number;
      if (id !== -1) {
        const score = (scores[id] as number) + here;
        const end = start + 1;
        if (from[end] === -1 || score > (best[end] as number)) {
          best[end] = score;
          from[end] = start;
          last[end] = id;
        }
        alone = true;
      }
      let node = rootNodes[unit] as number;
      for (let at = start + 1; node !== 0 && at < length; at++) {
        const edge = trie.step(node, piece.charCodeAt(at));
        if (edge === -1) break;
        node = edges[edge + 2] as number;
        id = edges[edge + 3] as number;
        if (id === -1) continue;
        const end = at + 1;
        const score = (scores[id] as number) + here;
        if (from[end] === -1 || score > (best[end] as number)) {
          best[end] = score;
          from[end] = start;
          last[end] = id;
        }
        if (end - start === width) alone = true;
      }
      if (!alone) this.#reachUnknown(start, start + width, here);
      start += width;
    }
  }

  #reachUnknown(start: number, end: number, here: number): void {
    const score = this.#unknownScore + here;
    if (this.#from[end] !== -1 && score <= (this.#best[end] as number)) return;
    if (this.#unknown === undefined)
      throw new TokenizerFormatError("tokenizer: a character is not in the vocabulary, and there is no unk_id");
    this.#best[end] = score;
    this.#from[end] = start;
    this.#last[end] = this.#unknown;
  }

  #grow(length: number): void {
    const room = Math.max(256, 2 * length);
    this.#best = new Float64Array(room);
    this.#from = new Int32Array(room);
    this.#last = new Int32Array(room);
  }

  tokenToId(token: string): number | undefined {
    return this.#ids.get(token);
  }

  idToToken(id: number): string | undefined {
    return this.#tokens[id];
  }

  entries(): Iterable<readonly [string, number]> {
    return this.#tokens.map((token, id): [string, number] => [token, id]);
  }
}
