/**
 * Who the kept documents are, so that a removal can say of which document it is a copy. An index knows documents by number
 * only; names are remembered beside it, and only in a run that keeps its exclusions, since they cost about as many bytes as
 * the id has letters, and 40 more: a third as much again as the index for ids of 36 letters (UUIDs).
 *
 * Names lie in pages of 32, each a piece of UTF-8 JSON outside of the heap: to look one up parses one page, about 8 us. Turned down: an
 * array of objects, which takes several times as much, all of it work for the garbage collector.
 */
import type { ExclusionDetail, Origin } from "../core/index.ts";

const PAGE = 32;

/** Id, number of the source's name, record, offset; null for a document from a time when nobody kept names. */
type Name = readonly [id: string, source: number, record: number, offset: number] | null;

/** What a checkpoint holds of the names. */
export interface SavedNames {
  readonly sources: readonly string[];
  readonly pages: readonly Uint8Array[];
  readonly last: readonly Name[];
  /** For each signature, the number of its document. */
  readonly signed: Uint32Array;
}

export class KeptNames {
  readonly #sources: string[] = [];
  readonly #sourceNumbers: Map<string, number> = new Map();
  readonly #pages: Uint8Array[] = [];
  #last: Name[] = [];
  /** A near index numbers the documents that have a signature, an exact index all. */
  readonly #signed: number[] = [];

  /** Documents named so far, unknown ones included. */
  get count(): number {
    return this.#pages.length * PAGE + this.#last.length;
  }

  /** Names the next kept document, and says whether a signature of it entered the near index. */
  add(doc: { readonly id: string; readonly origin: Origin }, signed: boolean): void {
    const { source, record, offset } = doc.origin;
    let number = this.#sourceNumbers.get(source);
    if (number === undefined) {
      number = this.#sources.push(source) - 1;
      this.#sourceNumbers.set(source, number);
    }
    if (signed) this.#signed.push(this.count);
    this.#push([doc.id, number, record, offset]);
  }

  /** Counts a kept document that nobody has a name for. */
  addUnknown(signed: boolean): void {
    if (signed) this.#signed.push(this.count);
    this.#push(null);
  }

  /** The kept document of that number, as a removal names it: `{ of: its id, origin }`; empty when it is not known. */
  of(number: number): ExclusionDetail {
    const page = this.#pages[Math.floor(number / PAGE)];
    const names = page === undefined ? this.#last : (JSON.parse(Buffer.from(page).toString()) as Name[]);
    const name = names[number % PAGE];
    if (name == null) return {};
    const [of, source, record, offset] = name;
    return { of, origin: { source: this.#sources[source] as string, record, offset } };
  }

  /** The same, by the number of its signature. */
  ofSignature(number: number): ExclusionDetail {
    const document = this.#signed[number];
    return document === undefined ? {} : this.of(document);
  }

  save(): SavedNames {
    return { sources: [...this.#sources], pages: [...this.#pages], last: [...this.#last], signed: Uint32Array.from(this.#signed) };
  }

  /**
   * Takes over the names of `count` documents, `signed` of them with a signature. A run that kept no names saved undefined,
   * and its documents stay unknown.
   */
  load(saved: SavedNames | undefined, count: number, signed: number): void {
    for (const source of saved?.sources ?? []) this.#sourceNumbers.set(source, this.#sources.push(source) - 1);
    for (const page of saved?.pages ?? []) this.#pages.push(page);
    this.#last.push(...(saved?.last ?? []));
    for (const number of saved?.signed ?? []) this.#signed.push(number);
    // Which of the unknown ones had a signature does not matter: they have no name in either case.
    while (this.count < count) this.#push(null);
    while (this.#signed.length < signed) this.#signed.push(0);
  }

  #push(name: Name): void {
    this.#last.push(name);
    if (this.#last.length < PAGE) return;
    // A copy of its exact size: small Buffers share a pool, which would keep 8 KB alive for each.
    this.#pages.push(new TextEncoder().encode(JSON.stringify(this.#last)));
    this.#last = [];
  }
}
