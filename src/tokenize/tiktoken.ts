/**
 * The OpenAI encodings: the rank tables of the package `tiktoken` (an optional peer, loaded on first use), encoded by the kernel
 * of `kernels/bpe`, which gives the ids of `tiktoken` itself, faster and in time linear in the text ("a" a million times takes
 * `tiktoken` a quarter of an hour).
 *
 * One encoder per encoding serves the whole process: it holds 28 to 60 MB of tables. Every `loadTokenizer` counts as a user of
 * it, and the last `dispose` lets it go.
 *
 * Special tokens in a text are text: "<|endoftext|>" in a document becomes seven ordinary ids, not the id that ends
 * documents (`encode_ordinary` in tiktoken's words).
 */
import { messageOf, PipelineError } from "../core/index.ts";
import { type BpePattern, createBpe, parseTiktokenRanks } from "../kernels/bpe/index.ts";
import { ENCODING_NAMES, ENCODINGS, type EncodingName } from "./encodings.ts";
import { bpeFingerprint, type RankedTokens } from "./fingerprint.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** An encoding's file in the package. */
interface EncodingFile {
  readonly pat_str: string;
  readonly special_tokens: Readonly<Record<string, number>>;
  readonly bpe_ranks: string;
}

interface Shared {
  readonly encode: (text: string) => Uint32Array;
  readonly decodeBytes: (tokens: Uint32Array) => Uint8Array;
  readonly byteLength: (tokens: Uint32Array) => number;
}

const shared = new Map<EncodingName, { users: number; readonly loading: Promise<Shared> }>();
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Each import is written out, so that bundlers see it. */
const FILES: Readonly<Record<EncodingName, () => Promise<unknown>>> = {
  gpt2: () => import("tiktoken/encoders/gpt2"),
  r50k_base: () => import("tiktoken/encoders/r50k_base"),
  p50k_base: () => import("tiktoken/encoders/p50k_base"),
  cl100k_base: () => import("tiktoken/encoders/cl100k_base"),
  o200k_base: () => import("tiktoken/encoders/o200k_base"),
};

/** The scanner of each encoding. The pattern is part of the fingerprint, so a package with another one is refused on loading. */
const PATTERNS: Readonly<Record<EncodingName, BpePattern>> = {
  gpt2: "r50k",
  r50k_base: "r50k",
  p50k_base: "r50k",
  cl100k_base: "cl100k",
  o200k_base: "o200k",
};

/** True for a name that `loadTokenizer` knows. */
export function isEncodingName(name: string): name is EncodingName {
  return Object.hasOwn(ENCODINGS, name);
}

/**
 * Loads an OpenAI encoding by name; about 0.1 to 0.3 s the first time. Call `dispose` when done with it: it holds 28 to 60 MB
 * outside the JavaScript heap until the last user has.
 *
 * @throws RangeError on an unknown name; PipelineError of kind "missing-package" when `tiktoken` is not installed, and of
 * kind "changed" when its ranks are not the ones this version of millrace knows.
 */
export async function loadTokenizer(name: EncodingName): Promise<Tokenizer> {
  if (!isEncodingName(name)) {
    throw new RangeError(`loadTokenizer: expected one of ${ENCODING_NAMES.join(", ")}, got ${JSON.stringify(name)}`);
  }
  let entry = shared.get(name);
  if (entry === undefined) {
    entry = { users: 0, loading: load(name) };
    shared.set(name, entry);
  }
  const used = entry;
  used.users++;
  let disposed = false;
  const release = (): void => {
    if (disposed) return;
    disposed = true;
    if (--used.users === 0 && shared.get(name) === used) shared.delete(name);
  };
  try {
    const { encode, decodeBytes, byteLength } = await used.loading;
    const live = <R>(work: () => R): R => {
      if (disposed) throw new Error(`${name}: the tokenizer was used after dispose()`);
      return work();
    };
    return {
      ...ENCODINGS[name],
      encode: (text) => live(() => encode(text)),
      decode: (tokens) => live(() => utf8.decode(decodeBytes(tokens))),
      byteLength: (tokens) => live(() => byteLength(tokens)),
      dispose: release,
    };
  } catch (error) {
    release();
    throw error;
  }
}

async function load(name: EncodingName): Promise<Shared> {
  const file = await importFile(name);
  const ranks = parseRanks(file.bpe_ranks);
  const found = bpeFingerprint({ pattern: file.pat_str, ranks, special: file.special_tokens });
  const { fingerprint } = ENCODINGS[name];
  if (found !== fingerprint) {
    const message = `the encoding ${name} of the installed tiktoken has the fingerprint ${found}, millrace knows ${fingerprint}`;
    throw new PipelineError({ kind: "changed", message });
  }
  const bpe = createBpe({ vocabulary: parseTiktokenRanks(file.bpe_ranks), pattern: PATTERNS[name] });
  const lengths = tokenLengths(ranks, file.special_tokens);
  const special = new Map(Object.entries(file.special_tokens).map(([text, id]) => [id, Buffer.from(text)]));
  const byteLength = (tokens: Uint32Array): number => {
    let total = 0;
    for (const id of tokens) {
      const length = lengths[id] ?? 0;
      if (length === 0) throw new RangeError(`${name}: no token has the id ${id}`);
      total += length;
    }
    return total;
  };
  const decodeBytes = (tokens: Uint32Array): Uint8Array => {
    byteLength(tokens); // names an unknown id
    const parts: Uint8Array[] = [];
    let from = 0;
    for (let at = 0; at <= tokens.length; at++) {
      const text = at < tokens.length ? special.get(tokens[at] as number) : undefined;
      if (text === undefined && at < tokens.length) continue;
      if (at > from) parts.push(bpe.decodeBytes(tokens.subarray(from, at)));
      if (text !== undefined) parts.push(text);
      from = at + 1;
    }
    return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
  };
  return { encode: (text) => bpe.encode(text), decodeBytes, byteLength };
}

async function importFile(name: EncodingName): Promise<EncodingFile> {
  try {
    // The files are CommonJS typed as ES modules: Node puts the object under `default`, some bundlers one level deeper.
    const { default: file } = (await FILES[name]()) as { readonly default: EncodingFile | { readonly default: EncodingFile } };
    return "default" in file ? file.default : file;
  } catch (error) {
    if (!/tiktoken/.test(messageOf(error)) || (error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    const message = `the encoding ${name} needs the package tiktoken; install it with: npm install tiktoken`;
    throw new PipelineError({ kind: "missing-package", message, cause: error });
  }
}

/** The package's ranks: lines of "! first-rank token token ...", tokens in base64, ranks counted up. */
export function parseRanks(text: string): RankedTokens {
  const ranks: string[] = [];
  for (const line of text.split("\n")) {
    const fields = line.split(" ");
    const first = Number(fields[1]);
    while (ranks.length < first) ranks.push("");
    for (let i = 2; i < fields.length; i++) ranks.push(fields[i] as string);
  }
  return ranks;
}

/** Bytes of each token by id, 0 where no token has the id. */
function tokenLengths(ranks: RankedTokens, special: Readonly<Record<string, number>>): Uint16Array {
  const lengths = new Uint16Array(Math.max(ranks.length, ...Object.values(special).map((id) => id + 1)));
  for (let rank = 0; rank < ranks.length; rank++) lengths[rank] = Buffer.byteLength(ranks[rank] as string, "base64");
  for (const [text, id] of Object.entries(special)) lengths[id] = Buffer.byteLength(text);
  return lengths;
}
