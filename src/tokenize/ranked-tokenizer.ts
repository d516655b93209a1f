/**
 * A tokenizer of a rank table (`.tiktoken` file, or an encoding of the package `tiktoken`): byte-level BPE on the kernel, with the
 * policy for special tokens around it. Ids are bytes, so lengths and offsets follow from the table.
 */
import { type BpePattern, type BpeVocabulary, createBpe } from "../kernels/bpe/index.ts";
import { streamBytes } from "./decode-stream.ts";
import { framed } from "./frame.ts";
import { byteTokenOffsets, joinedOffsets } from "./offsets.ts";
import { SpecialTokenPolicy } from "./special-tokens.ts";
import { batchOf } from "./token-batch.ts";
import { type EncodeOptions, type LoadedTokenizer, type TokenizerFacts, type TokenOffsets, tokenDtype } from "./tokenizer.ts";

export interface RankedParts {
  readonly facts: TokenizerFacts;
  readonly vocabulary: BpeVocabulary;
  readonly pattern: BpePattern;
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Builds the kernel's tables: 0.1 to 0.3 s, 36 to 68 MB outside the JavaScript heap until it is collected. */
export function rankedTokenizer({ facts, vocabulary, pattern }: RankedParts): LoadedTokenizer {
  const { name, special, vocabularySize } = facts;
  const bpe = createBpe({ vocabulary, pattern });
  const policy = new SpecialTokenPolicy(name, special.ids);
  const bytesById = new TokenBytes(name, vocabulary, special.ids, vocabularySize);
  const textOf = (text: string | Uint8Array): string => (typeof text === "string" ? text : utf8.decode(text));
  const plain = ({ allowedSpecial, disallowedSpecial }: EncodeOptions): boolean =>
    (allowedSpecial === undefined || allowedSpecial.length === 0) && disallowedSpecial === undefined;

  /** The text's stretches and special ids, once the policy has been applied; undefined when all of it is one stretch of text. */
  const parts = (text: string | Uint8Array, options: EncodeOptions) => {
    if (plain(options)) return undefined;
    const whole = textOf(text);
    policy.refuse(whole, options);
    return policy.split(whole, options)?.map(([start, end, id]) => ({ at: start, text: whole.slice(start, end), id }));
  };
  const ordinary = (text: string | Uint8Array): Uint32Array => (typeof text === "string" ? bpe.encode(text) : bpe.encodeBytes(text));
  const encode = (text: string | Uint8Array, options: EncodeOptions = {}): Uint32Array => {
    const split = parts(text, options);
    if (split === undefined) return ordinary(text);
    return batchOf(split.map((part) => (part.id === -1 ? bpe.encode(part.text) : Uint32Array.of(part.id)))).tokens;
  };
  const offsetsOf = (text: string): TokenOffsets => {
    const tokens = bpe.encode(text);
    return byteTokenOffsets(
      text,
      tokens,
      tokens.map((id) => bytesById.lengthOf(id)),
    );
  };
  return {
    ...facts,
    backend: bpe.backend,
    dtype: tokenDtype(vocabularySize),
    encode,
    encodeFramed: (text, frame, options = {}) => framed(plain(options) ? bpe.lend(text) : encode(text, options), frame),
    encodeBatch: (texts, options = {}) => (plain(options) ? bpe.encodeBatch(texts) : batchOf(texts.map((text) => encode(text, options)))),
    encodeWithOffsets: (text, options = {}) => {
      const split = parts(text, options);
      if (split === undefined) return offsetsOf(text);
      const special = (id: number, length: number): TokenOffsets => ({
        tokens: Uint32Array.of(id),
        starts: Uint32Array.of(0),
        ends: Uint32Array.of(length),
      });
      return joinedOffsets(
        split.map((part) => ({ at: part.at, offsets: part.id === -1 ? offsetsOf(part.text) : special(part.id, part.text.length) })),
      );
    },
    count: (text, options = {}) => (plain(options) ? bpe.count(text) : encode(text, options).length),
    decode: (tokens) => utf8.decode(bytesById.join(tokens)),
    decodeStream: () => streamBytes((tokens) => bytesById.join(tokens)),
    byteLength: (tokens) => tokens.reduce((sum, id) => sum + bytesById.lengthOf(id), 0),
    idToToken: (id) => bytesById.textOf(id),
    tokenToId: (token) => special.ids[token] ?? bytesById.idOf(token),
    dispose: () => {},
  };
}

/** The bytes of every id, special tokens included. */
class TokenBytes {
  readonly #name: string;
  readonly #vocabulary: BpeVocabulary;
  readonly #special: ReadonlyMap<number, Uint8Array>;
  /** The rank of each id; -1 where the vocabulary has none. */
  readonly #ranks: Int32Array;
  #ids: Map<string, number> | undefined;

  constructor(name: string, vocabulary: BpeVocabulary, special: Readonly<Record<string, number>>, size: number) {
    this.#name = name;
    this.#vocabulary = vocabulary;
    this.#special = new Map(Object.entries(special).map(([text, id]) => [id, Buffer.from(text)]));
    this.#ranks = new Int32Array(size).fill(-1);
    for (let rank = 0; rank < vocabulary.ids.length; rank++) this.#ranks[vocabulary.ids[rank] ?? 0] = rank;
  }

  /** Bytes of an id. Throws RangeError for an id that no token has. */
  lengthOf(id: number): number {
    const rank = this.#ranks[id] ?? -1;
    const { offsets } = this.#vocabulary;
    if (rank !== -1) return (offsets[rank + 1] ?? 0) - (offsets[rank] ?? 0);
    const special = this.#special.get(id);
    if (special === undefined) throw new RangeError(`${this.#name}: no token has the id ${id}`);
    return special.length;
  }

  /** The bytes of ids, one after the other. */
  join(tokens: Uint32Array): Uint8Array {
    let length = 0;
    for (const id of tokens) length += this.lengthOf(id);
    const joined = new Uint8Array(length);
    const { bytes, offsets } = this.#vocabulary;
    let at = 0;
    for (const id of tokens) {
      const rank = this.#ranks[id] ?? -1;
      const special = rank === -1 ? this.#special.get(id) : undefined;
      if (special !== undefined) {
        joined.set(special, at);
        at += special.length;
        continue;
      }
      // Byte by byte: tokens are a few bytes long, and a view of each would cost more than it saves.
      const end = offsets[rank + 1] ?? 0;
      for (let from = offsets[rank] ?? 0; from < end; from++) joined[at++] = bytes[from] ?? 0;
    }
    return joined;
  }

  /** The text of an id, with U+FFFD where its bytes are no text; undefined for an id that no token has. */
  textOf(id: number): string | undefined {
    const known = (this.#ranks[id] ?? -1) !== -1 || this.#special.has(id);
    return known ? utf8.decode(this.join(Uint32Array.of(id))) : undefined;
  }

  /** The id of the ordinary token with these bytes. */
  idOf(token: string): number | undefined {
    if (this.#ids === undefined) {
      this.#ids = new Map();
      const { bytes, offsets, ids } = this.#vocabulary;
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
      for (let rank = 0; rank < ids.length; rank++) this.#ids.set(text.slice(offsets[rank], offsets[rank + 1]), ids[rank] ?? 0);
    }
    return this.#ids.get(Buffer.from(token).toString("latin1"));
  }
}
