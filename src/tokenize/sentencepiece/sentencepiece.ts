/**
 * SentencePiece models read directly from their `.model` files, with the ids and the text of the `sentencepiece` package 0.2.
 * Unigram and BPE; models of the kinds word and character are refused by name.
 */
import { createHash } from "node:crypto";
import { TokenizerFormatError, UnsupportedTokenizerError } from "../hf/errors.ts";
import { byteToken } from "../hf/models/byte-fallback.ts";
import { hashPiece, longestCached, PieceCache } from "../hf/piece-cache.ts";
import { TokenBuffer } from "../hf/token-buffer.ts";
import { wellFormed } from "../hf/well-formed.ts";
import type { SpecialTokens } from "../tokenizer.ts";
import { SentencePieceBpe } from "./bpe.ts";
import { PieceType, readModelFile, type SentencePieceFile } from "./model-file.ts";
import { SentencePieceNormalizer } from "./normalizer.ts";
import { SentencePieceUnigram } from "./unigram.ts";

const MARK = "\u2581";

/**
 * Makes a tokenizer of the bytes of a SentencePiece model. Throws TokenizerFormatError when they are none, and
 * UnsupportedTokenizerError for a kind of model that is not done exactly.
 */
export function createSentencePiece(bytes: Uint8Array): SentencePieceTokenizer {
  return new SentencePieceTokenizer(bytes);
}

export class SentencePieceTokenizer {
  /** "Unigram" or "BPE". */
  readonly name: "Unigram" | "BPE";
  /** One more than the largest id. */
  readonly vocabularySize: number;
  /** Control symbols and the unknown token, and which of them begin and end texts. */
  readonly special: SpecialTokens;
  readonly #bytes: Uint8Array;
  readonly #file: SentencePieceFile;
  readonly #ids = new Map<string, number>();
  readonly #unknown: number;
  readonly #normalizer: SentencePieceNormalizer;
  readonly #model: SentencePieceUnigram | SentencePieceBpe;
  /** The ids of the byte pieces, if unknown characters are written with them. */
  readonly #byteIds: readonly number[] | undefined;
  readonly #byteOf = new Map<number, number>();
  readonly #cache = new PieceCache();
  readonly #buffer = new TokenBuffer(false);
  #fingerprint: string | undefined;

  constructor(bytes: Uint8Array) {
    const file = readModelFile(bytes);
    this.#bytes = bytes;
    this.#file = file;
    const { pieces } = file;
    this.vocabularySize = pieces.length;
    for (const [id, { text }] of pieces.entries()) {
      if (this.#ids.has(text))
        throw new TokenizerFormatError(`tokenizer: the SentencePiece model has the piece ${JSON.stringify(text)} twice`);
      this.#ids.set(text, id);
    }
    this.#unknown = pieces.findIndex(({ type }) => type === PieceType.unknown);
    if (this.#unknown === -1) throw new TokenizerFormatError("tokenizer: the SentencePiece model has no unknown piece");
    const userDefined = pieces.filter(({ type }) => type === PieceType.userDefined).map(({ text }) => text);
    this.#normalizer = new SentencePieceNormalizer(file.normalizer, file.whitespaceAsSuffix, userDefined);
    if (file.modelType === 1) {
      this.name = "Unigram";
      this.#model = new SentencePieceUnigram(pieces, this.#unknown);
    } else if (file.modelType === 2) {
      this.name = "BPE";
      this.#model = new SentencePieceBpe(pieces, this.#unknown);
    } else
      throw new UnsupportedTokenizerError(
        "SentencePiece model",
        file.modelType === 3 ? "WORD" : file.modelType === 4 ? "CHAR" : `type ${file.modelType}`,
      );
    const byteIds = Array.from({ length: 256 }, (_, byte) => this.#ids.get(byteToken(byte)) ?? -1);
    for (const [byte, id] of byteIds.entries()) if (id !== -1 && pieces[id]?.type === PieceType.byte) this.#byteOf.set(id, byte);
    if (file.byteFallback && byteIds.includes(-1)) throw new TokenizerFormatError("tokenizer: the SentencePiece model lacks a byte piece");
    this.#byteIds = file.byteFallback ? byteIds : undefined;
    this.special = specialTokens(file);
  }

  /** The ids of a text, without those that begin or end it. A lone surrogate counts as U+FFFD. The caller owns the array. */
  encode(text: string): Uint32Array {
    const out = this.#buffer;
    out.clear();
    const normalized = this.#normalizer.normalize(wellFormed(text));
    const model = this.#model;
    if (normalized === "") return out.take();
    this.#afterUnknown = false;
    if (model instanceof SentencePieceUnigram) {
      model.encode(normalized, (start, end, id) => this.#emit(normalized, start, end, id, out));
      return out.take();
    }
    for (let start = 0; start < normalized.length; ) {
      const end = model.nextWord(normalized, start);
      this.#word(model, normalized, start, end, out);
      start = end;
    }
    return out.take();
  }

  /** The text of ids. Throws RangeError for an id that is not in the vocabulary. */
  decode(ids: Iterable<number>): string {
    let text = "";
    let bytes: number[] = [];
    let atStart = true;
    let consumed = false;
    const { addDummyPrefix, removeExtraWhitespaces } = this.#file.normalizer;
    const flush = (): void => {
      if (bytes.length > 0) text += decodeBytes(bytes);
      bytes = [];
    };
    for (const id of ids) {
      const piece = this.#file.pieces[id];
      if (piece === undefined) throw new RangeError(`tokenizer: the id ${id} is not one of ${this.vocabularySize}`);
      const byte = this.#byteOf.get(id);
      if (byte !== undefined) {
        bytes.push(byte);
        continue;
      }
      flush();
      // The mark that stands for the beginning of the text is taken off once, or from all pieces that say nothing.
      if (consumed || text !== "") atStart = false;
      consumed = false;
      if (piece.type === PieceType.control) continue;
      if (piece.type === PieceType.unknown) {
        text += this.#file.unknownSurface;
        continue;
      }
      let own = piece.text;
      if (atStart && (addDummyPrefix || removeExtraWhitespaces) && own.startsWith(MARK)) {
        own = own.slice(MARK.length);
        consumed = !removeExtraWhitespaces;
      }
      text += own.replaceAll(MARK, " ");
    }
    flush();
    const { denormalizer } = this.#file;
    if (denormalizer?.charsmap === undefined) return text;
    return new SentencePieceNormalizer(denormalizer, false, []).normalize(text);
  }

  /** The id of a piece as the model writes it. */
  tokenToId(token: string): number | undefined {
    return this.#ids.get(token);
  }

  idToToken(id: number): string | undefined {
    return this.#file.pieces[id]?.text;
  }

  /** A hash of the file. */
  get fingerprint(): string {
    this.#fingerprint ??= `sha256:${createHash("sha256").update(this.#bytes).digest("hex")}`;
    return this.#fingerprint;
  }

  /** Whether the last piece was unknown: runs of unknown pieces are one token. */
  #afterUnknown = false;

  #emit(text: string, start: number, end: number, id: number, out: TokenBuffer): void {
    const isUnknown = id === this.#unknown;
    if (isUnknown && this.#byteIds !== undefined) {
      for (const byte of Buffer.from(text.slice(start, end))) out.push(this.#byteIds[byte] ?? 0);
    } else if (!isUnknown || !this.#afterUnknown) out.push(id);
    this.#afterUnknown = isUnknown;
  }

  /** A word of a BPE model, from the cache if it was seen before. */
  #word(model: SentencePieceBpe, text: string, start: number, end: number, out: TokenBuffer): void {
    const short = end - start <= longestCached && !this.#afterUnknown;
    out.reserve(longestCached);
    const hash = short ? hashPiece(text, start, end) : 0;
    const count = short ? this.#cache.copy(text, start, end, hash, out.ids, out.count) : -1;
    if (count !== -1) {
      out.count = count;
      return;
    }
    const before = out.count;
    const word = text.slice(start, end);
    model.encode(word, (from, to, id) => this.#emit(word, from, to, id, out));
    // A word that ends unknown would have to say so to the next one.
    if (short && !this.#afterUnknown) this.#cache.keep(text, start, end, hash, out.ids, before, out.count);
  }
}

function specialTokens({ pieces, bos, eos, pad }: SentencePieceFile): SpecialTokens {
  const isSpecial = (id: number): boolean => pieces[id]?.type === PieceType.control || pieces[id]?.type === PieceType.unknown;
  const ids = Object.fromEntries([...pieces.entries()].filter(([id]) => isSpecial(id)).map(([id, piece]) => [piece.text, id]));
  const role = (name: "bos" | "eos" | "pad", id: number) => (isSpecial(id) ? { [name]: id } : {});
  return { ids, ...role("bos", bos), ...role("eos", eos), ...role("pad", pad) };
}

/** Bytes that are UTF-8 as text; a U+FFFD for each byte that is not. */
function decodeBytes(bytes: readonly number[]): string {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at] ?? 0;
    const length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    try {
      text += strict.decode(Uint8Array.from(bytes.slice(at, at + length)));
      at += length;
    } catch {
      text += "\ufffd";
      at++;
    }
  }
  return text;
}

const strict = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });
