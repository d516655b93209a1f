/**
 * The OpenAI encodings through the package `tiktoken` (an optional peer, loaded on first use).
 *
 * A `Tiktoken` lives in WebAssembly memory: making one per call has corrupted that memory (dqbd/tiktoken#34, #35), and it is
 * never collected. So one per encoding serves the whole process; every `loadTokenizer` counts as a user of it, and the last
 * `dispose` frees it. The ranks come from the package's own files into its `lite` build, so that what is fingerprinted is
 * what encodes; the full build carries a second copy of them inside 5.6 MB of WebAssembly and gives the same ids.
 *
 * Special tokens in a text are text: "<|endoftext|>" in a document becomes seven ordinary ids, not the id that ends
 * documents (`encode_ordinary` in tiktoken's words).
 */
import { messageOf, PipelineError } from "../core/index.ts";
import { ENCODING_NAMES, ENCODINGS, type EncodingName } from "./encodings.ts";
import { bpeFingerprint, type RankedTokens } from "./fingerprint.ts";
import { encodeGuarded, standInPattern } from "./long-runs.ts";
import type { Ranks } from "./merge.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** The part of a `Tiktoken` object that is used here. */
interface Encoder {
  encode_ordinary(text: string): Uint32Array;
  decode(tokens: Uint32Array): Uint8Array;
  free(): void;
}

/** An encoding's file in the package. */
interface EncodingFile {
  readonly pat_str: string;
  readonly special_tokens: Readonly<Record<string, number>>;
  readonly bpe_ranks: string;
}

interface Shared {
  readonly encoder: Encoder;
  readonly encode: (text: string) => Uint32Array;
  /** Throws on an id that no token has. */
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

/** True for a name that `loadTokenizer` knows. */
export function isEncodingName(name: string): name is EncodingName {
  return Object.hasOwn(ENCODINGS, name);
}

/**
 * Loads an OpenAI encoding by name: 0.25 s ("gpt2") to 0.55 s ("o200k_base") of processor time. Call `dispose` when done with
 * it: resident memory grows by 50 to 130 MB, most of it outside the JavaScript heap.
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
    if (--used.users > 0) return;
    if (shared.get(name) === used) shared.delete(name);
    // It may never have come to be; and after a trap its memory cannot be given back.
    used.loading.then(({ encoder }) => encoder.free()).catch(() => {});
  };
  try {
    const { encoder, encode, byteLength } = await used.loading;
    const live = <R>(work: () => R): R => {
      if (disposed) throw new Error(`${name}: the tokenizer was used after dispose()`);
      try {
        return work();
      } catch (error) {
        // After a trap the encoder's memory is in an unknown state: whoever loads the encoding next gets a new one.
        if ((error as Error).name === "RuntimeError" && shared.get(name) === used) shared.delete(name);
        throw error;
      }
    };
    return {
      ...ENCODINGS[name],
      encode: (text) => live(() => encode(text)),
      decode: (tokens) =>
        live(() => {
          byteLength(tokens); // an id without a token is a trap in tiktoken, which would take the encoder with it
          return utf8.decode(encoder.decode(tokens));
        }),
      byteLength: (tokens) => live(() => byteLength(tokens)),
      dispose: release,
    };
  } catch (error) {
    release();
    throw error;
  }
}

async function load(name: EncodingName): Promise<Shared> {
  const { Tiktoken, file } = await importPackage(name);
  const ranks = parseRanks(file.bpe_ranks);
  const found = bpeFingerprint({ pattern: file.pat_str, ranks, special: file.special_tokens });
  const { fingerprint } = ENCODINGS[name];
  if (found !== fingerprint) {
    const message = `the encoding ${name} of the installed tiktoken has the fingerprint ${found}, millrace knows ${fingerprint}`;
    throw new PipelineError({ kind: "changed", message });
  }
  const encoder: Encoder = new Tiktoken(file.bpe_ranks, { ...file.special_tokens }, file.pat_str);
  const ordinary = (text: string): Uint32Array => encoder.encode_ordinary(text);
  let tables: { readonly pattern: RegExp; readonly ranks: Ranks } | undefined;
  const loadTables = (): NonNullable<typeof tables> => {
    tables ??= { pattern: standInPattern(file.pat_str), ranks: rankTable(ranks) };
    return tables;
  };
  const lengths = tokenLengths(ranks, file.special_tokens);
  const byteLength = (tokens: Uint32Array): number => {
    let total = 0;
    for (let i = 0; i < tokens.length; i++) {
      const length = lengths[tokens[i] as number] ?? 0;
      if (length === 0) throw new RangeError(`${name}: no token has the id ${tokens[i]}`);
      total += length;
    }
    return total;
  };
  return { encoder, encode: (text) => encodeGuarded(text, ordinary, loadTables), byteLength };
}

type TiktokenConstructor = new (ranks: string, special: Record<string, number>, pattern: string) => Encoder;

async function importPackage(name: EncodingName): Promise<{ readonly Tiktoken: TiktokenConstructor; readonly file: EncodingFile }> {
  try {
    const [{ Tiktoken }, module] = await Promise.all([import("tiktoken/lite"), FILES[name]()]);
    // The files are CommonJS typed as ES modules: Node puts the object under `default`, some bundlers one level deeper.
    const { default: file } = module as { readonly default: EncodingFile | { readonly default: EncodingFile } };
    return { Tiktoken, file: "default" in file ? file.default : file };
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

function rankTable(ranks: RankedTokens): Ranks {
  const byBytes = new Map<string, number>();
  let longest = 0;
  for (let rank = 0; rank < ranks.length; rank++) {
    if (ranks[rank] === "") continue;
    const bytes = Buffer.from(ranks[rank] as string, "base64").toString("latin1");
    byBytes.set(bytes, rank);
    longest = Math.max(longest, bytes.length);
  }
  return { byBytes, longest };
}
