/**
 * The BPE model of SentencePiece (bpe_model.cc): any two neighbours whose text together is a piece merge, the highest score first,
 * the leftmost of equals. User-defined symbols are single symbols that never merge.
 *
 * The pairs are found out once, when the model is made: a piece comes together from any two parts that are pieces or single
 * characters. Words that begin with marks are then encoded one by one, and taken from a cache where they were seen before, if no
 * piece has another character before a mark inside it.
 */
import { EdgeTrie } from "../hf/edge-trie.ts";
import { UnsupportedTokenizerError } from "../hf/errors.ts";
import { MergeTable } from "../hf/models/merge-table.ts";
import { Merger } from "../hf/models/merger.ts";
import { type Piece, PieceType } from "./model-file.ts";
import type { Emit } from "./unigram.ts";

const MARK = "\u2581";

export class SentencePieceBpe {
  readonly #unknown: number;
  readonly #pieceCount: number;
  /** Symbols: pieces by id, then single characters that are no piece. */
  readonly #symbols = new Map<string, number>();
  readonly #userDefined: EdgeTrie | undefined;
  readonly #merger: Merger;
  /** Characters that stand before a mark in some piece. */
  readonly beforeMark: ReadonlySet<string>;

  constructor(pieces: readonly Piece[], unknown: number) {
    this.#unknown = unknown;
    this.#pieceCount = pieces.length;
    if (pieces.some(({ type }) => type === PieceType.unused)) {
      throw new UnsupportedTokenizerError("SentencePiece model", "unused piece", "of a BPE model");
    }
    const mergeable = [...pieces.entries()].filter(([, { type }]) => type === PieceType.normal);
    for (const [id, { text }] of mergeable) this.#symbols.set(text, id);
    const userDefined = [...pieces.entries()].filter(([, { type }]) => type === PieceType.userDefined);
    if (userDefined.length > 0) {
      this.#userDefined = new EdgeTrie();
      for (const [id, { text }] of userDefined) this.#userDefined.add(text, id);
    }
    const before = new Set<string>();
    for (const { text, type } of pieces) {
      if (type !== PieceType.normal && type !== PieceType.userDefined) continue;
      for (let at = text.indexOf(MARK, 1); at !== -1; at = text.indexOf(MARK, at + 1)) before.add(lastCharacter(text, at));
    }
    this.beforeMark = before;
    // A user-defined symbol merges with nothing, but its text may come together from characters and pieces, too.
    this.#merger = new Merger(this.#mergeTable([...mergeable, ...userDefined]));
  }

  /** Encodes a text that is not empty; the ids of single characters that are no piece are the unknown one. */
  encode(text: string, emit: Emit): void {
    const merger = this.#merger;
    merger.count = 0;
    for (let at = 0; at < text.length; ) {
      const symbol = this.#userDefined === undefined ? undefined : longest(this.#userDefined, text, at);
      const width = symbol?.length ?? ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);
      // Frozen symbols have numbers that no merge knows.
      if (symbol !== undefined) merger.add(-2 - symbol.id, width);
      else merger.add(this.#symbolOf(text.slice(at, at + width)), width);
      at += width;
    }
    merger.merge();
    let start = 0;
    for (let i = 0; i < merger.count; i++) {
      const symbol = merger.symbols[i] as number;
      const end = start + (merger.widths[i] as number);
      emit(start, end, symbol <= -2 ? -2 - symbol : symbol < 0 || symbol >= this.#pieceCount ? this.#unknown : symbol);
      start = end;
    }
  }

  /** Where the next word begins that the text before does not influence; the end of the text when there is none. */
  nextWord(text: string, from: number): number {
    for (let at = text.indexOf(MARK, from + 1); at !== -1; at = text.indexOf(MARK, at + 1)) {
      const before = lastCharacter(text, at);
      if (before !== MARK && !this.beforeMark.has(before)) return at;
    }
    return text.length;
  }

  /** A character that is in no piece is any symbol that merges with nothing. */
  #symbolOf(character: string): number {
    return this.#symbols.get(character) ?? -1;
  }

  #mergeTable(pieces: readonly (readonly [number, Piece])[]): MergeTable {
    const scores = [...new Set(pieces.map(([, piece]) => piece.score))].sort((a, b) => b - a);
    const priorityOf = new Map(scores.map((score, index) => [score, index]));
    const left: number[] = [];
    const right: number[] = [];
    const results: number[] = [];
    const priorities: number[] = [];
    for (const [id, { text, score }] of pieces) {
      for (let at = 1; at < text.length; at++) {
        if (isInside(text, at)) continue;
        const a = this.#partOf(text.slice(0, at));
        const b = this.#partOf(text.slice(at));
        if (a === -1 || b === -1) continue;
        left.push(a);
        right.push(b);
        results.push(id);
        priorities.push(priorityOf.get(score) ?? 0);
      }
    }
    const ints = (list: number[]): Int32Array => Int32Array.from(list);
    return new MergeTable(ints(left), ints(right), ints(results), ints(priorities));
  }

  /** The symbol of a part of a piece: a piece, or a single character, which gets a number of its own. */
  #partOf(text: string): number {
    const known = this.#symbols.get(text);
    if (known !== undefined) return known;
    if (text.length > ((text.codePointAt(0) ?? 0) > 0xffff ? 2 : 1)) return -1;
    const symbol = this.#pieceCount + this.#symbols.size;
    this.#symbols.set(text, symbol);
    return symbol;
  }
}

function isInside(text: string, at: number): boolean {
  return (text.codePointAt(at - 1) ?? 0) > 0xffff;
}

function lastCharacter(text: string, end: number): string {
  return text.slice(end >= 2 && isInside(text, end - 1) ? end - 2 : end - 1, end);
}

/** The longest word of a trie at a place of a text. */
function longest(trie: EdgeTrie, text: string, start: number): { readonly id: number; readonly length: number } | undefined {
  const unit = text.charCodeAt(start);
  let id = trie.rootValues[unit] ?? -1;
  let end = start + 1;
  let node = trie.rootNodes[unit] ?? 0;
  for (let at = start + 1; node !== 0 && at < text.length; at++) {
    const edge = trie.step(node, text.charCodeAt(at));
    if (edge === -1) break;
    node = trie.edges[edge + 2] ?? 0;
    const value = trie.edges[edge + 3] ?? -1;
    if (value === -1) continue;
    id = value;
    end = at + 1;
  }
  return id === -1 ? undefined : { id, length: end - start };
}
