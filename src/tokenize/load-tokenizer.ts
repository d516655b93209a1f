/**
 * One way in for every tokenizer: an encoding by name, a file or folder by its path, or what a `tokenizer.json` holds. What a path
 * leads to is told by its name, since the formats share no first bytes.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { knownOptions, messageOf, optionType, PipelineError, wordOption } from "../core/index.ts";
import { type BpePattern, patternNames, patternSources } from "../kernels/bpe/index.ts";
import { completed } from "./completed.ts";
import { ENCODING_NAMES, type EncodingName } from "./encodings.ts";
import { bpeFingerprint } from "./fingerprint.ts";
import { hfTokenizer } from "./hf-loaded.ts";
import { rankedTokenizer } from "./ranked-tokenizer.ts";
import { createSentencePiece } from "./sentencepiece/index.ts";
import { sentencePieceTokenizer } from "./sentencepiece-loaded.ts";
import { isEncodingName, loadEncoding } from "./tiktoken.ts";
import { readTiktoken } from "./tiktoken-file.ts";
import type { LoadedTokenizer, TokenizerRecipe } from "./tokenizer.ts";
import { type CallableTokenizer, fromTransformers, type PlainTokenizer } from "./transformers.ts";

/** What a file does not say of its tokenizer. */
export interface LoadTokenizerOptions {
  /** Name in reports. Default: the file's, or its folder's. */
  readonly name?: string;
  /** Text of the token that begins a document, or null for none. Default: what the files say. */
  readonly bos?: string | null;
  /** Text of the token that ends a document, or null for none. Default: what the files say. */
  readonly eos?: string | null;
  /** Text of the padding token, or null for none. Default: what the files say. */
  readonly pad?: string | null;
  /** Of a `.tiktoken` file, which does not hold it: how text is cut into pieces. No default. */
  readonly pattern?: BpePattern;
  /** Of a `.tiktoken` file: its special tokens and their ids. Default none. */
  readonly specialTokens?: Readonly<Record<string, number>>;
}

const CALLER = "loadTokenizer";
const OPTIONS = ["name", "bos", "eos", "pad", "pattern", "specialTokens"] as const;

/**
 * Loads a tokenizer.
 *
 * - `"cl100k_base"` and the other OpenAI encodings (needs the package `tiktoken`);
 * - a path or file URL: a `tokenizer.json` of Hugging Face, a SentencePiece `.model`, a `.tiktoken` rank file (with `pattern`), or a
 *   folder that holds `tokenizer.json` or a `.model`. `tokenizer_config.json` beside it says which tokens begin and end documents;
 * - the parsed content of a `tokenizer.json`;
 * - a tokenizer object of `@huggingface/tokenizers`, `@huggingface/transformers` or `@xenova/transformers` (see `fromTransformers`;
 *   the native `tokenizers` answers with promises and has no place here).
 *
 * @throws TypeError or RangeError for wrong options and unknown names. PipelineError: "unreadable" (no such file), "corrupt" (not a
 * tokenizer, or one that breaks its own rules), "unsupported" (asks for a part that is not done exactly; named), "missing-package",
 * "changed".
 */
export async function loadTokenizer(
  source: EncodingName | (string & {}) | URL | object,
  options: LoadTokenizerOptions = {},
): Promise<LoadedTokenizer> {
  knownOptions(CALLER, options, OPTIONS);
  for (const option of ["name", "bos", "eos", "pad"] as const) {
    const value = options[option];
    if (value === undefined || typeof value === "string" || (value === null && option !== "name")) continue;
    throw optionType(CALLER, option, option === "name" ? "a string" : "the text of a token, or null", value);
  }
  if (source instanceof URL || typeof source === "string") {
    const path = typeof source === "string" ? source : fileURLToPath(source);
    const loaded = isEncodingName(path) ? await loadEncoding(path) : fromPath(path, options);
    return withRecipe(loaded, { source: isEncodingName(path) ? path : resolve(path), options });
  }
  if (typeof source !== "object" && typeof source !== "function") {
    throw optionType(CALLER, "source", "the name of an encoding, a path, or a tokenizer object", source);
  }
  if (source !== null && "model" in source && !("get_vocab" in source) && typeof source !== "function") {
    return withRecipe(hfTokenizer(source, options), { source, options });
  }
  const { name, bos, eos, pad } = options;
  const known = {
    ...(name && { name }),
    ...(bos !== undefined && { bos }),
    ...(eos !== undefined && { eos }),
    ...(pad !== undefined && { pad }),
  };
  return completed(fromTransformers(source as CallableTokenizer | PlainTokenizer, known));
}

/** Properties, not a copy: a fingerprint is computed when it is asked for. */
function withRecipe(tokenizer: LoadedTokenizer, recipe: TokenizerRecipe): LoadedTokenizer {
  return Object.defineProperty(tokenizer, "recipe", { value: recipe, enumerable: true });
}

function fromPath(given: string, options: LoadTokenizerOptions): LoadedTokenizer {
  const path = fileAt(given);
  const name = options.name ?? nameOf(path);
  if (path.endsWith(".json")) return hfTokenizer(parsed(path), { ...configBeside(path), ...options, name });
  if (path.endsWith(".model")) return sentencePieceTokenizer(createSentencePiece(bytesOf(path)), { ...options, name });
  if (path.endsWith(".tiktoken")) return fromRanks(path, { ...options, name });
  const message = `the name of ${path} does not tell what it is; known are .json (tokenizer.json), .model (SentencePiece) and .tiktoken`;
  throw new PipelineError({ kind: "unsupported", message });
}

/** The file that a path means: of a folder, the tokenizer in it. */
function fileAt(path: string): string {
  if (!existsSync(path)) {
    const message = `expected one of ${ENCODING_NAMES.join(", ")}, or the path of a file or folder that exists, got ${JSON.stringify(path)}`;
    // A word that is no path is a misspelt name, a mistake of the program; a path may be right on another day.
    if (!/[/\\.]/.test(path)) throw new RangeError(`${CALLER}: ${message}`);
    throw new PipelineError({ kind: "unreadable", message });
  }
  if (!statSync(path).isDirectory()) return path;
  const names = ["tokenizer.json", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model"];
  const found = names.map((name) => join(path, name)).find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new PipelineError({ kind: "unreadable", message: `the folder ${path} has none of ${names.join(", ")}` });
}

/** Files of this kind have the same name everywhere; their folder says more. */
function nameOf(path: string): string {
  const file = basename(path);
  const folder = basename(dirname(path));
  return /^(tokenizer\.(json|model)|spiece\.model|sentencepiece\.bpe\.model)$/.test(file) && folder !== "" && folder !== "."
    ? folder
    : file;
}

function bytesOf(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new PipelineError({ kind: "unreadable", message: `${path} could not be read: ${messageOf(error)}`, cause: error });
  }
}

function parsed(path: string): object {
  try {
    return JSON.parse(Buffer.from(bytesOf(path)).toString()) as object;
  } catch (error) {
    if (error instanceof PipelineError) throw error;
    throw new PipelineError({ kind: "corrupt", message: `${path} is not JSON: ${messageOf(error)}`, cause: error });
  }
}

/** BOS, EOS and padding from the `tokenizer_config.json` beside a `tokenizer.json`. */
function configBeside(path: string): LoadTokenizerOptions {
  const file = join(dirname(path), "tokenizer_config.json");
  if (basename(path) !== "tokenizer.json" || !existsSync(file)) return {};
  const config = parsed(file) as Readonly<Record<string, unknown>>;
  const role = (option: "bos" | "eos" | "pad"): LoadTokenizerOptions => {
    const value = config[`${option}_token`];
    const text = typeof value === "object" && value !== null ? (value as { readonly content?: unknown }).content : value;
    return typeof text === "string" && text !== "" ? { [option]: text } : {};
  };
  return { ...role("bos"), ...role("eos"), ...role("pad") };
}

function fromRanks(path: string, options: LoadTokenizerOptions & { readonly name: string }): LoadedTokenizer {
  const { name, specialTokens = {} } = options;
  if (options.pattern === undefined) {
    throw new TypeError(`${CALLER}: expected \`pattern\` (${patternNames.join(", ")}): a .tiktoken file does not say how text is cut`);
  }
  const pattern = wordOption(CALLER, "pattern", options.pattern, patternNames);
  const vocabulary = readTiktoken(bytesOf(path));
  const { bytes, offsets, ids } = vocabulary;
  let largest = -1;
  for (const id of ids) largest = Math.max(largest, id);
  const ranks: string[] = new Array<string>(largest + 1).fill("");
  const packed = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const [rank, id] of ids.entries()) ranks[id] = packed.toString("base64", offsets[rank], offsets[rank + 1]);
  for (const [text, id] of Object.entries(specialTokens)) {
    if (!Number.isInteger(id) || id < 0 || id >= 2 ** 24) throw optionType(CALLER, `specialTokens[${JSON.stringify(text)}]`, "an id", id);
    if ((ranks[id] ?? "") !== "")
      throw new RangeError(`${CALLER}: the special token ${JSON.stringify(text)} has the id of another token, ${id}`);
    largest = Math.max(largest, id);
  }
  const fingerprint = bpeFingerprint({ pattern: patternSources[pattern], ranks, special: specialTokens });
  const special = { ids: specialTokens, ...roles(specialTokens, options, name) };
  return rankedTokenizer({ facts: { name, vocabularySize: largest + 1, special, fingerprint }, vocabulary, pattern });
}

/** The ids of the tokens that begin, end and pad. Throws RangeError for a text that is none of `ids`. */
function roles(
  ids: Readonly<Record<string, number>>,
  options: LoadTokenizerOptions,
  name: string,
): { bos?: number; eos?: number; pad?: number } {
  const found: { bos?: number; eos?: number; pad?: number } = {};
  for (const role of ["bos", "eos", "pad"] as const) {
    const text = options[role];
    if (text === undefined || text === null) continue;
    const id = ids[text];
    if (id === undefined)
      throw new RangeError(`${CALLER}: expected \`${role}\` to be a special token of ${name}, got ${JSON.stringify(text)}`);
    found[role] = id;
  }
  return found;
}
