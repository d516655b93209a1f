/**
 * Any Hugging Face tokenizer object as a `Tokenizer`. The packages differ in how they are asked, not in what they know, so
 * the adapter goes by shape and imports none of them:
 *
 * - a function (`AutoTokenizer` of `@huggingface/transformers` and of its predecessor `@xenova/transformers`). It is called:
 *   the two packages take the options of `.encode` at different positions, and where the older one finds the newer one's
 *   options it takes them for a second text;
 * - an object with `get_vocab` and `encode` (`Tokenizer` of `@huggingface/tokenizers`);
 * - an object with `getVocab`, `encode` and `save` (the native `tokenizers`), which answers with promises.
 *
 * The object decides about text that looks like a special token: all of these turn "<|endoftext|>" in a document into that
 * token. BOS, EOS and other template tokens are not asked for; `tokenize` adds what its options say.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { knownOptions, optionType } from "../core/index.ts";
import { probeTexts, vocabularyFingerprint } from "./fingerprint.ts";
import type { AsyncTokenizer, SpecialTokens, Tokenizer } from "./tokenizer.ts";

/** `AutoTokenizer` objects of `@huggingface/transformers` and `@xenova/transformers`. */
export interface CallableTokenizer {
  (text: string, options: { readonly add_special_tokens: boolean; readonly return_tensor: false }): { readonly input_ids: unknown };
  decode(ids: number[], options: { readonly skip_special_tokens: boolean; readonly clean_up_tokenization_spaces: boolean }): string;
}

/** `Tokenizer` objects of `@huggingface/tokenizers`. */
export interface PlainTokenizer {
  encode(text: string, options: { readonly add_special_tokens: boolean }): { readonly ids: readonly number[] };
  decode(ids: number[], options: { readonly skip_special_tokens: boolean; readonly clean_up_tokenization_spaces: boolean }): string;
  get_vocab(withAddedTokens: boolean): ReadonlyMap<string, number>;
}

/** `Tokenizer` objects of the native `tokenizers`. */
export interface NativeTokenizer {
  encode(text: string, pair: null, options: { readonly addSpecialTokens: boolean }): Promise<{ getIds(): readonly number[] }>;
  decode(ids: number[], skipSpecialTokens: boolean): Promise<string>;
  getVocab(withAddedTokens: boolean): Readonly<Record<string, number>>;
  save(path: string, pretty: boolean): void;
}

/** What the object itself cannot tell, or tells wrongly. */
export interface FromTransformersOptions {
  /** Name in reports. Default: what the object calls itself, else "tokenizer". */
  readonly name?: string;
  /** Text of the token that begins a document, or null for none. Default: what the object's configuration says. */
  readonly bos?: string | null;
  /** Text of the token that ends a document, or null for none. Default: what the object's configuration says. */
  readonly eos?: string | null;
  /** Text of the padding token, or null for none. Default: what the object's configuration says. */
  readonly pad?: string | null;
  /** Default: a hash of the vocabulary and of what shows the rules (see `fingerprint.ts`). */
  readonly fingerprint?: string;
}

/**
 * Adapts a tokenizer object of `@huggingface/tokenizers`, `@huggingface/transformers`, `@xenova/transformers` or the native
 * `tokenizers`. Its ids are checked to be ids: a token without one (an unknown word in a vocabulary without an unknown token)
 * is an error, not a zero.
 *
 * Making the fingerprint encodes some 60 KB of text: 0.15 to 0.45 s of processor time.
 *
 * @throws TypeError on an object of another shape; RangeError on a special token that is not in the vocabulary, or when a
 * native tokenizer truncates or pads.
 */
export function fromTransformers(tokenizer: CallableTokenizer | PlainTokenizer, options?: FromTransformersOptions): Tokenizer;
export function fromTransformers(tokenizer: NativeTokenizer, options?: FromTransformersOptions): AsyncTokenizer;
export function fromTransformers(
  tokenizer: CallableTokenizer | PlainTokenizer | NativeTokenizer,
  options: FromTransformersOptions = {},
): Tokenizer | AsyncTokenizer {
  knownOptions(STAGE, options, ["name", "bos", "eos", "pad", "fingerprint"]);
  if (typeof tokenizer === "function") return adaptCallable(tokenizer, options);
  if (has(tokenizer, "get_vocab")) return adaptPlain(tokenizer as PlainTokenizer, options);
  if (has(tokenizer, "getVocab") && has(tokenizer, "save")) return adaptNative(tokenizer as NativeTokenizer, options);
  const rule = "a tokenizer object of @huggingface/tokenizers, @huggingface/transformers, @xenova/transformers or tokenizers";
  throw optionType(STAGE, "tokenizer", rule, tokenizer);
}

const STAGE = "fromTransformers";
const AS_THEY_ARE = { skip_special_tokens: false, clean_up_tokenization_spaces: false } as const;

/** What the objects say of themselves beside encoding; nothing of it is promised, so everything is looked at before use. */
interface Described {
  readonly constructor?: { readonly name?: string };
  readonly config?: Readonly<Record<string, unknown>>;
  readonly _tokenizer_config?: Readonly<Record<string, unknown>>;
  readonly all_special_tokens?: readonly string[];
  readonly special_tokens?: readonly string[];
  readonly model?: { readonly tokens_to_ids?: ReadonlyMap<string, number> };
  get_vocab?(withAddedTokens: boolean): ReadonlyMap<string, number>;
}

function has(value: unknown, method: string): boolean {
  return typeof value === "object" && value !== null && typeof (value as Record<string, unknown>)[method] === "function";
}

function adaptCallable(tokenizer: CallableTokenizer, options: FromTransformersOptions): Tokenizer {
  const described = tokenizer as CallableTokenizer & Described;
  const vocabulary = described.get_vocab?.(true) ?? described.model?.tokens_to_ids;
  if (vocabulary === undefined) throw optionType(STAGE, "tokenizer", "an object that shows its vocabulary", tokenizer);
  const encode = (text: string): readonly number[] =>
    tokenizer(text, { add_special_tokens: false, return_tensor: false }).input_ids as readonly number[];
  return synchronous(described, vocabulary, encode, (ids) => tokenizer.decode(ids, AS_THEY_ARE), options);
}

function adaptPlain(tokenizer: PlainTokenizer, options: FromTransformersOptions): Tokenizer {
  const encode = (text: string): readonly number[] => tokenizer.encode(text, { add_special_tokens: false }).ids;
  return synchronous(tokenizer, tokenizer.get_vocab(true), encode, (ids) => tokenizer.decode(ids, AS_THEY_ARE), options);
}

function synchronous(
  described: Described,
  vocabulary: ReadonlyMap<string, number>,
  ids: (text: string) => readonly number[],
  text: (ids: number[]) => string,
  options: FromTransformersOptions,
): Tokenizer {
  const config = described.config ?? described._tokenizer_config ?? {};
  const names = [...(described.all_special_tokens ?? described.special_tokens ?? [])];
  const special = specialTokens(vocabulary, names, config, options);
  const name = options.name ?? wordOf(config["tokenizer_class"]) ?? wordOf(described.constructor?.name) ?? "tokenizer";
  const encode = (input: string): Uint32Array => checkIds(name, ids(wellFormed(input)));
  const evidence = (): string[] => probeTexts(vocabulary, (id) => text([id])).map((probe) => ids(wellFormed(probe)).join(" "));
  return {
    name,
    vocabularySize: sizeOf(vocabulary),
    special,
    fingerprint: options.fingerprint ?? vocabularyFingerprint(vocabulary, special.ids, evidence()),
    encode,
    // These objects refuse an empty list.
    decode: (tokens) => (tokens.length === 0 ? "" : text(Array.from(tokens))),
  };
}

function adaptNative(tokenizer: NativeTokenizer, options: FromTransformersOptions): AsyncTokenizer {
  const saved = savedJson(tokenizer);
  // A `tokenizer.json` can carry these, and they would cut or fill every document without a word.
  for (const part of ["truncation", "padding"] as const) {
    const value = saved[part];
    if (value == null) continue;
    const method = part === "truncation" ? "disableTruncation" : "disablePadding";
    throw new RangeError(`${STAGE}: the tokenizer has ${part} ${JSON.stringify(value)}; call tokenizer.${method}() first`);
  }
  const vocabulary = new Map(Object.entries(tokenizer.getVocab(true)));
  const added = (saved["added_tokens"] ?? []) as readonly { readonly content: string; readonly special: boolean }[];
  const names = added.filter((token) => token.special).map((token) => token.content);
  const special = specialTokens(vocabulary, names, {}, options);
  const name = options.name ?? "tokenizer";
  return {
    name,
    vocabularySize: sizeOf(vocabulary),
    special,
    fingerprint: options.fingerprint ?? vocabularyFingerprint(vocabulary, special.ids, [JSON.stringify(saved)]),
    encode: async (text) => checkIds(name, (await tokenizer.encode(text, null, { addSpecialTokens: false })).getIds()),
    decode: (tokens) => tokenizer.decode(Array.from(tokens), false),
  };
}

/** The native object shows its rules only by writing them to a file. */
function savedJson(tokenizer: NativeTokenizer): Readonly<Record<string, unknown>> {
  const folder = mkdtempSync(join(tmpdir(), "millrace-tokenizer-"));
  try {
    const path = join(folder, "tokenizer.json");
    tokenizer.save(path, false);
    return JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function specialTokens(
  vocabulary: ReadonlyMap<string, number>,
  names: readonly string[],
  config: Readonly<Record<string, unknown>>,
  options: FromTransformersOptions,
): SpecialTokens {
  const ids: Record<string, number> = {};
  const add = (text: string): number | undefined => {
    const id = vocabulary.get(text);
    if (id !== undefined) ids[text] = id;
    return id;
  };
  for (const name of names) add(name);
  const role = (option: "bos" | "eos" | "pad"): number | undefined => {
    const wanted = options[option];
    if (wanted === null) return undefined;
    const id = add(wanted ?? contentOf(config[`${option}_token`]) ?? "");
    if (wanted !== undefined && id === undefined) {
      throw new RangeError(`${STAGE}: expected \`${option}\` to be a token of the vocabulary, got ${JSON.stringify(wanted)}`);
    }
    return id;
  };
  const [bos, eos, pad] = [role("bos"), role("eos"), role("pad")];
  for (const other of ["unk", "sep", "cls", "mask"]) add(contentOf(config[`${other}_token`]) ?? "");
  return { ...(bos !== undefined && { bos }), ...(eos !== undefined && { eos }), ...(pad !== undefined && { pad }), ids };
}

/** A token in a configuration: its text, or an object with it. */
function contentOf(token: unknown): string | undefined {
  if (typeof token === "object" && token !== null) return contentOf((token as { readonly content?: unknown }).content);
  return typeof token === "string" && token !== "" ? token : undefined;
}

function wordOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function sizeOf(vocabulary: ReadonlyMap<string, number>): number {
  let largest = -1;
  for (const id of vocabulary.values()) if (id > largest) largest = id;
  return largest + 1;
}

/** Ids as an array of 32-bit numbers, each checked: `undefined` would become 0 in it without a word. */
function checkIds(name: string, ids: readonly number[]): Uint32Array {
  const tokens = new Uint32Array(ids.length);
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i] as number;
    tokens[i] = id;
    if (tokens[i] !== id) throw new Error(`${name}: token ${i} has no id (${String(id)}); the vocabulary has no unknown token for it`);
  }
  return tokens;
}

/** Lone surrogates as U+FFFD, as every encoder to UTF-8 writes them; the JavaScript packages disagree among themselves. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\ufffd");
}
