import { streamText } from "./decode-stream.ts";
import { createHfTokenizer } from "./hf/index.ts";
import { SpecialTokenPolicy } from "./special-tokens.ts";
import { batchOf } from "./token-batch.ts";
import { type EncodeOptions, type LoadedTokenizer, type SpecialTokens, tokenDtype } from "./tokenizer.ts";

/** What the files around a `tokenizer.json` say. */
export interface HfFacts {
  readonly name?: string;
  readonly bos?: string | null;
  readonly eos?: string | null;
  readonly pad?: string | null;
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** The tokenizer of a parsed `tokenizer.json`; its kernel, where it has one, is built with it. */
export function hfTokenizer(json: object, facts: HfFacts): LoadedTokenizer {
  const hf = createHfTokenizer(json);
  const name = facts.name ?? hf.name;
  const special = specialTokens(hf.special, facts, name, (token) => hf.tokenToId(token));
  const policy = new SpecialTokenPolicy(name, special.ids);
  const textOf = (text: string | Uint8Array): string => (typeof text === "string" ? text : utf8.decode(text));
  /** The options as the tokenizer takes them, once the text was found to keep them. */
  const checked = (text: string, { allowedSpecial = "all", disallowedSpecial, literal = [] }: EncodeOptions) => {
    if (allowedSpecial !== "all") policy.resolve("allowedSpecial", allowedSpecial);
    if (disallowedSpecial !== undefined)
      policy.refuse(text, { allowedSpecial: allowedSpecial === "all" ? [] : allowedSpecial, disallowedSpecial });
    return { allowedSpecial, literal };
  };
  const encode = (input: string | Uint8Array, options: EncodeOptions = {}): Uint32Array => {
    const text = textOf(input);
    return hf.encode(text, checked(text, options));
  };
  const lengths = hf.byteLengths();
  return {
    name,
    vocabularySize: hf.vocabularySize,
    special,
    get fingerprint() {
      return hf.fingerprint;
    },
    backend: hf.backend,
    dtype: tokenDtype(hf.vocabularySize),
    encode,
    encodeBatch: (inputs, options = {}) => {
      if (inputs.length === 0) return batchOf([]);
      const texts = inputs.map(textOf);
      return hf.encodeBatch(texts, texts.map((text) => checked(text, options))[0]);
    },
    encodeWithOffsets: (text, options = {}) => {
      const { ids: tokens, starts, ends } = hf.encodeWithOffsets(text, checked(text, options));
      return { tokens, starts, ends };
    },
    count: (text, options = {}) => encode(text, options).length,
    decode: (tokens) => hf.decode(tokens),
    decodeStream: () => streamText((tokens) => hf.decode(tokens)),
    ...(lengths && { byteLength: (tokens: Uint32Array) => lengths(tokens) }),
    idToToken: (id) => hf.idToToken(id),
    tokenToId: (token) => hf.tokenToId(token),
    dispose: () => {},
  };
}

/** The special tokens of the file, and those that begin, end and pad. Throws RangeError for one that is not in the vocabulary. */
export function specialTokens(
  own: SpecialTokens,
  facts: HfFacts,
  name: string,
  idOf: (token: string) => number | undefined,
): SpecialTokens {
  const ids: Record<string, number> = { ...own.ids };
  const found: { bos?: number; eos?: number; pad?: number } = {};
  for (const role of ["bos", "eos", "pad"] as const) {
    const text = facts[role];
    if (text === null) continue;
    const id = text === undefined ? own[role] : (ids[text] ?? idOf(text));
    if (id === undefined && text !== undefined) {
      throw new RangeError(`loadTokenizer: expected \`${role}\` to be a token of ${name}, got ${JSON.stringify(text)}`);
    }
    if (id === undefined) continue;
    found[role] = id;
    if (text !== undefined) ids[text] = id;
  }
  return { ...found, ids };
}
