import { countAt, objectAt } from "../json.ts";

/** Tokens to ids and back. */
export class Vocabulary {
  readonly ids: ReadonlyMap<string, number>;
  readonly #tokens: Map<number, string> = new Map();

  constructor(entries: Iterable<readonly [token: string, id: number]>) {
    this.ids = new Map(entries);
    for (const [token, id] of this.ids) this.#tokens.set(id, token);
  }

  /** Reads an object of token to id. */
  static fromJson(json: unknown, where: string): Vocabulary {
    const table = objectAt(json, where);
    return new Vocabulary(Object.keys(table).map((token) => [token, countAt(table[token], `${where}[${JSON.stringify(token)}]`)]));
  }

  token(id: number): string | undefined {
    return this.#tokens.get(id);
  }
}
