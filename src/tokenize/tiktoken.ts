/**
 * The OpenAI encodings: the rank tables of the package `tiktoken` (an optional peer, loaded on first use), encoded by the kernel
 * of `kernels/bpe`, which gives the ids of `tiktoken` itself, faster and in time linear in the text ("a" a million times takes
 * `tiktoken` a quarter of an hour).
 *
 * One encoder per encoding serves the whole process: it holds 36 to 68 MB of tables. Every `loadTokenizer` counts as a user of
 * it, and the last `dispose` lets it go.
 *
 * Unless they are allowed, special tokens in a text are text: "<|endoftext|>" in a document becomes seven ordinary ids, not the
 * id that ends documents (`encode_ordinary` in tiktoken's words).
 */
import { createHash } from "node:crypto";
import { messageOf, PipelineError } from "../core/index.ts";
import { type BpePattern, parseTiktokenRanks } from "../kernels/bpe/index.ts";
import { ENCODINGS, type EncodingName } from "./encodings.ts";
import { bpeFingerprint, type RankedTokens } from "./fingerprint.ts";
import { rankedTokenizer } from "./ranked-tokenizer.ts";
import type { LoadedTokenizer } from "./tokenizer.ts";

/** An encoding's file in the package. */
export interface EncodingFile {
  readonly pat_str: string;
  readonly special_tokens: Readonly<Record<string, number>>;
  readonly bpe_ranks: string;
}

const shared = new Map<EncodingName, { users: number; readonly loading: Promise<LoadedTokenizer> }>();

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

const GPT2_FILE = "ea64ca7e00c10207819b692dce77b0e71c98f193b301abd631decc465d543df3";

/** Digests of the files of `tiktoken` 1.0.22, whose fingerprints are those of ENCODINGS: a test holds the two together. */
const KNOWN_FILES: Readonly<Record<EncodingName, string>> = {
  gpt2: GPT2_FILE,
  r50k_base: GPT2_FILE,
  p50k_base: "0530c194de138f5495e3284633c7ea645849f722e8e3ca259b119e0527bf6cd4",
  cl100k_base: "7dda1906a49e53fa6f4ea08cc7e5787571c813626fe10af496d87e36918ff138",
  o200k_base: "108a28e2c11beeb9a696b642e23e2fc551c0a29ba6911c882be38df0aa6a0d3c",
};

/** Whether a file is the one that is known, byte by byte in all that counts. */
export function isKnownFile(name: EncodingName, file: EncodingFile): boolean {
  const hash = createHash("sha256").update(JSON.stringify([file.pat_str, file.special_tokens]));
  return hash.update(file.bpe_ranks).digest("hex") === KNOWN_FILES[name];
}

/** True for the name of an encoding. */
export function isEncodingName(name: string): name is EncodingName {
  return Object.hasOwn(ENCODINGS, name);
}

/**
 * Loads an OpenAI encoding by name; about 0.1 to 0.3 s the first time. It holds 36 to 68 MB outside the JavaScript heap until
 * the last user has called `dispose`.
 *
 * @throws PipelineError of kind "missing-package" when `tiktoken` is not installed, and of kind "changed" when its ranks are not
 * the ones this version of millrace knows.
 */
export async function loadEncoding(name: EncodingName): Promise<LoadedTokenizer> {
  let entry = shared.get(name);
  if (entry === undefined) {
    entry = { users: 0, loading: load(name) };
    shared.set(name, entry);
  }
  const used = entry;
  used.users++;
  const release = (): void => {
    if (--used.users === 0 && shared.get(name) === used) shared.delete(name);
  };
  try {
    return leased(await used.loading, release);
  } catch (error) {
    release();
    throw error;
  }
}

/** The same tokenizer for one user, who may give it back once. */
function leased(tokenizer: LoadedTokenizer, release: () => void): LoadedTokenizer {
  let disposed = false;
  const live =
    <A extends readonly unknown[], R>(method: (...args: A) => R) =>
    (...args: A): R => {
      if (disposed) throw new Error(`${tokenizer.name}: the tokenizer was used after dispose()`);
      return method(...args);
    };
  const { byteLength } = tokenizer;
  return {
    ...tokenizer,
    encode: live(tokenizer.encode),
    encodeBatch: live(tokenizer.encodeBatch),
    encodeWithOffsets: live(tokenizer.encodeWithOffsets),
    count: live(tokenizer.count),
    decode: live(tokenizer.decode),
    decodeStream: live(tokenizer.decodeStream),
    ...(byteLength && { byteLength: live(byteLength) }),
    dispose: () => {
      if (!disposed) release();
      disposed = true;
    },
  };
}

async function load(name: EncodingName): Promise<LoadedTokenizer> {
  const file = await importFile(name);
  const facts = ENCODINGS[name];
  // The fingerprint is over the tokens, however they are written; reading them for it alone takes 100 ms for o200k. The file as the
  // package ships it is known as a whole.
  const found = isKnownFile(name, file)
    ? facts.fingerprint
    : bpeFingerprint({ pattern: file.pat_str, ranks: parseRanks(file.bpe_ranks), special: file.special_tokens });
  if (found !== facts.fingerprint) {
    const message = `the encoding ${name} of the installed tiktoken has the fingerprint ${found}, millrace knows ${facts.fingerprint}`;
    throw new PipelineError({ kind: "changed", message });
  }
  return rankedTokenizer({ facts, vocabulary: parseTiktokenRanks(file.bpe_ranks), pattern: PATTERNS[name] });
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
