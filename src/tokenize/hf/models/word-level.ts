import { TokenizerFormatError } from "../errors.ts";
import { type JsonObject, stringAt } from "../json.ts";
import { type TokenBuffer, utf8Length } from "../token-buffer.ts";
import type { Model } from "./model.ts";
import { Vocabulary } from "./vocabulary.ts";

/** A piece is a token of the vocabulary or the unknown one. */
export class WordLevelModel implements Model {
  readonly type = "WordLevel";
  readonly #vocabulary: Vocabulary;
  readonly #unknown: string;

  constructor(part: JsonObject) {
    this.#vocabulary = Vocabulary.fromJson(part["vocab"], "model.vocab");
    this.#unknown = stringAt(part["unk_token"], "model.unk_token");
  }

  get size(): number {
    return this.#vocabulary.ids.size;
  }

  encode(piece: string, out: TokenBuffer): void {
    const id = this.#vocabulary.ids.get(piece) ?? this.#vocabulary.ids.get(this.#unknown);
    if (id === undefined) {
      throw new TokenizerFormatError(`tokenizer: ${JSON.stringify(piece)} is not in the vocabulary, and neither is its unk_token`);
    }
    out.pushRanged(id, 0, out.ranged ? utf8Length(piece, 0, piece.length) : 0);
  }

  tokenToId(token: string): number | undefined {
    return this.#vocabulary.ids.get(token);
  }

  idToToken(id: number): string | undefined {
    return this.#vocabulary.token(id);
  }

  entries(): Iterable<readonly [string, number]> {
    return this.#vocabulary.ids;
  }
}
