/** Small tokenizer.json files of each family, made here; no third-party vocabulary is in the repository. */
import { byteLevelAlphabet, patternSources } from "../../src/kernels/bpe/index.ts";
import { buildCharsmap } from "./charsmap-builder.ts";
import { random, WORDS } from "./hf-texts.ts";

export type Json = Readonly<Record<string, unknown>>;

const ENGLISH =
  "the of and to a in is it you that he was for on are with as I his they be at one have this from or had by word but what some we can out other were all there when up use your how said an each she which do their time if will way about many then them would like so these her long make thing see him two has look more day could go come did my sound no most number who over know water than call first people may down side been now find wheel mill miller race grain bank turn nobody walked noon Hello world don't it's".split(
    " ",
  );

function added(content: string, flags: Json = {}): Json {
  return { id: 0, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true, ...flags };
}

function file(parts: Json): Json {
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
    ...parts,
  };
}

/** Vocabulary and merges that put each word together from the left, over the given symbols. */
function merges(words: readonly string[], alphabet: readonly string[], cut: (word: string) => string[]) {
  const vocab: Record<string, number> = {};
  const add = (token: string): void => {
    vocab[token] ??= Object.keys(vocab).length;
  };
  for (const symbol of alphabet) add(symbol);
  const pairs = new Set<string>();
  for (const word of words) {
    const [first = "", ...rest] = cut(word);
    let token = first;
    for (const symbol of rest) {
      if (vocab[symbol] === undefined || vocab[token] === undefined) break;
      pairs.add(`${token} ${symbol}`);
      token += symbol;
      add(token);
    }
  }
  return { vocab, merges: [...pairs] };
}

const bytes = (text: string): string[] => Array.from(Buffer.from(text), (byte) => byteLevelAlphabet[byte] ?? "");

function byteBpe(options: Json = {}): Json {
  const words = [...ENGLISH, ...ENGLISH.map((word) => ` ${word}`), ...WORDS.slice(0, 60)];
  return {
    type: "BPE",
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: "",
    end_of_word_suffix: "",
    fuse_unk: false,
    ...merges(words, byteLevelAlphabet, bytes),
    ...options,
  };
}

const BYTE_TOKENS = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);

function markBpe(options: Json = {}): Json {
  const words = [...ENGLISH.map((word) => `▁${word}`), "▁▁", "▁▁▁▁", ">▁<"];
  const letters = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,;:!?'()[]<>/=▁éя中\n"];
  const made = merges(words, ["<unk>", "<s>", "</s>", ...BYTE_TOKENS, ...letters], (word) => [...word]);
  return {
    type: "BPE",
    dropout: null,
    unk_token: "<unk>",
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: true,
    byte_fallback: true,
    ...made,
    ...options,
  };
}

function wordPiece(lower: boolean): Json {
  const vocab: Record<string, number> = {};
  const letters = [..."abcdefghijklmnopqrstuvwxyz0123456789.,;:!?'()[]<>-/=#éя中文日ا"];
  const words = ENGLISH.flatMap((word) => [word, `##${word.slice(1)}`, `##${word.slice(-3)}`]);
  for (const token of ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ...letters, ...letters.map((c) => `##${c}`), ...words]) {
    vocab[lower ? token.replace(/^[^[].*/, (t) => t.toLowerCase()) : token] ??= Object.keys(vocab).length;
  }
  return { type: "WordPiece", unk_token: "[UNK]", continuing_subword_prefix: "##", max_input_chars_per_word: 60, vocab };
}

function unigram(options: Json & { readonly fallback?: boolean } = {}): Json {
  const { fallback = false, ...rest } = options;
  const next = random(7);
  const letters = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,;:!?'()\"-/=▁éя中文"];
  const parts = ENGLISH.flatMap((word) => [`▁${word}`, word, word.slice(0, 3), word.slice(-2)]);
  const tokens = new Set(["<unk>", "<s>", "</s>", ...(fallback ? BYTE_TOKENS : []), ...letters, ...parts, "11", "111", "▁1"]);
  const vocab = [...tokens].map((token, i): [string, number] => [token, i < 3 ? 0 : -(1 + next() * 12)]);
  return { type: "Unigram", unk_id: 0, byte_fallback: fallback, vocab, ...rest };
}

/** A charsmap in the manner of nmt_nfkc: compositions, ligatures, controls and spaces. */
export const CHARSMAP: Uint8Array = buildCharsmap([
  ..."é=e\u0301 á=a\u0301 ạ=a\u0323 Å=A\u030a".split(" ").map((pair): [string, string] => {
    const [to = "", from = ""] = pair.split("=");
    return [from, to];
  }),
  ["ﬁ", "fi"],
  ["½", "1\u20442"],
  ["…", "..."],
  ["①", "1"],
  ["Ａ", "A"],
  ["ｶ", "カ"],
  ["\u00a0", " "],
  ["\u3000", " "],
  ["\n", " "],
  ["\t", " "],
  ["\r\n", " "],
  ["\u00ad", ""],
  ["\u0001", ""],
  ["한", "한"],
]);

const precompiled: Json = { type: "Precompiled", precompiled_charsmap: Buffer.from(CHARSMAP).toString("base64") };
const byteLevel = (options: Json = {}): Json => ({
  type: "ByteLevel",
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: true,
  ...options,
});
const split = (pattern: Json, behavior = "Isolated", invert = false): Json => ({ type: "Split", pattern, behavior, invert });
const sequence = (key: string, list: readonly Json[]): Json => ({ type: "Sequence", [key]: list });
const metaspace = (prepend_scheme: string, splits = true): Json => ({ type: "Metaspace", replacement: "▁", prepend_scheme, split: splits });
const template = (before: readonly string[], after: readonly string[]): Json => ({
  type: "TemplateProcessing",
  single: [
    ...before.map((id) => ({ SpecialToken: { id, type_id: 0 } })),
    { Sequence: { id: "A", type_id: 0 } },
    ...after.map((id) => ({ SpecialToken: { id, type_id: 0 } })),
  ],
  pair: [{ Sequence: { id: "A", type_id: 0 } }, { Sequence: { id: "B", type_id: 1 } }],
  special_tokens: Object.fromEntries([...before, ...after].map((id, i) => [id, { id, ids: [i + 1, i + 2], tokens: [id, id] }])),
});
const bert = (options: Json = {}): Json => ({
  type: "BertNormalizer",
  clean_text: true,
  handle_chinese_chars: true,
  strip_accents: null,
  lowercase: true,
  ...options,
});
const llamaDecoder = sequence("decoders", [
  { type: "Replace", pattern: { String: "▁" }, content: " " },
  { type: "ByteFallback" },
  { type: "Fuse" },
  { type: "Strip", content: " ", start: 1, stop: 0 },
]);
const DEEPSEEK =
  "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+";
const plainBpe = merges(["hello", "world", "wheel"], ["<unk>", ..."abcdefghijklmnopqrstuvwxyz"], (word) => [...word]);

/** Every fixture by name. */
export const fixtures: Readonly<Record<string, Json>> = {
  gpt2: file({
    added_tokens: [added("<|endoftext|>")],
    pre_tokenizer: byteLevel(),
    post_processor: byteLevel({ trim_offsets: false }),
    decoder: byteLevel(),
    model: byteBpe(),
  }),
  roberta: file({
    added_tokens: [added("<s>"), added("</s>"), added("<mask>", { lstrip: true, normalized: true })],
    pre_tokenizer: byteLevel({ add_prefix_space: true }),
    post_processor: { type: "RobertaProcessing", sep: ["</s>", 2], cls: ["<s>", 0], trim_offsets: true, add_prefix_space: true },
    decoder: byteLevel(),
    model: byteBpe(),
  }),
  llama3: file({
    added_tokens: [added("<|endoftext|>"), added("<s>"), added("</s>", { special: false })],
    pre_tokenizer: sequence("pretokenizers", [split({ Regex: patternSources.cl100k }), byteLevel({ use_regex: false })]),
    post_processor: sequence("processors", [byteLevel(), template(["<s>"], [])]),
    decoder: byteLevel(),
    model: byteBpe({ ignore_merges: true }),
  }),
  qwen: file({
    normalizer: { type: "NFC" },
    pre_tokenizer: sequence("pretokenizers", [split({ Regex: patternSources.qwen2 }), byteLevel({ use_regex: false })]),
    decoder: byteLevel(),
    model: byteBpe(),
  }),
  gpt4o: file({
    pre_tokenizer: sequence("pretokenizers", [split({ Regex: patternSources.o200k }, "Removed", true), byteLevel({ use_regex: false })]),
    decoder: byteLevel(),
    model: byteBpe(),
  }),
  deepseek: file({
    normalizer: sequence("normalizers", []),
    added_tokens: [added("<unk>", { special: false, normalized: true })],
    pre_tokenizer: sequence("pretokenizers", [
      split({ Regex: "\\p{N}{1,3}" }),
      split({ Regex: "[一-龥぀-ゟ゠-ヿ]+" }),
      split({ Regex: DEEPSEEK }),
      byteLevel({ use_regex: false }),
    ]),
    decoder: byteLevel(),
    model: byteBpe(),
  }),
  clip: file({
    normalizer: sequence("normalizers", [
      { type: "NFC" },
      { type: "Replace", pattern: { Regex: "\\s+" }, content: " " },
      { type: "Lowercase" },
    ]),
    pre_tokenizer: sequence("pretokenizers", [
      split({ Regex: "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+" }, "Removed", true),
      byteLevel(),
    ]),
    decoder: { type: "BPEDecoder", suffix: "</w>" },
    model: {
      ...byteBpe({ unk_token: "!", end_of_word_suffix: "</w>" }),
      ...merges(
        ENGLISH.map((word) => word.toLowerCase()),
        [...byteLevelAlphabet, ...byteLevelAlphabet.map((c) => `${c}</w>`)],
        (word) => bytes(word).map((c, i, all) => (i === all.length - 1 ? `${c}</w>` : c)),
      ),
    },
  }),
  llama2: file({
    added_tokens: [added("<unk>"), added("<s>"), added("</s>")],
    normalizer: sequence("normalizers", [
      { type: "Prepend", prepend: "▁" },
      { type: "Replace", pattern: { String: " " }, content: "▁" },
    ]),
    post_processor: template(["<s>"], []),
    decoder: llamaDecoder,
    model: markBpe(),
  }),
  mistral: file({
    added_tokens: [added("<s>"), added("</s>")],
    pre_tokenizer: metaspace("first", false),
    decoder: llamaDecoder,
    model: markBpe({ ignore_merges: false }),
  }),
  gemma: file({
    added_tokens: [added("<s>"), added("\n", { special: false }), added("\n\n", { special: false }), added("▁▁", { special: false })],
    normalizer: { type: "Replace", pattern: { String: " " }, content: "▁" },
    pre_tokenizer: split({ String: " " }, "MergedWithPrevious"),
    decoder: sequence("decoders", [
      { type: "Replace", pattern: { String: "▁" }, content: " " },
      { type: "ByteFallback" },
      { type: "Fuse" },
    ]),
    model: markBpe(),
  }),
  bertUncased: file({
    added_tokens: ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].map((token) => added(token)),
    normalizer: bert(),
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: { type: "BertProcessing", sep: ["[SEP]", 3], cls: ["[CLS]", 2] },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: wordPiece(true),
  }),
  bertCased: file({
    added_tokens: [added("[CLS]"), added("[MASK]", { lstrip: true, rstrip: true })],
    normalizer: bert({ strip_accents: false, lowercase: false }),
    pre_tokenizer: { type: "BertPreTokenizer" },
    decoder: { type: "WordPiece", prefix: "##", cleanup: false },
    model: wordPiece(false),
  }),
  bertNormalizedTokens: file({
    added_tokens: [
      added("DON'T", { normalized: true, single_word: true }),
      added("the", { normalized: true, single_word: true, rstrip: true }),
    ],
    normalizer: bert({ clean_text: false, handle_chinese_chars: false }),
    pre_tokenizer: { type: "BertPreTokenizer" },
    model: wordPiece(true),
  }),
  xlnet: file({
    added_tokens: [added("<unk>"), added("<s>")],
    normalizer: sequence("normalizers", [
      { type: "Replace", pattern: { String: "``" }, content: '"' },
      { type: "Replace", pattern: { String: "''" }, content: '"' },
      { type: "NFKD" },
      { type: "StripAccents" },
      precompiled,
    ]),
    pre_tokenizer: sequence("pretokenizers", [
      { type: "WhitespaceSplit" },
      { type: "Metaspace", replacement: "▁", add_prefix_space: true },
    ]),
    post_processor: template([], ["</s>", "<s>"]),
    decoder: metaspace("always"),
    model: unigram(),
  }),
  t5: file({
    added_tokens: [added("<pad>"), added("</s>")],
    normalizer: precompiled,
    pre_tokenizer: metaspace("always"),
    post_processor: template([], ["</s>"]),
    decoder: metaspace("always"),
    model: unigram({ fallback: true }),
  }),
  xlmRoberta: file({
    normalizer: sequence("normalizers", [precompiled, { type: "Replace", pattern: { Regex: " {2,}" }, content: " " }]),
    pre_tokenizer: sequence("pretokenizers", [{ type: "WhitespaceSplit" }, metaspace("never")]),
    decoder: metaspace("first"),
    model: unigram(),
  }),
  albert: file({
    normalizer: sequence("normalizers", [
      { type: "Strip", strip_left: true, strip_right: false },
      { type: "NFKC" },
      { type: "Lowercase" },
      { type: "Nmt" },
    ]),
    pre_tokenizer: metaspace("first"),
    decoder: metaspace("first"),
    model: unigram(),
  }),
  emptyMatches: file({
    normalizer: sequence("normalizers", [
      { type: "NFD" },
      { type: "Replace", pattern: { Regex: "^" }, content: "▁" },
      { type: "Replace", pattern: { Regex: "(?<=e)\\b" }, content: "." },
    ]),
    pre_tokenizer: split({ String: "e" }, "MergedWithPrevious"),
    model: markBpe(),
  }),
  wordLevel: file({
    normalizer: { type: "Strip", strip_left: true, strip_right: true },
    pre_tokenizer: sequence("pretokenizers", [
      { type: "Whitespace" },
      { type: "Punctuation", behavior: "Contiguous" },
      { type: "Digits", individual_digits: true },
    ]),
    model: {
      type: "WordLevel",
      vocab: Object.fromEntries(["<unk>", ...ENGLISH, ".", ",", "1"].map((word, i) => [word, i])),
      unk_token: "<unk>",
    },
  }),
  ctc: file({
    normalizer: { type: "NFKC" },
    pre_tokenizer: sequence("pretokenizers", [
      { type: "CharDelimiterSplit", delimiter: "a" },
      { type: "UnicodeScripts" },
      { type: "FixedLength", length: 3 },
    ]),
    decoder: { type: "CTC", pad_token: "<unk>", word_delimiter_token: "|", cleanup: true },
    model: { type: "WordLevel", vocab: { "<unk>": 0, the: 1, " th": 2, ll: 3, "|": 4, "...": 5 }, unk_token: "<unk>" },
  }),
  byteNormalizer: file({
    normalizer: { type: "ByteLevel" },
    pre_tokenizer: split({ Regex: "Ġ[^Ġ]*|[^Ġ]+" }),
    decoder: byteLevel(),
    model: byteBpe(),
  }),
  subwordPrefix: file({
    pre_tokenizer: { type: "WhitespaceSplit" },
    model: {
      ...byteBpe({ continuing_subword_prefix: "##" }),
      vocab: { a: 0, b: 1, "##a": 2, "##b": 3, ab: 4, "##ab": 5, aba: 6, "##s": 7 },
      merges: ["a ##b", "##a ##b", "ab ##a"],
    },
  }),
  unknownNotFused: file({
    pre_tokenizer: { type: "BertPreTokenizer" },
    normalizer: sequence("normalizers", [{ type: "NFKD" }, { type: "Lowercase" }]),
    model: { type: "BPE", unk_token: "<unk>", fuse_unk: false, ...plainBpe },
  }),
};
