/**
 * Text with spans to ids with a mask.
 *
 * The whole text is encoded at once, as transformers does, so the ids are the reference's: a token may reach over the border of a span. A
 * token is trained when it has a character of a trained stretch, which is transformers' rule too.
 *
 * Special tokens are recognized, except where the spans say that somebody wrote them in a message. Nothing is taken on trust: the ids are
 * looked through for special tokens that stand where they may not, and for ones that chat was not told about.
 *
 * Turned down: encoding stretch by stretch, which gives other ids wherever a token reaches over a border.
 */
import { PipelineError } from "../../core/index.ts";
import { byteTokenOffsets } from "../offsets.ts";
import { type AsyncTokenizer, type EncodeOptions, overlaps, type Span, type Tokenizer, type TokenOffsets } from "../tokenizer.ts";
import { fingerprintOf, type TextSpans } from "./spans.ts";

/** Ids of a text, and for each whether it is trained. */
export interface Encoded {
  readonly ids: Uint32Array;
  /** Undefined: all of them. */
  readonly mask?: Uint8Array;
}

/** Encodes texts that have spans with one tokenizer. */
export class SpanEncoder {
  readonly #tokenizer: Tokenizer | AsyncTokenizer;
  /** The texts of special tokens by their ids. */
  readonly #special: ReadonlyMap<number, string>;

  constructor(tokenizer: Tokenizer | AsyncTokenizer) {
    this.#tokenizer = tokenizer;
    this.#special = new Map(Object.entries(tokenizer.special.ids).map(([text, id]) => [id, text]));
  }

  /**
   * Throws a `PipelineError`: "changed-text" when the spans belong to another text, "no-offsets" for a tokenizer that does not tell where
   * tokens stand, "unknown-special" and "special-in-message" for special tokens where none may be.
   */
  async encode(text: string, spans: TextSpans): Promise<Encoded> {
    if (fingerprintOf(text) !== spans.fingerprint) {
      const message = "the text is not the one that chat rendered, so its spans do not fit; change texts before `chat`, not after";
      throw new PipelineError({ kind: "changed-text", message });
    }
    const { trained, literal } = spans;
    if (trained === null && literal.length === 0) {
      const ids = await this.#encode(text);
      this.#checkTokens(text, ids, spans);
      return { ids };
    }
    const offsets = await this.#offsets(text, literal);
    this.#checkTokens(text, offsets.tokens, spans);
    this.#checkPlaces(text, offsets, literal);
    return trained === null ? { ids: offsets.tokens } : { ids: offsets.tokens, mask: maskOf(offsets, trained) };
  }

  async #encode(text: string): Promise<Uint32Array> {
    const tokenizer = this.#tokenizer as Tokenizer;
    return await tokenizer.encode(text, { allowedSpecial: "all" });
  }

  async #offsets(text: string, literal: readonly Span[]): Promise<TokenOffsets> {
    const tokenizer = this.#tokenizer as Tokenizer;
    const { byteLength } = tokenizer;
    if (byteLength !== undefined && literal.length === 0) {
      // Where ids are bytes their lengths say where they are, and the quick way to the ids is open.
      const tokens = await this.#encode(text);
      const lengths = new Uint32Array(tokens.length);
      for (let i = 0; i < tokens.length; i++) lengths[i] = byteLength.call(tokenizer, tokens.subarray(i, i + 1));
      return byteTokenOffsets(text, tokens, lengths);
    }
    const options: EncodeOptions = literal.length > 0 ? { allowedSpecial: "all", literal } : { allowedSpecial: "all" };
    if (tokenizer.encodeWithOffsets !== undefined) return tokenizer.encodeWithOffsets(text, options);
    const message = `${tokenizer.name} does not tell where its tokens stand in the text, so they cannot be masked; load its tokenizer.json with loadTokenizer`;
    throw new PipelineError({ kind: "no-offsets", message });
  }

  /** That the special tokens among the ids are ones the template wrote, as far as chat was told about them. */
  #checkTokens(text: string, ids: Uint32Array, { special }: TextSpans): void {
    if (special === null) return;
    const found = new Set<string>();
    for (const id of ids) {
      const token = this.#special.get(id);
      if (token !== undefined) found.add(token);
    }
    for (const token of found) {
      // The token of unknown characters may be special and stand for others than its own.
      if (special.includes(token) || !text.includes(token)) continue;
      const message = `the text has ${JSON.stringify(token)}, a special token that chat was not told about; name all of them in its \`specialTokens\``;
      throw new PipelineError({ kind: "unknown-special", message });
    }
    for (const token of special) {
      if (found.has(token) || this.#tokenizer.special.ids[token] === undefined) continue;
      const message = `the template wrote ${JSON.stringify(token)}, but the tokenizer made no special token of it`;
      throw new PipelineError({ kind: "unknown-special", message });
    }
  }

  #checkPlaces(text: string, { tokens, starts, ends }: TokenOffsets, literal: readonly Span[]): void {
    if (literal.length === 0) return;
    for (let i = 0; i < tokens.length; i++) {
      const token = this.#special.get(tokens[i] as number);
      const [start, end] = [starts[i] as number, ends[i] as number];
      if (token === undefined || !overlaps(literal, start, end) || !text.slice(start, end).includes(token)) continue;
      const message = `the tokenizer makes a special token of ${JSON.stringify(token)} in a message; use \`contents: "special"\` if it may`;
      throw new PipelineError({ kind: "special-in-message", message });
    }
  }
}

/** 1 for each token that has a character of a span. Spans are in order; tokens begin in order. */
function maskOf({ tokens, starts, ends }: TokenOffsets, spans: readonly Span[]): Uint8Array {
  const mask = new Uint8Array(tokens.length);
  let next = 0;
  for (let i = 0; i < tokens.length; i++) {
    const [start, end] = [starts[i] as number, ends[i] as number];
    while (next < spans.length && (spans[next] as Span).end <= start) next++;
    const span = spans[next];
    if (span === undefined) break;
    // A token that stands for no character (a space put before a word) belongs to a span when it lies inside one.
    if (end > start ? end > span.start : start > span.start) mask[i] = 1;
  }
  return mask;
}
