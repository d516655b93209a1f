/**
 * BPE over characters: each character of a piece is a symbol, and the merges of the list are applied lowest rank first. Characters
 * that are no token become byte tokens, the unknown token, or nothing, in the order and with the quirks of the reference.
 *
 * Where words begin with a mark ("\u2581") and no merge ever joins another character with a mark behind it, the words of a piece do
 * not influence each other: the piece is cut before the marks, and words seen before come from a cache. That turns the n log n of a
 * whole document (Llama 2 does not cut at all) into a look-up a word, without changing a token.
 */
import { TokenizerFormatError, UnsupportedTokenizerError } from "../errors.ts";
import { arrayAt, booleanAt, type JsonObject, optional, stringAt } from "../json.ts";
import { hashPiece, longestCached, PieceCache } from "../piece-cache.ts";
import { type TokenBuffer, utf8Length } from "../token-buffer.ts";
import { byteTokens, encodeUtf8 } from "./byte-fallback.ts";
import { MergeTable } from "./merge-table.ts";
import { Merger } from "./merger.ts";
import type { Model } from "./model.ts";
import { Vocabulary } from "./vocabulary.ts";

/** What the words of most vocabularies begin with in place of a space. */
const MARK = 0x2581;

export class BpeModel implements Model {
  readonly type = "BPE";
  /** The options that decide which characters become which symbols; empty strings mean none. */
  readonly prefix: string;
  readonly suffix: string;
  readonly unknown: string | undefined;
  readonly ignoreMerges: boolean;
  readonly byteFallback: boolean;
  readonly #fuseUnknown: boolean;
  readonly #vocabulary: Vocabulary;
  readonly #bytes: Int32Array | undefined;
  /** The token of each single unit that is one; -1 elsewhere. */
  readonly #single = new Int32Array(0x10000).fill(-1);
  readonly #cache = new PieceCache();
  /** The merges, until they are put into a table. */
  #pairs: readonly (readonly [string, string])[];
  #prepared: { readonly merger: Merger; readonly beforeMark: ReadonlySet<string> | undefined } | undefined;

  constructor(part: JsonObject) {
    const dropout = part["dropout"];
    if (dropout !== undefined && dropout !== null && dropout !== 0) {
      throw new UnsupportedTokenizerError("model", "BPE", `its dropout of ${String(dropout)} makes the ids random`);
    }
    this.prefix = optional(part["continuing_subword_prefix"], "model.continuing_subword_prefix", stringAt) ?? "";
    this.suffix = optional(part["end_of_word_suffix"], "model.end_of_word_suffix", stringAt) ?? "";
    this.unknown = optional(part["unk_token"], "model.unk_token", stringAt);
    const flag = (name: string): boolean => optional(part[name], `model.${name}`, booleanAt) ?? false;
    this.ignoreMerges = flag("ignore_merges");
    this.byteFallback = flag("byte_fallback");
    this.#fuseUnknown = flag("fuse_unk");
    this.#vocabulary = Vocabulary.fromJson(part["vocab"], "model.vocab");
    for (const [token, id] of this.#vocabulary.ids) if (token.length === 1) this.#single[token.charCodeAt(0)] = id;
    this.#bytes = this.byteFallback ? byteTokens((token) => this.#vocabulary.ids.get(token)) : undefined;
    this.#pairs = readMerges(part["merges"]);
  }

  /**
   * Characters that some merge joins with a mark behind them; undefined when pieces must not be cut before marks. Asked for the
   * first time, puts the merges into their table (0.1 to 1 s), which a tokenizer that runs on another encoder never does; throws
   * TokenizerFormatError when they need what is not in the vocabulary.
   */
  get beforeMark(): ReadonlySet<string> | undefined {
    return this.#prepare().beforeMark;
  }

  #prepare(): { readonly merger: Merger; readonly beforeMark: ReadonlySet<string> | undefined } {
    if (this.#prepared === undefined) {
      const merger = new Merger(this.#mergeTable(this.#pairs));
      this.#prepared = { merger, beforeMark: this.#charactersBeforeMarks(this.#pairs) };
      this.#pairs = [];
    }
    return this.#prepared;
  }

  get size(): number {
    return this.#vocabulary.ids.size;
  }

  encode(piece: string, out: TokenBuffer): void {
    if (piece === "") return;
    if (this.ignoreMerges) {
      const id = this.#vocabulary.ids.get(piece);
      if (id !== undefined) {
        out.pushRanged(id, 0, out.ranged ? utf8Length(piece, 0, piece.length) : 0);
        return;
      }
    }
    if (out.ranged) {
      this.#mergeInto(piece, out);
      return;
    }
    const { beforeMark } = this;
    let start = 0;
    if (beforeMark !== undefined) {
      for (let at = piece.indexOf("\u2581", 1); at !== -1; at = piece.indexOf("\u2581", at + 1)) {
        const before = piece.charCodeAt(at - 1);
        if (before === MARK || beforeMark.has(lastCharacter(piece, at))) continue;
        this.#word(piece, start, at, out);
        start = at;
      }
    }
    this.#word(piece, start, piece.length, out);
  }

  /** A part of a piece that does not depend on the rest. */
  #word(piece: string, start: number, end: number, out: TokenBuffer): void {
    if (end - start > longestCached) {
      this.#mergeInto(piece.slice(start, end), out);
      return;
    }
    out.reserve(longestCached);
    const hash = hashPiece(piece, start, end);
    const count = this.#cache.copy(piece, start, end, hash, out.ids, out.count);
    if (count !== -1) {
      out.count = count;
      return;
    }
    const before = out.count;
    this.#mergeInto(piece.slice(start, end), out);
    this.#cache.keep(piece, start, end, hash, out.ids, before, out.count);
  }

  #mergeInto(piece: string, out: TokenBuffer): void {
    const { merger } = this.#prepare();
    merger.count = 0;
    this.#addSymbols(piece, merger);
    merger.merge();
    let bytes = 0;
    for (let i = 0; i < merger.count; i++) {
      const width = merger.widths[i] as number;
      out.pushRanged(merger.symbols[i] as number, bytes, bytes + width);
      bytes += width;
    }
  }

  #addSymbols(piece: string, merger: Merger): void {
    const affixed = this.prefix !== "" || this.suffix !== "";
    // Bytes of unknown characters that wait to be fused; -1: none. They are put behind byte tokens that come in between.
    let waiting = -1;
    for (let at = 0; at < piece.length; ) {
      const unit = piece.charCodeAt(at);
      const next = at + (unit >= 0xd800 && unit < 0xdc00 ? 2 : 1);
      const width = unit < 0x80 ? 1 : unit < 0x800 ? 2 : next - at === 2 ? 4 : 3;
      const id = affixed || width === 4 ? this.#lookUp(piece, at, next) : (this.#single[unit] as number);
      if (id !== -1) {
        if (waiting !== -1) merger.add(this.#unknownId(), waiting);
        waiting = -1;
        merger.add(id, width);
      } else if (!this.#addBytes(this.#affixed(piece, at, next), merger) && this.unknown !== undefined) {
        if (waiting !== -1 && !this.#fuseUnknown) merger.add(this.#unknownId(), waiting);
        waiting = waiting !== -1 && this.#fuseUnknown ? waiting + width : width;
      }
      at = next;
    }
    if (waiting !== -1) merger.add(this.#unknownId(), waiting);
  }

  #affixed(piece: string, start: number, end: number): string {
    return (start > 0 ? this.prefix : "") + piece.slice(start, end) + (end === piece.length ? this.suffix : "");
  }

  #lookUp(piece: string, start: number, end: number): number {
    return this.#vocabulary.ids.get(this.#affixed(piece, start, end)) ?? -1;
  }

  #addBytes(text: string, merger: Merger): boolean {
    const tokens = this.#bytes;
    if (tokens === undefined) return false;
    const bytes = encodeUtf8(text);
    if (!bytes.every((byte) => tokens[byte] !== -1)) return false;
    for (const byte of bytes) merger.add(tokens[byte] ?? 0, 1);
    return true;
  }

  #unknownId(): number {
    const id = this.unknown === undefined ? undefined : this.#vocabulary.ids.get(this.unknown);
    if (id === undefined) throw new TokenizerFormatError(`tokenizer: the unk_token ${this.unknown} is not in the vocabulary`);
    return id;
  }

  #mergeTable(pairs: readonly (readonly [string, string])[]): MergeTable {
    const idOf = (token: string): number => {
      const id = this.#vocabulary.ids.get(token);
      if (id === undefined)
        throw new TokenizerFormatError(`tokenizer: the merges need ${JSON.stringify(token)}, which is not in the vocabulary`);
      return id;
    };
    const left = new Int32Array(pairs.length);
    const right = new Int32Array(pairs.length);
    const results = new Int32Array(pairs.length);
    for (const [rank, [a, b]] of pairs.entries()) {
      left[rank] = idOf(a);
      right[rank] = idOf(b);
      results[rank] = idOf(a + b.slice(this.prefix.length));
    }
    return new MergeTable(left, right, results);
  }

  /** Cutting before marks is exact if a mark is a token, symbols depend on nothing but their character, and merges are of text. */
  #charactersBeforeMarks(pairs: readonly (readonly [string, string])[]): Set<string> | undefined {
    if (this.#single[MARK] === -1 || this.prefix !== "" || this.suffix !== "") return undefined;
    const out = new Set<string>();
    for (const [left, right] of pairs) {
      for (const part of [left, right])
        if (part === this.unknown || (this.byteFallback && /^<0x[0-9A-F]{2}>$/.test(part))) return undefined;
      const token = left + right;
      for (let at = token.indexOf("\u2581", 1); at !== -1; at = token.indexOf("\u2581", at + 1)) out.add(lastCharacter(token, at));
    }
    return out;
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

/** The character that ends before `end`. */
function lastCharacter(text: string, end: number): string {
  const unit = text.charCodeAt(end - 1);
  return text.slice(end - (unit >= 0xdc00 && unit < 0xe000 ? 2 : 1), end);
}

/** `"a b"` or `["a", "b"]`, and a line of version in old files. */
function readMerges(json: unknown): (readonly [string, string])[] {
  const out: (readonly [string, string])[] = [];
  for (const [index, item] of arrayAt(json, "model.merges").entries()) {
    if (typeof item === "string" && item.startsWith("#version")) continue;
    const parts = typeof item === "string" ? item.split(" ") : arrayAt(item, `model.merges[${index}]`);
    const [left, right] = parts;
    if (typeof left !== "string" || typeof right !== "string" || parts.length !== 2) {
      throw new TokenizerFormatError(`tokenizer: model.merges[${index}] is not a pair: ${JSON.stringify(item)}`);
    }
    out.push([left, right]);
  }
  if (out.length >= 2 ** 21) throw new UnsupportedTokenizerError("model", "BPE", `${out.length} merges are more than ${2 ** 21 - 1}`);
  return out;
}
