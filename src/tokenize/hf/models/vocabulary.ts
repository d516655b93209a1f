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
    // Hundreds of thousands of entries: what would be said of a wrong one is put together only then.
    const isId = (value: unknown): value is number =>
      typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 0xffffffff;
    return new Vocabulary(
      Object.keys(table).map((token) => {
        const id = table[token];
        return [token, isId(id) ? id : countAt(id, `${where}[${JSON.stringify(token)}]`)];
      }),
    );
  }

  token(id: number): string | undefined {
    return this.#tokens.get(id);
  }
}
