/**
 * The fast path of BERT: BertNormalizer, BertPreTokenizer, any model.
 *
 * Normalizer and pre-tokenizer work character by character, white space separates and vanishes, and punctuation and Chinese
 * characters stand alone; so the raw text can be cut at all of these *before* it is normalized, and what lies between depends on
 * nothing else. Each such chunk is looked up by its raw characters, and only a new one goes through the steps. The cost is then one
 * pass over the text with a multiplication a character and a look-up a word.
 *
 * Exactness does not rest on the classes below being complete: a character is a separator or stands alone only if the steps
 * themselves say so when it is met for the first time, and everything else is part of a chunk.
 */
import { pinnedSet } from "./code-points.ts";
import type { NormalizerStep } from "./normalizer.ts";
import { normalize } from "./normalizer.ts";
import { addUnit, longestCached, PieceCache } from "./piece-cache.ts";
import { PlainText } from "./plain-text.ts";
import type { PreTokenizerStep } from "./pre-tokenizer.ts";
import type { TokenBuffer } from "./token-buffer.ts";
import { UnitMap } from "./unit-map.ts";

const UNKNOWN = 0;
const WORD = 1;
const SKIP = 2;
const ALONE = 3;

/** Encodes a chunk of text by all steps. */
export type EncodeChunk = (chunk: string, out: TokenBuffer) => void;

/** Where the chunks of a fast path go when they are not in its cache. */
export interface ChunkEncoders {
  /** All steps. */
  readonly general: EncodeChunk;
  /** The model alone, for a chunk that is normalized and one piece. */
  readonly piece: EncodeChunk;
}

/** Whether the steps are BERT's. */
export function isBert(normalizer: readonly NormalizerStep[], preTokenizer: readonly PreTokenizerStep[]): boolean {
  const names = new Set(["BertControls", "BertSpaces", "BertChinese", "NFD", "BertAccents", "Lowercase"]);
  return (
    preTokenizer.length === 2 &&
    preTokenizer.every((step) => step.type === "BertPreTokenizer") &&
    normalizer.every((step) => step.kind === "rewrite" && names.has(step.name))
  );
}

export class BertChunks {
  readonly #steps: readonly NormalizerStep[];
  readonly #encoders: ChunkEncoders;
  readonly #map: UnitMap;
  readonly #kinds = new Uint8Array(0x10000);
  /** The only token of a character that stands alone; -1 while not known, or when it has several. */
  readonly #alone = new Int32Array(0x10000).fill(-1);
  readonly #cache = new PieceCache();

  constructor(steps: readonly NormalizerStep[], encoders: ChunkEncoders) {
    this.#steps = steps;
    this.#encoders = encoders;
    this.#map = new UnitMap(steps);
  }

  encode(text: string, out: TokenBuffer): void {
    const kinds = this.#kinds;
    for (let at = 0; at < text.length; ) {
      let unit = text.charCodeAt(at);
      let kind = kinds[unit] as number;
      if (kind === UNKNOWN) kind = this.#classify(unit);
      if (kind === SKIP) {
        at++;
        continue;
      }
      if (kind === ALONE) {
        const id = this.#alone[unit] as number;
        if (id >= 0) out.push(id);
        else this.#encodeAlone(unit, out);
        at++;
        continue;
      }
      const start = at;
      let hash = 0;
      do {
        hash = addUnit(hash, unit);
        at++;
        if (at === text.length) break;
        unit = text.charCodeAt(at);
        kind = kinds[unit] as number;
        if (kind === UNKNOWN) kind = this.#classify(unit);
      } while (kind === WORD);
      this.#word(text, start, at, hash, out);
    }
  }

  #word(text: string, start: number, end: number, hash: number, out: TokenBuffer): void {
    const before = out.count;
    if (end - start <= longestCached) {
      out.reserve(longestCached);
      const count = this.#cache.copy(text, start, end, hash, out.ids, before);
      if (count !== -1) {
        out.count = count;
        return;
      }
    }
    const mapped = this.#map.map(text, start, end);
    if (mapped === undefined) this.#encoders.general(text.slice(start, end), out);
    else if (mapped !== "") this.#encoders.piece(mapped, out);
    this.#cache.keep(text, start, end, hash, out.ids, before, out.count);
  }

  #encodeAlone(unit: number, out: TokenBuffer): void {
    const before = out.count;
    this.#encoders.general(String.fromCharCode(unit), out);
    if (out.count === before + 1) this.#alone[unit] = out.ids[before] ?? -1;
  }

  #classify(unit: number): number {
    const kind = unit >= 0xd800 && unit <= 0xdfff ? WORD : this.#kindOf(String.fromCharCode(unit));
    this.#kinds[unit] = kind;
    return kind;
  }

  #kindOf(character: string): number {
    const text = new PlainText(character, false);
    normalize(this.#steps, text);
    const normalized = text.text;
    const units = Array.from({ length: normalized.length }, (_, i) => normalized.charCodeAt(i));
    if (normalized !== "" && units.every((unit) => pinnedSet("space").has(unit))) return SKIP;
    if (units.length === 1 && pinnedSet("punctuation").has(units[0] ?? 0)) return ALONE;
    // Spaces on both sides: a Chinese character.
    return units.length > 2 && units[0] === 32 && units[units.length - 1] === 32 ? ALONE : WORD;
  }
}
