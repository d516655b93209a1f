/**
 * Verdicts of decisions that come in the order of the corpus, and need no names: they are written at once, where others go through files
 * (removals.ts). Memory is that of one split's verdicts, and of those that were not taken yet.
 */
import { Places } from "./places.ts";
import { IN_INDEX, STATUS, VerdictWriter } from "./verdicts.ts";

const NO_NAME = new Uint8Array(0);

/** Takes decisions; those of documents that stay and are told nothing are not among them. */
export interface Decisions {
  /** `equal` is the number of equal values or `NOT_COMPARED`; `size` 0 when it is not known. Of a head, `of` is itself. */
  add(document: number, of: number, status: number, equal: number, size: number): void;
  /** Many at once, of which nothing was compared: document, of, status and size in turn. */
  addAll(told: Uint32Array): void;
}

export class OrderedVerdicts implements Decisions {
  readonly #counts: readonly number[];
  readonly #indexes: number;
  readonly #places: Places;
  #split = -1;
  #begin = 0;
  #end = 0;
  #writer: VerdictWriter | undefined;
  #done: Uint8Array[] = [];

  /** `counts` are the documents of the splits, of which the first `indexes` are indexes and get no verdicts. */
  constructor(counts: readonly number[], indexes: number) {
    this.#counts = counts;
    this.#indexes = indexes;
    this.#places = new Places(counts);
    this.#next();
  }

  add(document: number, of: number, status: number, equal: number, size: number): void {
    while (document >= this.#end) this.#next();
    const writer = this.#writer as VerdictWriter;
    const number = document - this.#begin;
    if (status === STATUS.head) {
      writer.head(number, size);
      return;
    }
    const places = this.#places;
    places.find(of);
    const split = places.split < this.#indexes ? IN_INDEX : places.split - this.#indexes;
    writer.dropped(number, status, split, places.number, equal, size, NO_NAME);
  }

  addAll(told: Uint32Array): void {
    for (let i = 0; i < told.length; ) {
      while ((told[i] as number) >= this.#end) this.#next();
      const writer = this.#writer as VerdictWriter;
      i = writer.told(told, i, this.#split - this.#indexes, this.#begin, this.#end, this.#places, this.#indexes);
    }
  }

  /** The verdicts of the splits that end before `document` and were not given yet. */
  until(document: number): Uint8Array[] {
    while (this.#split < this.#counts.length && this.#end <= document) this.#next();
    const done = this.#done;
    this.#done = [];
    return done;
  }

  #next(): void {
    if (this.#writer !== undefined) this.#done.push(this.#writer.finish());
    this.#split++;
    this.#begin = this.#end;
    const count = this.#counts[this.#split] ?? 0;
    this.#end = this.#begin + count;
    const wanted = this.#split >= this.#indexes && this.#split < this.#counts.length;
    this.#writer = wanted ? new VerdictWriter(count) : undefined;
  }
}
