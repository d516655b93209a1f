/**
 * The fast path of tokenizers that write spaces as marks ("\u2581"): Llama 2, Gemma, XLNet, T5 and their kin.
 *
 * The raw text is cut before every space (or what becomes one) that stands between two plain characters, *before* it is
 * normalized, and chunks seen before are taken from a cache by their raw characters. That is exact where no step looks across such a place, which is decided
 * in two parts: `localSteps` admits only steps that cannot, and a character is plain only if the steps themselves turn it, alone,
 * into something that neither begins nor ends with a space, a mark or a combining character. The model must not look across
 * either: it gets pieces that begin at marks, or it is a BPE without merges that join the character with a mark behind it.
 */

import type { ChunkEncoders, EncodeChunk } from "./bert-chunks.ts";
import { generalCategory, pinnedSet } from "./code-points.ts";
import type { BpeModel } from "./models/bpe.ts";
import type { Model } from "./models/model.ts";
import { type NormalizerStep, normalize } from "./normalizer.ts";
import { addUnit, longestCached, PieceCache } from "./piece-cache.ts";
import { PlainText } from "./plain-text.ts";
import type { PreTokenizerStep } from "./pre-tokenizer.ts";
import type { TokenBuffer } from "./token-buffer.ts";
import { UnitMap } from "./unit-map.ts";

const MARK = "\u2581";

const PLAIN = 1;
const SPACER = 2;
const OTHER = 3;

/** The steps that hold inside a text, that is without what is put before it; undefined when one of them looks across spaces. */
export function localSteps(normalizer: readonly NormalizerStep[]): readonly NormalizerStep[] | undefined {
  for (const step of normalizer) {
    if (step.kind === "strip") return undefined;
    if (step.kind === "replace" && !(step.isRegex ? step.source === " {2,}" : !reachesOver(step.source))) return undefined;
  }
  return normalizer.filter((step) => step.kind !== "prepend");
}

/** Whether a literal pattern can match across a place where the text is cut. */
function reachesOver(source: string): boolean {
  return [...source].some((character, i) => i > 0 && (character === MARK || pinnedSet("space").has(character.codePointAt(0) ?? 0)));
}

/** Whether the model sees nothing across a space, given what is put in the space's place. */
export function cutsAtSpaces(local: readonly NormalizerStep[], preTokenizer: readonly PreTokenizerStep[], model: Model): boolean {
  const space = new PlainText(" ", false);
  normalize(local, space);
  const [last, before] = [preTokenizer[preTokenizer.length - 1], preTokenizer[preTokenizer.length - 2]];
  if (last?.type === "Metaspace" && last.replacement === MARK) {
    if (space.text !== " " && space.text !== MARK) return false;
    const alone = preTokenizer.length === 1 || (preTokenizer.length === 2 && before?.type === "WhitespaceSplit" && space.text === " ");
    if (last.cut !== undefined) return alone;
    if (preTokenizer.length !== 1) return false;
  } else if (preTokenizer.length > 0 || space.text !== MARK) return false;
  return model.type === "BPE" && (model as BpeModel).beforeMark !== undefined && !(model as BpeModel).ignoreMerges;
}

export class SpaceChunks {
  readonly #steps: readonly NormalizerStep[];
  readonly #beforeMark: ReadonlySet<string>;
  /** Whether all white space is cut away, and what then stands in a piece for the white space before it. */
  readonly #splits: boolean;
  readonly #lead: string;
  /** What a space becomes. */
  readonly #space: string;
  readonly #encodeFirst: EncodeChunk;
  readonly #encoders: ChunkEncoders;
  readonly #map: UnitMap;
  readonly #kinds = new Uint8Array(0x10000);
  readonly #cache = new PieceCache();

  /** `encodeFirst` encodes the beginning of a text, `encoders` what follows a cut. */
  constructor(
    local: readonly NormalizerStep[],
    preTokenizer: readonly PreTokenizerStep[],
    beforeMark: ReadonlySet<string>,
    encodeFirst: EncodeChunk,
    encoders: ChunkEncoders,
  ) {
    this.#steps = local;
    this.#splits = preTokenizer[0]?.type === "WhitespaceSplit";
    this.#lead = this.#splits && preTokenizer[1]?.prepend !== "always" ? "" : MARK;
    this.#beforeMark = beforeMark;
    this.#encodeFirst = encodeFirst;
    this.#encoders = encoders;
    this.#map = new UnitMap(local);
    this.#space = this.#normalized(" ");
  }

  encode(text: string, out: TokenBuffer): void {
    const length = text.length;
    const kinds = this.#kinds;
    let start = 0;
    let hash = 0;
    let previous = OTHER;
    for (let at = 0; at < length; at++) {
      const unit = text.charCodeAt(at);
      const kind = (kinds[unit] as number) || this.#classify(unit);
      if (kind === SPACER && previous === PLAIN && at + 1 < length) {
        const next = text.charCodeAt(at + 1);
        if (((kinds[next] as number) || this.#classify(next)) === PLAIN) {
          this.#chunk(text, start, at, hash, out);
          start = at;
          hash = 0;
        }
      }
      previous = kind;
      hash = addUnit(hash, unit);
    }
    this.#chunk(text, start, length, hash, out);
  }

  #chunk(text: string, start: number, end: number, hash: number, out: TokenBuffer): void {
    if (start === 0) {
      this.#encodeFirst(text.slice(0, end), out);
      return;
    }
    const before = out.count;
    if (end - start <= longestCached) {
      out.reserve(longestCached);
      const count = this.#cache.copy(text, start, end, hash, out.ids, before);
      if (count !== -1) {
        out.count = count;
        return;
      }
    }
    // Behind the space that begins the chunk; in its place comes the mark.
    const mapped = this.#map.map(text, start + 1, end);
    if (mapped === undefined) this.#encoders.general(text.slice(start, end), out);
    else this.#encoders.piece(this.#lead + mapped, out);
    this.#cache.keep(text, start, end, hash, out.ids, before, out.count);
  }

  #classify(unit: number): number {
    const kind = this.#kindOf(unit);
    this.#kinds[unit] = kind;
    return kind;
  }

  #kindOf(unit: number): number {
    if (unit >= 0xd800 && unit <= 0xdfff) return OTHER;
    if (pinnedSet("graphemeExtend").has(unit) || pinnedSet("graphemePrepend").has(unit)) return OTHER;
    const normalized = this.#normalized(String.fromCharCode(unit));
    if (normalized === this.#space) return SPACER;
    if (this.#splits && normalized.length === 1 && pinnedSet("space").has(normalized.charCodeAt(0))) return SPACER;
    const characters = [...normalized];
    const [first = "", last = ""] = [characters[0], characters[characters.length - 1]];
    const plain = isVisible(unit) && [first, last].every((c) => c !== "" && c !== MARK && isVisible(c.codePointAt(0) ?? 0));
    return plain && !this.#beforeMark.has(last) ? PLAIN : OTHER;
  }

  #normalized(text: string): string {
    const plain = new PlainText(text, false);
    normalize(this.#steps, plain);
    return plain.text;
  }
}

function isVisible(point: number): boolean {
  return VISIBLE.some((name) => generalCategory(name)?.has(point)) && !pinnedSet("combiningMark").has(point);
}

const VISIBLE = ["Lu", "Ll", "Lo", "Lt", "Nd", "Po", "Pd", "Ps", "Pe", "Sm", "Sc", "So", "Sk", "Pi", "Pf", "Pc", "Nl", "No", "Lm"];
