/**
 * The Unigram model of SentencePiece (unigram_model.cc, `EncodeOptimized`). It differs from that of Hugging Face in its arithmetic:
 * the sum at each place is kept as a 32-bit float, so that near ties fall out as they do there; and in its pieces: user-defined
 * symbols always win, control and byte pieces are never matched.
 *
 * The sums run through the whole text, so words cannot be taken from a cache without changing how they round. Turned down for that
 * reason.
 */
import { EdgeTrie } from "../hf/edge-trie.ts";
import { type Piece, PieceType } from "./model-file.ts";

const UNKNOWN_PENALTY = 10;
/** Sums beyond this are brought back to zero, all together, so that long texts keep their precision. */
const RESET = 100_000;

/** Takes the tokens of a text from the first to the last: a piece from `start` to `end` of the text and its id. */
export type Emit = (start: number, end: number, id: number) => void;

export class SentencePieceUnigram {
  readonly #trie = new EdgeTrie();
  readonly #scores: Float64Array;
  readonly #userDefined: Uint8Array;
  readonly #unknown: number;
  readonly #unknownScore: number;
  /** The end of the farthest token met so far. */
  #frontier = 0;
  #best = new Float32Array(256);
  #from = new Int32Array(256);
  #last = new Int32Array(256);

  constructor(pieces: readonly Piece[], unknown: number) {
    this.#unknown = unknown;
    this.#scores = Float64Array.from(pieces, (piece) => piece.score);
    this.#userDefined = Uint8Array.from(pieces, (piece) => (piece.type === PieceType.userDefined ? 1 : 0));
    let lowest = Infinity;
    for (const [id, { text, score, type }] of pieces.entries()) {
      // Unused pieces are skipped when they are met, which is the same as not being there.
      if (type === PieceType.normal || type === PieceType.userDefined) this.#trie.add(text, id);
      if (type === PieceType.normal) lowest = Math.min(lowest, score);
    }
    this.#unknownScore = Math.fround(lowest - UNKNOWN_PENALTY);
  }

  encode(text: string, emit: Emit): void {
    if (text === "") return;
    this.#forward(text);
    const path: number[] = [];
    for (let end = text.length; end > 0; end = this.#from[end] as number) path.push(end);
    for (let i = path.length - 1; i >= 0; i--) {
      const end = path[i] as number;
      emit(this.#from[end] as number, end, this.#last[end] as number);
    }
  }

  #forward(text: string): void {
    const length = text.length;
    if (this.#best.length <= length) {
      this.#best = new Float32Array(2 * length);
      this.#from = new Int32Array(2 * length);
      this.#last = new Int32Array(2 * length);
    }
    const best = this.#best;
    const from = this.#from;
    const trie = this.#trie;
    const { rootNodes, rootValues, edges } = trie;
    from.fill(-1, 0, length + 1);
    best[0] = 0;
    this.#frontier = 0;
    for (let start = 0; start < length; ) {
      const unit = text.charCodeAt(start);
      const width = unit >= 0xd800 && unit < 0xdc00 ? 2 : 1;
      if (Math.abs(best[start] as number) > RESET) this.#reset(start);
      let alone = false;
      let id = rootValues[unit] as number;
      if (id !== -1) {
        this.#reach(text, start, start + 1, id);
        alone = true;
      }
      let node = rootNodes[unit] as number;
      for (let at = start + 1; node !== 0 && at < length; at++) {
        const edge = trie.step(node, text.charCodeAt(at));
        if (edge === -1) break;
        node = edges[edge + 2] as number;
        id = edges[edge + 3] as number;
        if (id === -1) continue;
        this.#reach(text, start, at + 1, id);
        if (at + 1 - start === width) alone = true;
      }
      if (!alone) this.#offer(start, start + width, this.#unknown, this.#unknownScore);
      start += width;
    }
  }

  #reach(text: string, start: number, end: number, id: number): void {
    // User-defined symbols get a bonus by their bytes, so that they always win.
    const isOwn = this.#userDefined[id] === 1;
    const score = isOwn ? Math.fround(0.1 * (Buffer.byteLength(text.slice(start, end)) - 1)) : (this.#scores[id] as number);
    this.#offer(start, end, id, score);
  }

  #offer(start: number, end: number, id: number, score: number): void {
    if (end > this.#frontier) this.#frontier = end;
    const sum = Math.fround(score + (this.#best[start] as number));
    if (this.#from[end] !== -1 && sum <= (this.#best[end] as number)) return;
    this.#best[end] = sum;
    this.#from[end] = start;
    this.#last[end] = id;
  }

  /** Takes the sum at a place off all sums from there on. */
  #reset(start: number): void {
    const offset = this.#best[start] as number;
    for (let at = start; at <= this.#frontier; at++) {
      if (at === start || this.#from[at] !== -1) this.#best[at] = (this.#best[at] as number) - offset;
    }
  }
}
