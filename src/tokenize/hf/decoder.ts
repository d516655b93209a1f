/** The decoders of `tokenizer.json`: what turns tokens back into text, list by list. */
import { byteOfCharacter } from "./byte-alphabet.ts";
import { TokenizerFormatError, UnsupportedTokenizerError } from "./errors.ts";
import { arrayAt, booleanAt, characterAt, countAt, type JsonObject, objectAt, optional, stringAt } from "./json.ts";
import { patternAt } from "./pattern.ts";
import { replaceMatches } from "./plain-text.ts";

export type Decoder = (tokens: string[]) => string[];

/** Reads the section `decoder`; without one, tokens are joined with spaces. Throws UnsupportedTokenizerError for an unknown type. */
export function readDecoder(json: unknown, where = "decoder"): Decoder | undefined {
  if (json === null || json === undefined) return undefined;
  const part = objectAt(json, where);
  const type = stringAt(part["type"], `${where}.type`);
  switch (type) {
    case "Sequence": {
      const steps = arrayAt(part["decoders"], `${where}.decoders`).map((item, i) => readDecoder(item, `${where}.decoders[${i}]`));
      return (tokens) => steps.reduce((list, step) => step?.(list) ?? list, tokens);
    }
    case "ByteLevel":
      return decodeByteLevel;
    case "ByteFallback":
      return decodeByteFallback;
    case "Fuse":
      return (tokens) => [tokens.join("")];
    case "Metaspace":
      return metaspace(part, where);
    case "WordPiece":
      return wordPiece(part, where);
    case "BPEDecoder": {
      const suffix = stringAt(part["suffix"], `${where}.suffix`);
      return (tokens) => tokens.map((token, i) => token.replaceAll(suffix, () => (i === tokens.length - 1 ? "" : " ")));
    }
    case "Replace": {
      const { pattern } = patternAt(part["pattern"], `${where}.pattern`);
      const content = stringAt(part["content"], `${where}.content`);
      return (tokens) => tokens.map((token) => replaceMatches(token, pattern, content));
    }
    case "Strip":
      return strip(part, where);
    case "CTC":
      return ctc(part, where);
    default:
      throw new UnsupportedTokenizerError("decoder", type);
  }
}

const decodeUtf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const strictUtf8 = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

/** Tokens in the byte-level alphabet are bytes; a token with any other character is its own text. */
function decodeByteLevel(tokens: string[]): string[] {
  const bytes: number[] = [];
  for (const token of tokens) {
    const own: number[] = [];
    for (const character of token) {
      const byte = byteOfCharacter.get(character);
      if (byte === undefined) break;
      own.push(byte);
    }
    for (const byte of own.length === token.length ? own : Buffer.from(token)) bytes.push(byte);
  }
  return [decodeUtf8.decode(Uint8Array.from(bytes))];
}

/** Runs of byte tokens become text, or a U+FFFD for each byte when they are none. */
function decodeByteFallback(tokens: string[]): string[] {
  const out: string[] = [];
  let bytes: number[] = [];
  const flush = (): void => {
    if (bytes.length === 0) return;
    try {
      out.push(strictUtf8.decode(Uint8Array.from(bytes)));
    } catch {
      out.push(...bytes.map(() => "\ufffd"));
    }
    bytes = [];
  };
  for (const token of tokens) {
    // A plus sign is what Rust's number parser lets through too.
    const match = /^<0x([0-9a-f]{2}|\+[0-9a-f])>$/i.exec(token);
    if (match !== null) bytes.push(Number.parseInt(match[1] ?? "", 16));
    else {
      flush();
      out.push(token);
    }
  }
  flush();
  return out;
}

function metaspace(part: JsonObject, where: string): Decoder {
  const replacement = characterAt(part["replacement"], `${where}.replacement`);
  const scheme = optional(part["prepend_scheme"], `${where}.prepend_scheme`, stringAt) ?? "always";
  if (optional(part["add_prefix_space"], `${where}.add_prefix_space`, booleanAt) === false && scheme !== "never") {
    throw new TokenizerFormatError(`tokenizer: ${where}.add_prefix_space does not go with prepend_scheme ${scheme}`);
  }
  // The first token loses all its marks where one is put before texts.
  return (tokens) => tokens.map((token, i) => token.replaceAll(replacement, i === 0 && scheme !== "never" ? "" : " "));
}

function wordPiece(part: JsonObject, where: string): Decoder {
  const prefix = stringAt(part["prefix"], `${where}.prefix`);
  const cleans = booleanAt(part["cleanup"], `${where}.cleanup`);
  return (tokens) =>
    tokens.map((token, i) => {
      const spaced = i === 0 ? token : token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`;
      return cleans ? cleanup(spaced) : spaced;
    });
}

/** Spaces before punctuation and contractions of English go. */
function cleanup(text: string): string {
  return text
    .replaceAll(" .", ".")
    .replaceAll(" ?", "?")
    .replaceAll(" !", "!")
    .replaceAll(" ,", ",")
    .replaceAll(" ' ", "'")
    .replaceAll(" n't", "n't")
    .replaceAll(" 'm", "'m")
    .replaceAll(" do not", " don't")
    .replaceAll(" 's", "'s")
    .replaceAll(" 've", "'ve")
    .replaceAll(" 're", "'re");
}

/** Takes up to so many of a character off the ends of each token. */
function strip(part: JsonObject, where: string): Decoder {
  const content = characterAt(part["content"], `${where}.content`);
  const start = countAt(part["start"], `${where}.start`);
  const stop = countAt(part["stop"], `${where}.stop`);
  return (tokens) =>
    tokens.map((token) => {
      const characters = [...token];
      let from = 0;
      while (from < start && characters[from] === content) from++;
      let to = characters.length;
      while (to > from && characters.length - to < stop && characters[to - 1] === content) to--;
      return characters.slice(from, to).join("");
    });
}

function ctc(part: JsonObject, where: string): Decoder {
  const pad = stringAt(part["pad_token"], `${where}.pad_token`);
  const delimiter = stringAt(part["word_delimiter_token"], `${where}.word_delimiter_token`);
  const cleans = booleanAt(part["cleanup"], `${where}.cleanup`);
  return (tokens) =>
    tokens
      .filter((token, i) => token !== tokens[i - 1])
      .map((token) => {
        const kept = token.replaceAll(pad, "");
        return cleans ? cleanup(kept).replaceAll(delimiter, " ") : kept;
      })
      .filter((token) => token !== "");
}
