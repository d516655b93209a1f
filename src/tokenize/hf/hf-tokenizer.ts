/**
 * Hugging Face tokenizers from their `tokenizer.json`, with the ids and offsets of the `tokenizers` package 0.23.
 *
 * A text runs through: added tokens that are not normalized; the normalizer; added tokens that are; the pre-tokenizer; the model;
 * and, on request, the post-processor. There are three ways through, and they give the same ids:
 * - chunks (bert-chunks.ts, space-chunks.ts): for the common shapes, cut first and look up what was seen before;
 * - plain: every step on text alone; for byte-level BPE, its end on the WebAssembly kernel (plan.ts);
 * - aligned: every step as the reference does it, keeping track of where each character came from. For offsets, and for the few
 *   files whose ids depend on that.
 */
import { createHash } from "node:crypto";
import { batchOf, type TokenBatch } from "../token-batch.ts";
import { overlaps, type Span, type SpecialTokens, type TokenOffsets } from "../tokenizer.ts";
import { AddedTokens } from "./added-tokens.ts";
import { slices, unitsOfBytes } from "./aligned-parts.ts";
import { AlignedText } from "./aligned-text.ts";
import { BertChunks, type ChunkEncoders, isBert } from "./bert-chunks.ts";
import { byteLevelOffsets } from "./byte-offsets.ts";
import { canonicalJson } from "./canonical.ts";
import { type Decoder, readDecoder } from "./decoder.ts";
import { TokenizerFormatError } from "./errors.ts";
import { countAt, type JsonObject, objectAt, optional } from "./json.ts";
import type { BpeModel } from "./models/bpe.ts";
import { type Model, readModel } from "./models/model.ts";
import { type NormalizerStep, normalize, readNormalizer } from "./normalizer.ts";
import { OffsetTable, type OffsetUnit } from "./offset-table.ts";
import { plainIsExact } from "./plain-is-exact.ts";
import { PlainText } from "./plain-text.ts";
import { ByteLevelEncoder, type ByteLevelPlan, byteLevelPlan } from "./plan.ts";
import { type PostProcessor, readPostProcessor, trimOffsets } from "./post-processor.ts";
import { type PreTokenizerStep, preTokenize, readPreTokenizer } from "./pre-tokenizer.ts";
import { cutsAtSpaces, localSteps, SpaceChunks } from "./space-chunks.ts";
import { Stretches } from "./stretches.ts";
import { TokenBuffer } from "./token-buffer.ts";
import { wellFormed } from "./well-formed.ts";

export interface HfEncodeOptions {
  /** Puts the special tokens of the post-processor around the ids ("[CLS]", "<s>"). Default false: the ids of the text alone. */
  readonly addSpecialTokens?: boolean;
  /**
   * The special tokens of the file that are recognized in a text. Default "all", as Hugging Face does it; the text of the others
   * is text (`split_special_tokens` in its words). Added tokens that are not special are always recognized.
   */
  readonly allowedSpecial?: "all" | readonly string[];
  /** Stretches of the text, in UTF-16 units, in which no added token is recognized. Default: none. */
  readonly literal?: readonly Span[];
}

export interface HfOffsetOptions extends HfEncodeOptions {
  /** What offsets count: UTF-16 units, as JavaScript strings do, or code points, as Hugging Face does. Default "utf16". */
  readonly unit?: OffsetUnit;
}

/** Ids with the part of the text that each stands for; a special token that was put there has 0 and 0. */
export interface HfEncoding extends TokenOffsets {
  /** The same as `tokens`, in Hugging Face's word. */
  readonly ids: Uint32Array;
}

export interface HfDecodeOptions {
  /** Leaves special tokens out. Default false. */
  readonly skipSpecialTokens?: boolean;
}

/**
 * Makes a tokenizer of a `tokenizer.json`, as text or parsed.
 *
 * `truncation` and `padding` of the file are not applied: they are settings of a training run, not of the vocabulary, and would cut
 * documents short in silence. Throws UnsupportedTokenizerError when the file asks for something that is not done exactly, and
 * TokenizerFormatError when it is not a tokenizer.
 */
export function createHfTokenizer(json: unknown): HfTokenizer {
  return new HfTokenizer(typeof json === "string" ? (JSON.parse(json) as unknown) : json);
}

export class HfTokenizer {
  /** The kind of model: "BPE", "WordPiece", "Unigram" or "WordLevel". */
  readonly name: string;
  /** One more than the largest id. */
  readonly vocabularySize: number;
  /** The special tokens of the file. It does not say which of them begins or ends a text. */
  readonly special: SpecialTokens;
  /** For byte-level BPE: how it runs on the WebAssembly kernel. Undefined: it does not. */
  readonly plan: ByteLevelPlan | undefined;
  readonly #json: JsonObject;
  readonly #model: Model;
  readonly #normalizer: readonly NormalizerStep[];
  readonly #preTokenizer: readonly PreTokenizerStep[];
  readonly #added: AddedTokens;
  readonly #postProcessor: PostProcessor;
  readonly #decoder: Decoder | undefined;
  readonly #byteLevel: ByteLevelEncoder | undefined;
  /** Whether a text's tokens, one after the other, are the bytes of what the normalizer made of it. */
  readonly #tokensAreBytes: boolean;
  readonly #plainIsExact: boolean;
  readonly #chunks: BertChunks | SpaceChunks | undefined;
  readonly #buffer = new TokenBuffer(false);
  #fingerprint: string | undefined;

  constructor(json: unknown) {
    const file = objectAt(json, "the file");
    if (file["version"] !== undefined && file["version"] !== "1.0") {
      throw new TokenizerFormatError(`tokenizer: expected a tokenizer.json of version 1.0, got ${String(file["version"])}`);
    }
    this.#json = file;
    this.#normalizer = readNormalizer(file["normalizer"]);
    this.#preTokenizer = readPreTokenizer(file["pre_tokenizer"]);
    this.#postProcessor = readPostProcessor(file["post_processor"]);
    this.#decoder = readDecoder(file["decoder"]);
    this.#model = readModel(file["model"]);
    this.#added = new AddedTokens(file["added_tokens"], this.#model, this.#normalizer);
    this.name = this.#model.type;
    let largest = -1;
    for (const [, id] of this.#model.entries()) largest = Math.max(largest, id);
    for (const id of this.#added.byId.keys()) largest = Math.max(largest, id);
    this.vocabularySize = largest + 1;
    const pad = optional(optional(file["padding"], "padding", objectAt)?.["pad_id"], "padding.pad_id", countAt);
    const ids = Object.fromEntries(
      [...this.#added.all.values()].filter((token) => token.special).map((token) => [token.content, token.id]),
    );
    this.special = { ids, ...(pad === undefined ? {} : { pad }) };
    this.#plainIsExact = plainIsExact(this.#normalizer, this.#preTokenizer, this.#added);
    this.plan = this.#plainIsExact ? byteLevelPlan(objectAt(file["model"], "model"), this.#model, this.#preTokenizer) : undefined;
    this.#byteLevel = this.plan && new ByteLevelEncoder(this.plan);
    const strips = [...this.#added.all.values()].some((token) => token.leftStrip || token.rightStrip);
    this.#tokensAreBytes = this.plan?.scanner !== undefined && !this.plan.prefixSpace && !strips;
    // The kernel has checked the merges; elsewhere, broken ones are to be an error now and not at the first text.
    if (this.plan === undefined && this.#model.type === "BPE") void (this.#model as BpeModel).beforeMark;
    this.#chunks = this.#plainIsExact && this.plan === undefined ? this.#makeChunks() : undefined;
  }

  /** The ids of a text. A lone surrogate counts as U+FFFD. The caller owns the array. */
  encode(text: string, { addSpecialTokens = false, allowedSpecial = "all", literal = [] }: HfEncodeOptions = {}): Uint32Array {
    const out = this.#buffer;
    out.clear();
    this.#passed = this.#passedOver(allowedSpecial);
    const clean = wellFormed(text);
    // The other ways do not know where in the text they are.
    if (this.#plainIsExact && literal.length === 0) this.#encodePlain(clean, out);
    else out.append(this.#encodePlaces(clean, literal, "utf16").ids);
    if (!addSpecialTokens) return out.take();
    return joined(this.#postProcessor.template.map((piece) => (piece.kind === "text" ? out.take() : Uint32Array.from(piece.ids))));
  }

  /** The ids of many texts, without those that a template puts around them; on the kernel with one call for many texts. */
  encodeBatch(texts: readonly string[], options: Pick<HfEncodeOptions, "allowedSpecial"> = {}): TokenBatch {
    const kernel = this.#byteLevel;
    if (kernel === undefined) return batchOf(texts.map((text) => this.encode(text, options)));
    const found = new Stretches();
    this.#passed = this.#passedOver(options.allowedSpecial ?? "all");
    this.#stretches = found;
    try {
      for (const text of texts) {
        this.#encodePlain(wellFormed(text), found.added);
        found.endText();
      }
    } finally {
      this.#stretches = undefined;
    }
    return found.join(kernel.encodeBatch(found.texts));
  }

  /** The ids of a text and the part of it that each stands for. Slower than `encode`, some ten times. */
  encodeWithOffsets(text: string, options: HfOffsetOptions = {}): HfEncoding {
    const { addSpecialTokens = false, allowedSpecial = "all", literal = [], unit = "utf16" } = options;
    this.#passed = this.#passedOver(allowedSpecial);
    const own = this.#encodePlaces(wellFormed(text), literal, unit);
    if (!addSpecialTokens) return own;
    const { template } = this.#postProcessor;
    const around = (values: Uint32Array): Uint32Array =>
      joined(template.map((piece) => (piece.kind === "text" ? values : new Uint32Array(piece.ids.length))));
    const ids = joined(template.map((piece) => (piece.kind === "text" ? own.ids : Uint32Array.from(piece.ids))));
    return { ids, tokens: ids, starts: around(own.starts), ends: around(own.ends) };
  }

  /** The text of ids. Ids that are in no vocabulary are left out. */
  decode(ids: Iterable<number>, { skipSpecialTokens = false }: HfDecodeOptions = {}): string {
    const tokens: string[] = [];
    for (const id of ids) {
      const token = this.idToToken(id);
      if (token !== undefined && !(skipSpecialTokens && this.#added.isSpecial(token))) tokens.push(token);
    }
    return this.#decoder === undefined ? tokens.join(" ") : this.#decoder(tokens).join("");
  }

  /** The id of a token as the vocabulary writes it. */
  tokenToId(token: string): number | undefined {
    return this.#added.all.get(token)?.id ?? this.#model.tokenToId(token);
  }

  /** The token of an id; that of a normalized added token is normalized. */
  idToToken(id: number): string | undefined {
    return this.#added.textOf(id) ?? this.#model.idToToken(id);
  }

  /** "wasm" where the kernel encodes, which is built for this question if it was not before. */
  get backend(): "wasm" | "js" {
    return this.#byteLevel?.bpe.backend ?? "js";
  }

  /** How many bytes of text ids stand for; undefined where ids are not bytes: something is rewritten, put in or left out. */
  byteLengths(): ((tokens: Uint32Array) => number) | undefined {
    if (!this.#tokensAreBytes || this.#normalizer.length > 0) return undefined;
    return (tokens) =>
      tokens.reduce((sum, id) => {
        const added = this.#added.textOf(id);
        const token = added ?? this.#model.idToToken(id);
        if (token === undefined) throw new RangeError(`tokenizer: no token has the id ${id}`);
        // A character of the byte-level alphabet is a byte.
        return sum + (added === undefined ? token.length : Buffer.byteLength(added));
      }, 0);
  }

  /** A hash of all that determines ids and text. Computed on first use: up to half a second for 250,000 tokens. */
  get fingerprint(): string {
    this.#fingerprint ??= `sha256:${createHash("sha256").update(canonicalJson(this.#json)).digest("hex")}`;
    return this.#fingerprint;
  }

  // For the time of one call: the special tokens that stay text, and where a batch's stretches of text are collected.
  #passed: ReadonlySet<number> | undefined;
  #stretches: Stretches | undefined;

  #passedOver(allowed: "all" | readonly string[]): ReadonlySet<number> | undefined {
    if (allowed === "all") return undefined;
    const ids = Object.entries(this.special.ids).filter(([text]) => !allowed.includes(text));
    return ids.length === 0 ? undefined : new Set(ids.map(([, id]) => id));
  }

  #makeChunks(): BertChunks | SpaceChunks | undefined {
    // Normalized added tokens are looked for in the normalized text, which chunks never see as a whole.
    if (this.#added.normalized !== undefined && this.#normalizer.length > 0) return undefined;
    const encoders = (steps: readonly NormalizerStep[]): ChunkEncoders => ({
      general: (chunk, out) => this.#steps(chunk, false, steps, out),
      piece: (piece, out) => this.#model.encode(piece, out),
    });
    if (isBert(this.#normalizer, this.#preTokenizer)) return new BertChunks(this.#normalizer, encoders(this.#normalizer));
    const local = localSteps(this.#normalizer);
    if (local === undefined || !cutsAtSpaces(local, this.#preTokenizer, this.#model)) return undefined;
    const first = (chunk: string, out: TokenBuffer): void => this.#steps(chunk, this.#chunkAtStart, this.#normalizer, out);
    const beforeMark = this.#model.type === "BPE" ? ((this.#model as BpeModel).beforeMark ?? new Set()) : new Set<string>();
    return new SpaceChunks(local, this.#preTokenizer, beforeMark, first, encoders(local));
  }

  /** Whether the segment that is being cut into chunks begins where the text begins. */
  #chunkAtStart = false;

  #encodePlain(text: string, out: TokenBuffer): void {
    const parts = this.#added.raw?.find(text, this.#passed);
    if (parts === undefined) {
      this.#segment(text, true, out);
      return;
    }
    for (let i = 0; i < parts.length; i += 3) {
      const start = parts[i] ?? 0;
      const id = parts[i + 2] ?? -1;
      if (id !== -1) out.push(id);
      else this.#segment(text.slice(start, parts[i + 1]), start === 0, out);
    }
  }

  /** A stretch of text between added tokens. */
  #segment(text: string, atStart: boolean, out: TokenBuffer): void {
    if (text === "") return;
    if (this.#normalizer.length > 0 || this.#added.normalized === undefined) {
      this.#stretch(text, atStart, out);
      return;
    }
    const parts = this.#added.normalized.find(text, this.#passed) ?? [0, text.length, -1];
    for (let i = 0; i < parts.length; i += 3) {
      const start = parts[i] ?? 0;
      const id = parts[i + 2] ?? -1;
      if (id !== -1) out.push(id);
      else this.#stretch(text.slice(start, parts[i + 1]), atStart && start === 0, out);
    }
  }

  #stretch(text: string, atStart: boolean, out: TokenBuffer): void {
    if (this.#chunks === undefined) {
      this.#steps(text, atStart, this.#normalizer, out);
      return;
    }
    this.#chunkAtStart = atStart;
    this.#chunks.encode(text, out);
  }

  /** Normalizer, normalized added tokens, pre-tokenizer and model on text alone. */
  #steps(text: string, atStart: boolean, normalizer: readonly NormalizerStep[], out: TokenBuffer): void {
    const whole = new PlainText(text, atStart);
    normalize(normalizer, whole);
    // Without a normalizer these were found before.
    const parts = normalizer.length === 0 ? undefined : this.#added.normalized?.find(whole.text, this.#passed);
    if (parts === undefined) {
      this.#pieces(whole, out);
      return;
    }
    for (let i = 0; i < parts.length; i += 3) {
      const id = parts[i + 2] ?? -1;
      if (id !== -1) out.push(id);
      else this.#pieces(whole.slice(parts[i] ?? 0, parts[i + 1] ?? 0), out);
    }
  }

  #pieces(text: PlainText, out: TokenBuffer): void {
    if (this.#stretches !== undefined) this.#stretches.add(text.text);
    else if (this.#byteLevel !== undefined) out.append(this.#byteLevel.encode(text.text));
    else for (const piece of preTokenize(this.#preTokenizer, text)) this.#model.encode(piece.text, out);
  }

  #encodePlaces(text: string, literal: readonly Span[], unit: OffsetUnit): HfEncoding {
    return this.#encodeBytes(text, literal, unit) ?? this.#encodeAligned(text, literal, unit);
  }

  /** Offsets from the lengths of tokens; undefined where something is rewritten in this text, or put in or left out in any. */
  #encodeBytes(text: string, literal: readonly Span[], unit: OffsetUnit): HfEncoding | undefined {
    const kernel = this.#byteLevel;
    const { raw, normalized } = this.#added;
    if (kernel === undefined || !this.#tokensAreBytes || (raw !== undefined && normalized !== undefined)) return undefined;
    const whole = new PlainText(text, true);
    normalize(this.#normalizer, whole);
    if (whole.text !== text) return undefined;
    const barred = literal.length === 0 ? undefined : (start: number, end: number) => overlaps(literal, start, end);
    const { ids, starts, ends } = byteLevelOffsets(text, {
      find: (it) => (raw ?? normalized)?.find(it, this.#passed, barred),
      encode: (stretch) => kernel.encode(stretch),
      tokenOf: (id) => this.#model.idToToken(id) ?? "",
      trims: this.#postProcessor.trims,
    });
    if (unit === "utf16") return { ids, tokens: ids, starts, ends };
    const table = new OffsetTable(text);
    const convert = (units: Uint32Array): Uint32Array => units.map((at) => table.toCodePoints(at));
    return { ids, tokens: ids, starts: convert(starts), ends: convert(ends) };
  }

  /** All steps with alignments. */
  #encodeAligned(text: string, literal: readonly Span[], unit: OffsetUnit = "utf16"): HfEncoding {
    const table = new OffsetTable(text);
    const out: [id: number, start: number, end: number][] = [];
    const add = (id: number, value: string, [start, end]: readonly [number, number]): void => {
      let range: readonly [number, number] = [table.toCodePoints(start), table.toCodePoints(end)];
      for (const { prefixSpace } of this.#postProcessor.trims)
        range = trimOffsets(value, range[0], range[1], out.length === 0, prefixSpace);
      out.push([id, table.fromCodePoints(range[0], unit), table.fromCodePoints(range[1], unit)]);
    };
    const whole = AlignedText.from(text);
    for (const raw of slices(whole, this.#added.raw?.find(text, this.#passed, barredIn(literal, whole)))) {
      if (raw.id !== -1) {
        add(raw.id, raw.text.text, [raw.text.originalStart, raw.text.originalEnd]);
        continue;
      }
      if (raw.text.text === "") continue;
      normalize(this.#normalizer, raw.text);
      for (const part of slices(raw.text, this.#added.normalized?.find(raw.text.text, this.#passed, barredIn(literal, raw.text)))) {
        if (part.id !== -1) add(part.id, part.text.text, part.text.original(0, part.text.text.length));
        else for (const piece of preTokenize(this.#preTokenizer, part.text)) this.#alignPiece(piece, add);
      }
    }
    const ids = Uint32Array.from(out, ([id]) => id);
    return {
      ids,
      tokens: ids,
      starts: Uint32Array.from(out, ([, start]) => start),
      ends: Uint32Array.from(out, ([, , end]) => end),
    };
  }

  #alignPiece(piece: AlignedText, add: (id: number, value: string, range: readonly [number, number]) => void): void {
    const buffer = new TokenBuffer(true);
    this.#model.encode(piece.text, buffer);
    const units = unitsOfBytes(piece.text);
    for (let i = 0; i < buffer.count; i++) {
      const id = buffer.ids[i] ?? 0;
      const start = buffer.starts[i] ?? 0;
      const end = buffer.ends[i] ?? 0;
      // A token of bytes in the middle of a character stands for the whole character.
      const range = piece.original(units[start] ?? piece.text.length, start === end ? (units[end] ?? 0) : (units[end - 1] ?? 0) + 1);
      add(id, buffer.values[i] ?? this.#model.idToToken(id) ?? "", range);
    }
  }
}

/** Whether a stretch of a text that was rewritten came from one of the spans of the original; undefined when there are none. */
function barredIn(literal: readonly Span[], text: AlignedText): ((start: number, end: number) => boolean) | undefined {
  return literal.length === 0 ? undefined : (start, end) => overlaps(literal, ...text.original(start, end));
}

function joined(parts: readonly Uint32Array[]): Uint32Array {
  const out = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
