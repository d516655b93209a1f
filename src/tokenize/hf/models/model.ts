/** The models of `tokenizer.json`: what turns a piece of text into tokens. */
import { UnsupportedTokenizerError } from "../errors.ts";
import { type JsonObject, objectAt } from "../json.ts";
import type { TokenBuffer } from "../token-buffer.ts";
import { BpeModel } from "./bpe.ts";
import { UnigramModel } from "./unigram.ts";
import { WordLevelModel } from "./word-level.ts";
import { WordPieceModel } from "./word-piece.ts";

export interface Model {
  readonly type: "BPE" | "WordPiece" | "Unigram" | "WordLevel";
  /** The number of entries. */
  readonly size: number;
  /** Appends the tokens of a piece of well-formed text; with ranges in bytes if the buffer asks for them. */
  encode(piece: string, out: TokenBuffer): void;
  tokenToId(token: string): number | undefined;
  idToToken(id: number): string | undefined;
  /** Every token with its id. */
  entries(): Iterable<readonly [token: string, id: number]>;
}

/** Reads the section `model`. Throws UnsupportedTokenizerError for a type it does not know. */
export function readModel(json: unknown): Model {
  const part = objectAt(json, "model");
  const type = part["type"] ?? inferType(part);
  switch (type) {
    case "BPE":
      return new BpeModel(part);
    case "WordPiece":
      return new WordPieceModel(part);
    case "Unigram":
      return new UnigramModel(part);
    case "WordLevel":
      return new WordLevelModel(part);
    default:
      throw new UnsupportedTokenizerError("model", String(type));
  }
}

/** Old files do not name the type; the reference then takes the first model that has the fields. */
function inferType(part: JsonObject): string {
  if (part["merges"] !== undefined) return "BPE";
  if (part["continuing_subword_prefix"] !== undefined && part["max_input_chars_per_word"] !== undefined) return "WordPiece";
  if (Array.isArray(part["vocab"])) return "Unigram";
  return "WordLevel";
}
